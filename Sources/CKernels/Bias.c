#include "Bias.h"

#include "Multiversion.h"

CK_MULTIVERSION
void ck_add_to_rows(float *restrict x, const float *restrict bias, size_t rows, size_t channels) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < channels; c++) x[r * channels + c] += bias[c];
}
