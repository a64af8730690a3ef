/* SPDX-License-Identifier: MIT */
/* How functions fail: they return 0 or a negative code, and say why in an optional struct qk_error. */
#pragma once

enum qk_code {
    QK_OK = 0,
    QK_ERR_ARG = -1,         /* the caller's value is wrong: name, size, pointer   -> exit 2 at the cli */
    QK_ERR_IO = -2,          /* open, read, write, map                            -> exit 1 */
    QK_ERR_FORMAT = -3,      /* bytes of a file are not what the format demands   -> exit 1 */
    QK_ERR_MEMORY = -4,      /* allocation refused, or a size that overflows      -> exit 1 */
    QK_ERR_UNAVAILABLE = -5, /* exists, but not on this machine or in this build  -> exit 77 */
    QK_ERR_CHECK = -6,       /* a variant's result is wrong                       -> exit 3 */
    QK_ERR_INVALID = -7,     /* nothing measured, or nothing usable measured      -> exit 5 */
    QK_ERR_INTERRUPTED = -8, /* the caller asked to stop                          -> exit 130 */
    QK_ERR_INTERNAL = -9,    /* a bug in qkbench                                  -> exit 1 */
};

struct qk_error {
    char text[480];  /* one line: what, found, expected; no trailing newline */
    char where[240]; /* file, byte offset, JSON path or case; empty when there is no such place */
};
