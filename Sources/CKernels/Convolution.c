#include "Convolution.h"

#include <string.h>

#include "Multiversion.h"

void ck_im2col(float *restrict columns, const float *restrict x, size_t first_row, size_t count,
               ck_window_geometry g) {
  const size_t patch_row = g.kernel_width * g.channels;
  const size_t picture = g.height * g.width * g.channels;
  for (size_t row = first_row; row < first_row + count; row++) {
    const size_t n = row / g.output_height, oy = row % g.output_height;
    for (size_t ox = 0; ox < g.output_width; ox++)
      for (size_t ky = 0; ky < g.kernel_height; ky++, columns += patch_row) {
        ptrdiff_t iy = (ptrdiff_t)(oy * g.stride + ky) - (ptrdiff_t)g.pad_top;
        ptrdiff_t ix = (ptrdiff_t)(ox * g.stride) - (ptrdiff_t)g.pad_left;
        if (iy < 0 || iy >= (ptrdiff_t)g.height) {
          memset(columns, 0, patch_row * sizeof *columns);
          continue;
        }
        ptrdiff_t first = ix < 0 ? -ix : 0;
        if (first > (ptrdiff_t)g.kernel_width) first = (ptrdiff_t)g.kernel_width;
        ptrdiff_t last = (ptrdiff_t)g.width - ix;
        if (last > (ptrdiff_t)g.kernel_width) last = (ptrdiff_t)g.kernel_width;
        if (last < first) last = first;
        const float *source = x + n * picture + (size_t)iy * g.width * g.channels;
        memset(columns, 0, (size_t)first * g.channels * sizeof *columns);
        if (last > first)
          memcpy(columns + (size_t)first * g.channels,
                 source + (size_t)(ix + first) * g.channels,
                 (size_t)(last - first) * g.channels * sizeof *columns);
        memset(columns + (size_t)last * g.channels, 0,
               (g.kernel_width - (size_t)last) * g.channels * sizeof *columns);
      }
  }
}

CK_MULTIVERSION
static void add_to(float *restrict sum, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += x[i];
}

void ck_col2im(float *restrict x, const float *restrict columns, size_t count,
               ck_window_geometry g) {
  const size_t patch_row = g.kernel_width * g.channels;
  const size_t picture = g.height * g.width * g.channels;
  memset(x, 0, count * picture * sizeof *x);
  for (size_t n = 0; n < count; n++)
    for (size_t oy = 0; oy < g.output_height; oy++)
      for (size_t ox = 0; ox < g.output_width; ox++)
        for (size_t ky = 0; ky < g.kernel_height; ky++, columns += patch_row) {
          ptrdiff_t iy = (ptrdiff_t)(oy * g.stride + ky) - (ptrdiff_t)g.pad_top;
          ptrdiff_t ix = (ptrdiff_t)(ox * g.stride) - (ptrdiff_t)g.pad_left;
          if (iy < 0 || iy >= (ptrdiff_t)g.height) continue;
          ptrdiff_t first = ix < 0 ? -ix : 0;
          ptrdiff_t last = (ptrdiff_t)g.width - ix;
          if (last > (ptrdiff_t)g.kernel_width) last = (ptrdiff_t)g.kernel_width;
          if (last <= first) continue;
          float *target = x + n * picture + (size_t)iy * g.width * g.channels;
          add_to(target + (size_t)(ix + first) * g.channels, columns + (size_t)first * g.channels,
                 (size_t)(last - first) * g.channels);
        }
}
