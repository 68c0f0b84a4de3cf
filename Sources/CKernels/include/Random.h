/* Philox4x32-10, the counter-based generator of Salmon et al., "Parallel Random Numbers: As Easy
   as 1, 2, 3" (SC 2011): any element of any stream can be computed on its own. */
#ifndef CKERNELS_RANDOM_H
#define CKERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t word[4];
} ck_philox_block;

/* The four random words at `counter` of the stream with this `key`. */
ck_philox_block ck_philox(const uint32_t counter[4], const uint32_t key[2]);

/* Fills `out` with uniform numbers in [0, 1), 24 random bits each; element i comes from word i % 4
   of block i / 4, where a block's counter is (i / 4, sample, step low, step high). */
void ck_philox_uniform(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                       uint64_t step);

/* Fills `out` with standard normal numbers by the Box-Muller transform of the same words. */
void ck_philox_normal(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                      uint64_t step);

/* Dropout of one sample: out = scale·x where the word that a uniform number would be made of is at
   least `threshold`, else 0. */
void ck_dropout(float *out, const float *x, size_t count, uint32_t threshold, float scale,
                const uint32_t key[2], uint32_t sample, uint64_t step);

#endif
