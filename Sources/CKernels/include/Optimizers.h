/* Optimizer updates and moving averages: one pass over a network's flat buffers. */
#ifndef CKERNELS_OPTIMIZERS_H
#define CKERNELS_OPTIMIZERS_H

#include <stddef.h>

/* Adam (Kingma & Ba, 2015, algorithm 1), epsilon outside the corrected root. The corrections
   are 1 − β₁ᵗ and 1 − β₂ᵗ. */
void ck_adam(float *weights, float *first_moment, float *second_moment, const float *gradient,
             size_t count, float learning_rate, float beta1, float beta2, float epsilon,
             float correction1, float correction2);

/* Adamax (Kingma & Ba, 2015, algorithm 2); epsilon is added to the norm, as Keras does. */
void ck_adamax(float *weights, float *first_moment, float *infinity_norm, const float *gradient,
               size_t count, float learning_rate, float beta1, float beta2, float epsilon,
               float correction1);

/* average = decay·average + (1 − decay)·x */
void ck_moving_average(float *average, const float *x, size_t count, float decay);

#endif
