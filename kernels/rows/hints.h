/* SPDX-License-Identifier: MIT */
/*
 * How a kernel that reads a matrix once asks memory for what comes next. Which form is fastest differs
 * between hosts of one CPU (how a hypervisor backs pages, what neighbours do). So each form is a row of its
 * own, made of one body with the form as a constant, and `qkbench tune` finds out.
 */
#pragma once

#include "kernels/rows/next_page.h"

enum qk_hint {
    QK_HINT_NONE,  /* the hardware alone */
    QK_HINT_LINES, /* each line, 4 KiB ahead */
    QK_HINT_PAGES, /* the first lines of the page after next, once per page */
};

/*
 * How far ahead lines are asked for while the next `bytes` are read. Near the end of the stream it is 0, so
 * that nothing is asked for past the end, and the loop needs no branch.
 */
static inline size_t qk_ahead(const void *at, size_t bytes, const void *end)
{
    const size_t ahead = 4096;
    return (size_t)((const char *)end - (const char *)at) >= bytes + ahead ? ahead : 0;
}

/* As qk_next_page; ahead: what qk_ahead said. A constant form costs no more than what it does. */
static inline __attribute__((always_inline)) void qk_hint(const enum qk_hint form, const void *at,
                                                          size_t step, const void *end, size_t ahead)
{
    const size_t line = 64;
    if (form == QK_HINT_PAGES)
        qk_next_page(at, step, end);
    if (form == QK_HINT_LINES)
        for (size_t i = 0; i < step; i += line)
            _mm_prefetch((const char *)at + ahead + i, _MM_HINT_T0);
}
