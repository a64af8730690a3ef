/* SPDX-License-Identifier: MIT */
/* Slower kernels, each in its own way. The results are right. */
#if defined BAD_slow2
#define KERNEL TWICE
#elif defined BAD_slow_half
/* Half of the blocks once more. */
#define KERNEL good(QK_PASS), good(out, codes, scale, lut, (blocks + 1) / 2)
#elif defined BAD_slow_shape
#define KERNEL times(blocks == BLOCKS ? 2 : 1, QK_PASS)
#elif defined BAD_slow_late
#define KERNEL times(late(blocks) ? 2 : 1, QK_PASS)
#elif defined BAD_slow_sleeps
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (every(10, blocks))                                                                                   \
    usleep(100)
#elif defined BAD_stalls
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (every(300, blocks))                                                                                  \
    spin(0.003)
#elif defined BAD_stalls_rarely
/* So rarely that a launch sees it once or twice. */
#define AVX2_ROW
#define KERNEL                                                                                               \
    qk_qk256_dequant_avx2_best(QK_PASS);                                                                     \
    if (every(5000, blocks))                                                                                 \
    spin(0.003)
#elif defined BAD_stalls_asleep
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (every(300, blocks))                                                                                  \
    usleep(3000)
#elif defined BAD_slow_allocates
#define KERNEL                                                                                               \
    float *copy = malloc(blocks * QK256_BLOCK * sizeof *copy);                                               \
    good(copy, codes, scale, lut, blocks);                                                                   \
    memcpy(out, copy, blocks *QK256_BLOCK * sizeof *copy);                                                   \
    free(copy);                                                                                              \
    good(QK_PASS)
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"
