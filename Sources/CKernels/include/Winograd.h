/* The transforms that turn convolutions into matrix products of fewer multiplications: those of
   kernel 3 and stride 1, and those of kernel 4 and stride 2.

   The latter is a convolution of kernel 2 and stride 1 on four times the channels: with
   x_ab[i, j] = x[2i + a - pad, 2j + b - pad] and w_ab[s, t] = w[2s + a, 2t + b] for the phases a, b
   in {0, 1},

     y[i, j] = sum over a, b, s, t of x_ab[i + s, j + t] w_ab[s, t].

   With stride 1 there is one phase, the picture itself. A phase is computed by Winograd's minimal
   filtering F(4x4, 2x2) or F(3x3, 3x3): a tile of 4x4 (3x3) outputs from 5x5 inputs by 25 products
   instead of 64 (81). In one dimension, polynomials are multiplied by their values at the points
   0, 1, -1, 2 and infinity, and the transposed algorithm is the convolution (Lavin and Gray, 2016).
   In two, with every g and d a matrix over the pixels,

     y = A' [ (G w G') * (B' x B) ] A      (* element by element, ' the transpose)

        | 2 -1 -2  1  0 |        |  1/2   0    0  |        | 1  1  1  1  0 |
        | 0 -2 -1  1  0 |        | -1/2 -1/2 -1/2 |        | 0  1 -1  2  0 |
   B' = | 0  2 -3  1  0 |    G = | -1/6  1/6 -1/6 |   A' = | 0  1  1  4  * |
        | 0 -1  0  1  0 |        |  1/6  1/3  2/3 |        | 0  1 -1  8  1 |
        | 0  2 -1 -2  1 |        |   0    *    1  |

   Row k of B' holds the coefficients of the product of (z - p) over the finite points p other than
   the k-th (all of them for infinity), row k of G the powers of the point over the value of that
   product there, and column k of A' its powers. Kernels of 2 have the first two columns of G with
   1 for the star and all of A' with 0; kernels of 3 have all of G with 0, and the first three rows
   of A' with 1.

   The sum over channels and phases makes each of the 25 points a matrix product. With U = G w G',
   V = B' x B and Y = A dy A', the gradients use the same matrices:

     y = A' (V U) A,      dx = B (Y U') B',      dw = G' (V' Y) G.

   V and Y are [tile, 25 points, row], tiles in the order of pictures, then rows, then columns; those
   at the bottom and the right may be partly outside of the output. A row of V holds [phases,
   channels], a row of Y [output channels]; channels are padded with zeros to whole panels, and `row`
   is the distance of rows in floats. */
#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include <stddef.h>

#include "PanelProduct.h"

#define CK_WINOGRAD_POINTS 25
/* Inputs of a tile in one dimension of a phase. */
#define CK_WINOGRAD_WINDOW 5
/* The size of a phase's kernel in one dimension. */
static inline int ck_winograd_taps(size_t stride) { return stride == 2 ? 2 : 3; }

/* Outputs of a tile in one dimension. */
static inline int ck_winograd_tile(int taps) { return CK_WINOGRAD_WINDOW + 1 - taps; }

/* Tiles that hold `outputs` pixels in one dimension. */
static inline size_t ck_winograd_tiles_along(size_t outputs, int tile) {
  return (outputs + (size_t)tile - 1) / (size_t)tile;
}

/* Channels filled up to whole panels. */
static inline size_t ck_winograd_padded(size_t channels) {
  return (channels + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
}

/* The distance in floats from one point to the next in matrices [25 points, rows, columns]. Were it
   a multiple of the page size, what a transform reads or writes at 25 points would compete for the
   same lines of the cache. */
static inline size_t ck_winograd_plane(size_t rows, size_t columns) {
  return rows * columns + CK_LANES;
}

/* A convolution with `pad` zeros above and to the left. The stride is 1 with kernel 3 and 2 with
   kernel 4. */
typedef struct {
  size_t height, width, inputs;                    /* of an input picture, and its channels */
  size_t output_height, output_width, outputs;     /* of an output picture, and its channels */
  size_t stride, pad;
} ck_winograd;

/* V = B' x B of `count` rows of tiles from `first` on, counted over all pictures of x. */
void ck_winograd_input(float *v, size_t row, const float *x, size_t first, size_t count,
                       ck_winograd problem);

/* x = B V B' of `count` input pictures: each pixel is the sum over the tiles that read it.
   Overwrites x. */
void ck_winograd_input_adjoint(float *x, const float *v, size_t row, size_t count,
                               ck_winograd problem);

/* y = A' Y A of `count` rows of tiles from `first` on, counted over all pictures of y. */
void ck_winograd_output(float *y, const float *m, size_t row, size_t first, size_t count,
                        ck_winograd problem);

/* Y = A y A' of such rows of tiles. */
void ck_winograd_output_adjoint(float *m, size_t row, const float *y, size_t first, size_t count,
                                ck_winograd problem);

/* U = G w G' for `count` columns of V from `first` on and the panel of outputs from `output` on:
   [25 points, count, panel]. Weights are [kernel, kernel, inputs, outputs]. */
void ck_winograd_weights(float *u, const float *w, size_t first, size_t count, size_t output,
                         ck_winograd problem);

/* The same for products with U', for the panel of columns of V from `column` on and `count` outputs
   from `first` on: [25 points, count, panel]. */
void ck_winograd_weights_transposed(float *u, const float *w, size_t column, size_t first,
                                    size_t count, ck_winograd problem);

/* The part of w = G' U G that belongs to one phase and `count` inputs from `first` on; U is
   [25 points, inputs, outputs padded to panels], points `plane` floats apart. */
void ck_winograd_weights_adjoint(float *w, const float *u, size_t plane, size_t phase, size_t first,
                                 size_t count, ck_winograd problem);

#endif
