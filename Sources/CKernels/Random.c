#include "Random.h"

/* Without fused multiply-adds every processor rounds alike, and draws the same numbers. */
#pragma STDC FP_CONTRACT OFF

#include "ElementaryFunctions.h"
#include "Lanes.h"

enum { ROUNDS = 10, AT_ONCE = 8, WORDS = 4 * AT_ONCE };

#define MULTIPLIER0 0xD2511F53u
#define MULTIPLIER1 0xCD9E8D57u
#define WEYL0 0x9E3779B9u
#define WEYL1 0xBB67AE85u

ck_philox_block ck_philox(const uint32_t counter[4], const uint32_t key[2]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t p0 = (uint64_t)MULTIPLIER0 * c0;
    uint64_t p1 = (uint64_t)MULTIPLIER1 * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += WEYL0;
    k1 += WEYL1;
  }
  return (ck_philox_block){{c0, c1, c2, c3}};
}

/* One word of each of AT_ONCE counters, in the lower half of its element; what the upper half holds
   has no effect, since the generator multiplies lower halves only. */
typedef uint64_t spread_words __attribute__((vector_size(AT_ONCE * sizeof(uint64_t))));
typedef uint32_t packed_words __attribute__((vector_size(CK_LANES * sizeof(uint32_t))));
typedef int32_t packed_integers __attribute__((vector_size(CK_LANES * sizeof(int32_t))));

/* The random numbers of one sample. */
typedef struct {
  uint32_t key[2];
  uint32_t sample;
  uint64_t step;
} sequence;

/* Words 4·first to 4·first + WORDS - 1 of a sequence, which are those of the blocks from `first`. */
CK_INLINE void words_at(packed_words words[2], size_t first, const sequence *s) {
  const uint64_t lower = 0xFFFFFFFFu;
  const spread_words zero = {0};
  spread_words c0 = (spread_words){0, 1, 2, 3, 4, 5, 6, 7} + (uint64_t)first;
  spread_words c1 = zero + (uint64_t)s->sample;
  spread_words c2 = zero + (s->step & lower), c3 = zero + (s->step >> 32);
  uint32_t k0 = s->key[0], k1 = s->key[1];
#pragma unroll
  for (int round = 0; round < ROUNDS; round++) {
    const spread_words p0 = (c0 & lower) * (uint64_t)MULTIPLIER0;
    const spread_words p1 = (c2 & lower) * (uint64_t)MULTIPLIER1;
    c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
    c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
    c1 = p1;
    c3 = p0;
    k0 += WEYL0;
    k1 += WEYL1;
  }
  const spread_words front = (c0 & lower) | c1 << 32, back = (c2 & lower) | c3 << 32;
  words[0] = (packed_words)__builtin_shufflevector(front, back, 0, 8, 1, 9, 2, 10, 3, 11);
  words[1] = (packed_words)__builtin_shufflevector(front, back, 4, 12, 5, 13, 6, 14, 7, 15);
}

/* Numbers in [0, 1). 24 bits fill a float's significand exactly, so that 1 is never reached. */
CK_INLINE void uniform_numbers(lanes *numbers, const packed_words *words) {
  const packed_integers bits = (packed_integers)(*words >> 8);
  *numbers = __builtin_convertvector(bits, lanes) * 0x1p-24f;
}

CK_MULTIVERSION_LANES
void ck_philox_uniform(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                       uint64_t step) {
  const sequence s = {{key[0], key[1]}, sample, step};
  for (size_t i = 0; i < count; i += WORDS) {
    packed_words words[2];
    words_at(words, i / 4, &s);
    for (size_t half = 0; half < 2 && i + half * CK_LANES < count; half++) {
      const size_t at = i + half * CK_LANES;
      lanes numbers;
      uniform_numbers(&numbers, &words[half]);
      store_some(out + at, &numbers, count - at);
    }
  }
}

/* Box and Muller: two uniform numbers become two normal ones. */
CK_INLINE void make_normal(float *pair) {
  /* 1 - u lies in (0, 1], where the logarithm is finite. */
  const float radius = sqrtf(-2 * logarithm(1 - pair[0]));
  float sine, cosine;
  sine_and_cosine_of_turn(pair[1], &sine, &cosine);
  pair[0] = radius * cosine;
  pair[1] = radius * sine;
}

CK_MULTIVERSION_LANES
void ck_philox_normal(float *out, size_t count, const uint32_t key[2], uint32_t sample,
                      uint64_t step) {
  const sequence s = {{key[0], key[1]}, sample, step};
  for (size_t i = 0; i < count; i += WORDS) {
    packed_words words[2];
    words_at(words, i / 4, &s);
    float numbers[WORDS];
    for (size_t half = 0; half < 2; half++) {
      lanes uniform;
      uniform_numbers(&uniform, &words[half]);
      store(numbers + half * CK_LANES, &uniform);
    }
    for (size_t pair = 0; pair < WORDS; pair += 2) make_normal(numbers + pair);
    memcpy(out + i, numbers, (count - i < WORDS ? count - i : WORDS) * sizeof *out);
  }
}

CK_MULTIVERSION_LANES
void ck_dropout(float *restrict out, const float *restrict x, size_t count, uint32_t threshold,
                float scale, const uint32_t key[2], uint32_t sample, uint64_t step) {
  const sequence s = {{key[0], key[1]}, sample, step};
  for (size_t i = 0; i < count; i += WORDS) {
    packed_words words[2];
    words_at(words, i / 4, &s);
    for (size_t half = 0; half < 2 && i + half * CK_LANES < count; half++) {
      const size_t at = i + half * CK_LANES;
      lanes value;
      load_some(&value, x + at, count - at);
      const packed_words kept = (packed_words)(words[half] >= threshold);
      value = (lanes)((packed_words)(value * scale) & kept);
      store_some(out + at, &value, count - at);
    }
  }
}
