#include "ColorMixing.h"

#include "Multiversion.h"

CK_INLINE void mix(float *restrict out, const float *restrict x, size_t pixels, size_t channels,
                   ck_color_mixture weights, float shift) {
  for (size_t p = 0; p < pixels; p++) {
    float sum = 0;
    for (size_t c = 0; c < channels; c++) sum += x[p * channels + c];
    const float rest = weights.grey * (sum / (float)channels) + shift;
    for (size_t c = 0; c < channels; c++)
      out[p * channels + c] = weights.own * x[p * channels + c] + rest;
  }
}

CK_MULTIVERSION
void ck_mix_colors(float *restrict out, const float *restrict x, size_t pixels, size_t channels,
                   ck_color_mixture weights) {
  const size_t count = pixels * channels;
  /* Sums side by side, which the compiler may keep in one register. */
  enum { SUMS = 16 };
  double total = 0;
  float sums[SUMS] = {0};
  size_t i = 0;
  for (; i + SUMS <= count; i += SUMS)
    for (int s = 0; s < SUMS; s++) sums[s] += x[i + (size_t)s];
  for (; i < count; i++) total += x[i];
  for (int s = 0; s < SUMS; s++) total += sums[s];
  const float shift = weights.mean * (float)(total / (double)count) + weights.one;
  if (channels == 3)
    mix(out, x, pixels, 3, weights, shift);
  else
    mix(out, x, pixels, channels, weights, shift);
}
