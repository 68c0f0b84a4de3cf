#include "PanelProduct.h"

#include <string.h>

#include "Lanes.h"

/* Rows × (16 vectors) elements of the product, summed in registers over the whole depth. AVX-512
   has 32 registers: 12 × 2 sums leave room for a row of B. AVX2 has 16, half as wide: 6 × 1. */
enum { WIDE_ROWS = 12, WIDE_VECTORS = 2, NARROW_ROWS = 6, NARROW_VECTORS = 1 };

typedef struct {
  float *c;
  size_t c_row;
  const float *a;
  ck_matrix_strides a_strides;
  const float *b;
  size_t b_row;
  size_t columns;
  size_t depth;
  bool adding;
} block;

CK_INLINE void multiply_block(const block *k, int rows, int vectors) {
  lanes sum[WIDE_ROWS][WIDE_VECTORS];
#pragma unroll
  for (int i = 0; i < rows; i++)
#pragma unroll
    for (int v = 0; v < vectors; v++) sum[i][v] = (lanes){0};

  /* Four rows share a pointer: with their distance and its multiples as indices, twelve rows
     take five general registers. */
  const size_t row = k->a_strides.row, column = k->a_strides.column;
  const float *a0 = k->a, *a4 = a0 + 4 * row, *a8 = a0 + 8 * row, *b = k->b;
  for (size_t p = 0; p < k->depth; p++, b += k->b_row, a0 += column, a4 += column, a8 += column) {
    lanes b_row[WIDE_VECTORS];
#pragma unroll
    for (int v = 0; v < vectors; v++) load(&b_row[v], b + CK_LANES * v);
#pragma unroll
    for (int i = 0; i < rows; i++) {
      const float a = (i < 4 ? a0 : i < 8 ? a4 : a8)[(size_t)(i % 4) * row];
#pragma unroll
      for (int v = 0; v < vectors; v++) sum[i][v] += a * b_row[v];
    }
  }

#pragma unroll
  for (int i = 0; i < rows; i++)
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      float *c = k->c + (size_t)i * k->c_row + CK_LANES * v;
      const size_t count = k->columns - (size_t)(CK_LANES * v);
      if (k->adding) {
        lanes before;
        load_some(&before, c, count);
        sum[i][v] += before;
      }
      store_some(c, &sum[i][v], count);
    }
}

#define CASE(N) \
  case N: multiply_block(k, N, vectors); break;

CK_INLINE void multiply_narrow_rows(const block *k, size_t rows, int vectors) {
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
  }
}

CK_INLINE void multiply_wide_rows(const block *k, size_t rows, int vectors) {
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
    CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
  }
}

#undef CASE

/* For processors below the level of multiply_wide. */
CK_CLONES("arch=x86-64-v3")
static void multiply_narrow(const block *k, size_t rows) {
  multiply_narrow_rows(k, rows, NARROW_VECTORS);
}

#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
static void multiply_wide(const block *k, size_t rows) {
  if (k->columns > CK_LANES)
    multiply_wide_rows(k, rows, WIDE_VECTORS);
  else
    multiply_wide_rows(k, rows, 1);
}

static bool has_wide_registers(void) { return __builtin_cpu_supports("x86-64-v4"); }
#else
static void multiply_wide(const block *k, size_t rows) { multiply_narrow(k, rows); }

static bool has_wide_registers(void) { return false; }
#endif

void ck_panel_product(float *c, size_t c_row, const float *a, ck_matrix_strides a_strides,
                      const float *b, ck_panel_strides b_strides, size_t rows, size_t columns,
                      size_t depth, bool adding) {
  const bool wide = has_wide_registers();
  const size_t most = wide ? WIDE_ROWS : NARROW_ROWS;
  const size_t width = CK_LANES * (wide ? WIDE_VECTORS : NARROW_VECTORS);
  /* Blocks of nearly the same height: one of a few rows at the end would be a slow one. */
  const size_t blocks = (rows + most - 1) / most;
  for (size_t column = 0; column < columns; column += width)
    for (size_t i = 0; i < blocks; i++) {
      const size_t first = rows * i / blocks, end = rows * (i + 1) / blocks;
      const block k = {c + first * c_row + column,
                       c_row,
                       a + first * a_strides.row,
                       a_strides,
                       b + column / CK_PANEL * b_strides.panel + column % CK_PANEL,
                       b_strides.row,
                       columns - column < width ? columns - column : width,
                       depth,
                       adding};
      if (wide)
        multiply_wide(&k, end - first);
      else
        multiply_narrow(&k, end - first);
    }
}

void ck_pack_panels(float *panels, const float *b, ck_matrix_strides strides, size_t rows,
                    size_t columns) {
  for (size_t first = 0; first < columns; first += CK_PANEL) {
    const size_t count = columns - first < CK_PANEL ? columns - first : CK_PANEL;
    for (size_t row = 0; row < rows; row++, panels += CK_PANEL) {
      const float *from = b + row * strides.row + first * strides.column;
      for (size_t j = 0; j < count; j++) panels[j] = from[j * strides.column];
      memset(panels + count, 0, (CK_PANEL - count) * sizeof *panels);
    }
  }
}
