/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"

#include "kernels/table/table.h"

#include <stdlib.h>

static bool overlap(const struct qk_span *a, const struct qk_span *b)
{
    const uintptr_t x = (uintptr_t)a->at, y = (uintptr_t)b->at;
    return a->bytes && b->bytes && (x < y ? y - x < a->bytes : x - y < b->bytes);
}

static int check_spans(const struct qk_span *spans, int count, int outputs, struct qk_error *err)
{
    for (int i = 0; i < count; i++) {
        if (!spans[i].at)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer is NULL; expected %zu bytes",
                           spans[i].bytes);
        if ((uintptr_t)spans[i].at % spans[i].align)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer at %p; expected a multiple of %zu",
                           spans[i].at, spans[i].align);
        for (int j = 0; j < outputs && j < i; j++)
            if (overlap(&spans[j], &spans[i]))
                return qk_fail(
                    err, QK_ERR_ARG, spans[i].name,
                    "buffer (%zu bytes at %p) overlaps the output (%zu bytes at %p); expected them apart",
                    spans[i].bytes, spans[i].at, spans[j].bytes, spans[j].at);
    }
    return 0;
}

int qk_check_spans(const struct qk_span *spans, int count, struct qk_error *err)
{
    return check_spans(spans, count, 1, err);
}

int qk_best(enum qk_op op, const struct qk_span *spans, int count, const struct qk_variant **best,
            struct qk_error *err)
{
    struct qk_cpu cpu;
    size_t bytes = 0;
    const int code = qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), err);
    for (int i = 0; i < count; i++)
        bytes += spans[i].bytes; /* memory that is there: the sum does not overflow */
    if (!code)
        *best = qk_table_choice(qk_table_builtin(), qk_preferred(), op, bytes, &cpu);
    return code;
}

int qk_check_arrays(enum qk_op op, const struct qk_array *arrays, int count, int outputs,
                    const struct qk_variant **best, struct qk_error *err)
{
    struct qk_span spans[QK_ARRAYS_MAX];
    for (int i = 0; i < count; i++) {
        const struct qk_array *a = &arrays[i];
        size_t bytes;
        if (!qk_mul_size(a->rows, a->columns, &bytes) || !qk_mul_size(bytes, a->unit, &bytes))
            return qk_fail(err, QK_ERR_MEMORY, a->name,
                           "%zu x %zu elements of %zu bytes overflow; expected at most %zu bytes", a->rows,
                           a->columns, a->unit, SIZE_MAX);
        spans[i] = (struct qk_span){a->name, a->at, bytes, a->unit};
    }
    const int code = check_spans(spans, count, outputs, err);
    return code ? code : qk_best(op, spans, count, best, err);
}
