/* One pass over memory for each elementwise operation, with NumPy's broadcasting. */
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include <stddef.h>

typedef enum {
  CK_ADD,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_MAXIMUM,
  CK_FIRST /* a, broadcast over the shape of b */
} ck_binary_operation;

/* out[i] = a[i·a_stride] op b[i·b_stride] over `rank` dimensions; out is dense, and a stride of
   zero repeats an operand along that dimension. */
void ck_binary(ck_binary_operation operation, float *out, const float *a, const float *b, int rank,
               const size_t *dimensions, const size_t *a_strides, const size_t *b_strides);

/* out = scale·x + shift */
void ck_affine(float *out, const float *x, size_t count, float scale, float shift);

typedef enum { CK_EXP, CK_LOG, CK_SQRT, CK_TANH, CK_SIGMOID, CK_SOFTPLUS } ck_unary_operation;

void ck_unary(ck_unary_operation operation, float *out, const float *x, size_t count);

/* out = x where x > 0, else slope·x */
void ck_leaky_relu(float *out, const float *x, size_t count, float slope);

/* out = a where gate > 0, else slope·a: the derivative of the leaky rectifier, applied; `out` may be
   `a`. */
void ck_leaky_gate(float *out, const float *a, const float *gate, size_t count, float slope);

#endif
