/* SPDX-License-Identifier: MIT */
/* What a report says, as tables: the one place where numbers become text. */
#ifndef QKBENCH_REPORTS_CONTENT_H
#define QKBENCH_REPORTS_CONTENT_H

#include "reports/report.h"
#include "reports/table.h"

struct report_content {
    size_t count;
    struct report_table
        *tables; /* owned: the facts of the run, one table per group, the audit if there is one */
};

/* QK_ERR_MEMORY. Free with report_content_free on success; needs its input only while it is made. */
int report_content_make(struct report_content *content, const struct report_input *in, struct qk_error *err);
void report_content_free(struct report_content *content);

/* Rows [first, end) of the summary that share op and shape; returns end. */
size_t report_group_end(const struct bench_summary *sum, size_t first);

#endif
