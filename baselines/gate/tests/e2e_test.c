/* SPDX-License-Identifier: MIT */
/* What becomes of groups of whole models, with programs that are made up. */
#include "baselines/gate/e2e.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ln of each pair's ratio, and how the run ends. */
static struct {
    double effect[BENCH_PROGRAMS_PAIRS];
    double wobble;
    size_t blocks;
    int code;
    const char *why;
    struct bench_programs_config seen;
} fake;

int __wrap_bench_programs_run(const struct bench_programs_config *cfg, struct qk_error *err);
int __wrap_bench_programs_run(const struct bench_programs_config *cfg, struct qk_error *err)
{
    bool over[BENCH_PROGRAMS_PAIRS] = {false};
    fake.seen = *cfg;
    for (size_t b = 0; b < fake.blocks; b++)
        for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS; pair++) {
            const double wobble = fake.wobble * ((double)(b % 3) - 1);
            const double ratio = fake.effect[pair] + wobble;
            const struct bench_programs_block block = {.pair = (enum bench_programs_pair)pair,
                                                       .launch = b / 3,
                                                       .tokens = 10,
                                                       .orders = 5,
                                                       .extra = pair == BENCH_PROGRAMS_SLOWED ? 0.04
                                                                : pair == BENCH_PROGRAMS_COPY ? 0
                                                                                              : cfg->inject,
                                                       .pairs = 2,
                                                       .base_ns = {2e6, 2e6},
                                                       .ns = {2e6 * exp(ratio), 2e6 * exp(ratio)},
                                                       .log_ratio = ratio,
                                                       .base_said_ns = 3.6e6,
                                                       .said_ns = 2e6,
                                                       .wall_ns = 4e8};
            over[pair] = over[pair] || !cfg->more(cfg->ctx, &block);
        }
    return fake.code ? qk_fail(err, fake.code, "", "%s", fake.why) : 0;
}

static struct baseline_report judged(double inject)
{
    struct baseline_policy policy;
    struct baseline_report report = {.mode = "e2e", .alpha = 0.001};
    struct qk_error err = {.text = ""};
    assert_works(baseline_policy_read(&policy, NULL, &err), err);
    const struct baseline_e2e_config cfg = {
        .policy = &policy,
        .model = "a/b/model.gguf",
        .programs = {.model = "elsewhere", .inject = inject, .base = "x"}};
    assert_works(baseline_gate_e2e(&cfg, &report, &err), err);
    baseline_report_judge(&report);
    baseline_policy_free(&policy);
    return report;
}

static void set(double candidate, double copy, double slowed)
{
    memset(&fake, 0, sizeof fake);
    fake.effect[BENCH_PROGRAMS_CANDIDATE] = candidate;
    fake.effect[BENCH_PROGRAMS_COPY] = copy;
    fake.effect[BENCH_PROGRAMS_SLOWED] = slowed;
    fake.blocks = 60;
    fake.wobble = 1e-4;
}

UNIT_TEST(the_ratio_of_the_case_is_known_well)
{
    set(0, 0, 0.04);
    fake.wobble = 0.01;
    struct baseline_report r = judged(0);
    assert_int_equal(r.verdict, BASELINE_PASS);
    assert_true(r.results[0].blocks > 2 * r.results[1].blocks);
    baseline_report_free(&r);
    set(0, 0, 0.04);
    r = judged(0);
    assert_int_equal(r.results[0].blocks, r.results[1].blocks);
    baseline_report_free(&r);
}

UNIT_TEST(the_same_program_passes)
{
    set(0, 0, 0.04);
    struct baseline_report r = judged(0);
    assert_int_equal(r.verdict, BASELINE_PASS);
    assert_int_equal(r.count, 3);
    assert_string_equal(r.results[0].name, "e2e/generate/model.gguf");
    assert_string_equal(r.results[0].memory, "e2e");
    assert_true(r.results[0].ignorable == 0.005 && r.results[0].must_catch == 0.016 &&
                r.results[0].mean == 0.1);
    assert_true(r.results[1].mean == 0 && r.results[2].mean == 0);
    assert_true(fabs(r.results[0].base_ns - 2e6) < 1); /* of a token */
    assert_true(r.results[0].blocks == 15 || r.results[0].blocks == 16);
    assert_int_equal(r.results[0].launches, 5 + (r.results[0].blocks > 15));
    assert_says(r.results[0].reason, "50 tokens a group, in 5 orders; ");
    assert_says(r.results[0].reason, "the base took 90.00 % of these times and the candidate 50.");
    assert_true(fake.seen.slowed == 0.032 && fake.seen.launches == 5 && fake.seen.budget_ns == 60e9);
    baseline_report_free(&r);
}

