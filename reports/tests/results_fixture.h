/* SPDX-License-Identifier: MIT */
/*
 * Results of every kind, made by hand: a run with the whole ladder, a model, a breakdown, ceilings, a gate.
 */
#pragma once

#include "harness/records/tests/fixture.h"
#include "reports/tests/fixture.h"
#include "reports/text/result.h"

enum { RESULTS_RUN, RESULTS_MODEL, RESULTS_BREAKDOWN, RESULTS_CEILINGS, RESULTS_GATE, RESULTS };

struct report_results_fixture {
    struct report_fixture run;
    struct bench_block blocks[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    double samples[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    struct bench_e2e e;
    struct baseline_e2e_audit e2e_audit;
    struct report_input model;
    struct qk_variant variants[2];
    struct bench_breakdown_row rows[2];
    struct bench_breakdown_count counts[2][3];
    struct bench_breakdown breakdown;
    struct baseline_components claimed;
    struct bench_ceilings ceilings;
    struct baseline_report gate;
    struct report_result results[RESULTS];
    struct report_results all;
};

/* Large: in static memory. */
void report_results_fixture(struct report_results_fixture *f);
void report_results_fixture_free(struct report_results_fixture *f);

/* The hand-made records of a run have no samples: each gets blocks around its time, every fifth disturbed. */
void report_fixture_samples(struct report_fixture *f, struct bench_block blocks[][BENCH_BLOCKS_MAX],
                            double samples[][BENCH_BLOCKS_MAX]);
