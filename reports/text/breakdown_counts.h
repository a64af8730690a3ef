/* SPDX-License-Identifier: MIT */
/* The part of breakdown.c about counters and steps. */
#pragma once

#include "harness/breakdown/breakdown.h"
#include "reports/text/table.h"

/*
 * Adds a fact: how much of what was asked for was counted, and why the rest was not. Adds nothing when
 * nothing was asked for.
 */
void report_breakdown_counters(struct report_table *t, const struct bench_breakdown *bd);

/*
 * Fills an empty *t with the n-th kind of count of the group that begins with row `first`. False when there
 * are fewer.
 */
bool report_breakdown_counted(struct report_table *t, const struct bench_breakdown *bd, size_t first,
                              size_t n);
