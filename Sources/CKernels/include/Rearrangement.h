/* Data movement: permuted and padded copies, upsampling, pooling. Pictures are NHWC. */
#ifndef CKERNELS_REARRANGEMENT_H
#define CKERNELS_REARRANGEMENT_H

#include <stddef.h>

/* out[i] = x[offset + i·strides] over `rank` dimensions; out is dense. */
void ck_gather_strided(float *out, const float *x, int rank, const size_t *dimensions,
                       const size_t *strides);

/* out[offset + i·strides] = x[i] over `rank` dimensions; x is dense. */
void ck_scatter_strided(float *out, const float *x, int rank, const size_t *dimensions,
                        const size_t *strides);

/* Repeats every pixel of [batch, height, width, channels] `factor` times along both axes. */
void ck_upsample(float *out, const float *x, size_t batch, size_t height, size_t width,
                 size_t channels, size_t factor);

/* Sums disjoint factor × factor windows; height and width are those of the result. */
void ck_window_sum(float *out, const float *x, size_t batch, size_t height, size_t width,
                   size_t channels, size_t factor);

/* The largest value of disjoint factor × factor windows, and in `winner` (the shape of x)
   one where that value was found first in its window, else zero. */
void ck_window_maximum(float *out, float *winner, const float *x, size_t batch, size_t height,
                       size_t width, size_t channels, size_t factor);

#endif
