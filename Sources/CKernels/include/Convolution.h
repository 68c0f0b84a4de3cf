/* im2col and its adjoint for NHWC pictures: what turns a convolution into matrix products. */
#ifndef CKERNELS_CONVOLUTION_H
#define CKERNELS_CONVOLUTION_H

#include <stddef.h>

typedef struct {
  size_t height, width, channels;         /* of the input */
  size_t kernel_height, kernel_width;
  size_t stride;
  size_t pad_top, pad_left;
  size_t output_height, output_width;
} ck_window_geometry;

/* columns[output pixel, kernel row, kernel column, channel] of `count` output rows from `first`
   on, counted over all pictures of x; zero outside. */
void ck_im2col(float *columns, const float *x, size_t first, size_t count,
               ck_window_geometry geometry);

/* Adds every column entry of `count` pictures back to the pixel it was read from; overwrites x. */
void ck_col2im(float *x, const float *columns, size_t count, ck_window_geometry geometry);

#endif
