/* SPDX-License-Identifier: MIT */
#include "reports/tests/results_fixture.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "reports/forms/tests/verdicts_fixture.h"

#include <math.h>
#include <string.h>

void report_fixture_samples(struct report_fixture *f, struct bench_block blocks[][BENCH_BLOCKS_MAX],
                            double samples[][BENCH_BLOCKS_MAX])
{
    for (size_t i = 0; i < f->summary.count; i++) {
        for (size_t b = 0; b < f->records[i].block_count; b++) {
            samples[i][b] = f->rows[i].ns * (1 + 0.01 * (double)((i + 3) * (b + 5) % 7));
            blocks[i][b] = f->records[i].blocks[b];
            blocks[i][b].slices = 1;
            blocks[i][b].samples_ns = &samples[i][b];
        }
        f->records[i].blocks = blocks[i];
    }
}

static void add_components(struct report_results_fixture *f, size_t at, const char *variant,
                           const char *phase, double unpack, double store)
{
    static const char *const kinds[] = {"steps", "steps.v256", "steps.other"};
    f->variants[at] = (struct qk_variant){.op_name = "qk256_dequant", .name = variant, .phase = phase};
    f->rows[at] = (struct bench_breakdown_row){
        .variant = &f->variants[at],
        .shape = "256",
        .stages = 2,
        .component = {{.name = "unpack", .ms_per_token.value = unpack},
                      {.name = "store", .ms_per_token.value = store}},
        .total.ms_per_token.value = unpack + store,
        .count_count = 3,
        .counts = f->counts[at],
    };
    for (int k = 0; k < 3; k++) {
        snprintf(f->counts[at][k].name, sizeof f->counts[at][k].name, "%s", kinds[k]);
        f->counts[at][k].value[2] = (3 - k) * unpack;
    }
}

static void make_ceilings(struct report_results_fixture *f)
{
    static const struct bench_ceiling_loop read = {.kind = BENCH_CEILING_read}, peak = {.ops = 32};
    static struct bench_ceiling rows[] = {{.loop = &read, .level = 1, .threads = 1, .best = 200},
                                          {.loop = &read, .level = 2, .threads = 1, .best = 80},
                                          {.loop = &read, .level = BENCH_DRAM, .threads = 1, .best = 12},
                                          {.loop = &peak, .level = BENCH_REGISTERS, .threads = 1, .best = 3}};
    f->ceilings = (struct bench_ceilings){.env = f->run.set.env, .count = 4, .rows = rows, .threads = 1};
}

void report_results_fixture(struct report_results_fixture *f)
{
    memset(f, 0, sizeof *f);
    report_fixture_sizes(&f->run, 2);
    report_fixture_samples(&f->run, f->blocks, f->samples);
    for (size_t i = 0; i < f->run.summary.count; i++) {
        struct bench_record *rec = &f->run.records[i];
        rec->ops = 2 * rec->elements;
        rec->bytes_read = rec->elements / 4;
        rec->bytes_written = rec->elements * 4;
    }
    bench_test_e2e(&f->e, 7);
    assert_int_equal(bench_e2e_summarise(&f->e, NULL, NULL, "no ceilings are stored here", NULL), 0);
    assert_int_equal(baseline_e2e_audit_make(&f->e2e_audit, ROADMAP_JSON, &f->e, NULL), 0);
    assert_int_equal(baseline_components_read(&f->claimed, ROADMAP_JSON, NULL), 0);
    f->model = (struct report_input){.e2e = &f->e, .e2e_audit = &f->e2e_audit};
    add_components(f, 0, "scalar", "baseline", 400, 100);
    add_components(f, 1, "p4_permute", "4", 100, 110);
    f->breakdown = (struct bench_breakdown){
        .count = 2, .rows = f->rows, .quick = true, .clock_ghz = NAN, .clock_why = "nobody looked"};
    make_ceilings(f);
    assert_true(report_verdicts_fixture(&f->gate, "bad"));
    const struct report_result results[RESULTS] = {
        [RESULTS_RUN] = {.file = "run <1>.json", .hash = "0123456789abcdef", .run = &f->run.in},
        [RESULTS_MODEL] = {.file = "model.json", .run = &f->model},
        [RESULTS_BREAKDOWN] = {.file = "breakdown.json", .breakdown = &f->breakdown, .claimed = &f->claimed},
        [RESULTS_CEILINGS] = {.file = "ceilings.json", .ceilings = &f->ceilings},
        [RESULTS_GATE] = {.file = "gate.json", .gate = &f->gate},
    };
    memcpy(f->results, results, sizeof results);
    f->all = (struct report_results){.count = RESULTS, .results = f->results};
}

void report_results_fixture_free(struct report_results_fixture *f)
{
    report_verdicts_fixture_free(&f->gate);
    baseline_components_free(&f->claimed);
    baseline_e2e_audit_free(&f->e2e_audit);
    bench_e2e_free(&f->e);
    report_fixture_free(&f->run);
}
