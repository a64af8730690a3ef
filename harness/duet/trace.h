/* SPDX-License-Identifier: MIT */
/*
 * What a duet measured, as JSON lines (trace.schema.json): a header (schema version, seed, policy, cases, fingerprint,
 * modules), then one object per block in the order they were taken. Enough to decide again with any rule: slices have
 * the digits their ratio was made from.
 */
#ifndef QKBENCH_HARNESS_DUET_TRACE_H
#define QKBENCH_HARNESS_DUET_TRACE_H

#include "harness/duet/duet.h"

#include <jansson.h>
#include <stdio.h>

enum { BENCH_TRACE_SCHEMA_VERSION = 1 };

/* policy: borrowed, any JSON object. QK_ERR_IO, QK_ERR_MEMORY. */
int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy, FILE *to, struct qk_error *err);
int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err);

#endif
