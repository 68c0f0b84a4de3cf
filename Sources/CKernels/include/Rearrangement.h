/* Data movement: permuted and padded copies, upsampling, pooling. Pictures are NHWC. */
#ifndef CKERNELS_REARRANGEMENT_H
#define CKERNELS_REARRANGEMENT_H

#include <stddef.h>

/* out[i, j] = x[j, i] for i below `rows` and j below `columns`. */
void ck_transpose(float *out, size_t out_row, const float *x, size_t x_row, size_t rows,
                  size_t columns);

/* out[i·out_strides] = x[i·x_strides] over `rank` dimensions. */
void ck_copy_strided(float *out, const size_t *out_strides, const float *x,
                     const size_t *x_strides, int rank, const size_t *dimensions);

/* Repeats every pixel of [batch, height, width, channels] `factor` times along both axes; all are
   multiplied by `scale`. */
void ck_upsample(float *out, const float *x, size_t batch, size_t height, size_t width,
                 size_t channels, size_t factor, float scale);

/* The sums of disjoint factor × factor windows, multiplied by `scale`; height and width are those of
   the result. */
void ck_window_sum(float *out, const float *x, size_t batch, size_t height, size_t width,
                   size_t channels, size_t factor, float scale);

/* The largest value of disjoint factor × factor windows, and in `winner` (the shape of x)
   one where that value was found first in its window, else zero. */
void ck_window_maximum(float *out, float *winner, const float *x, size_t batch, size_t height,
                       size_t width, size_t channels, size_t factor);

#endif
