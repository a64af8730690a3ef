/* SPDX-License-Identifier: MIT */
#include "baselines/gate/tests/duet_fake.h"
#include "harness/engine/buffers.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct baseline_fake baseline_fake;

static double effect(const struct bench_duet_case *c)
{
    if (c->budget_ns == 1e9 * BASELINE_SHAPE_SECONDS && c->extra == 0)
        return baseline_fake.shape_change;
    if (c->extra > 0)
        return log1p(c->extra * baseline_fake.slowed);
    if (c->arm[1].side == BENCH_SIDE_COPY)
        return baseline_fake.aa;
    return strcmp(c->arm[0].variant, c->arm[1].variant) ? baseline_fake.rule : baseline_fake.change;
}

int __wrap_bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err);
int __wrap_bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err)
{
    (void)err;
    baseline_fake.runs++;
    baseline_fake.cases = cfg->case_count;
    for (size_t i = 0; i < cfg->case_count && !baseline_fake.nothing; i++) {
        if (baseline_fake.refuse && strstr(cfg->cases[i].name, baseline_fake.refuse)) {
            cfg->refused(cfg->ctx, i, QK_ERR_CHECK, "element 7: found 1, expected 2");
            continue;
        }
        bool more = true;
        const bool other = cfg->cases[i].budget_ns == 1e9 * BASELINE_SHAPE_SECONDS;
        const bool stalls = cfg->cases[i].arm[1].side == BENCH_SIDE_CANDIDATE && baseline_fake.stall > 0;
        const size_t blocks =
            other && baseline_fake.shape_blocks ? baseline_fake.shape_blocks : baseline_fake.blocks;
        baseline_fake.others += other;
        for (size_t b = 0; b < blocks && more; b++) {
            struct bench_duet_block block = {.index = i, .launch = b / 4, .pairs = 3, .wall_ns = 2e7};
            block.log_ratio = effect(&cfg->cases[i]) + 1e-5 * ((double)(b % 3) - 1);
            block.log_ratio += stalls ? (b % 2 ? baseline_fake.wobble : -baseline_fake.wobble) : 0;
            block.extra = cfg->cases[i].extra;
            for (int p = 0; p < 3; p++) {
                block.base_ns[p] = 100;
                block.cand_ns[p] = 100 * exp(block.log_ratio) * (stalls && p == 1 ? baseline_fake.stall : 1);
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
    assert_true(shape->dim[0] == 4096 || baseline_fake.config.all_shapes);
    baseline_fake.verified++;
    if (baseline_fake.bad_row && !strcmp(row->name, baseline_fake.bad_row))
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
    return baseline_fake.note ? baseline_fake.note : "";
}

bool __wrap_bench_image_same(const struct bench_image *a, const struct bench_image *b);
bool __wrap_bench_image_same(const struct bench_image *a, const struct bench_image *b)
{
    (void)a, (void)b;
    return baseline_fake.same_file;
}

bool __real_bench_group_bytes(const struct bench_group *group, size_t *bytes);
bool __wrap_bench_group_bytes(const struct bench_group *group, size_t *bytes);
bool __wrap_bench_group_bytes(const struct bench_group *group, size_t *bytes)
{
    if (!baseline_fake.huge)
        return __real_bench_group_bytes(group, bytes);
    *bytes = SIZE_MAX;
    return true;
}

static struct qk_variant row(const char *name, uint64_t at)
{
    return (struct qk_variant){.kind = QK_PLAIN,
                               .op_name = "qk256_dequant",
                               .name = name,
                               .isa_name = "BASE",
                               .phase = "-",
                               .at = at};
}

static struct baseline_identity_row same_rows[2] = {{"qk256_dequant", "scalar", {64, 64}},
                                                    {"qk256_dequant", "p4_permute", {128, 128}}};

static struct baseline_policy shipped;

int baseline_fake_set_up(void **state)
{
    struct qk_error err;
    (void)state;
    memset(&baseline_fake, 0, sizeof baseline_fake);
    baseline_fake.identity.rows = same_rows;
    baseline_fake.slowed = 1;
    baseline_fake.blocks = 100;
    baseline_fake.rule = log(1 / 4.0);
    baseline_fake.base_rows[0] = baseline_fake.cand_rows[0] = row("scalar", 64);
    baseline_fake.base_rows[1] = baseline_fake.cand_rows[1] = row("p4_permute", 128);
    baseline_fake.identity.count = 1; /* scalar is the same code */
    baseline_fake.base =
        (struct bench_build){.table = {.rows = baseline_fake.base_rows, .count = 2, .path = "base.so"}};
    baseline_fake.cand =
        (struct bench_build){.table = {.rows = baseline_fake.cand_rows, .count = 2, .path = "cand.so"}};
    assert_int_equal(baseline_policy_read(&shipped, NULL, &err), 0);
    baseline_fake.policy = shipped;
    baseline_fake.policy.speedup_count = 0;
    baseline_fake.config = (struct baseline_duet_config){.policy = &baseline_fake.policy,
                                                         .base = &baseline_fake.base,
                                                         .cand = &baseline_fake.cand,
                                                         .identity = &baseline_fake.identity,
                                                         .job = {.seed = 7}};
    return 0;
}

int baseline_fake_tear_down(void **state)
{
    (void)state;
    baseline_report_free(&baseline_fake.report);
    baseline_policy_free(&shipped);
    return 0;
}

void baseline_fake_judge(void)
{
    static const char *const entries[] = {"qk256_dequant/*/4096"};
    struct baseline_suite_cases suite;
    struct bench_environment env;
    struct qk_error err;
    struct qk_cpu isa;
    baseline_report_free(&baseline_fake.report);
    bench_environment_read(&env, 0);
    assert_int_equal(qk_cpu_detect(&isa, NULL, &err), 0);
    isa.present[QK_ISA_AVXVNNI] = false; /* not here, wherever this is */
    snprintf(isa.why[QK_ISA_AVXVNNI], sizeof isa.why[QK_ISA_AVXVNNI], "switched off");
    const struct baseline_suite_config cfg = {&baseline_fake.base.table, &baseline_fake.cand.table, &isa,
                                              &env, ""};
    assert_int_equal(baseline_suite_expand(&suite, entries, 1, &cfg, &err), 0);
    baseline_fake.config.suite = &suite;
    baseline_fake.config.env = &env;
    assert_int_equal(baseline_gate_duet(&baseline_fake.config, &baseline_fake.report, &err), 0);
    strcpy(baseline_fake.report.mode, "duet");
    baseline_report_judge(&baseline_fake.report);
    baseline_suite_free(&suite);
}

const struct baseline_result *baseline_fake_result(enum baseline_role role, const char *name)
{
    for (size_t i = 0; i < baseline_fake.report.count; i++)
        if (baseline_fake.report.results[i].role == role &&
            strstr(baseline_fake.report.results[i].name, name))
            return &baseline_fake.report.results[i];
    fail_msg("no result %s", name);
    return NULL;
}

void baseline_fake_expect(enum baseline_verdict verdict, const char *reason, int exit_code)
{
    baseline_fake_judge();
    const struct baseline_result *r = baseline_fake_result(BASELINE_CASE, "p4_permute");
    assert_string_equal(baseline_verdict_names[r->verdict], baseline_verdict_names[verdict]);
    assert_says(r->reason, reason);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), exit_code);
}

void baseline_fake_expect_rule(const char *over, enum baseline_verdict verdict)
{
    static struct baseline_speedup_rule rule = {"qk256_dequant/p4_permute", "", 3, 0};
    snprintf(rule.over, sizeof rule.over, "%s", over);
    baseline_fake.policy.speedups = &rule;
    baseline_fake.policy.speedup_count = 1;
    baseline_fake.identity.count = 2;
    baseline_fake_judge();
    assert_int_equal(baseline_fake_result(BASELINE_RULE, "p4_permute")->verdict, verdict);
}
