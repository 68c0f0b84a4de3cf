#include "Normalization.h"

#include "Multiversion.h"

enum { LANES = 64, BLOCK = 64 };

CK_MULTIVERSION
void ck_centered_squares(float *restrict sums, const float *restrict x, const float *restrict mean,
                         size_t rows, size_t channels) {
  for (size_t c0 = 0; c0 < channels; c0 += LANES) {
    size_t lanes = channels - c0 < LANES ? channels - c0 : LANES;
    double total[LANES] = {0};
    for (size_t start = 0; start < rows; start += BLOCK) {
      size_t end = start + BLOCK < rows ? start + BLOCK : rows;
      float block[LANES] = {0};
      for (size_t r = start; r < end; r++) {
        const float *row = x + r * channels + c0;
        for (size_t c = 0; c < lanes; c++) {
          float d = row[c] - mean[c0 + c];
          block[c] += d * d;
        }
      }
      for (size_t c = 0; c < lanes; c++) total[c] += (double)block[c];
    }
    for (size_t c = 0; c < lanes; c++) sums[c0 + c] = (float)total[c];
  }
}

CK_MULTIVERSION
void ck_scale_shift_rectify(float *restrict y, const float *restrict x,
                            const float *restrict scale, const float *restrict shift, size_t rows,
                            size_t channels, float slope) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < channels; c++) {
      float value = x[r * channels + c] * scale[c] + shift[c];
      y[r * channels + c] = value > 0 ? value : slope * value;
    }
}

CK_MULTIVERSION
void ck_normalization_sums(float *restrict sum_g, float *restrict sum_g_normalized,
                           const float *restrict dy, const float *restrict x,
                           const float *restrict mean, const float *restrict inverse_deviation,
                           const float *restrict gamma, const float *restrict beta, size_t rows,
                           size_t channels, float slope) {
  for (size_t c0 = 0; c0 < channels; c0 += LANES) {
    size_t lanes = channels - c0 < LANES ? channels - c0 : LANES;
    double total_g[LANES] = {0}, total_gn[LANES] = {0};
    for (size_t start = 0; start < rows; start += BLOCK) {
      size_t end = start + BLOCK < rows ? start + BLOCK : rows;
      float block_g[LANES] = {0}, block_gn[LANES] = {0};
      for (size_t r = start; r < end; r++) {
        const float *x_row = x + r * channels + c0, *dy_row = dy + r * channels + c0;
        for (size_t c = 0; c < lanes; c++) {
          float normalized = (x_row[c] - mean[c0 + c]) * inverse_deviation[c0 + c];
          float value = normalized * gamma[c0 + c] + beta[c0 + c];
          float g = value > 0 ? dy_row[c] : slope * dy_row[c];
          block_g[c] += g;
          block_gn[c] += g * normalized;
        }
      }
      for (size_t c = 0; c < lanes; c++) {
        total_g[c] += (double)block_g[c];
        total_gn[c] += (double)block_gn[c];
      }
    }
    for (size_t c = 0; c < lanes; c++) {
      sum_g[c0 + c] = (float)total_g[c];
      sum_g_normalized[c0 + c] = (float)total_gn[c];
    }
  }
}

CK_MULTIVERSION
void ck_normalization_input_gradient(float *restrict dx, const float *restrict dy,
                                     const float *restrict x, const float *restrict mean,
                                     const float *restrict inverse_deviation,
                                     const float *restrict gamma, const float *restrict beta,
                                     const float *restrict mean_g,
                                     const float *restrict mean_g_normalized, size_t rows,
                                     size_t channels, float slope) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < channels; c++) {
      size_t i = r * channels + c;
      float normalized = (x[i] - mean[c]) * inverse_deviation[c];
      float value = normalized * gamma[c] + beta[c];
      float g = value > 0 ? dy[i] : slope * dy[i];
      dx[i] = gamma[c] * inverse_deviation[c] * (g - mean_g[c] - normalized * mean_g_normalized[c]);
    }
}
