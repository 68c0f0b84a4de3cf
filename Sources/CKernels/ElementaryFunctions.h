/* Elementary functions in plain arithmetic, without branches, calls or tables, so that a loop over
   them becomes vector code at every x86-64 level. Each reduces its argument to an interval around
   zero where a few terms of the Taylor series suffice; errors are below three units in the last
   place. Whoever includes this says first whether multiply-adds may be fused. */
#ifndef CKERNELS_ELEMENTARY_FUNCTIONS_H
#define CKERNELS_ELEMENTARY_FUNCTIONS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "Multiversion.h"

/* Unsigned, because what is computed for a not-a-number or a negative argument, though it is not
   used, must not overflow. */
CK_INLINE uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

CK_INLINE float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* 2^n for n from -126 to 127. */
CK_INLINE float power_of_two(int32_t n) { return float_of(((uint32_t)n + 127) << 23); }

/* ln 2 in two parts; products of the first with whole numbers below 2^15 are exact. */
#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0105p-13f

typedef struct {
  int32_t n;
  float rest;
} ln2_multiple;

/* x = n ln 2 + rest, where |rest| is hardly more than half of ln 2. */
CK_INLINE ln2_multiple nearest_ln2_multiple(float x) {
  /* Added to this number, a small one is rounded to a whole one in the lowest bits. */
  const float round = 0x1.8p23f;
  const float shifted = x * 0x1.715476p0f + round;
  const float n = shifted - round;
  return (ln2_multiple){(int32_t)(bits_of(shifted) - bits_of(round)),
                        (x - n * LN2_HIGH) - n * LN2_LOW};
}

/* e^r - 1 = r + r^2/2! + r^3/3! + ... for |r| up to half of ln 2. */
CK_INLINE float exponential_series(float r) {
  const float tail =
      1 / 2.f +
      r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r * (1 / 720.f + r * (1 / 5040.f)))));
  return r + r * r * tail;
}

/* e^x = 2^n e^r */
CK_INLINE float exponential(float x) {
  /* Beyond, the result is zero or infinite. Comparisons let a not-a-number pass. */
  x = x > 89 ? 89 : x < -104 ? -104 : x;
  const ln2_multiple m = nearest_ln2_multiple(x);
  /* In two halves, since 2^n alone may be out of range where the result is not. */
  const int32_t half = m.n >> 1;
  return (1 + exponential_series(m.rest)) * power_of_two(half) * power_of_two(m.n - half);
}

/* log(1 + f) = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...) with s = f/(2 + f), for |s| up to 1/3; 2s is
   written f - s f, whose larger part is exact. */
CK_INLINE float logarithm_of_one_plus(float f) {
  const float s = f / (2 + f), z = s * s;
  const float tail =
      z * (2 / 3.f +
           z * (2 / 5.f +
                z * (2 / 7.f + z * (2 / 9.f + z * (2 / 11.f + z * (2 / 13.f + z * (2 / 15.f)))))));
  return f - s * (f - tail);
}

/* log x = n ln 2 + log m with m from the root of 1/2 to that of 2. */
CK_INLINE float logarithm(float x) {
  const uint32_t smallest = bits_of(0x1.6a09e6p-1f);
  const int denormal = x < FLT_MIN;
  const uint32_t bits = bits_of(denormal ? x * 0x1p25f : x) - smallest;
  const float n = (float)(((int32_t)bits >> 23) - (denormal ? 25 : 0));
  const float m = float_of((bits & 0x7FFFFF) + smallest);
  const float result = n * LN2_HIGH + (logarithm_of_one_plus(m - 1) + n * LN2_LOW);
  const float outside = x == 0 ? -INFINITY : NAN;
  return x == INFINITY ? x : x > 0 ? result : outside;
}

/* tanh |x| = -t/(2 + t) with t = e^(-2|x|) - 1, which keeps small arguments exact. */
CK_INLINE float hyperbolic_tangent(float x) {
  float exponent = -2 * fabsf(x);
  exponent = exponent < -40 ? -40 : exponent;
  const ln2_multiple m = nearest_ln2_multiple(exponent);
  const float scale = power_of_two(m.n);
  const float t = scale * exponential_series(m.rest) + (scale - 1);
  return copysignf(t / (2 + t), x);
}

/* 1/(1 + e^-x), from e^-|x|, which does not overflow. */
CK_INLINE float logistic(float x) {
  const float e = exponential(-fabsf(x));
  return (x > 0 ? 1 : e) / (1 + e);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) */
CK_INLINE float softplus(float x) {
  return (x > 0 ? x : 0) + logarithm_of_one_plus(exponential(-fabsf(x)));
}

/* The sine and cosine of a whole turn's fraction u in [0, 1), from those of the distance to the
   nearest quarter turn. */
CK_INLINE void sine_and_cosine_of_turn(float u, float *sine, float *cosine) {
  const int32_t quarter = (int32_t)(4 * u + 0.5f);
  const float x = (4 * u - (float)quarter) * 0x1.921fb6p0f, z = x * x;
  const float s = x - x * z * (1 / 6.f - z * (1 / 120.f - z * (1 / 5040.f - z * (1 / 362880.f))));
  const float c =
      1 - z * (1 / 2.f -
               z * (1 / 24.f - z * (1 / 720.f - z * (1 / 40320.f - z * (1 / 3628800.f)))));
  *sine = float_of(bits_of(quarter & 1 ? c : s) ^ (uint32_t)(quarter & 2) << 30);
  *cosine = float_of(bits_of(quarter & 1 ? s : c) ^ (uint32_t)((quarter + 1) & 2) << 30);
}

#endif
