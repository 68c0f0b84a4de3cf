#include "Reduction.h"

#include "RowBlocks.h"

/* Adds a block's rows to the sums. Of each vector `count` columns exist. */
CK_INLINE void add_block(double *sums, const float *x, size_t rows, size_t stride, int vectors,
                         size_t count) {
  lanes sum[VECTORS] = {{0}};
  for (size_t r = 0; r < rows; r++)
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      lanes value;
      load_some(&value, x + r * stride + CK_LANES * v, count);
      sum[v] += value;
    }
  add_block_sums(sums, sum, vectors, count);
}

CK_INLINE void add_rows(double *sums, const float *x, size_t rows, size_t stride,
                        size_t columns) {
  for (size_t r = 0; r < rows; r += BLOCK) {
    const size_t count = smaller(rows - r, BLOCK);
    const float *block = x + r * stride;
    size_t c = 0;
    for (; c + WIDE <= columns; c += WIDE)
      add_block(sums + c, block + c, count, stride, VECTORS, CK_LANES);
    for (; c < columns; c += CK_LANES)
      add_block(sums + c, block + c, count, stride, 1, smaller(columns - c, CK_LANES));
  }
}

CK_MULTIVERSION_LANES
void ck_sum_rows(double *sums, const float *x, size_t rows, size_t stride, size_t columns) {
  if (columns == 0) return;
  for (size_t c = 0; c < columns; c++) sums[c] = 0;
  if (columns >= CK_LANES || stride > columns) {
    add_rows(sums, x, rows, stride, columns);
    return;
  }
  /* Narrow rows, such as pixels of three colours: sixteen or more of them are taken for one, which
     is whole vectors. */
  const size_t joined = WIDE / columns / CK_LANES > 0 ? WIDE / columns / CK_LANES * CK_LANES
                                                      : CK_LANES;
  const size_t whole = rows / joined * joined;
  double wide_sums[CK_LANES * CK_LANES] = {0};
  add_rows(wide_sums, x, rows / joined, joined * columns, joined * columns);
  for (size_t i = 0; i < joined; i++)
    for (size_t c = 0; c < columns; c++) sums[c] += wide_sums[i * columns + c];
  for (size_t r = whole; r < rows; r++)
    for (size_t c = 0; c < columns; c++) sums[c] += (double)x[r * columns + c];
}

CK_MULTIVERSION
void ck_add_sums(double *restrict sums, const double *restrict added, size_t columns) {
  for (size_t c = 0; c < columns; c++) sums[c] += added[c];
}

CK_MULTIVERSION
void ck_round_sums(float *restrict out, const double *restrict sums, size_t columns) {
  for (size_t c = 0; c < columns; c++) out[c] = (float)sums[c];
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

/* Squares that are summed in float32 before they join the sum in float64. */
enum { SQUARES = 64 * WIDE };

CK_MULTIVERSION_LANES
double ck_sum_of_squares(const float *x, size_t count) {
  double total = 0;
  for (size_t start = 0; start < count; start += SQUARES) {
    const size_t end = start + smaller(count - start, SQUARES);
    lanes sums[VECTORS] = {{0}};
    for (size_t i = start; i < end; i += WIDE)
#pragma unroll
      for (int v = 0; v < VECTORS; v++) {
        const size_t first = i + (size_t)(CK_LANES * v);
        lanes value;
        load_some(&value, x + smaller(first, end), end - smaller(first, end));
        sums[v] += value * value;
      }
#pragma unroll
    for (int v = 0; v < VECTORS; v++)
      for (int i = 0; i < CK_LANES; i++) total += (double)sums[v][i];
  }
  return total;
}
