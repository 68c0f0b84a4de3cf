#include "Convolution.h"

#include <stdbool.h>
#include <string.h>

#include "Multiversion.h"

/* Copies of a few floats, for which a call would take longer than the copy: full vectors, the last
   of which may overlap the one before. */
CK_INLINE void copy(float *restrict to, const float *restrict from, size_t count) {
#define COPY_BY(N)                                                             \
  if (count >= N) {                                                            \
    for (size_t i = 0; i + N <= count; i += N)                                 \
      memcpy(to + i, from + i, N * sizeof *to);                                \
    memcpy(to + count - N, from + count - N, N * sizeof *to);                  \
    return;                                                                    \
  }
  COPY_BY(16)
  COPY_BY(8)
  COPY_BY(4)
#undef COPY_BY
  for (size_t i = 0; i < count; i++) to[i] = from[i];
}

CK_INLINE void clear(float *to, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = 0;
}

CK_MULTIVERSION
void ck_im2col(float *restrict columns, const float *restrict x, size_t first_row, size_t count,
               ck_window_geometry g) {
  const size_t patch_row = g.kernel_width * g.channels;
  const size_t patch = g.kernel_height * patch_row;
  const size_t picture = g.height * g.width * g.channels;
  for (size_t row = first_row; row < first_row + count; row++, columns += g.output_width * patch) {
    const size_t n = row / g.output_height, oy = row % g.output_height;
    for (size_t ky = 0; ky < g.kernel_height; ky++) {
      const ptrdiff_t iy = (ptrdiff_t)(oy * g.stride + ky) - (ptrdiff_t)g.pad_top;
      const bool inside = iy >= 0 && iy < (ptrdiff_t)g.height;
      const float *source = x + n * picture + (inside ? (size_t)iy * g.width * g.channels : 0);
      float *to = columns + ky * patch_row;
      for (size_t ox = 0; ox < g.output_width; ox++, to += patch) {
        const ptrdiff_t ix = (ptrdiff_t)(ox * g.stride) - (ptrdiff_t)g.pad_left;
        const ptrdiff_t end = ix + (ptrdiff_t)g.kernel_width;
        if (inside && ix >= 0 && end <= (ptrdiff_t)g.width) {
          copy(to, source + (size_t)ix * g.channels, patch_row);
          continue;
        }
        /* What is left of a patch that reaches over the edge. */
        const ptrdiff_t from = ix < 0 ? 0 : ix;
        const ptrdiff_t until = end > (ptrdiff_t)g.width ? (ptrdiff_t)g.width : end;
        clear(to, patch_row);
        if (inside && until > from)
          copy(to + (size_t)(from - ix) * g.channels, source + (size_t)from * g.channels,
               (size_t)(until - from) * g.channels);
      }
    }
  }
}

/* Every pixel is the sum of what stands for it in the patches that hold it. */
CK_INLINE void sum_patches(float *restrict x, const float *restrict columns, size_t count,
                           const ck_window_geometry *g, size_t channels, size_t stride) {
  const size_t patch = g->kernel_height * g->kernel_width * channels;
  for (size_t n = 0; n < count; n++, columns += g->output_height * g->output_width * patch)
    for (size_t iy = 0; iy < g->height; iy++)
      for (size_t ix = 0; ix < g->width; ix++, x += channels) {
        const size_t y = iy + g->pad_top, z = ix + g->pad_left;
        for (size_t c = 0; c < channels; c++) x[c] = 0;
        for (size_t ky = y % stride; ky < g->kernel_height && ky <= y; ky += stride) {
          const size_t oy = (y - ky) / stride;
          if (oy >= g->output_height) continue;
          for (size_t kx = z % stride; kx < g->kernel_width && kx <= z; kx += stride) {
            const size_t ox = (z - kx) / stride;
            if (ox >= g->output_width) continue;
            const float *from = columns + (oy * g->output_width + ox) * patch +
                                (ky * g->kernel_width + kx) * channels;
            for (size_t c = 0; c < channels; c++) x[c] += from[c];
          }
        }
      }
}

CK_MULTIVERSION
void ck_col2im(float *restrict x, const float *restrict columns, size_t count,
               ck_window_geometry g) {
  /* Sums of pictures of three channels stay in registers. */
  if (g.channels == 3 && g.stride == 1)
    sum_patches(x, columns, count, &g, 3, 1);
  else if (g.channels == 3 && g.stride == 2)
    sum_patches(x, columns, count, &g, 3, 2);
  else
    sum_patches(x, columns, count, &g, g.channels, g.stride);
}
