/* SPDX-License-Identifier: MIT */
/* The duet's gate on measurements made by hand: what must never pass does not. */
#include "baselines/gate/duet.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the measurements below say: ln of the candidate's time over the base's, by what a case compares. */
static struct {
    double change, aa, slowed, rule; /* slowed: as a share of the extra work */
    size_t blocks;                   /* offered at most */
    bool nothing;                    /* not one block */
    const char *refuse, *bad_row, *note;
    bool same_file;
    size_t runs, verified, cases;
} world;

static double effect(const struct bench_duet_case *c)
{
    if (c->extra > 0)
        return log1p(c->extra * world.slowed);
    if (c->arm[1].side == BENCH_SIDE_COPY)
        return world.aa;
    return strcmp(c->arm[0].variant, c->arm[1].variant) ? world.rule : world.change;
}

int __wrap_bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err);
int __wrap_bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err)
{
    (void)err;
    world.runs++;
    world.cases = cfg->case_count;
    for (size_t i = 0; i < cfg->case_count && !world.nothing; i++) {
        if (world.refuse && strstr(cfg->cases[i].name, world.refuse)) {
            cfg->refused(cfg->ctx, i, QK_ERR_CHECK, "element 7: found 1, expected 2");
            continue;
        }
        bool more = true;
        for (size_t b = 0; b < world.blocks && more; b++) {
            struct bench_duet_block block = {.index = i, .launch = b / 4, .pairs = 3, .wall_ns = 2e7};
            block.log_ratio = effect(&cfg->cases[i]) + 1e-5 * ((double)(b % 3) - 1);
            block.extra = cfg->cases[i].extra;
            for (int p = 0; p < 3; p++) {
                block.base_ns[p] = 100;
                block.cand_ns[p] = 100 * exp(block.log_ratio);
            }
            more = cfg->more(cfg->ctx, &block);
        }
    }
    return 0;
}

int __wrap_bench_build_check(struct bench_build *b, const struct qk_variant *row,
                             const struct qk_shape *shape, struct qk_error *err);
int __wrap_bench_build_check(struct bench_build *b, const struct qk_variant *row,
                             const struct qk_shape *shape, struct qk_error *err)
{
    (void)b;
    assert_int_equal(shape->dim[0], 4096);
    world.verified++;
    if (world.bad_row && !strcmp(row->name, world.bad_row))
        return qk_fail(err, QK_ERR_CHECK, row->name, "claims AVX2 and ran nothing of it");
    return 0;
}

double __wrap_bench_build_instructions(const struct bench_build *b, const struct qk_variant *row);
double __wrap_bench_build_instructions(const struct bench_build *b, const struct qk_variant *row)
{
    (void)b, (void)row;
    return 1000;
}

const char *__wrap_bench_build_note(const struct bench_build *b, const struct qk_variant *row);
const char *__wrap_bench_build_note(const struct bench_build *b, const struct qk_variant *row)
{
    (void)b, (void)row;
    return world.note ? world.note : "";
}

bool __wrap_bench_image_same(const struct bench_image *a, const struct bench_image *b);
bool __wrap_bench_image_same(const struct bench_image *a, const struct bench_image *b)
{
    (void)a, (void)b;
    return world.same_file;
}

static struct qk_variant base_rows[3], cand_rows[3];
static struct bench_build base, cand;

static struct qk_variant row(const char *name, uint64_t at)
{
    return (struct qk_variant){.kind = QK_PLAIN,
                               .op_name = "qk256_dequant",
                               .name = name,
                               .isa_name = "BASE",
                               .phase = "-",
                               .at = at};
}

static struct baseline_policy policy;
static struct baseline_report report;
static struct baseline_duet_config config;
static struct baseline_identity_row same_rows[2] = {{"qk256_dequant", "scalar", {64, 64}},
                                                    {"qk256_dequant", "p4_permute", {128, 128}}};
static struct baseline_identity identity = {.rows = same_rows};

