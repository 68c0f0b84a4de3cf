/* Products of matrices that are in cache, with nothing copied: the first is read element by
   element at any strides, the second in panels of 32 columns. */
#ifndef CKERNELS_PANEL_PRODUCT_H
#define CKERNELS_PANEL_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#define CK_LANES 16 /* floats that the loops work on together */
#define CK_PANEL 32

/* Distances in floats between neighbours in a matrix. */
typedef struct {
  size_t row, column;
} ck_matrix_strides;

typedef struct {
  size_t row, panel;
} ck_panel_strides;

/* C = A B, or C += A B. A is rows × depth, B is depth × columns, and C has rows of consecutive
   elements, `c_row` apart. The last panel of B must be readable to its full width. */
void ck_panel_product(float *c, size_t c_row, const float *a, ck_matrix_strides a_strides,
                      const float *b, ck_panel_strides b_strides, size_t rows, size_t columns,
                      size_t depth, bool adding);

/* Copies a matrix into panels: [panel, row, column in panel], the last one filled up with zeros. */
void ck_pack_panels(float *panels, const float *b, ck_matrix_strides strides, size_t rows,
                    size_t columns);

#endif
