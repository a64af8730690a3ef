/* SPDX-License-Identifier: MIT */
/* Shapes as text. */
#include "kernels/cases/case.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int qk_shape_parse(const char *text, struct qk_shape *shape, struct qk_error *err)
{
    struct qk_shape found = {0};
    const char *p = text;
    for (;;) {
        char *end;
        errno = 0;
        const unsigned long long n = isdigit((unsigned char)*p) ? strtoull(p, &end, 10) : 0;
        if (!n || errno || n > SIZE_MAX || found.dims == QK_SHAPE_DIMS)
            break;
        found.dim[found.dims++] = (size_t)n;
        if (!*end) {
            *shape = found;
            return 0;
        }
        if (*end != 'x')
            break;
        p = end + 1;
    }
    return qk_fail(err, QK_ERR_ARG, "shape",
                   "'%.60s' is not a shape; expected ELEMENTS (4096) or ROWSxCOLS (6912x2560)", text);
}

const char *qk_shape_word(const char *list, char *word)
{
    list += strspn(list, " ");
    const size_t length = strcspn(list, " ");
    snprintf(word, QK_SHAPE_TEXT, "%.*s%s", (int)length, list, length < QK_SHAPE_TEXT ? "" : "?");
    return length ? list + length : NULL;
}

void qk_shape_print(const struct qk_shape *shape, char *to)
{
    int used = 0;
    for (int i = 0; i < shape->dims; i++)
        used += snprintf(to + used, QK_SHAPE_TEXT - (size_t)used, "%s%zu", i ? "x" : "", shape->dim[i]);
}
