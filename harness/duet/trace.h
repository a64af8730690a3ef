/* SPDX-License-Identifier: MIT */
/*
 * What a duet measured, as JSON lines. First comes a header (schema version, seed, policy, cases,
 * fingerprint, modules), then one object per block in the order they were taken. It is enough to decide again
 * with any rule, because slices have the digits that their ratio was made from.
 */
#pragma once

#include "harness/duet/duet.h"
#include "harness/records/fields.h"

extern const struct bench_fields bench_trace_header_fields, bench_trace_block_fields;
enum { BENCH_TRACE_SCHEMA_VERSION = 1 };

/* policy is borrowed, any JSON object. QK_ERR_IO, QK_ERR_MEMORY. */
int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy, FILE *to, struct qk_error *err);
int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err);
