/* Optimizer updates, with a moving average that follows them: one pass over a network's flat
   buffers. */
#ifndef CKERNELS_OPTIMIZERS_H
#define CKERNELS_OPTIMIZERS_H

#include <stddef.h>

/* A moving average of the weights, which becomes decay·average + (1 − decay)·weights after their
   update; `values` may be null for none. */
typedef struct {
  float *values;
  float decay;
} ck_trailing_average;

/* Adam (Kingma & Ba, 2015, algorithm 1), epsilon outside the corrected root. The corrections
   are 1 − β₁ᵗ and 1 − β₂ᵗ. */
void ck_adam(float *weights, float *first_moment, float *second_moment, const float *gradient,
             size_t count, float learning_rate, float beta1, float beta2, float epsilon,
             float correction1, float correction2, ck_trailing_average average);

/* Adamax (Kingma & Ba, 2015, algorithm 2); epsilon is added to the norm, as Keras does. */
void ck_adamax(float *weights, float *first_moment, float *infinity_norm, const float *gradient,
               size_t count, float learning_rate, float beta1, float beta2, float epsilon,
               float correction1, ck_trailing_average average);

/* RMSprop (Tieleman & Hinton, 2012), epsilon outside the root; not centred, without momentum. */
void ck_rmsprop(float *weights, float *square, const float *gradient, size_t count,
                float learning_rate, float alpha, float epsilon, ck_trailing_average average);

/* Sets each weight to the nearest number from −limit to limit. */
void ck_clip(float *weights, size_t count, float limit);

#endif