UNIT_FIXTURE(set_up)
{
    struct qk_error err;
    memset(&world, 0, sizeof world);
    world.slowed = 1;
    world.blocks = 100;
    world.rule = log(1 / 4.0);
    base_rows[0] = cand_rows[0] = row("scalar", 64);
    base_rows[1] = cand_rows[1] = row("p4_permute", 128);
    identity.count = 1; /* scalar is the same code */
    base = (struct bench_build){.table = {.rows = base_rows, .count = 2, .path = "base.so"}};
    cand = (struct bench_build){.table = {.rows = cand_rows, .count = 2, .path = "cand.so"}};
    assert_int_equal(baseline_policy_read(&policy, NULL, &err), 0);
    policy.speedup_count = 0;
    report = (struct baseline_report){0};
    config = (struct baseline_duet_config){
        .policy = &policy, .base = &base, .cand = &cand, .identity = &identity, .job = {.seed = 7}};
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    baseline_report_free(&report);
    baseline_policy_free(&policy);
    return 0;
}

/* Judges shape 4096 of all rows. */
static int judge(void)
{
    static const char *const entries[] = {"qk256_dequant/*/4096"};
    struct baseline_suite_cases suite;
    struct bench_environment env;
    struct qk_error err;
    struct qk_cpu isa;
    bench_environment_read(&env, 0);
    assert_int_equal(qk_cpu_detect(&isa, NULL, &err), 0);
    isa.present[QK_ISA_AVXVNNI] = false; /* not here, wherever this is */
    snprintf(isa.why[QK_ISA_AVXVNNI], sizeof isa.why[QK_ISA_AVXVNNI], "switched off");
    const struct baseline_suite_config cfg = {&base.table, &cand.table, &isa, &env, ""};
    assert_int_equal(baseline_suite_expand(&suite, entries, 1, &cfg, &err), 0);
    config.suite = &suite;
    config.env = &env;
    const int code = baseline_gate_duet(&config, &report, &err);
    report.mode = "duet";
    baseline_report_judge(&report);
    baseline_suite_free(&suite);
    return code;
}

static const struct baseline_result *result(enum baseline_role role, const char *name)
{
    for (size_t i = 0; i < report.count; i++)
        if (report.results[i].role == role && strstr(report.results[i].name, name))
            return &report.results[i];
    fail_msg("no result %s", name);
    return NULL;
}

static void expect_case(enum baseline_verdict verdict, const char *reason, int exit_code)
{
    const struct baseline_result *r = result(BASELINE_CASE, "p4_permute");
    assert_string_equal(baseline_verdict_names[r->verdict], baseline_verdict_names[verdict]);
    if (!strstr(r->reason, reason))
        fail_msg("'%s' does not say '%s'", r->reason, reason);
    assert_int_equal(baseline_report_exit(&report), exit_code);
}

UNIT_TEST(test_identical_code_is_not_timed)
{
    identity.count = 2;
    world.note = "calls memcpy";
    assert_int_equal(judge(), 0);
    assert_int_equal(world.runs, 0);
    assert_int_equal(world.verified, 2);
    expect_case(BASELINE_PASS, "identical code, not timed; calls memcpy", 0);
}

UNIT_TEST(test_a_table_that_points_elsewhere_is_timed)
{
    identity.count = 2;
    cand_rows[1].at = 64;
    assert_int_equal(judge(), 0);
    assert_int_equal(world.cases, 3); /* the case and two controls */
    assert_int_equal(world.verified, 3);
    assert_true(result(BASELINE_CASE, "p4_permute")->timed);
}

UNIT_TEST(test_without_a_list_all_is_timed)
{
    config.identity = NULL;
    assert_int_equal(judge(), 0);
    assert_int_equal(world.cases, 4); /* two cases and two controls */
}

UNIT_TEST(test_one_file_is_one_code)
{
    world.same_file = true;
    config.identity = NULL;
    assert_int_equal(judge(), 0);
    assert_int_equal(world.runs, 0);
    expect_case(BASELINE_PASS, "identical code, not timed", 0);
}

