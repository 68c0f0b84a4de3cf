#include "Reduction.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "Multiversion.h"

enum { LANES = 64, BLOCK = 64 };

/* Up to LANES columns, summed down `rows` rows that lie `stride` apart. */
CK_INLINE void sum_columns(float *restrict out, const float *restrict x, size_t rows,
                           size_t stride, size_t columns) {
  double total[LANES] = {0};
  for (size_t start = 0; start < rows; start += BLOCK) {
    size_t end = start + BLOCK < rows ? start + BLOCK : rows;
    float block[LANES] = {0};
    if (columns == LANES) {
      for (size_t r = start; r < end; r++)
        for (size_t c = 0; c < LANES; c++) block[c] += x[r * stride + c];
    } else {
      for (size_t r = start; r < end; r++)
        for (size_t c = 0; c < columns; c++) block[c] += x[r * stride + c];
    }
    for (size_t c = 0; c < columns; c++) total[c] += (double)block[c];
  }
  for (size_t c = 0; c < columns; c++) out[c] = (float)total[c];
}

/* A dense row, summed in LANES interleaved partial sums. */
CK_INLINE float sum_row(const float *restrict x, size_t count) {
  double total = 0;
  size_t whole = count / LANES;
  if (whole > 0) {
    float lanes[LANES];
    sum_columns(lanes, x, whole, LANES, LANES);
    for (size_t c = 0; c < LANES; c++) total += (double)lanes[c];
  }
  for (size_t i = whole * LANES; i < count; i++) total += (double)x[i];
  return (float)total;
}

CK_MULTIVERSION
void ck_sum(float *restrict out, const float *restrict x, size_t outer, size_t reduced,
            size_t inner) {
  for (size_t o = 0; o < outer; o++) {
    const float *slab = x + o * reduced * inner;
    if (inner == 1) {
      out[o] = sum_row(slab, reduced);
      continue;
    }
    for (size_t c = 0; c < inner; c += LANES) {
      size_t columns = inner - c < LANES ? inner - c : LANES;
      sum_columns(out + o * inner + c, slab + c, reduced, inner, columns);
    }
  }
}

CK_MULTIVERSION
void ck_row_maximum(float *restrict out, const float *restrict x, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    float largest = -INFINITY;
    for (size_t c = 0; c < columns; c++) {
      float value = x[r * columns + c];
      largest = value > largest ? value : largest;
    }
    out[r] = largest;
  }
}

CK_MULTIVERSION
int ck_all_finite(const float *restrict x, size_t count) {
  /* An exponent of all ones is infinity or not-a-number. */
  uint32_t found = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    found |= (bits & 0x7F800000u) == 0x7F800000u;
  }
  return !found;
}
