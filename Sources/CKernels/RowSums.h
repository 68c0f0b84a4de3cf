/* Sums over a row that is short enough for float32. */
#ifndef CKERNELS_ROW_SUMS_H
#define CKERNELS_ROW_SUMS_H

#include "Lanes.h"

CK_INLINE float sum_of(const lanes *value) {
  float sum = 0;
  for (int i = 0; i < CK_LANES; i++) sum += (*value)[i];
  return sum;
}

CK_INLINE float row_sum(const float *x, size_t columns) {
  lanes sum = {0};
  for (size_t c = 0; c < columns; c += CK_LANES) {
    lanes value;
    load_some(&value, x + c, columns - c);
    sum += value;
  }
  return sum_of(&sum);
}

/* The sum of a[c]·b[c]. */
CK_INLINE float row_inner_product(const float *a, const float *b, size_t columns) {
  lanes sum = {0};
  for (size_t c = 0; c < columns; c += CK_LANES) {
    lanes left, right;
    load_some(&left, a + c, columns - c);
    load_some(&right, b + c, columns - c);
    sum += left * right;
  }
  return sum_of(&sum);
}

#endif
