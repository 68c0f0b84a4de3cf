/* Sums, accumulated in float64 across blocks so that large batches lose no precision. */
#ifndef CKERNELS_REDUCTION_H
#define CKERNELS_REDUCTION_H

#include <stddef.h>

/* sums[c] = sum over r of x[r, c], for rows that are `stride` apart. */
void ck_sum_rows(double *sums, const float *x, size_t rows, size_t stride, size_t columns);

/* sums[c] += added[c] */
void ck_add_sums(double *sums, const double *added, size_t columns);

/* out[c] = sums[c], rounded. */
void ck_round_sums(float *out, const double *sums, size_t columns);

/* The sum of the squares of all elements. */
double ck_sum_of_squares(const float *x, size_t count);

/* True if every element is finite. */
int ck_all_finite(const float *x, size_t count);

#endif
