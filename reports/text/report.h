/* SPDX-License-Identifier: MIT */
/*
 * Everything people read: tables and plots. This folder computes nothing. Numbers arrive in plain structs
 * from harness/ and baselines/, and leave as text. A number that is not there is printed as "-", with its
 * reason below the table.
 */
#pragma once

#include "baselines/claims/e2e_audit.h"
#include "harness/records/summary.h"

#include <stdio.h>

struct report_input {
    const struct bench_sample_set *set;
    const struct bench_summary *summary;
    const struct baseline_audit *audit;         /* NULL: no audit section */
    const struct baseline_e2e_audit *e2e_audit; /* NULL: no whole model */
    const struct bench_e2e *e2e;                /* what e2e_audit judges */
    const char *no_plot;                        /* NULL, or why there is no plot, for text and markdown */
};

/* Writes aligned plain text of at most 120 columns. QK_ERR_IO when the stream fails. */
int report_text(const struct report_input *in, FILE *to, struct qk_error *err);
/* Writes the same numbers as GitHub-flavoured markdown. */
int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err);
/*
 * Tab-separated numbers that the phase plot is drawn from, in full precision, header lines behind '#'. They
 * are of one op: the first with a row of the ladder, else the first. QK_ERR_INVALID, with nothing written,
 * when none of its rows has a speed-up, or it has more rows than a picture can show.
 */
enum { REPORT_POINTS_MAX = 2000 };
int report_phases_tsv(const struct report_input *in, FILE *to, struct qk_error *err);

/*
 * How long gnuplot may take for a picture: a full one takes a second, the first one of a machine looks for
 * fonts.
 */
enum { REPORT_DRAWING_MS = 30000 };
struct report_drawing {
    const char *script, *tsv, *image; /* any file names will do */
    const char *format;               /* "svg", "png" or "pdf" */
    bool (*stop)(void);               /* may be NULL */
    unsigned limit_ms;                /* 0: REPORT_DRAWING_MS */
};
/*
 * Draws the gnuplot script from the .tsv into the image. The script gets the names as QKBENCH_TSV,
 * QKBENCH_IMAGE and QKBENCH_FORMAT in its environment, which has none of the user's settings. The image
 * appears whole or not at all. No process is left, and the caller has no children of its own.
 *   QK_ERR_ARG          another format
 *   QK_ERR_UNAVAILABLE  there is no gnuplot; err says how to get it
 *   QK_ERR_IO           gnuplot failed, in its own words, or did not end
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int report_gnuplot(const struct report_drawing *d, struct qk_error *err);
