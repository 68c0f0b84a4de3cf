#include "Optimizers.h"

#include <math.h>

#include "Multiversion.h"

/* Without fused multiply-adds every processor rounds alike: replicas on a mixed cluster that apply
   the same gradient keep the same weights, bit by bit. */
#pragma STDC FP_CONTRACT OFF

CK_MULTIVERSION
void ck_adam(float *restrict weights, float *restrict first_moment, float *restrict second_moment,
             const float *restrict gradient, size_t count, float learning_rate, float beta1,
             float beta2, float epsilon, float correction1, float correction2,
             ck_trailing_average average) {
  float *restrict trailing = average.values;
  const float step = learning_rate / correction1;
  const float root = 1.0f / sqrtf(correction2);
  for (size_t i = 0; i < count; i++) {
    float g = gradient[i];
    float m = beta1 * first_moment[i] + (1 - beta1) * g;
    float v = beta2 * second_moment[i] + (1 - beta2) * g * g;
    first_moment[i] = m;
    second_moment[i] = v;
    float weight = weights[i] - step * m / (sqrtf(v) * root + epsilon);
    weights[i] = weight;
    if (trailing) trailing[i] = average.decay * trailing[i] + (1 - average.decay) * weight;
  }
}

CK_MULTIVERSION
void ck_adamax(float *restrict weights, float *restrict first_moment,
               float *restrict infinity_norm, const float *restrict gradient, size_t count,
               float learning_rate, float beta1, float beta2, float epsilon, float correction1,
               ck_trailing_average average) {
  float *restrict trailing = average.values;
  const float step = learning_rate / correction1;
  for (size_t i = 0; i < count; i++) {
    float g = gradient[i];
    float m = beta1 * first_moment[i] + (1 - beta1) * g;
    float decayed = beta2 * infinity_norm[i], magnitude = fabsf(g);
    float u = decayed > magnitude ? decayed : magnitude;
    first_moment[i] = m;
    infinity_norm[i] = u;
    float weight = weights[i] - step * m / (u + epsilon);
    weights[i] = weight;
    if (trailing) trailing[i] = average.decay * trailing[i] + (1 - average.decay) * weight;
  }
}

CK_MULTIVERSION
void ck_rmsprop(float *restrict weights, float *restrict square, const float *restrict gradient,
                size_t count, float learning_rate, float alpha, float epsilon,
                ck_trailing_average average) {
  float *restrict trailing = average.values;
  for (size_t i = 0; i < count; i++) {
    float g = gradient[i];
    float v = alpha * square[i] + (1 - alpha) * g * g;
    square[i] = v;
    float weight = weights[i] - learning_rate * g / (sqrtf(v) + epsilon);
    weights[i] = weight;
    if (trailing) trailing[i] = average.decay * trailing[i] + (1 - average.decay) * weight;
  }
}

CK_MULTIVERSION
void ck_clip(float *weights, size_t count, float limit) {
  for (size_t i = 0; i < count; i++) {
    const float w = weights[i];
    weights[i] = w > limit ? limit : w < -limit ? -limit : w;
  }
}
