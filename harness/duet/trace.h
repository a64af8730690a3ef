/* SPDX-License-Identifier: MIT */
/*
 * What a duet measured, as JSON lines. First comes a header: schema version, seed, policy, cases,
 * fingerprint, modules. Then comes one object for each block, in the order they were taken. Any rule can
 * decide again from it, because slices have the digits that their ratio was made from.
 */
#pragma once

#include "harness/duet/duet.h"
#include "harness/records/fields.h"

extern const struct bench_fields bench_trace_header_fields, bench_trace_block_fields;
enum { BENCH_TRACE_SCHEMA_VERSION = 1 };

/* `policy` is any JSON object, borrowed. QK_ERR_IO, QK_ERR_MEMORY. */
int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy, FILE *to, struct qk_error *err);
int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err);
