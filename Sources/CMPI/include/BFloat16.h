#ifndef BFLOAT16_H
#define BFLOAT16_H

/// Numbers of 16 bits for slow links: the upper half of a float32, with its range and 8 bits of
/// precision.

#include <stdint.h>

/// Rounds each number to the nearest, ties to even; not-a-number stays one.
void bfloat16_from_float(const float *numbers, uint16_t *results, int64_t count);

/// Exact.
void float_from_bfloat16(const uint16_t *numbers, float *results, int64_t count);

/// Adds to each of `sums`, as float32, and rounds the result.
void bfloat16_add(const uint16_t *terms, uint16_t *sums, int64_t count);

#endif
