#include "Bias.h"

#include "Lanes.h"

CK_INLINE void add_to_rows(float *restrict x, const float *restrict bias, size_t rows,
                           size_t channels) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < channels; c++) x[r * channels + c] += bias[c];
}

CK_MULTIVERSION
void ck_add_to_rows(float *restrict x, const float *restrict bias, size_t rows, size_t channels) {
  if (channels >= CK_LANES) {
    add_to_rows(x, bias, rows, channels);
    return;
  }
  /* Narrow rows, such as pixels of three colours: sixteen of them are taken for one, which is whole
     vectors. */
  float biases[CK_LANES * CK_LANES];
  for (size_t i = 0; i < CK_LANES; i++) memcpy(biases + i * channels, bias, channels * sizeof *bias);
  const size_t whole = rows / CK_LANES * CK_LANES;
  add_to_rows(x, biases, rows / CK_LANES, CK_LANES * channels);
  add_to_rows(x + whole * channels, bias, rows - whole, channels);
}
