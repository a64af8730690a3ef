/* SPDX-License-Identifier: MIT */
#include "kernels/spans.h"

static bool overlap(const struct qk_span *a, const struct qk_span *b)
{
    const uintptr_t x = (uintptr_t)a->at, y = (uintptr_t)b->at;
    return a->bytes && b->bytes && (x < y ? y - x < a->bytes : x - y < b->bytes);
}

int qk_check_spans(const struct qk_span *spans, int count, struct qk_error *err)
{
    for (int i = 0; i < count; i++) {
        if (!spans[i].at)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer is NULL; expected %zu bytes",
                           spans[i].bytes);
        if ((uintptr_t)spans[i].at % spans[i].align)
            return qk_fail(err, QK_ERR_ARG, spans[i].name, "buffer at %p; expected a multiple of %zu",
                           spans[i].at, spans[i].align);
        if (i && overlap(&spans[0], &spans[i]))
            return qk_fail(
                err, QK_ERR_ARG, spans[i].name,
                "buffer (%zu bytes at %p) overlaps the output (%zu bytes at %p); expected them apart",
                spans[i].bytes, spans[i].at, spans[0].bytes, spans[0].at);
    }
    return 0;
}
