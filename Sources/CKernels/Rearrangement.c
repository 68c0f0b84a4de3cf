#include "Rearrangement.h"

#include <string.h>

static float *gather(float *out, const float *x, int rank, const size_t *dimensions,
                     const size_t *strides) {
  if (rank == 1) {
    if (strides[0] == 1)
      memcpy(out, x, dimensions[0] * sizeof *out);
    else
      for (size_t i = 0; i < dimensions[0]; i++) out[i] = x[i * strides[0]];
    return out + dimensions[0];
  }
  for (size_t i = 0; i < dimensions[0]; i++)
    out = gather(out, x + i * strides[0], rank - 1, dimensions + 1, strides + 1);
  return out;
}

void ck_gather_strided(float *out, const float *x, int rank, const size_t *dimensions,
                       const size_t *strides) {
  if (rank == 0)
    *out = *x;
  else
    gather(out, x, rank, dimensions, strides);
}

static const float *scatter(float *out, const float *x, int rank, const size_t *dimensions,
                            const size_t *strides) {
  if (rank == 1) {
    if (strides[0] == 1)
      memcpy(out, x, dimensions[0] * sizeof *out);
    else
      for (size_t i = 0; i < dimensions[0]; i++) out[i * strides[0]] = x[i];
    return x + dimensions[0];
  }
  for (size_t i = 0; i < dimensions[0]; i++)
    x = scatter(out + i * strides[0], x, rank - 1, dimensions + 1, strides + 1);
  return x;
}

void ck_scatter_strided(float *out, const float *x, int rank, const size_t *dimensions,
                        const size_t *strides) {
  if (rank == 0)
    *out = *x;
  else
    scatter(out, x, rank, dimensions, strides);
}

void ck_upsample(float *restrict out, const float *restrict x, size_t batch, size_t height,
                 size_t width, size_t channels, size_t factor) {
  size_t row = width * factor * channels;
  for (size_t r = 0; r < batch * height; r++) {
    float *first = out + r * factor * row;
    for (size_t w = 0; w < width; w++)
      for (size_t f = 0; f < factor; f++)
        memcpy(first + (w * factor + f) * channels, x + (r * width + w) * channels,
               channels * sizeof *x);
    for (size_t f = 1; f < factor; f++) memcpy(first + f * row, first, row * sizeof *x);
  }
}

void ck_window_sum(float *restrict out, const float *restrict x, size_t batch, size_t height,
                   size_t width, size_t channels, size_t factor) {
  size_t row = width * factor * channels;
  for (size_t r = 0; r < batch * height; r++)
    for (size_t w = 0; w < width; w++) {
      float *sum = out + (r * width + w) * channels;
      memset(sum, 0, channels * sizeof *sum);
      for (size_t i = 0; i < factor; i++)
        for (size_t j = 0; j < factor; j++) {
          const float *pixel = x + (r * factor + i) * row + (w * factor + j) * channels;
          for (size_t c = 0; c < channels; c++) sum[c] += pixel[c];
        }
    }
}

void ck_window_maximum(float *restrict out, float *restrict winner, const float *restrict x,
                       size_t batch, size_t height, size_t width, size_t channels, size_t factor) {
  size_t row = width * factor * channels;
  memset(winner, 0, batch * height * factor * row * sizeof *winner);
  for (size_t r = 0; r < batch * height; r++)
    for (size_t w = 0; w < width; w++)
      for (size_t c = 0; c < channels; c++) {
        size_t best = r * factor * row + w * factor * channels + c;
        for (size_t i = 0; i < factor; i++)
          for (size_t j = 0; j < factor; j++) {
            size_t at = (r * factor + i) * row + (w * factor + j) * channels + c;
            if (x[at] > x[best]) best = at;
          }
        out[(r * width + w) * channels + c] = x[best];
        winner[best] = 1;
      }
}
