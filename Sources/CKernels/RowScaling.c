#include "RowScaling.h"

#include <math.h>

#include "RowSums.h"

CK_INLINE float inverse_root_mean_square(const float *x, size_t channels, float epsilon) {
  return 1 / sqrtf(row_inner_product(x, x, channels) / (float)channels + epsilon);
}

CK_MULTIVERSION_LANES
void ck_divide_by_root_mean_square(float *y, const float *x, size_t rows, size_t channels,
                                   float epsilon) {
  for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
    const float scale = inverse_root_mean_square(x, channels, epsilon);
    for (size_t c = 0; c < channels; c += CK_LANES) {
      lanes value;
      load_some(&value, x + c, channels - c);
      value *= scale;
      store_some(y + c, &value, channels - c);
    }
  }
}

CK_MULTIVERSION_LANES
void ck_root_mean_square_gradient(float *dx, const float *dy, const float *x, size_t rows,
                                  size_t channels, float epsilon) {
  for (size_t r = 0; r < rows; r++, x += channels, dx += channels, dy += channels) {
    const float scale = inverse_root_mean_square(x, channels, epsilon);
    const float pull =
        row_inner_product(dy, x, channels) * scale * scale * scale / (float)channels;
    for (size_t c = 0; c < channels; c += CK_LANES) {
      lanes gradient, value;
      load_some(&gradient, dy + c, channels - c);
      load_some(&value, x + c, channels - c);
      gradient = gradient * scale - value * pull;
      store_some(dx + c, &gradient, channels - c);
    }
  }
}

CK_MULTIVERSION
void ck_scale_minus_outer(float *out, const float *g, float scale, const float *x, const float *y,
                          size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    const float factor = x[r];
    CK_ELEMENT_BY_ELEMENT
    for (size_t c = 0; c < columns; c++)
      out[r * columns + c] = scale * g[r * columns + c] - factor * y[c];
  }
}
