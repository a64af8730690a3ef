/* SPDX-License-Identifier: MIT */
/*
 * Copy and clear the few elements of a tail, as statements over arrays of any type. They are loops on
 * purpose. memcpy and memset would leave the kernel for whatever libc has for this processor. A kernel's
 * instructions could then no longer be counted alike everywhere. The empty asm keeps the compiler from
 * turning the loops into those calls.
 */
#pragma once

#include <stddef.h>

#define QK_COPY(to, from, n)                                                                                 \
    do {                                                                                                     \
        for (size_t at_ = 0, n_ = (n); at_ < n_; at_++) {                                                    \
            (to)[at_] = (from)[at_];                                                                         \
            __asm__ volatile("");                                                                            \
        }                                                                                                    \
    } while (0)

#define QK_CLEAR(to, n)                                                                                      \
    do {                                                                                                     \
        for (size_t at_ = 0, n_ = (n); at_ < n_; at_++) {                                                    \
            (to)[at_] = 0;                                                                                   \
            __asm__ volatile("");                                                                            \
        }                                                                                                    \
    } while (0)
