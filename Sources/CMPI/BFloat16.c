#include "BFloat16.h"

#include <string.h>

static inline uint16_t rounded(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  /* Half of the last place that stays, less one bit unless that place is odd: ties go to even. */
  uint32_t carried = bits + 0x7fff + (bits >> 16 & 1);
  /* Carrying could turn a not-a-number into zero or infinity; setting its first bit cannot. */
  int is_number = (bits & 0x7fffffff) <= 0x7f800000;
  return (uint16_t)((is_number ? carried : bits | 0x400000) >> 16);
}

static inline float widened(uint16_t number) {
  uint32_t bits = (uint32_t)number << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

void bfloat16_from_float(const float *numbers, uint16_t *results, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    results[i] = rounded(numbers[i]);
  }
}

void float_from_bfloat16(const uint16_t *numbers, float *results, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    results[i] = widened(numbers[i]);
  }
}

void bfloat16_add(const uint16_t *terms, uint16_t *sums, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    sums[i] = rounded(widened(sums[i]) + widened(terms[i]));
  }
}
