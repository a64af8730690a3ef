/* SPDX-License-Identifier: MIT */
/*
 * A software hint for a linear stream from memory: once per page, it asks for the first lines of the page
 * after next. The hardware runs ahead of a stream only to the end of a page, and finds out late where the
 * next page lies.
 *
 * A hint per line costs more than it brings. The gate compared both builds of i2s16_gemv on Zen 5, over 266
 * MB in pages of 2 MiB. The other build had a hint per line, 4 KiB ahead.
 *
 *    - In 36 runs of the gate, a hint per page was 4 to 34 % faster: 6.9 to 9.6 ms against 7.1 to 12.1 ms.
 *      The busier the neighbours kept the memory, the larger the gain.
 *    - Five runs of another hour gave -19, +10, +12, -10 and -1 %. Memory was then in some state that no load
 *      of our own brought back.
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
