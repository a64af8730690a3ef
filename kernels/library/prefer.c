/* SPDX-License-Identifier: MIT */
#include "kernels/library/prefer.h"

#include "kernels/cases/case.h"
#include "kernels/library/spans.h"
#include "kernels/table/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct qk_choices preferred;

const struct qk_choices *qk_preferred(void)
{
    return &preferred;
}

/* "OP/VARIANT@MEMORY", a blank or the end behind it. */
static int take(struct qk_choices *to, const char *word, size_t length, struct qk_error *err)
{
    const struct qk_table *const table = qk_table_builtin();
    for (size_t i = 0; i < table->count; i++) {
        const struct qk_variant *const v = &table->rows[i];
        for (int m = 0; m < QK_MEMORIES; m++) {
            char name[160];
            snprintf(name, sizeof name, "%s/%s@%s", v->op_name, v->name, qk_memory_names[m]);
            if (strlen(name) != length || strncmp(name, word, length) != 0)
                continue;
            if (v->kind == QK_CEILING || qk_op_row(v->op)->on->bounded)
                return qk_fail(err, QK_ERR_ARG, "choices", "'%s' may not be chosen: %s", name,
                               v->kind == QK_CEILING ? "it is a ceiling, no kernel"
                                                     : "rows of this op may differ in bits");
            to->of[v->op][m] = v;
            return 0;
        }
    }
    return qk_fail(err, QK_ERR_ARG, "choices",
                   "found '%.*s'; expected OP/VARIANT@cache or OP/VARIANT@dram of a row there is",
                   length < 100 ? (int)length : 100, word);
}

int qk_prefer(const char *choices, struct qk_error *err)
{
    static const char blanks[] = " \n";
    struct qk_choices made = {.cache_bytes = 0};
    const char *word = choices ? choices + strspn(choices, blanks) : "";
    if (*word) {
        char *end;
        made.cache_bytes = isdigit((unsigned char)*word) ? strtoull(word, &end, 10) : 0;
        if (!made.cache_bytes || !strchr(" \n", *end))
            return qk_fail(err, QK_ERR_ARG, "choices",
                           "found '%.40s'; expected the bytes of a cache first, from 1 on", word);
        word = end;
    }
    while (*(word += strspn(word, blanks))) {
        const size_t length = strcspn(word, blanks);
        const int code = take(&made, word, length, err);
        if (code)
            return code;
        word += length;
    }
    preferred = made;
    return 0;
}
