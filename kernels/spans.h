/* SPDX-License-Identifier: MIT */
/* The buffers of a checked entry point (api.h): what every one of them demands of its caller's pointers. */
#ifndef QKBENCH_KERNELS_SPANS_H
#define QKBENCH_KERNELS_SPANS_H

#include "kernels/support.h"

struct qk_span {
    const char *name;
    const void *at;
    size_t bytes, align; /* align: of its element type */
};

/* QK_ERR_ARG unless all are non-NULL and aligned, and spans[0], the output, overlaps none of the others. */
int qk_check_spans(const struct qk_span *spans, int count, struct qk_error *err);

#endif
