/* SPDX-License-Identifier: MIT */
/*
 * How a kernel that reads a matrix once asks memory for what comes next. Which form is fastest differs
 * between hosts of one CPU (how a hypervisor backs pages, what neighbours do). So each form is a row of its
 * own, made of one body with the form as a constant, and `qkbench tune` finds out.
 */
#pragma once

#include "kernels/rows/next_page.h"

enum qk_hint {
    QK_HINT_NONE = 0,  /* the hardware alone */
    QK_HINT_LINES = 1, /* each line, 4 KiB ahead */
    QK_HINT_PAGES = 2, /* the first lines of the page after next, once per page */
    /*
     * One line of each page, 64 KiB ahead. What is wanted is the walk of the page tables. Under a hypervisor
     * it is long, and no hardware does it ahead. Zen 5, one thread, 256 MB: 37.5 GB/s with lines and walk,
     * 34.4 by pages, 25.0 by lines, 26.5 without.
     */
    QK_HINT_WALK = 4,
};

/*
 * Called before the next `bytes` of a stream are read. Returns how far ahead lines are asked for meanwhile.
 * Near the end of the stream it is 0, so that nothing is asked for past the end, and the loop needs no
 * branch.
 */
static inline __attribute__((always_inline)) size_t qk_ahead(const int form, const void *at, size_t bytes,
                                                             const void *end)
{
    const size_t page = 4096, ahead = page, far = 16 * page,
                 left = (size_t)((const char *)end - (const char *)at);
    if (form & QK_HINT_WALK && left >= bytes + far)
        for (size_t i = 0; i < bytes; i += page)
            _mm_prefetch((const char *)at + far + i, _MM_HINT_T1);
    return left >= bytes + ahead ? ahead : 0;
}

/* As qk_next_page; ahead: what qk_ahead said. A constant form costs no more than what it does. */
static inline __attribute__((always_inline)) void qk_hint(const int form, const void *at, size_t step,
                                                          const void *end, size_t ahead)
{
    const size_t line = 64;
    if (form & QK_HINT_PAGES)
        qk_next_page(at, step, end);
    if (form & QK_HINT_LINES)
        for (size_t i = 0; i < step; i += line)
            _mm_prefetch((const char *)at + ahead + i, _MM_HINT_T0);
}
