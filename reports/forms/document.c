/* SPDX-License-Identifier: MIT */
/* A gate's report as text and as markdown: the same tables, in the order that each reader wants. */
#include "reports/forms/private.h"

#include <stdint.h>
#include <stdlib.h>

/* GitHub refuses a step's summary above 1024 KiB; the rest is for what else the step may write into it. */
enum { SUMMARY_BYTES = 1000000 };

typedef void add_table(struct report_table *t, const struct report_verdicts *v, size_t most);

/* At a terminal the end is what stays on the screen. */
int report_verdicts_text(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    static add_table *const adds[] = {report_add_run,     report_add_judged,       report_add_passed,
                                      report_add_untimed, report_add_rules,        report_add_controls,
                                      report_add_grown,   report_add_instructions, report_add_outcome};
    struct report_tables tables = {0};
    struct report_verdicts v;
    const int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    for (size_t i = 0; i < sizeof adds / sizeof *adds; i++)
        adds[i](report_tables_add(&tables), &v, SIZE_MAX);
    report_verdicts_free(&v);
    return report_tables_write(&tables, false, report_table_text, "the gate's text", to, err);
}

/* Nothing when the table has no cells. False when memory was refused. */
static bool put(add_table *add, const struct report_verdicts *v, size_t most, FILE *to)
{
    struct report_table t = {0};
    add(&t, v, most);
    const bool made = !t.failed;
    if (made && t.cells.count) {
        report_table_markdown(&t, to);
        putc('\n', to);
    }
    report_table_free(&t);
    return made;
}

/*
 * Whoever opens a summary sees its beginning, and there the verdict; what passed is folded away, and is what
 * gives way first when there are more than `most` cases.
 */
static bool put_markdown(const struct report_verdicts *v, size_t most, FILE *to)
{
    static add_table *const first[] = {report_add_outcome,  report_add_judged, report_add_rules,
                                       report_add_controls, report_add_grown,  report_add_instructions};
    const size_t passed = v->counts[BASELINE_PASS], worse = v->r->count - passed;
    bool made = true;
    for (size_t i = 0; i < sizeof first / sizeof *first && made; i++)
        made = put(first[i], v, most, to);
    if (passed && made && most > worse) {
        fprintf(to, "<details><summary>%zu PASS</summary>\n\n", passed);
        made = put(report_add_passed, v, most - worse, to) && put(report_add_untimed, v, most - worse, to);
        fputs("</details>\n\n", to);
    }
    return made && put(report_add_run, v, most, to);
}

int report_verdicts_markdown(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    struct report_verdicts v;
    char *text = NULL;
    size_t size = 0, most = r->count;
    int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    do {
        /* Rows differ in length, so that the first guess may still be too many. */
        if (text)
            most = (size_t)((double)most * 0.95 * SUMMARY_BYTES / (double)size);
        free(text);
        text = NULL;
        FILE *const memory = open_memstream(&text, &size);
        bool made = memory && put_markdown(&v, most, memory);
        if (memory)
            made &= fclose(memory) == 0;
        if (!made)
            code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the gate's markdown");
    } while (!code && size > SUMMARY_BYTES && most);
    if (!code) {
        fwrite(text, 1, size, to);
        code = bench_written(to, "the gate's markdown", err);
    }
    free(text);
    report_verdicts_free(&v);
    return code;
}
