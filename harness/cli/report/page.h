/* SPDX-License-Identifier: MIT */
/* report --html and --comment: results of any kind, as they are named, on one page. */
#pragma once

#include "reports/text/result.h"

/* Where to; each may be NULL. `-` is standard output. */
struct cli_page {
    const char *html, *comment;
    const char *trace; /* was read, so no output may be it; NULL: none */
};

/*
 * Writes page and comment, each whole or not at all. Plots that gnuplot cannot draw are missing on the page,
 * which says so. QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_INTERRUPTED.
 */
int cli_page(const struct cli_page *o, const struct report_results *all, struct qk_error *err);
