/* SPDX-License-Identifier: MIT */
/* What of a breakdown is not in its plots. */
#include "reports/page/private.h"

void report_page_breakdown(FILE *to, const struct report_result *r)
{
    char name[BENCH_NAME_MAX];
    for (size_t i = 0; r->breakdown && i < r->breakdown->count; i++) {
        const struct bench_breakdown_row *row = &r->breakdown->rows[i];
        if (row->status == BENCH_OK)
            continue;
        fputs("<p>Not measured: ", to);
        report_page_say(to, "%s: %s", bench_breakdown_name(row, name, sizeof name), row->reason);
        fputs("</p>\n", to);
    }
}
