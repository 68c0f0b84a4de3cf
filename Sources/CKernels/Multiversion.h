/* How a kernel is compiled once for each x86-64 level and chosen when the program is loaded. */
#ifndef CKERNELS_MULTIVERSION_H
#define CKERNELS_MULTIVERSION_H

/* Under ThreadSanitizer there is one level: what chooses would call it before it is ready. */
#if defined(__has_feature)
#define CK_CHOOSES !__has_feature(thread_sanitizer)
#else
#define CK_CHOOSES 1
#endif

#if defined(__x86_64__) && defined(__linux__) && CK_CHOOSES
#define CK_CLONES(...) __attribute__((target_clones("default", __VA_ARGS__)))
#else
#define CK_CLONES(...)
#endif

#define CK_MULTIVERSION CK_CLONES("arch=x86-64-v3", "arch=x86-64-v4")

/* Before a loop that reads no element but the one it writes, so that it may run in place. */
#define CK_ELEMENT_BY_ELEMENT _Pragma("clang loop vectorize(assume_safety)")

/* A body shared by kernels must be inlined into each clone to be compiled for its level. */
#define CK_INLINE static inline __attribute__((always_inline))

#endif
