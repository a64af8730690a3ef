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

/* As qk_next_page. A constant form costs no more than what it does. */
static inline __attribute__((always_inline)) void qk_hint(const enum qk_hint form, const void *at,
                                                          size_t step, const void *end)
{
    const size_t line = 64, ahead = 4096;
    const char *const from = at;
    if (form == QK_HINT_PAGES)
        qk_next_page(at, step, end);
    if (form == QK_HINT_LINES && (size_t)((const char *)end - from) >= ahead + step)
        for (size_t i = 0; i < step; i += line)
            _mm_prefetch(from + ahead + i, _MM_HINT_T0);
}
