/* SPDX-License-Identifier: MIT */
/*
 * What a duet measured, as JSON lines. First comes a header: schema version, seed, policy, cases,
 * fingerprint, modules. Then comes one object for each block, in the order they were taken. Any rule can
 * decide again from it, because slices have the digits that their ratio was made from.
 */
#pragma once

#include "harness/duet/duet.h"
#include "harness/records/fields/fields.h"

extern const struct bench_fields bench_trace_header_fields, bench_trace_block_fields;
enum { BENCH_TRACE_SCHEMA_VERSION = 1 };

/* The first line. What is read owns its cases, the variants they name, and the policy. */
struct bench_trace {
    struct bench_environment env;
    struct bench_duet_config cfg; /* when read: cases (without op and shape), seed and CPU alone */
    json_t *policy;
};

/* `policy` is any JSON object, borrowed. QK_ERR_IO, QK_ERR_MEMORY. */
int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy, FILE *to, struct qk_error *err);
int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err);

/* Gets what a file holds, in its order. A code other than 0 ends the reading; *err is then filled in. */
struct bench_trace_reader {
    int (*begin)(void *ctx, const struct bench_trace *trace, struct qk_error *err);
    int (*block)(void *ctx, const struct bench_trace *trace, const struct bench_duet_block *block,
                 struct qk_error *err);
    void *ctx;
};
/*
 * A file may hold several traces, one after the other. QK_ERR_IO, QK_ERR_MEMORY. QK_ERR_FORMAT names file,
 * line and JSON path.
 */
int bench_trace_read(const char *path, const struct bench_trace_reader *to, struct qk_error *err);
void bench_trace_free(struct bench_trace *trace);
