/* SPDX-License-Identifier: MIT */
/*
 * Everything people read: tables and plots. It computes nothing. Numbers arrive in plain structs from harness/ and
 * baselines/, and leave as text. A number that is not there is printed as "-", with its reason below the table.
 */
#ifndef QKBENCH_REPORTS_TEXT_REPORT_H
#define QKBENCH_REPORTS_TEXT_REPORT_H

#include "baselines/claims/e2e_audit.h"
#include "harness/records/summary.h"

#include <stdio.h>

struct report_input {
    const struct bench_sample_set *set;
    const struct bench_summary *summary;
    const struct baseline_audit *audit;         /* NULL: no audit section */
    const struct baseline_e2e_audit *e2e_audit; /* NULL: no whole model */
    const struct bench_e2e *e2e;                /* that it is of */
    const char *no_plot;                        /* NULL, or why there is no plot: said in text and markdown */
};

/* Aligned plain text, at most 120 columns. QK_ERR_IO when the stream fails. */
int report_text(const struct report_input *in, FILE *to, struct qk_error *err);
/* GitHub-flavoured markdown of the same numbers. */
int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err);
/*
 * Tab-separated numbers that the phase plot is drawn from, in full precision, header lines behind '#'. They are of one
 * op: the first with a row of the ladder, else the first. QK_ERR_INVALID, with nothing written, when none of its rows
 * has a speed-up.
 */
int report_phases_tsv(const struct report_input *in, FILE *to, struct qk_error *err);

/*
 * Draws the gnuplot script `script` from `tsv` into `image`, in the format "svg", "png" or "pdf". Any file names will
 * do, because the script gets them as QKBENCH_TSV, QKBENCH_IMAGE and QKBENCH_FORMAT in its environment. The image
 * appears whole or not at all.
 *   QK_ERR_ARG          another format
 *   QK_ERR_UNAVAILABLE  there is no gnuplot; err says how to get it
 *   QK_ERR_IO           gnuplot failed, in its own words
 *   QK_ERR_MEMORY
 */
int report_gnuplot(const char *script, const char *tsv, const char *image, const char *format,
                   struct qk_error *err);

#endif