UNIT_TEST(two_per_cent_more_is_caught)
{
    set(log(1.02), 0, 0.04);
    struct baseline_report r = judged(0.02);
    assert_int_equal(r.verdict, BASELINE_REGRESSION);
    assert_true(r.results[0].injected == 0.02);
    assert_says(r.results[0].reason, "the candidate was given 2.00 % more tokens");
    baseline_report_free(&r);
    set(log(1.01), 0, 0.04);
    r = judged(0);
    assert_int_equal(r.verdict, BASELINE_WARN);
    baseline_report_free(&r);
}

UNIT_TEST(a_control_that_is_judged_wrongly_makes_it_invalid)
{
    set(0, 0.02, 0.04);
    struct baseline_report r = judged(0);
    assert_int_equal(r.verdict, BASELINE_INVALID);
    assert_says(r.reason, "(aa) was judged wrongly");
    baseline_report_free(&r);
    set(0, 0, 0.001);
    r = judged(0);
    assert_int_equal(r.verdict, BASELINE_INVALID);
    assert_says(r.reason, "(slowed) was judged wrongly");
    baseline_report_free(&r);
}

UNIT_TEST(a_budget_that_ends_first_is_inconclusive_or_invalid)
{
    set(0, 0, 0.04);
    fake.blocks = 10; /* the controls are undecided too */
    struct baseline_report r = judged(0);
    assert_int_equal(r.verdict, BASELINE_INVALID);
    assert_int_equal(r.results[0].verdict, BASELINE_INCONCLUSIVE);
    baseline_report_free(&r);
}

UNIT_TEST(a_program_that_cannot_be_trusted_is_a_verdict)
{
    set(0, 0, 0.04);
    fake.code = QK_ERR_CHECK;
    fake.why = "the candidate program died";
    struct baseline_report r = judged(0);
    assert_int_equal(r.verdict, BASELINE_INVALID);
    assert_int_equal(r.count, 1);
    assert_false(r.results[0].timed);
    assert_string_equal(r.results[0].reason, fake.why);
    assert_string_equal(r.reason, fake.why);
    assert_int_equal(baseline_report_exit(&r), 5);
    baseline_report_free(&r);
}

UNIT_TEST(other_troubles_are_errors)
{
    struct baseline_policy policy;
    struct baseline_report report = {.mode = "e2e"};
    struct qk_error err = {.text = ""};
    assert_works(baseline_policy_read(&policy, NULL, &err), err);
    const struct baseline_e2e_config cfg = {.policy = &policy};
    set(0, 0, 0.04);
    fake.code = QK_ERR_INTERRUPTED;
    fake.why = "interrupted";
    assert_int_equal(baseline_gate_e2e(&cfg, &report, &err), QK_ERR_INTERRUPTED);
    baseline_report_free(&report);
    policy.margin_count = 0;
    assert_int_equal(baseline_gate_e2e(&cfg, &report, &err), QK_ERR_INVALID);
    assert_says(err.text, "no margin of the policy");
    assert_string_equal(err.where, "e2e/generate/trained");
    baseline_report_free(&report);
    baseline_policy_free(&policy);
}

UNIT_TEST(models_have_names)
{
    char name[BASELINE_NAME];
    baseline_e2e_name("synth:bitnet-2b/4", name);
    assert_string_equal(name, "e2e/generate/synth:bitnet-2b/4");
    baseline_e2e_name("/models/x.gguf", name);
    assert_string_equal(name, "e2e/generate/x.gguf");
}

UNIT_TESTS(e2e, NULL, NULL)
