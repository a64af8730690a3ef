/* SPDX-License-Identifier: MIT */
/* report --html and --comment: results of any kind on one page. */
#pragma once

#include "kernels/support.h"

#include <stddef.h>

/* What to read and write. Each member but `files` may be NULL. `-` is standard output. */
struct cli_page {
    const char *const *files;
    size_t count;
    const char *trace; /* of the one gate among the files */
    const char *html, *comment;
};

/*
 * Reads the files, and writes page and comment, each whole or not at all. The file `claims` has the claims.
 * QK_ERR_FORMAT also for JSON of a kind that no page shows. Errors of reading, QK_ERR_IO, QK_ERR_MEMORY.
 */
int cli_page(const struct cli_page *o, const char *claims, struct qk_error *err);