UNIT_TEST(test_identical_code_is_timed_when_asked)
{
    identity.count = 2;
    world.note = "calls memcpy";
    config.time_identical = true;
    assert_int_equal(judge(), 0);
    assert_int_equal(world.cases, 4); /* two cases and two controls */
    expect_case(BASELINE_PASS, "calls memcpy", 0);
    assert_true(result(BASELINE_CASE, "p4_permute")->timed);
}

UNIT_TEST(test_unchanged_times_pass)
{
    assert_int_equal(judge(), 0);
    assert_int_equal(world.cases, 3); /* scalar is the same code */
    expect_case(BASELINE_PASS, "", 0);
    assert_int_equal(result(BASELINE_AA, "")->verdict, BASELINE_PASS);
    assert_int_equal(result(BASELINE_SLOWED, "")->verdict, BASELINE_REGRESSION);
    assert_true(result(BASELINE_SLOWED, "")->injected == 2 * result(BASELINE_SLOWED, "")->must_catch);
}

UNIT_TEST(test_slower_is_a_regression)
{
    world.change = log(1.01);
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_REGRESSION, "", 3);
    assert_true(fabs(result(BASELINE_CASE, "p4_permute")->ratio.value - 1.01) < 1e-6);
}

UNIT_TEST(test_a_little_slower_is_a_warning)
{
    world.change = log(1.004);
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_WARN, "", 0);
}

UNIT_TEST(test_too_few_blocks_are_inconclusive)
{
    world.blocks = 3;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INCONCLUSIVE, "did not decide", 5); /* and no control was judged right */
}

UNIT_TEST(test_no_block_is_invalid)
{
    world.nothing = true;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INVALID, "no block", 5);
}

UNIT_TEST(test_a_slowed_arm_that_is_not_slowed_is_invalid)
{
    world.slowed = 0;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_PASS, "", 5);
    assert_int_equal(report.verdict, BASELINE_INVALID);
    assert_true(*report.reason);
}

UNIT_TEST(test_an_alarm_on_the_copy_is_invalid)
{
    world.aa = log(1.02);
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_PASS, "", 5);
}

UNIT_TEST(test_nan_is_invalid)
{
    world.change = NAN;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INVALID, "no number", 5);
}

UNIT_TEST(test_a_wrong_output_is_invalid)
{
    world.refuse = "p4_permute/4096";
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INVALID, "element 7", 5);
}

UNIT_TEST(test_a_row_that_did_not_run_its_isa_is_invalid)
{
    world.bad_row = "p4_permute";
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INVALID, "claims AVX2", 5);
}

UNIT_TEST(test_a_missing_row_is_missing)
{
    cand.table.count = 1;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_MISSING, "no such row", 5);
}

/* Whatever a row says of itself, the base's is judged. */
UNIT_TEST(test_a_row_that_says_it_is_something_else_does_not_disappear)
{
    static const struct {
        enum qk_kind kind;
        const char *phase, *reason;
        enum qk_isa level;
        enum baseline_verdict verdict;
    } known[] = {
        {QK_CEILING, "-", "kind was PLAIN and is CEILING, and", QK_ISA_BASE, BASELINE_MISSING},
        {QK_PLAIN, "-", "level was BASE and is AVXVNNI: switched off, and", QK_ISA_AVXVNNI, BASELINE_MISSING},
        {QK_STAGED, "4", "phase was - and is 4, kind was PLAIN and is STAGED", QK_ISA_BASE, BASELINE_PASS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        baseline_report_free(&report);
        cand_rows[1].kind = known[i].kind;
        cand_rows[1].phase = known[i].phase;
        cand_rows[1].isa = known[i].level;
        cand_rows[1].isa_name = qk_isa_row(known[i].level)->name;
        assert_int_equal(judge(), 0);
        expect_case(known[i].verdict, known[i].reason, known[i].verdict == BASELINE_PASS ? 0 : 5);
    }
}

UNIT_TEST(test_a_level_that_nobody_knows_is_invalid)
{
    cand_rows[1].isa_name = "AVX2048";
    world.bad_row = "p4_permute"; /* as its check says */
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_INVALID, "claims", 5);
}

