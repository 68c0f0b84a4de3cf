/* Mixtures of a picture's values with those of other channels and pixels. */
#ifndef CKERNELS_COLOR_MIXING_H
#define CKERNELS_COLOR_MIXING_H

#include <stddef.h>

/* The weights of a value itself, of the mean over its pixel's channels, of the mean over the picture,
   and of one. */
typedef struct {
  float own, grey, mean, one;
} ck_color_mixture;

/* out = own·x + grey·grey(x) + mean·mean(x) + one for a picture of so many pixels. */
void ck_mix_colors(float *out, const float *x, size_t pixels, size_t channels,
                   ck_color_mixture weights);

#endif
