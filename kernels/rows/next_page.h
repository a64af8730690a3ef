/* SPDX-License-Identifier: MIT */
/*
 * A software hint for a linear stream from memory: once per page, it asks for the first lines of the page
 * after next. The hardware runs ahead of a stream only to the end of a page, and finds out late where the
 * next page lies.
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

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Call it every `step` bytes (a power of two) of a stream that is at `at` and ends at `end`. It never asks
 * past the end: the processor drops a hint to a page that is not there, but only after a walk of the page
 * tables.
 */
static inline __attribute__((always_inline)) void qk_next_page(const void *at, size_t step, const void *end)
{
    const size_t page = 4096, ahead = 2 * page;
    const char *from = at;
    if (!((uintptr_t)from & (page - step)) && (size_t)((const char *)end - from) > ahead + 64) {
        _mm_prefetch(from + ahead, _MM_HINT_T0);
        _mm_prefetch(from + ahead + 64, _MM_HINT_T0);
    }
}
