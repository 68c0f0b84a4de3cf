/* Normalisation of batches or samples fused with a leaky rectifier, over x of shape [rows, channels].
   A slope of 1 is no rectifier, of 0 the plain one. */
#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include <stddef.h>

/* The mean over the rows, and the sum of the squared distances from it, in one pass over memory. */
void ck_moments(double *mean, double *squares, const float *x, size_t rows, size_t channels);

/* Joins the moments of `added` rows to those of `rows` others. */
void ck_join_moments(double *mean, double *squares, size_t rows, const double *added_mean,
                     const double *added_squares, size_t added, size_t channels);

/* Vectors over channels that take features to what the rectifier sees: x·scale + shift. */
typedef struct {
  const float *mean, *scale, *shift;
  float slope;
} ck_normalization;

/* y = rectify(x·scale + shift) */
void ck_scale_shift_rectify(float *y, const float *x, ck_normalization normalization, size_t rows,
                            size_t channels);

/* With g = dy gated by the rectifier: the sums over rows of g and of g·(x − mean). */
void ck_normalization_sums(double *sum_g, double *sum_g_centered, const float *dy, const float *x,
                           ck_normalization normalization, size_t rows, size_t channels);

/* dx = scale·g + (x − mean)·slope_of_x + offset, the last two vectors over channels; `dx` may be
   `dy`. */
void ck_normalization_input_gradient(float *dx, const float *dy, const float *x,
                                     ck_normalization normalization, const float *slope_of_x,
                                     const float *offset, size_t rows, size_t channels);

#endif
