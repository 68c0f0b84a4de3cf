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

#endif
