/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/fleet.h"

#include "kernels/tests/cmocka_parts.h"
#include "reports/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct baseline_fleet_plan plan;
static struct baseline_fleet fleet;

static void put(struct baseline_report *r, size_t i, const char *name, enum baseline_role role,
                enum baseline_verdict verdict, double ratio)
{
    struct baseline_result *const to = &r->results[i];
    snprintf(to->name, sizeof to->name, "%s", name);
    strcpy(to->memory, "cache");
    to->role = role;
    to->verdict = verdict;
    to->timed = isfinite(ratio);
    to->ratio = (struct bench_interval){ratio, ratio - 0.001, ratio + 0.001};
    to->must_catch = 0.008;
    to->injected = role == BASELINE_SLOWED ? 0.016 : 0;
    snprintf(to->reason, sizeof to->reason, "%s", to->timed ? "" : "identical code, not timed");
}

static void describe(struct baseline_fleet_node *n, const char *cpu, const char *levels)
{
    struct bench_environment *const env = &n->report.env;
    snprintf(env->cpu_name, sizeof env->cpu_name, "%s", cpu);
    snprintf(env->isa_levels, sizeof env->isa_levels, "%s", levels);
    snprintf(env->host, sizeof env->host, "host-of-%.10s", n->answer.node);
    strcpy(env->fingerprint, "0123456789abcdef");
    n->answer.state = BASELINE_FLEET_ANSWERED;
    *n->answer.reason = '\0';
    n->answer.seconds = 12.5;
    strcpy(n->report.mode, "duet");
    baseline_report_judge(&n->report);
    n->answer.exit_code = baseline_report_exit(&n->report);
}

/*
 * One node finds a slow-down, one has not that row, and one is gone; "n4" and on are as many more as asked
 * for.
 */
static void make(size_t nodes)
{
    plan = (struct baseline_fleet_plan){.node_count = nodes,
                                        .gate = true,
                                        .alpha = 0.001 / 3,
                                        .base = {.name = "main"},
                                        .candidate = {.name = "this tree"},
                                        .hash = "0123456789abcdef"};
    for (size_t i = 0; i < nodes; i++)
        snprintf(plan.nodes[i], sizeof plan.nodes[i], "n%zu", i + 1);
    assert_int_equal(baseline_fleet_begin(&fleet, &plan, NULL), 0);
    struct baseline_fleet_node *const n = fleet.nodes;
    assert_int_equal(baseline_report_make(&n[0].report, 5, NULL), 0);
    put(&n[0].report, 0, "qk256_dequant/scalar/4096", BASELINE_CASE, BASELINE_PASS, NAN);
    put(&n[0].report, 1, "qk256_dequant/avx512_best/4096", BASELINE_CASE, BASELINE_REGRESSION, 1.0512);
    put(&n[0].report, 2, "qk256_dequant/avx512_best/4096 >= 3x scalar", BASELINE_RULE, BASELINE_PASS, 0.125);
    put(&n[0].report, 3, "qk256_dequant/avx512_best/4096", BASELINE_AA, BASELINE_PASS, 1);
    put(&n[0].report, 4, "qk256_dequant/avx512_best/4096", BASELINE_SLOWED, BASELINE_REGRESSION, 1.016);
    describe(&n[0], "AMD EPYC 9R45", "BASE AVX2 AVXVNNI AVX512");
    assert_int_equal(baseline_report_make(&n[1].report, 1, NULL), 0);
    put(&n[1].report, 0, "qk256_dequant/scalar/4096", BASELINE_CASE, BASELINE_PASS, NAN);
    n[1].report.unavailable = 1;
    describe(&n[1], "a CPU | with markup", "BASE AVX2");
    for (size_t i = 2; i < nodes; i++)
        strcpy(n[i].answer.reason, "its launcher died of SIGKILL");
    assert_int_equal(baseline_fleet_merge(&fleet, NULL), 0);
}

static int write_json(const struct baseline_fleet *f, report_render *render, FILE *to, struct qk_error *err)
{
    (void)render;
    return bench_fields_write(&report_fleet_fields, f, "the campaign's JSON", to, err);
}

typedef int writer(const struct baseline_fleet *f, report_render *render, FILE *to, struct qk_error *err);

static void check(const char *name, writer *write, report_render *render)
{
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(write(&fleet, render, to, NULL), 0);
    assert_int_equal(fclose(to), 0);
    report_golden_check(name, text);
    free(text);
}

UNIT_TEST(cases_by_nodes)
{
    make(3);
    check("fleet.txt", report_fleet, report_table_text);
    check("fleet.md", report_fleet, report_table_markdown);
    check("fleet.json", write_json, NULL);
    baseline_fleet_free(&fleet);
}

UNIT_TEST(many_nodes_have_several_tables)
{
    make(BASELINE_FLEET_NODES);
    check("fleet_many.txt", report_fleet, report_table_text);
    baseline_fleet_free(&fleet);
}

UNIT_TEST(a_command_has_exit_codes)
{
    make(3);
    plan.gate = false;
    fleet.case_count = 0;
    fleet.exit_code = 5;
    check("fleet_command.txt", report_fleet, report_table_text);
    baseline_fleet_free(&fleet);
}

UNIT_TEST(a_full_stream_is_an_error)
{
    writer *const writers[] = {report_fleet, write_json};
    make(3);
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        FILE *const to = fopen("/dev/full", "w");
        assert_non_null(to);
        setvbuf(to, NULL, _IONBF, 0);
        assert_int_equal(writers[i](&fleet, report_table_text, to, NULL), QK_ERR_IO);
        fclose(to);
    }
    baseline_fleet_free(&fleet);
}

UNIT_TESTS(fleet, NULL, NULL)
