/* SPDX-License-Identifier: MIT */
/*
 * What a linear stream from memory wants by software: the first lines of the page after next, asked for once per page. The
 * hardware runs ahead of a stream only to the end of a page, and finds out late where the next one lies. A hint per line
 * costs more than it brings: measured on Zen 5, i2s16_gemv over 307 MB in 4 KiB pages, median share of the rate of plain
 * loads: no hints 0.96, one per line 4 KiB ahead 0.92, one pair per page 1.20; in 2 MiB pages 0.98, 0.99, 1.02.
 */
#ifndef QKBENCH_KERNELS_NEXT_PAGE_H
#define QKBENCH_KERNELS_NEXT_PAGE_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/*
 * To be called every `step` bytes (a power of two) of a stream that is at `at` and ends at `end`. Never past the end: a
 * hint to a page that is not there is dropped, but only after a walk of the page tables.
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

#endif
