/* Rows that are scaled by a number of their own: by their length, or by the entries of a vector. */
#ifndef CKERNELS_ROW_SCALING_H
#define CKERNELS_ROW_SCALING_H

#include <stddef.h>

/* y[r] = x[r] / sqrt(mean of x[r]² + epsilon), for x of shape [rows, channels]. */
void ck_divide_by_root_mean_square(float *y, const float *x, size_t rows, size_t channels,
                                   float epsilon);

/* The gradient of x for the gradient dy of that; `dx` may be `dy`. */
void ck_root_mean_square_gradient(float *dx, const float *dy, const float *x, size_t rows,
                                  size_t channels, float epsilon);

/* out[r, c] = scale·g[r, c] − x[r]·y[c]; `out` may be `g`. */
void ck_scale_minus_outer(float *out, const float *g, float scale, const float *x, const float *y,
                          size_t rows, size_t columns);

#endif
