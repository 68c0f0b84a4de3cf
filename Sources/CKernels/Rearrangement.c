#include "Rearrangement.h"

#include "Lanes.h"

CK_INLINE void transpose_square(float *out, size_t out_row, const float *x, size_t x_row) {
  lanes square[CK_LANES];
#pragma unroll
  for (size_t i = 0; i < CK_LANES; i++) load(&square[i], x + i * x_row);
  transpose(square);
#pragma unroll
  for (size_t i = 0; i < CK_LANES; i++) store(out + i * out_row, &square[i]);
}

CK_MULTIVERSION_LANES
void ck_transpose(float *out, size_t out_row, const float *x, size_t x_row, size_t rows,
                  size_t columns) {
  const size_t whole_rows = rows / CK_LANES * CK_LANES, whole = columns / CK_LANES * CK_LANES;
  for (size_t i = 0; i < whole_rows; i += CK_LANES)
    for (size_t j = 0; j < whole; j += CK_LANES)
      transpose_square(out + i * out_row + j, out_row, x + j * x_row + i, x_row);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = i < whole_rows ? whole : 0; j < columns; j++)
      out[i * out_row + j] = x[j * x_row + i];
}

void ck_copy_strided(float *out, const size_t *out_strides, const float *x,
                     const size_t *x_strides, int rank, const size_t *dimensions) {
  if (rank == 0) {
    *out = *x;
  } else if (rank == 1) {
    const size_t to = out_strides[0], from = x_strides[0];
    if (to == 1 && from == 1)
      memcpy(out, x, dimensions[0] * sizeof *out);
    else
      for (size_t i = 0; i < dimensions[0]; i++) out[i * to] = x[i * from];
  } else if (rank == 2 && out_strides[1] == 1 && x_strides[0] == 1) {
    ck_transpose(out, out_strides[0], x, x_strides[1], dimensions[0], dimensions[1]);
  } else {
    for (size_t i = 0; i < dimensions[0]; i++)
      ck_copy_strided(out + i * out_strides[0], out_strides + 1, x + i * x_strides[0],
                      x_strides + 1, rank - 1, dimensions + 1);
  }
}

CK_MULTIVERSION
void ck_upsample(float *restrict out, const float *restrict x, size_t batch, size_t height,
                 size_t width, size_t channels, size_t factor, float scale) {
  const size_t row = width * factor * channels;
  for (size_t r = 0; r < batch * height; r++) {
    float *first = out + r * factor * row, *pixel = first;
    for (size_t w = 0; w < width; w++, x += channels, pixel += factor * channels) {
      for (size_t f = 0; f < factor; f++)
        for (size_t c = 0; c < channels; c++) pixel[f * channels + c] = scale * x[c];
    }
    for (size_t f = 1; f < factor; f++) memcpy(first + f * row, first, row * sizeof *first);
  }
}

CK_MULTIVERSION_LANES
void ck_window_sum(float *restrict out, const float *restrict x, size_t batch, size_t height,
                   size_t width, size_t channels, size_t factor, float scale) {
  const size_t row = width * factor * channels;
  for (size_t r = 0; r < batch * height; r++)
    for (size_t w = 0; w < width; w++, out += channels) {
      const float *window = x + r * factor * row + w * factor * channels;
      size_t c = 0;
      for (; c + CK_LANES <= channels; c += CK_LANES) {
        lanes sum = {0};
        for (size_t i = 0; i < factor; i++)
          for (size_t j = 0; j < factor; j++) {
            lanes pixel;
            load(&pixel, window + i * row + j * channels + c);
            sum += pixel;
          }
        sum *= scale;
        store(out + c, &sum);
      }
      for (; c < channels; c++) {
        float sum = 0;
        for (size_t i = 0; i < factor; i++)
          for (size_t j = 0; j < factor; j++) sum += window[i * row + j * channels + c];
        out[c] = scale * sum;
      }
    }
}

CK_MULTIVERSION
void ck_window_maximum(float *restrict out, float *restrict winner, const float *restrict x,
                       size_t batch, size_t height, size_t width, size_t channels, size_t factor) {
  const size_t row = width * factor * channels, pixels = factor * factor;
  for (size_t r = 0; r < batch * height; r++)
    for (size_t w = 0; w < width; w++) {
      const size_t first = r * factor * row + w * factor * channels;
      float *largest = out + (r * width + w) * channels;
      /* Which pixel of the window it is, until that is no longer needed. */
      float *place = winner + first;
      memcpy(largest, x + first, channels * sizeof *largest);
      memset(place, 0, channels * sizeof *place);
      for (size_t p = 1; p < pixels; p++) {
        const float *pixel = x + first + p / factor * row + p % factor * channels;
        for (size_t c = 0; c < channels; c++) {
          /* What is not a number wins, and then nothing is larger. */
          const int replaces = pixel[c] > largest[c] || pixel[c] != pixel[c];
          largest[c] = replaces ? pixel[c] : largest[c];
          place[c] = replaces ? (float)p : place[c];
        }
      }
      for (size_t p = pixels; p-- > 0;) {
        float *wins = winner + first + p / factor * row + p % factor * channels;
        CK_ELEMENT_BY_ELEMENT
        for (size_t c = 0; c < channels; c++) wins[c] = place[c] == (float)p;
      }
    }
}
