/* SPDX-License-Identifier: MIT */
/* The report in its two forms, text and markdown: the same tables, written by one renderer or the other. */
#include "reports/text/content.h"
#include "reports/text/e2e.h"

/* The end-to-end section stands behind everything else. */
static int write_tables(const struct report_input *in, FILE *to, report_render *render, const char *what,
                        struct qk_error *err)
{
    struct report_content content;
    struct report_table model[REPORT_E2E_TABLES] = {0};
    int code = report_content_make(&content, in, err);
    if (code)
        return code;
    code = report_tables_write(content.tables, content.count, true, render, what, to, err);
    report_content_free(&content);
    if (!code && in->e2e_audit) {
        putc('\n', to);
        report_e2e_tables(model, in->e2e, in->e2e_audit);
        code = report_tables_write(model, REPORT_E2E_TABLES, true, render, what, to, err);
    }
    return code;
}

int report_text(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_text, "the text report", err);
}

int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_markdown, "the markdown report", err);
}
