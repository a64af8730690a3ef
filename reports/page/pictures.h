/* SPDX-License-Identifier: MIT */
/* Pictures for a page: SVG elements as HTML takes them, with colours of the page's style sheet. */
#pragma once

#include "reports/plots/plots.h"

enum { REPORT_WIDE, REPORT_NARROW, REPORT_WIDTHS };
struct report_picture {
    const struct report_plot *plot;
    size_t of;                /* result */
    char *title, *about;      /* owned; above it, and below */
    char *svg[REPORT_WIDTHS]; /* owned */
};
struct report_pictures {
    size_t count, missing;
    bool left_out;               /* a plot of a result has more than REPORT_PICTURES_MAX pictures */
    struct report_picture *list; /* owned */
    char why[400];               /* why some are missing; empty when none are */
};
/*
 * Draws all of them in a folder of its own below TMPDIR. What cannot be drawn is counted, and is no failure.
 * QK_ERR_INTERRUPTED, QK_ERR_MEMORY. Free in any case.
 */
int report_pictures_make(struct report_pictures *p, const struct report_results *all, bool (*stop)(void),
                         struct qk_error *err);
void report_pictures_free(struct report_pictures *p);
