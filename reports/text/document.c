/* SPDX-License-Identifier: MIT */
/* The report in its two forms, text and markdown: the same tables, written by one renderer or the other. */
#include "reports/text/content.h"
#include "reports/text/e2e.h"

#include <errno.h>
#include <string.h>

/* The end-to-end section, behind everything else. */
static int write_model(const struct report_input *in, FILE *to,
                       void (*render)(const struct report_table *, FILE *), struct qk_error *err)
{
    struct report_table tables[REPORT_E2E_TABLES];
    bool failed = false;
    memset(tables, 0, sizeof tables);
    report_e2e_tables(tables, in->e2e, in->e2e_audit);
    for (size_t i = 0; i < REPORT_E2E_TABLES; i++)
        failed |= tables[i].failed;
    for (size_t i = 0; i < REPORT_E2E_TABLES && !failed; i++) {
        putc('\n', to);
        render(&tables[i], to);
    }
    for (size_t i = 0; i < REPORT_E2E_TABLES; i++)
        report_table_free(&tables[i]);
    return failed ? qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the tables of a model") : 0;
}

static int write_tables(const struct report_input *in, FILE *to,
                        void (*render)(const struct report_table *, FILE *), const char *form,
                        struct qk_error *err)
{
    struct report_content content;
    int rc = report_content_make(&content, in, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < content.count; i++) {
        if (i)
            putc('\n', to);
        render(&content.tables[i], to);
    }
    report_content_free(&content);
    if (in->e2e_audit)
        rc = write_model(in, to, render, err);
    if (rc)
        return rc;
    errno = 0;
    if (fflush(to) != 0 || ferror(to))
        return qk_fail(err, QK_ERR_IO, NULL, "cannot write the %s report: %s", form,
                       errno ? strerror(errno) : "the stream failed");
    return 0;
}

int report_text(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_text, "text", err);
}

int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err)
{
    return write_tables(in, to, report_table_markdown, "markdown", err);
}
