/* SPDX-License-Identifier: MIT */
/*
 * The ops that stream a model's weights for each token, tuned on these weights when they are loaded.
 * BENCH_STREAMS_S are enough for large differences. Nothing is kept.
 */
#pragma once

#include "harness/records/stats.h"
#include "model/forward/forward.h"

struct bench_stream_choice {
    const struct qk_variant *usual;  /* what the set had: the table's last row, or what is kept as tuned */
    const struct qk_variant *chosen; /* the same unless another is proven faster */
    struct bench_interval gain;      /* of the chosen over the usual; NaN when they are the same */
    char why[160];                   /* it was not tuned */
};
enum { BENCH_STREAMS = 3 };
#define BENCH_STREAMS_S 0.1

/*
 * i2s16_gemv, head4_gemv and f16_gemv. What the set names, or does not use, is not tuned. Rows that win are
 * put into *k. When `seconds` (0: no bound) are over, what is not proven yet is not taken. The calling thread
 * is pinned meanwhile. QK_ERR_MEMORY, QK_ERR_IO, QK_ERR_INTERRUPTED.
 */
int bench_tune_streams(struct bench_stream_choice to[BENCH_STREAMS], struct model_kernels *k,
                       const struct model_weights *w, const struct qk_table *table, const struct qk_cpu *cpu,
                       bool (*stop)(void), double seconds, double *ms, struct qk_error *err);
