/* What a layer adds to each channel of its output. */
#ifndef CKERNELS_BIAS_H
#define CKERNELS_BIAS_H

#include <stddef.h>

/* x[r, c] += bias[c], for x of shape [rows, channels]. */
void ck_add_to_rows(float *x, const float *bias, size_t rows, size_t channels);

#endif