UNIT_TEST(test_a_row_that_may_go_is_removed)
{
    struct baseline_removed gone = {"qk256_dequant/p4_permute/*", "replaced by avx2_best"},
                            *before = policy.removed;
    const size_t count = policy.removed_count;
    cand.table.count = 1;
    policy.removed = &gone;
    policy.removed_count = 1;
    const int code = judge();
    policy.removed = before;
    policy.removed_count = count;
    assert_int_equal(code, 0);
    expect_case(BASELINE_REMOVED, "replaced by", 0);
}

UNIT_TEST(test_a_new_row_is_new)
{
    base.table.count = 1;
    assert_int_equal(judge(), 0);
    expect_case(BASELINE_NEW, "base has no", 0);
}

static struct baseline_speedup_rule rule = {"qk256_dequant/p4_permute/4096", "scalar", 3, 0};

static void judge_rule(const char *over)
{
    struct baseline_speedup_rule *before = policy.speedups;
    snprintf(rule.over, sizeof rule.over, "%s", over);
    policy.speedups = &rule;
    policy.speedup_count = 1;
    identity.count = 2;
    const int code = judge();
    policy.speedups = before;
    policy.speedup_count = 0;
    assert_int_equal(code, 0);
}

UNIT_TEST(test_a_minimum_speedup_that_holds_passes)
{
    judge_rule("scalar");
    assert_int_equal(result(BASELINE_RULE, "p4_permute")->verdict, BASELINE_PASS);
    assert_int_equal(baseline_report_exit(&report), 0);
    assert_int_equal(world.cases, 3); /* the rule and its class's controls */
}

UNIT_TEST(test_a_minimum_speedup_that_fails_is_a_regression)
{
    world.rule = log(1 / 2.9);
    judge_rule("scalar");
    assert_int_equal(result(BASELINE_RULE, "p4_permute")->verdict, BASELINE_REGRESSION);
    assert_int_equal(baseline_report_exit(&report), 3);
}

UNIT_TEST(test_a_minimum_speedup_over_nothing_is_invalid)
{
    judge_rule("p9_magic");
    assert_int_equal(result(BASELINE_RULE, "p4_permute")->verdict, BASELINE_INVALID);
    assert_int_equal(baseline_report_exit(&report), 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

TEST_PART(duet)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identical_code_is_not_timed),
        TEST(test_a_table_that_points_elsewhere_is_timed),
        TEST(test_without_a_list_all_is_timed),
        TEST(test_one_file_is_one_code),
        TEST(test_identical_code_is_timed_when_asked),
        TEST(test_unchanged_times_pass),
        TEST(test_slower_is_a_regression),
        TEST(test_a_little_slower_is_a_warning),
        TEST(test_too_few_blocks_are_inconclusive),
        TEST(test_no_block_is_invalid),
        TEST(test_a_slowed_arm_that_is_not_slowed_is_invalid),
        TEST(test_an_alarm_on_the_copy_is_invalid),
        TEST(test_nan_is_invalid),
        TEST(test_a_wrong_output_is_invalid),
        TEST(test_a_row_that_did_not_run_its_isa_is_invalid),
        TEST(test_a_missing_row_is_missing),
        TEST(test_a_row_that_says_it_is_something_else_does_not_disappear),
        TEST(test_a_level_that_nobody_knows_is_invalid),
        TEST(test_a_row_that_may_go_is_removed),
        TEST(test_a_new_row_is_new),
        TEST(test_a_minimum_speedup_that_holds_passes),
        TEST(test_a_minimum_speedup_that_fails_is_a_regression),
        TEST(test_a_minimum_speedup_over_nothing_is_invalid),
    };
    return cmocka_run_group_tests_name("gate_duet", tests, NULL, NULL);
}
