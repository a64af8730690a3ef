/* SPDX-License-Identifier: MIT */
/*
 * The buffers of a checked entry point (qkernels.h): what every one of them demands of its caller's pointers.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

struct qk_span {
    const char *name;
    const void *at;
    size_t bytes, align; /* align: of its element type */
};

/* QK_ERR_ARG unless all are non-NULL and aligned, and spans[0], the output, overlaps none of the others. */
int qk_check_spans(const struct qk_span *spans, int count, struct qk_error *err);

/*
 * The variant that an entry point is to call on these buffers on this machine; QK_ERR_ARG for an unknown name
 * in QK_DISABLE_ISA.
 */
int qk_best(enum qk_op op, const struct qk_span *spans, int count, const struct qk_variant **best,
            struct qk_error *err);

struct qk_choices; /* table.h */
/* What qk_prefer was given. */
const struct qk_choices *qk_preferred(void);

/* A buffer by its counts; unit: bytes of an element, which is also its alignment. */
struct qk_array {
    const char *name;
    const void *at;
    size_t rows, columns, unit;
};
enum { QK_ARRAYS_MAX = 8 };

/*
 * The checks of an entry point whose first `outputs` arrays are written, and the variant it is to call, into
 * *best. QK_ERR_MEMORY when a size overflows; QK_ERR_ARG as qk_check_spans, for every output, and for an
 * unknown name in QK_DISABLE_ISA. count <= QK_ARRAYS_MAX.
 */
int qk_check_arrays(enum qk_op op, const struct qk_array *arrays, int count, int outputs,
                    const struct qk_variant **best, struct qk_error *err);
