/* SPDX-License-Identifier: MIT */
/* Report inputs made by hand, and the comparison with golden files. Nothing here is measured. */
#pragma once

#include "reports/text/report.h"

enum { FIXTURE_ROWS_MAX = 128 };

struct report_fixture {
    struct bench_sample_set set;
    struct bench_summary summary;
    struct baseline_audit audit;
    struct report_input in;
    struct bench_record records[FIXTURE_ROWS_MAX];
    struct bench_summary_row rows[FIXTURE_ROWS_MAX];
    struct baseline_audit_row audit_rows[8];
};

/*
 * The kinds of input:
 *   - full: two shapes, the whole ladder, a skipped and a failed row, an audit with every verdict
 *   - bare: no clock, no intervals, no audit, no plot; a quick run from DRAM on a machine with awkward names
 *   - sizes: `count` shapes of 256 << k elements, every row measured; for plots
 */
void report_fixture_full(struct report_fixture *f);
void report_fixture_bare(struct report_fixture *f);
void report_fixture_sizes(struct report_fixture *f, size_t count);
void report_fixture_free(struct report_fixture *f);

/* Returns what `write` writes, NUL-terminated and malloced. */
typedef int report_writer(const struct report_input *in, FILE *to, struct qk_error *err);
char *report_fixture_written(report_writer *write, const struct report_input *in);

/*
 * Asserts that text is the content of golden/NAME. With QK_GOLDEN_UPDATE set, it writes the text to that
 * file instead.
 */
void report_golden_check(const char *name, const char *text);
/* Asserts that the writer reports a full stream as an error. */
void report_full_stream_check(report_writer *write, const struct report_input *in);
