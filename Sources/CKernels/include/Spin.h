/* What a thread does between looks at a variable that another thread is about to change. */
#ifndef CKERNELS_SPIN_H
#define CKERNELS_SPIN_H

static inline void ck_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

#endif
