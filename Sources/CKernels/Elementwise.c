#include "Elementwise.h"

/* Without fused multiply-adds every processor rounds alike. */
#pragma STDC FP_CONTRACT OFF

#include "ElementaryFunctions.h"

/* The innermost dimension of a broadcast operation: each operand is either dense or repeated. */
#define DEFINE_ROW(name, expression)                                                          \
  CK_MULTIVERSION static void name(float *restrict out, const float *restrict a, size_t sa,   \
                                   const float *restrict b, size_t sb, size_t n) {            \
    if (sa == 1 && sb == 1) {                                                                 \
      for (size_t i = 0; i < n; i++) { const float x = a[i], y = b[i]; out[i] = expression; } \
    } else if (sa == 1 && sb == 0) {                                                          \
      const float y = b[0];                                                                   \
      for (size_t i = 0; i < n; i++) { const float x = a[i]; out[i] = expression; }           \
    } else if (sa == 0 && sb == 1) {                                                          \
      const float x = a[0];                                                                   \
      for (size_t i = 0; i < n; i++) { const float y = b[i]; out[i] = expression; }           \
    } else {                                                                                  \
      for (size_t i = 0; i < n; i++) {                                                        \
        const float x = a[i * sa], y = b[i * sb];                                             \
        out[i] = expression;                                                                  \
      }                                                                                       \
    }                                                                                         \
  }

DEFINE_ROW(add_row, x + y)
DEFINE_ROW(subtract_row, x - y)
DEFINE_ROW(multiply_row, x *y)
DEFINE_ROW(divide_row, x / y)
/* What is not a number is passed on, from either side. */
DEFINE_ROW(maximum_row, x > y || x != x ? x : y)
DEFINE_ROW(first_row, ((void)y, x))

enum { NARROW = 32 };

typedef void row_function(float *restrict, const float *restrict, size_t, const float *restrict,
                          size_t, size_t);

static row_function *row_for(ck_binary_operation operation) {
  switch (operation) {
    case CK_ADD: return add_row;
    case CK_SUBTRACT: return subtract_row;
    case CK_MULTIPLY: return multiply_row;
    case CK_DIVIDE: return divide_row;
    case CK_MAXIMUM: return maximum_row;
    case CK_FIRST: return first_row;
  }
}

static float *binary_nest(row_function *row, float *out, const float *a, const float *b, int rank,
                          const size_t *dimensions, const size_t *sa, const size_t *sb) {
  if (rank == 1) {
    row(out, a, sa[0], b, sb[0], dimensions[0]);
    return out + dimensions[0];
  }
  for (size_t i = 0; i < dimensions[0]; i++)
    out = binary_nest(row, out, a + i * sa[0], b + i * sb[0], rank - 1, dimensions + 1, sa + 1,
                      sb + 1);
  return out;
}

/* Rows of a few elements, such as pixels of three colours, with the same second operand: so many of
   them are worked on together as fill the copies of it. */
static void narrow_rows(row_function *row, float *out, const float *a, const float *b, size_t rows,
                        size_t columns) {
  float copies[8 * NARROW];
  const size_t at_once = 8 * NARROW / columns;
  for (size_t i = 0; i < at_once; i++) memcpy(copies + i * columns, b, columns * sizeof *b);
  for (size_t r = 0; r < rows; r += at_once) {
    const size_t count = (rows - r < at_once ? rows - r : at_once) * columns;
    row(out + r * columns, a + r * columns, 1, copies, 1, count);
  }
}

void ck_binary(ck_binary_operation operation, float *out, const float *a, const float *b, int rank,
               const size_t *dimensions, const size_t *a_strides, const size_t *b_strides) {
  row_function *row = row_for(operation);
  for (int i = 0; i < rank; i++)
    if (dimensions[i] == 0) return;
  if (rank == 0)
    row(out, a, 0, b, 0, 1);
  else if (rank == 2 && dimensions[1] <= NARROW && a_strides[1] == 1 &&
           a_strides[0] == dimensions[1] && b_strides[1] == 1 && b_strides[0] == 0)
    narrow_rows(row, out, a, b, dimensions[0], dimensions[1]);
  else
    binary_nest(row, out, a, b, rank, dimensions, a_strides, b_strides);
}

CK_MULTIVERSION
void ck_affine(float *restrict out, const float *restrict x, size_t count, float scale,
               float shift) {
  for (size_t i = 0; i < count; i++) out[i] = scale * x[i] + shift;
}

CK_MULTIVERSION
void ck_unary(ck_unary_operation operation, float *restrict out, const float *restrict x,
              size_t count) {
  switch (operation) {
    case CK_EXP: for (size_t i = 0; i < count; i++) out[i] = exponential(x[i]); break;
    case CK_LOG: for (size_t i = 0; i < count; i++) out[i] = logarithm(x[i]); break;
    case CK_SQRT: for (size_t i = 0; i < count; i++) out[i] = sqrtf(x[i]); break;
    case CK_TANH: for (size_t i = 0; i < count; i++) out[i] = hyperbolic_tangent(x[i]); break;
    case CK_SIGMOID: for (size_t i = 0; i < count; i++) out[i] = logistic(x[i]); break;
    case CK_SOFTPLUS: for (size_t i = 0; i < count; i++) out[i] = softplus(x[i]); break;
  }
}

CK_MULTIVERSION
void ck_leaky_relu(float *restrict out, const float *restrict x, size_t count, float slope) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] > 0 ? x[i] : slope * x[i];
}

CK_MULTIVERSION
void ck_leaky_gate(float *out, const float *a, const float *restrict gate, size_t count,
                   float slope) {
  CK_ELEMENT_BY_ELEMENT
  for (size_t i = 0; i < count; i++) out[i] = gate[i] > 0 ? a[i] : slope * a[i];
}
