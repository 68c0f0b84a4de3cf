#include "Random.h"

#include <math.h>

ck_philox_block ck_philox(const uint32_t counter[4], const uint32_t key[2]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0;
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (ck_philox_block){{c0, c1, c2, c3}};
}

/* 24 bits fill a float's significand exactly, so that 1 itself is never reached. */
static inline float unit_interval(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

static inline ck_philox_block block_at(size_t index, const uint32_t key[2], uint32_t sample,
                                       uint64_t step) {
  uint32_t counter[4] = {(uint32_t)index, sample, (uint32_t)step, (uint32_t)(step >> 32)};
  return ck_philox(counter, key);
}

void ck_philox_uniform(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                       uint64_t step) {
  for (size_t i = 0; i < count; i += 4) {
    ck_philox_block block = block_at(i / 4, key, sample, step);
    for (size_t j = 0; j < 4 && i + j < count; j++) out[i + j] = unit_interval(block.word[j]);
  }
}

void ck_philox_normal(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                      uint64_t step) {
  for (size_t i = 0; i < count; i += 4) {
    ck_philox_block block = block_at(i / 4, key, sample, step);
    for (size_t j = 0; j < 4 && i + j < count; j += 2) {
      /* 1 - u lies in (0, 1], where the logarithm is finite. */
      double radius = sqrt(-2.0 * log(1.0 - (double)unit_interval(block.word[j])));
      double angle = 2.0 * M_PI * (double)unit_interval(block.word[j + 1]);
      out[i + j] = (float)(radius * cos(angle));
      if (i + j + 1 < count) out[i + j + 1] = (float)(radius * sin(angle));
    }
  }
}
