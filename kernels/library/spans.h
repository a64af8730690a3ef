/* SPDX-License-Identifier: MIT */
/*
 * The buffers of a checked entry point (qkernels.h): what all entry points demand of their caller's pointers.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

struct qk_span {
    const char *name;
    const void *at;
    size_t bytes, align; /* align: of its element type */
};

/*
 * QK_ERR_ARG unless all pointers are non-NULL and aligned, and spans[0], the output, overlaps none of the
 * others.
 */
int qk_check_spans(const struct qk_span *spans, int count, struct qk_error *err);

/*
 * Sets *best to the variant that an entry point calls on these buffers on this machine. QK_ERR_ARG for an
 * unknown name in QK_DISABLE_ISA.
 */
int qk_best(enum qk_op op, const struct qk_span *spans, int count, const struct qk_variant **best,
            struct qk_error *err);

struct qk_choices; /* table/table.h */
/* What qk_prefer was given. */
const struct qk_choices *qk_preferred(void);

/* A buffer, given by its counts. unit: bytes of an element, which is also its alignment. */
struct qk_array {
    const char *name;
    const void *at;
    size_t rows, columns, unit;
};
enum { QK_ARRAYS_MAX = 8 };

/*
 * The checks of an entry point that writes the first `outputs` arrays. Sets *best to the variant it calls.
 * count <= QK_ARRAYS_MAX.
 *
 *     QK_ERR_MEMORY  a size overflows
 *     QK_ERR_ARG     as qk_check_spans for every output, or an unknown name in QK_DISABLE_ISA
 */
int qk_check_arrays(enum qk_op op, const struct qk_array *arrays, int count, int outputs,
                    const struct qk_variant **best, struct qk_error *err);
