/* Batch normalisation fused with a leaky rectifier, over x of shape [rows, channels].
   A slope of 1 is no rectifier, of 0 the plain one. */
#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include <stddef.h>

/* sums[c] = sum over rows of (x[r, c] − mean[c])². */
void ck_centered_squares(float *sums, const float *x, const float *mean, size_t rows,
                         size_t channels);

/* y = rectify(x·scale + shift), each a vector over channels. */
void ck_scale_shift_rectify(float *y, const float *x, const float *scale, const float *shift,
                            size_t rows, size_t channels, float slope);

/* With g = dy gated by the rectifier and x̂ = (x − mean)·deviation: the sums over rows of g
   and of g·x̂, the gradients of shift and scale. */
void ck_normalization_sums(float *sum_g, float *sum_g_normalized, const float *dy, const float *x,
                           const float *mean, const float *inverse_deviation, const float *gamma,
                           const float *beta, size_t rows, size_t channels, float slope);

/* dx = gamma·inverse_deviation·(g − mean_g − x̂·mean_g_normalized). */
void ck_normalization_input_gradient(float *dx, const float *dy, const float *x, const float *mean,
                                     const float *inverse_deviation, const float *gamma,
                                     const float *beta, const float *mean_g,
                                     const float *mean_g_normalized, size_t rows, size_t channels,
                                     float slope);

#endif
