/* The transforms that turn a convolution of kernel 4, stride 2 and padding 1 into matrix products.

   Such a convolution is one of kernel 2 and stride 1 on four times the channels: with
   x_ab[i, j] = x[2i + a - 1, 2j + b - 1] and w_ab[s, t] = w[2s + a, 2t + b] for the phases a, b in
   {0, 1},

     y[i, j] = sum over a, b, s, t of x_ab[i + s, j + t] w_ab[s, t].

   Kernels of 2 are computed by Winograd's minimal filtering F(4x4, 2x2): a tile of 4x4 outputs from
   5x5 inputs of each phase by 25 products instead of 64. In one dimension, polynomials are
   multiplied by their values at the points 0, 1, -1, 2 and infinity, and the transposed algorithm
   is the convolution (Lavin and Gray, 2016). In two, with every g and d a matrix over the pixels,

     y = A' [ (G w G') * (B' x B) ] A      (* element by element, ' the transpose)

        | 2 -1 -2  1  0 |        |  1/2   0  |        | 1  1  1  1  0 |
        | 0 -2 -1  1  0 |        | -1/2 -1/2 |        | 0  1 -1  2  0 |
   B' = | 0  2 -3  1  0 |    G = | -1/6  1/6 |   A' = | 0  1  1  4  0 |
        | 0 -1  0  1  0 |        |  1/6  1/3 |        | 0  1 -1  8  1 |
        | 0  2 -1 -2  1 |        |   0    1  |

   Row k of B' holds the coefficients of the product of (z - p) over the finite points p other than
   the k-th (all of them for infinity), row k of G the powers of the point over the value of that
   product there, and column k of A' its powers.

   The sum over channels and phases makes each of the 25 points a matrix product. With U = G w G',
   V = B' x B and Y = A dy A', the gradients use the same matrices:

     y = A' (V U) A,      dx = B (Y U') B',      dw = G' (V' Y) G.

   V and Y are [tile, 25 points, row], tiles in the order of pictures, then rows, then columns. A
   row of V holds [4 phases, channels], a row of Y [output channels]; channels are padded with
   zeros to whole panels, and `row` is the distance of rows in floats. */
#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include <stddef.h>

#define CK_WINOGRAD_POINTS 25
#define CK_WINOGRAD_TILE 4

/* `count` pictures, whose sides in the output are multiples of the tile. */
typedef struct {
  size_t count, height, width, channels;
} ck_pictures;

/* V = B' x B of input pictures. */
void ck_winograd_input(float *v, size_t row, const float *x, ck_pictures pictures);

/* x = B V B': each input pixel is the sum over the tiles that read it. Overwrites x. */
void ck_winograd_input_adjoint(float *x, const float *v, size_t row, ck_pictures pictures);

/* y = A' Y A, output pictures. */
void ck_winograd_output(float *y, const float *m, size_t row, ck_pictures pictures);

/* Y = A y A' of output pictures. */
void ck_winograd_output_adjoint(float *m, size_t row, const float *y, ck_pictures pictures);

/* The part of U = G w G' that belongs to one phase (2a + b) of weights [4, 4, inputs, outputs]; U is
   [25 points, panel of outputs, 4 phases and inputs, output in panel]. */
void ck_winograd_weights(float *u, const float *w, size_t inputs, size_t outputs, size_t phase);

/* The same for products with U': [25 points, panel of (4 phases and inputs), outputs, row in
   panel]. */
void ck_winograd_weights_transposed(float *u, const float *w, size_t inputs, size_t outputs,
                                    size_t phase);

/* The part of w = G' U G that belongs to one phase and `count` inputs from `first` on; U is
   [25 points, count, outputs padded to panels]. */
void ck_winograd_weights_adjoint(float *w, const float *u, size_t inputs, size_t outputs,
                                 size_t phase, size_t first, size_t count);

#endif
