/* How sums down the columns of a matrix are divided: exactly enough, and in registers. */
#ifndef CKERNELS_ROW_BLOCKS_H
#define CKERNELS_ROW_BLOCKS_H

#include "Lanes.h"

enum {
  /* Rows that are summed in float32 before they join a sum in float64. All their columns fit into
     second-level cache. */
  BLOCK = 64,
  /* Vectors of columns that are summed down a block at once. */
  VECTORS = 4,
  /* Columns of these. */
  WIDE = VECTORS * CK_LANES,
};

CK_INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Adds the sums of a block's columns, of which each vector holds `count`, to those in float64. */
CK_INLINE void add_block_sums(double *sums, const lanes *block_sums, int vectors, size_t count) {
#pragma unroll
  for (int v = 0; v < vectors; v++)
    for (size_t i = 0; i < count; i++)
      sums[(size_t)(CK_LANES * v) + i] += (double)block_sums[v][i];
}

#endif
