#include "Softmax.h"

#include <math.h>

/* Without fused multiply-adds every processor rounds alike. */
#pragma STDC FP_CONTRACT OFF

#include "ElementaryFunctions.h"
#include "RowSums.h"

/* Subtracting the largest changes nothing but keeps the exponential from overflowing. */
CK_INLINE float largest_of(const float *x, size_t columns) {
  lanes largest;
  for (int i = 0; i < CK_LANES; i++) largest[i] = -INFINITY;
  size_t c = 0;
  for (; c + CK_LANES <= columns; c += CK_LANES) {
    lanes value;
    load(&value, x + c);
    for (int i = 0; i < CK_LANES; i++) largest[i] = value[i] > largest[i] ? value[i] : largest[i];
  }
  float result = -INFINITY;
  for (int i = 0; i < CK_LANES; i++) result = largest[i] > result ? largest[i] : result;
  for (; c < columns; c++) result = x[c] > result ? x[c] : result;
  return result;
}

CK_MULTIVERSION_LANES
void ck_softmax(float *p, const float *x, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns, p += columns) {
    const float largest = largest_of(x, columns);
    CK_ELEMENT_BY_ELEMENT
    for (size_t c = 0; c < columns; c++) p[c] = exponential(x[c] - largest);
    const float scale = 1 / row_sum(p, columns);
    CK_ELEMENT_BY_ELEMENT
    for (size_t c = 0; c < columns; c++) p[c] *= scale;
  }
}

CK_MULTIVERSION_LANES
void ck_softmax_gradient(float *dx, const float *dp, const float *p, size_t rows,
                         size_t columns) {
  for (size_t r = 0; r < rows; r++, dx += columns, dp += columns, p += columns) {
    const float mean = row_inner_product(p, dp, columns);
    CK_ELEMENT_BY_ELEMENT
    for (size_t c = 0; c < columns; c++) dx[c] = p[c] * (dp[c] - mean);
  }
}
