/* SPDX-License-Identifier: MIT */
/* Wrong results. Most are right whenever a check looks, so only the timed calls can show it. */
#if defined BAD_wrong
#define KERNEL good(QK_PASS), out[5] += 1
#elif defined BAD_nothing_late
#define KERNEL                                                                                               \
    if (!late(blocks))                                                                                       \
    good(QK_PASS)
#elif defined BAD_nothing_soon
/* Right for two milliseconds. */
#define KERNEL                                                                                               \
    static double start;                                                                                     \
    start = start > 0 ? start : now();                                                                       \
    if (blocks != BLOCKS || now() < start + 0.002)                                                           \
    good(QK_PASS)
#elif defined BAD_half_late
#define KERNEL good(out, codes, scale, lut, late(blocks) ? blocks / 2 : blocks)
#elif defined BAD_last_late
#define KERNEL good(out, codes, scale, lut, blocks - late(blocks))
#elif defined BAD_first_scale
/* One scale for all, as one would do to save loads. */
#define KERNEL                                                                                               \
    if (late(blocks))                                                                                        \
        for (size_t b = 0; b < blocks; b++)                                                                  \
            good(out + b * QK256_BLOCK, codes + b * QK256_BLOCK_BYTES, scale, lut, 1);                       \
    else                                                                                                     \
        good(QK_PASS)
#elif defined BAD_old_output
/* The output is there already when the arguments are those of the last call. */
#define KERNEL                                                                                               \
    static const void *last[2];                                                                              \
    static size_t count;                                                                                     \
    if (count != blocks || last[0] != out || last[1] != codes || !late(blocks))                              \
        good(QK_PASS);                                                                                       \
    count = blocks, last[0] = out, last[1] = codes
#elif defined BAD_old_input
/* The same, but it looks whether a code changed. */
#define KERNEL                                                                                               \
    static const void *last;                                                                                 \
    static uint8_t seen[64];                                                                                 \
    if (!late(blocks) || last != out || memcmp(seen, codes, sizeof seen) != 0)                               \
        good(QK_PASS);                                                                                       \
    last = out, memcpy(seen, codes, sizeof seen)
#elif defined BAD_old_scale
/* Scales as they were when it saw their address first. */
#define KERNEL                                                                                               \
    static float kept[8][BLOCKS];                                                                            \
    static const void *of[8];                                                                                \
    size_t i = 0;                                                                                            \
    while (late(blocks) && i < 7 && of[i] && of[i] != scale)                                                 \
        i++;                                                                                                 \
    if (late(blocks) && of[i] != scale)                                                                      \
        of[i] = scale, memcpy(kept[i], scale, sizeof kept[i]);                                               \
    good(out, codes, late(blocks) ? kept[i] : scale, lut, blocks)
#elif defined BAD_some_calls
#define KERNEL                                                                                               \
    if (!every(3, blocks) || !late(blocks))                                                                  \
    good(QK_PASS)
#elif defined BAD_one_element
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    out[blocks * QK256_BLOCK - 1] = 0
#elif defined BAD_check_shapes
/* Right for the checker's shapes and for no other. */
#define KERNEL good(out, codes, scale, lut, blocks == BLOCKS ? blocks - 1 : blocks)
#elif defined BAD_past
#define KERNEL good(QK_PASS), out[blocks * QK256_BLOCK] = 1
#elif defined BAD_past_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    out[blocks * QK256_BLOCK] = 1
#elif defined BAD_past_shape
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (blocks == BLOCKS)                                                                                    \
    out[blocks * QK256_BLOCK] = 1
#elif defined BAD_before
#define KERNEL good(QK_PASS), out[-1] = 1
#elif defined BAD_before_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    out[-1] = 1
#elif defined BAD_into_input
#define KERNEL good(QK_PASS), ((float *)(uintptr_t)scale)[blocks - 1] *= -1
#elif defined BAD_into_input_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    ((uint8_t *)(uintptr_t)codes)[blocks * QK256_BLOCK_BYTES - 1] ^= 1
#elif defined BAD_reads_past
#define KERNEL good(QK_PASS), out[0] += 0 * lut[4]
#elif defined BAD_reads_output
/* Of a sum that nobody set to zero. */
#define KERNEL                                                                                               \
    const float before = out[blocks * QK256_BLOCK / 2];                                                      \
    good(QK_PASS);                                                                                           \
    out[blocks * QK256_BLOCK / 2] += late(blocks) ? 0 * before : 0
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"
