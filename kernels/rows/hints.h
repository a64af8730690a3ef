/* SPDX-License-Identifier: MIT */
/*
 * How a kernel that reads a matrix once asks memory for what comes next. The hardware runs ahead of a stream
 * only to the end of a page, and finds out late where the next page lies. Which form is fastest differs
 * between hosts of one CPU (how a hypervisor backs pages, what neighbours do). So each form is a row of its
 * own, made of one body with the form as a constant, and `qkbench tune` finds out.
 *
 * Hints go on past the end of the call's matrix: the next call mostly goes on there. A hint to memory that is
 * not there is dropped.
 *
 * No form of hint is the best everywhere. The gate compared two builds of i2s16_gemv on Zen 5, over 266 MB in
 * pages of 2 MiB. The other build had a hint per line, 4 KiB ahead.
 *
 *    - In 36 runs of the gate, a hint per page was 4 to 34 % faster: 6.9 to 9.6 ms against 7.1 to 12.1 ms.
 *      The busier the neighbours kept the memory, the larger the gain.
 *    - Five runs of another hour gave -19, +10, +12, -10 and -1 %. Memory was then in some state that no load
 *      of our own brought back.
 *    - On a busy Zen 3 the hint per line was ahead. avx2_lines took 2.08 ms over 17 MB and 29.9 over 267,
 *      avx2_pages 2.58 and 44.4, avx2_madd 2.75 and 35.0.
 */
#pragma once

#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum qk_hint {
    QK_HINT_NONE = 0,  /* the hardware alone */
    QK_HINT_LINES = 1, /* each line, 4 KiB ahead */
    QK_HINT_PAGES = 2, /* the first two lines of the page after next, once per page */
    /*
     * A line of each page, 64 KiB ahead. What is wanted is the walk of the page tables. Under a hypervisor it
     * is long, and no hardware does it ahead.
     */
    QK_HINT_WALK = 4,
    /*
     * Each line, 4 KiB ahead and past L2 (non-temporal), so that the page tables stay in it. In cache it made
     * a matrix of 160 KB 1.3 times as slow. GB/s on a Zen 5, one thread, 512 MB, medians of 11 rounds. A
     * trial that is not in the tree took them, with these kernels' loops and walk unrolled:
     *
     *                       none  pages  walk  lines, walk  once, walk  once
     *     i2s16_gemv        29.3   37.2  36.8         39.2        40.6  27.4
     *     f16_gemv          28.4   37.2  38.5         40.0        41.1  26.4
     *     head4_gemv        25.4   37.7  38.1         37.4        40.1  22.4
     */
    QK_HINT_ONCE = 8,
    /*
     * Each line, 3 KiB ahead, into L2. Likely it helps because L1 has few buffers for misses and L2 has more.
     * GB/s on a Xeon (Granite Rapids, one thread, 1.0 GB), medians of `qkbench tune`:
     *
     *                       none  pages  lines  lines, walk  L2
     *     i2s16_gemv        15.0   10.9   12.3         10.7  16.4
     *     f16_gemv          14.6   10.7   11.8         10.7  16.9
     *     head4_gemv        15.5   13.1      -         14.5  17.8
     *
     * In a trial that is not in the tree, f16_gemv had 17 GB/s with 2 to 3 KiB, 16 with 4, and 14 to 15 with
     * more.
     */
    QK_HINT_L2 = 16,
    /*
     * Each line, 16 KiB ahead, into L2. With LINES, a line goes to L2 first and to L1 later. Sums that wait
     * for their line fill the scheduler, and then no later line is asked for. Likely it helps as they do not
     * wait. Speed-ups over the usual row on a Xeon (Emerald Rapids, one thread, 0.6 GB or more), medians of
     * `qkbench tune`, each over the last row of the same ISA level:
     *
     *                    lines    L2  far, lines, walk
     *     AVX-512
     *     i2s16_gemv      0.97  1.00              1.18
     *     f16_gemv        0.97  1.02              1.18
     *     head4_gemv         -  1.01              1.13
     *     AVX2
     *     i2s16_gemv      1.67  1.63              1.83
     *     f16_gemv        1.48  1.53              1.70
     *     head4_gemv         -  1.00              1.12
     *
     * In a trial that is not in the tree, 8 to 32 KiB into L2 were alike, and so were 2 to 6 KiB into L1.
     * Asking in bursts of four lines and more took 4 % longer. Without WALK it takes 0 to 3 % longer.
     */
    QK_HINT_FAR = 32,
};

/*
 * Called before the next `bytes` of a stream are read: the hint WALK.
 *
 * Each page has an instruction of its own. A loop that asked for three pages before each 10 KB was no better
 * than no hint: 24 GB/s (Zen 5). The same three hints without a loop gave 34. One instruction that jumps by
 * pages seems to mislead what the hardware reads ahead.
 */
static inline __attribute__((always_inline)) void qk_walk(const int form, const void *at, size_t bytes)
{
    enum { TOGETHER = 8 };
    const size_t page = 4096;
    uintptr_t to = (uintptr_t)at + 16 * page;
    for (size_t left = form & QK_HINT_WALK ? bytes : 0; left;) {
        QK_UNROLLED
        for (size_t i = 0; i < TOGETHER; i++)
            if (i * page < left)
                _mm_prefetch((const char *)(to + i * page), _MM_HINT_T1);
        to += TOGETHER * page;
        left -= left < TOGETHER * page ? left : TOGETHER * page;
    }
}

/*
 * Once per page of a stream, lines of the page `pages` further on, from the place in it that the stream has
 * got to. Call it every `step` bytes.
 */
static inline __attribute__((always_inline)) void qk_ask_page(const void *at, size_t step, const size_t pages,
                                                              const size_t lines)
{
    const size_t page = 4096, line = 64;
    const uintptr_t from = (uintptr_t)at;
    if ((from & (page - 1)) < step)
        for (size_t i = 0; i < lines; i++)
            _mm_prefetch((const char *)(from + pages * page + i * line), _MM_HINT_T0);
}

/* Called before the next `step` bytes are read: the other hints. A constant form costs what it does. */
static inline __attribute__((always_inline)) void qk_hint(const int form, const void *at, size_t step)
{
    const size_t line = 64, ahead = form & QK_HINT_L2 ? 3072 : 4096;
    const uintptr_t from = (uintptr_t)at + ahead, far = (uintptr_t)at + 16384;
    if (form & QK_HINT_PAGES)
        qk_ask_page(at, step, 2, 2);
    for (size_t i = 0; i < step && form & QK_HINT_LINES; i += line)
        _mm_prefetch((const char *)(from + i), _MM_HINT_T0);
    for (size_t i = 0; i < step && form & QK_HINT_ONCE; i += line)
        _mm_prefetch((const char *)(from + i), _MM_HINT_NTA);
    for (size_t i = 0; i < step && form & QK_HINT_L2; i += line)
        _mm_prefetch((const char *)(from + i), _MM_HINT_T1);
    for (size_t i = 0; i < step && form & QK_HINT_FAR; i += line)
        _mm_prefetch((const char *)(far + i), _MM_HINT_T1);
}
