/* SPDX-License-Identifier: MIT */
/* The report in its two forms, text and markdown: the same tables, written by one renderer or the other. */
#include "reports/content.h"

#include <errno.h>
#include <string.h>

static int write_tables(const struct report_input *in, FILE *to,
                        void (*render)(const struct report_table *, FILE *), const char *form,
                        struct qk_error *err)
{
    struct report_content content;
    const int rc = report_content_make(&content, in, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < content.count; i++) {
        if (i)
            putc('\n', to);
        render(&content.tables[i], to);
    }
    report_content_free(&content);
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
