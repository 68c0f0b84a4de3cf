/* Sixteen floats that are worked on together: one AVX-512 register, two of AVX2, four of SSE. */
#ifndef CKERNELS_LANES_H
#define CKERNELS_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "Multiversion.h"
#include "PanelProduct.h"

typedef float lanes __attribute__((vector_size(CK_LANES * sizeof(float))));

/* Clones of a function that works on lanes; without the width, AVX-512 would be used by halves. */
#define CK_MULTIVERSION_LANES CK_MULTIVERSION __attribute__((min_vector_width(512)))

CK_INLINE void load(lanes *value, const float *from) { memcpy(value, from, sizeof *value); }

CK_INLINE void store(float *to, const lanes *value) { memcpy(to, value, sizeof *value); }

/* The first `count` of the lanes; the others are zero. The copy in memory is one of its own: were
   `value` itself copied by memcpy, it and its whole array could not stay in registers. */
CK_INLINE void load_some(lanes *value, const float *from, size_t count) {
  if (count >= CK_LANES) {
    load(value, from);
  } else {
    lanes some = {0};
    memcpy(&some, from, count * sizeof *from);
    *value = some;
  }
}

CK_INLINE void store_some(float *to, const lanes *value, size_t count) {
  if (count >= CK_LANES) {
    store(to, value);
  } else {
    const lanes some = *value;
    memcpy(to, &some, count * sizeof *to);
  }
}

/* Puts the elements of two vectors alternately into two others. */
CK_INLINE void interleave(lanes *front, lanes *back, const lanes *a, const lanes *b) {
  *front = __builtin_shufflevector(*a, *b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  *back = __builtin_shufflevector(*a, *b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                  31);
}

/* Transposes a square of 16 × 16 elements. Seen as one row of 256, interleaving its halves moves
   the lowest bit of an element's index to the other end; after four times the indices of row and
   column have changed places. */
CK_INLINE void transpose(lanes x[CK_LANES]) {
  lanes half_way[CK_LANES];
#pragma unroll
  for (int twice = 0; twice < 2; twice++) {
#pragma unroll
    for (int i = 0; i < 8; i++)
      interleave(&half_way[2 * i], &half_way[2 * i + 1], &x[i], &x[i + 8]);
#pragma unroll
    for (int i = 0; i < 8; i++)
      interleave(&x[2 * i], &x[2 * i + 1], &half_way[i], &half_way[i + 8]);
  }
}

#endif
