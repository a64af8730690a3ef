/* SPDX-License-Identifier: MIT */
#include "reports/content.h"

#include <errno.h>
#include <string.h>

int report_markdown(const struct report_input *in, FILE *to, struct qk_error *err)
{
    struct report_content content;
    const int rc = report_content_make(&content, in, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < content.count; i++) {
        if (i)
            putc('\n', to);
        report_table_markdown(&content.tables[i], to);
    }
    report_content_free(&content);
    errno = 0;
    if (fflush(to) != 0 || ferror(to))
        return qk_fail(err, QK_ERR_IO, NULL, "cannot write the markdown report: %s",
                       errno ? strerror(errno) : "the stream failed");
    return 0;
}
