/* SPDX-License-Identifier: MIT */
/* A stored baseline, and a comparison of two, as text and JSON. */
#pragma once

#include "baselines/stored/compare.h"

#include <stdio.h>

/* QK_ERR_IO when the stream fails, QK_ERR_MEMORY. */
int report_baseline_text(const struct baseline *b, FILE *to, struct qk_error *err);
int report_comparison_text(const struct baseline_comparison *c, FILE *to, struct qk_error *err);
/* The JSON of a struct baseline_comparison: every case with all that is known of both sides. */
extern const struct bench_fields report_comparison_fields;
