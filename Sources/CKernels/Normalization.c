#include "Normalization.h"

#include "RowBlocks.h"

/* Which side of the rectifier a feature is on must be the same in both directions, and so must be
   its rounding. */
#pragma STDC FP_CONTRACT OFF

/* Joins the moments of `added` rows to those of `rows` others: Chan, Golub and LeVeque, "Updating
   Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979). */
CK_INLINE void join_moments(double *restrict mean, double *restrict squares, size_t rows,
                            const double *restrict added_mean,
                            const double *restrict added_squares, size_t added, size_t channels) {
  const double share = (double)added / (double)(rows + added), weight = (double)rows * share;
  for (size_t c = 0; c < channels; c++) {
    const double distance = added_mean[c] - mean[c];
    mean[c] += distance * share;
    squares[c] += added_squares[c] + distance * distance * weight;
  }
}

/* Joins a block's rows to the moments of `before` others. The block is read twice, the second time
   from cache: around its middle, which is the mean but for rounding, sums are exact enough in
   float32. Of each vector `count` channels exist. */
CK_INLINE void join_block(double *mean, double *squares, size_t before, const float *x,
                          size_t rows, size_t channels, int vectors, size_t count) {
  lanes middle[VECTORS] = {{0}}, distance[VECTORS] = {{0}}, square[VECTORS] = {{0}};
  for (size_t r = 0; r < rows; r++)
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      lanes value;
      load_some(&value, x + r * channels + CK_LANES * v, count);
      middle[v] += value;
    }
#pragma unroll
  for (int v = 0; v < vectors; v++) middle[v] /= (float)rows;
  for (size_t r = 0; r < rows; r++)
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      lanes value;
      load_some(&value, x + r * channels + CK_LANES * v, count);
      value -= middle[v];
      distance[v] += value;
      square[v] += value * value;
    }
  double block_mean[WIDE], block_squares[WIDE];
#pragma unroll
  for (int v = 0; v < vectors; v++)
    for (int i = 0; i < CK_LANES; i++) {
      const double off = (double)distance[v][i] / (double)rows;
      block_mean[CK_LANES * v + i] = (double)middle[v][i] + off;
      block_squares[CK_LANES * v + i] = (double)square[v][i] - off * off * (double)rows;
    }
  join_moments(mean, squares, before, block_mean, block_squares, rows, (size_t)vectors * count);
}

CK_MULTIVERSION_LANES
void ck_moments(double *mean, double *squares, const float *x, size_t rows, size_t channels) {
  for (size_t c = 0; c < channels; c++) mean[c] = squares[c] = 0;
  for (size_t r = 0; r < rows; r += BLOCK) {
    const size_t count = smaller(rows - r, BLOCK);
    const float *block = x + r * channels;
    size_t c = 0;
    for (; c + WIDE <= channels; c += WIDE)
      join_block(mean + c, squares + c, r, block + c, count, channels, VECTORS, CK_LANES);
    for (; c < channels; c += CK_LANES)
      join_block(mean + c, squares + c, r, block + c, count, channels, 1,
                 smaller(channels - c, CK_LANES));
  }
}

CK_MULTIVERSION
void ck_join_moments(double *mean, double *squares, size_t rows, const double *added_mean,
                     const double *added_squares, size_t added, size_t channels) {
  join_moments(mean, squares, rows, added_mean, added_squares, added, channels);
}

CK_MULTIVERSION
void ck_scale_shift_rectify(float *restrict y, const float *restrict x, ck_normalization n,
                            size_t rows, size_t channels) {
  const float *restrict scale = n.scale, *restrict shift = n.shift;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < channels; c++) {
      const float value = x[r * channels + c] * scale[c] + shift[c];
      y[r * channels + c] = value > 0 ? value : n.slope * value;
    }
}

/* Adds a block's rows to the sums. */
CK_INLINE void add_gated_block(double *sum_g, double *sum_g_centered, const float *dy,
                               const float *x, const ck_normalization *n, size_t c, size_t rows,
                               size_t channels, int vectors, size_t count) {
  typedef int32_t choices __attribute__((vector_size(sizeof(lanes))));
  lanes mean[VECTORS], scale[VECTORS], shift[VECTORS];
  lanes sum[VECTORS] = {{0}}, centered[VECTORS] = {{0}};
#pragma unroll
  for (int v = 0; v < vectors; v++) {
    const size_t first = c + (size_t)(CK_LANES * v);
    load_some(&mean[v], n->mean + first, count);
    load_some(&scale[v], n->scale + first, count);
    load_some(&shift[v], n->shift + first, count);
  }
  for (size_t r = 0; r < rows; r++)
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      const size_t at = r * channels + c + (size_t)(CK_LANES * v);
      lanes value, g;
      load_some(&value, x + at, count);
      load_some(&g, dy + at, count);
      const choices positive = (choices)(value * scale[v] + shift[v] > 0);
      g = (lanes)(((choices)g & positive) | ((choices)(n->slope * g) & ~positive));
      sum[v] += g;
      centered[v] += g * (value - mean[v]);
    }
  add_block_sums(sum_g + c, sum, vectors, count);
  add_block_sums(sum_g_centered + c, centered, vectors, count);
}

CK_MULTIVERSION_LANES
void ck_normalization_sums(double *sum_g, double *sum_g_centered, const float *dy, const float *x,
                           ck_normalization n, size_t rows, size_t channels) {
  for (size_t c = 0; c < channels; c++) sum_g[c] = sum_g_centered[c] = 0;
  for (size_t r = 0; r < rows; r += BLOCK) {
    const size_t count = smaller(rows - r, BLOCK), start = r * channels;
    size_t c = 0;
    for (; c + WIDE <= channels; c += WIDE)
      add_gated_block(sum_g, sum_g_centered, dy + start, x + start, &n, c, count, channels, VECTORS,
                      CK_LANES);
    for (; c < channels; c += CK_LANES)
      add_gated_block(sum_g, sum_g_centered, dy + start, x + start, &n, c, count, channels, 1,
                      smaller(channels - c, CK_LANES));
  }
}

CK_MULTIVERSION
void ck_normalization_input_gradient(float *dx, const float *dy, const float *restrict x,
                                     ck_normalization n,
                                     const float *restrict slope_of_x,
                                     const float *restrict offset, size_t rows, size_t channels) {
  const float *restrict mean = n.mean, *restrict scale = n.scale, *restrict shift = n.shift;
  for (size_t r = 0; r < rows; r++)
    CK_ELEMENT_BY_ELEMENT
    for (size_t c = 0; c < channels; c++) {
      const size_t i = r * channels + c;
      const float g = x[i] * scale[c] + shift[c] > 0 ? dy[i] : n.slope * dy[i];
      dx[i] = scale[c] * g + ((x[i] - mean[c]) * slope_of_x[c] + offset[c]);
    }
}
