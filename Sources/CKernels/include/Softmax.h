/* The softmax of the rows of a matrix [rows, columns]. */
#ifndef CKERNELS_SOFTMAX_H
#define CKERNELS_SOFTMAX_H

#include <stddef.h>

/* p[r, c] = exp(x[r, c]) / sum over c; `p` may be `x`. */
void ck_softmax(float *p, const float *x, size_t rows, size_t columns);

/* dx = p·(dp − sum over c of p·dp): the gradient of x for the gradient of p; `dx` may be `dp`. */
void ck_softmax_gradient(float *dx, const float *dp, const float *p, size_t rows, size_t columns);

#endif
