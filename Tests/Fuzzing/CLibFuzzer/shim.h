#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own mutations, which custom mutators build on; clang lends no header for it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
