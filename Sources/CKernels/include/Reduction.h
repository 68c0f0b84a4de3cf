/* Sums, accumulated in float64 across blocks so that large batches lose no precision. */
#ifndef CKERNELS_REDUCTION_H
#define CKERNELS_REDUCTION_H

#include <stddef.h>

/* out[o, i] = sum over r of x[o, r, i], for x of shape [outer, reduced, inner]. */
void ck_sum(float *out, const float *x, size_t outer, size_t reduced, size_t inner);

/* out[i] = largest of row i of x, of shape [rows, columns]. */
void ck_row_maximum(float *out, const float *x, size_t rows, size_t columns);

/* True if every element is finite. */
int ck_all_finite(const float *x, size_t count);

#endif
