/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/campaign.h"

#include "baselines/stored/baseline.h"
#include "kernels/tests/parts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/qkbench-campaign-XXXXXX", path[80];

static int make_folder(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/c.jsonl", mkdtemp(folder) ? folder : ".");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* A run with one case in cache. */
static struct baseline_campaign_run a_run(enum baseline_arm arm, double asked, enum baseline_verdict verdict,
                                          double ratio)
{
    struct baseline_campaign_run run = {.machine = "m",
                                        .date = "2026-01-02T03:04:05+00:00",
                                        .arm = arm,
                                        .asked = asked,
                                        .suite = "quick",
                                        .seed = 1,
                                        .verdict = verdict,
                                        .seconds = 2,
                                        .count = 1};
    run.cases = calloc(1, sizeof *run.cases);
    *run.cases = (struct baseline_campaign_case){.name = "op/variant/1",
                                                 .verdict = verdict,
                                                 .ratio = ratio,
                                                 .half_width = 0.0005,
                                                 .extra = asked,
                                                 .must_catch = 0.008,
                                                 .seconds = ratio};
    return run;
}

static void append(const struct baseline_campaign_run *run)
{
    struct baseline_campaign held = {0};
    struct qk_error err;
    const int fd = baseline_campaign_open(path, &held, &err);
    assert_true(fd >= 0);
    assert_int_equal(baseline_campaign_append(fd, path, run, &err), 0);
    close(fd);
    baseline_campaign_free(&held);
}

static void write_text(const char *text)
{
    FILE *const to = fopen(path, "a");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static size_t runs_of(bool *torn, int code)
{
    struct baseline_campaign c = {0};
    struct qk_error err;
    assert_int_equal(baseline_campaign_read(&c, path, torn, &err), code);
    const size_t count = c.count;
    baseline_campaign_free(&c);
    return count;
}

static void torn_lines_cost_one_run(void **state)
{
    (void)state;
    bool torn = true;
    struct baseline_campaign_run run = a_run(BASELINE_ARM_SAME, 0, BASELINE_PASS, 1);
    unlink(path);
    append(&run);
    append(&run);
    assert_int_equal(runs_of(&torn, 0), 2);
    assert_false(torn);
    write_text("{\"schema_version\":1,\"ki");
    assert_int_equal(runs_of(&torn, 0), 2);
    assert_true(torn);
    assert_int_equal(runs_of(NULL, QK_ERR_FORMAT), 2);
    append(&run); /* in its place */
    assert_int_equal(runs_of(&torn, 0), 3);
    assert_false(torn);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0); /* a whole run without its line feed counts */
    append(&run);
    assert_int_equal(runs_of(NULL, 0), 4);
    write_text("{\"a\":1}\n"); /* a whole line that is no run is an error */
    assert_int_equal(runs_of(&torn, QK_ERR_FORMAT), 4);
    free(run.cases);
}

static void runs_come_back_as_they_were(void **state)
{
    (void)state;
    struct baseline_campaign c = {0};
    struct qk_error err;
    struct baseline_campaign_run run = a_run(BASELINE_ARM_CALLS, 0.01, BASELINE_INVALID, NAN);
    strcpy(run.reason, "why \x1b");
    run.cases->seconds = 1;
    run.busy = true;
    unlink(path);
    append(&run);
    assert_int_equal(baseline_campaign_read(&c, path, NULL, &err), 0);
    assert_int_equal(c.count, 1);
    const struct baseline_campaign_run *const is = c.runs;
    assert_string_equal(is->reason, run.reason);
    assert_string_equal(is->machine, "m");
    assert_true(is->busy && !is->neighbour && is->arm == BASELINE_ARM_CALLS && is->seed == 1);
    assert_true(isnan(is->cases->ratio) && is->asked == 0.01);
    baseline_campaign_free(&c);
    free(run.cases);
}

static void add(struct baseline_campaign *c, enum baseline_arm arm, double asked,
                enum baseline_verdict verdict, double ratio)
{
    struct qk_error err;
    struct baseline_campaign_run run = a_run(arm, asked, verdict, ratio);
    assert_int_equal(baseline_campaign_add(c, &run, &err), 0);
}

static void sums_up(void **state)
{
    (void)state;
    struct baseline_campaign c = {0};
    struct baseline_campaign_summary s;
    struct qk_error err;
    for (int i = 0; i < 20; i++) {
        add(&c, BASELINE_ARM_CALLS, 0.01, i ? BASELINE_REGRESSION : BASELINE_WARN, 1.01);
        add(&c, BASELINE_ARM_CALLS, 0.005, i < 10 ? BASELINE_PASS : BASELINE_REGRESSION, 1.005);
        add(&c, BASELINE_ARM_CALLS, 0.02, BASELINE_REGRESSION, 1.02);
        add(&c, BASELINE_ARM_SAME, 0, i ? BASELINE_PASS : BASELINE_REGRESSION, i % 2 ? 1.001 : 0.999);
    }
    /* A case that is caught in a run that is INVALID is not caught. */
    add(&c, BASELINE_ARM_CALLS, 0.05, BASELINE_INVALID, 1.05);
    c.runs[c.count - 1].cases->verdict = BASELINE_REGRESSION;
    assert_int_equal(baseline_campaign_summary(&c, &s, &err), 0);
    assert_int_equal(s.alarm_count, 1);
    assert_int_equal(s.alarms->alarms.hits, 1);
    assert_int_equal(s.alarms->alarms.runs, 20);
    assert_int_equal(s.alarms->verdicts[BASELINE_PASS], 19);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.rows[0].of->arm, BASELINE_ARM_SAME);
    assert_true(fabs(s.rows[0].spread - 0.001 * sqrt(20.0 / 19)) < 1e-9);
    assert_true(s.rows[0].half_width == 0.0005);
    assert_true(fabs(s.rows[2].extra - 0.01) < 1e-9 && s.rows[2].runs == 20);
    assert_int_equal(s.rows[2].caught.hits, 19);
    assert_int_equal(s.rows[2].verdicts[BASELINE_WARN], 1);
    assert_int_equal(s.rows[4].caught.hits, 0);
    assert_int_equal(s.rows[4].verdicts[BASELINE_INVALID], 1);
    assert_null(baseline_campaign_least(&s, &s.rows[0])); /* the largest is not caught */
    s.count = 4;
    assert_ptr_equal(baseline_campaign_least(&s, &s.rows[0]), &s.rows[2]); /* 19 of 20 are 95 % */
    struct baseline_campaign_run stage = *s.rows[3].of;
    stage.arm = BASELINE_ARM_STAGE; /* a slow-down like any other, whatever row it stands in */
    s.rows[3].of = &stage;
    assert_ptr_equal(baseline_campaign_least(&s, &s.rows[0]), &s.rows[2]);
    s.rows[3].extra = 0.008;
    assert_ptr_equal(baseline_campaign_least(&s, &s.rows[0]), &s.rows[3]);
    s.rows[3].caught.hits = 10;
    assert_ptr_equal(baseline_campaign_least(&s, &s.rows[0]), &s.rows[2]);
    s.rows[3].extra = 0.015;
    assert_null(baseline_campaign_least(&s, &s.rows[0]));
    baseline_campaign_summary_free(&s);
    baseline_campaign_free(&c);
}

/* Runs of kernels and of a whole model are not counted together. */
static void whole_models_stand_apart(void **state)
{
    (void)state;
    struct baseline_campaign c = {0};
    struct baseline_campaign_summary s;
    struct qk_error err;
    for (int i = 0; i < 6; i++) {
        add(&c, BASELINE_ARM_SAME, 0, BASELINE_PASS, 1);
        c.runs[c.count - 1].cases->memory = i % 2 ? BASELINE_CLASS_E2E : BASELINE_CLASS_DRAM;
        c.runs[c.count - 1].cases->half_width = i % 2 ? NAN : 0;
    }
    assert_int_equal(baseline_campaign_summary(&c, &s, &err), 0);
    assert_int_equal(s.alarm_count, 2);
    assert_false(baseline_campaign_is_whole(s.alarms[0].of));
    assert_true(baseline_campaign_is_whole(s.alarms[1].of));
    assert_int_equal(s.alarms[1].alarms.runs, 3);
    assert_int_equal(s.count, 2);
    assert_true(isnan(s.rows[0].half_width) && isnan(s.rows[1].half_width));
    baseline_campaign_summary_free(&s);
    baseline_campaign_free(&c);
}

/* The quote is of the machine's own file, in the data folder. */
static void quotes_the_machine(void **state)
{
    (void)state;
    struct bench_environment env;
    struct qk_error err;
    char text[400] = "old", here[400];
    bench_environment_init(&env);
    setenv("QK_DATA", folder, 1);
    assert_int_equal(baseline_campaign_quote(&env, text, sizeof text, &err), 0);
    assert_string_equal(text, "");
    snprintf(here, sizeof here, "mkdir -p %s/baselines/campaigns", folder);
    assert_int_equal(system(here), 0);
    strcpy(env.cpu_vendor, "v");
    env.cpu_family = env.cpu_model = env.cpu_stepping = 1;
    env.cpus = 2;
    struct baseline_campaign_run run = a_run(BASELINE_ARM_CALLS, 0.01, BASELINE_REGRESSION, 1.01);
    unlink(path);
    append(&run);
    run.arm = BASELINE_ARM_SAME;
    run.asked = 0;
    run.verdict = BASELINE_PASS;
    append(&run);
    run.busy = true; /* not quiet: not quoted */
    append(&run);
    baseline_machine(&env, run.machine);
    snprintf(here, sizeof here, "mv %s %s/baselines/campaigns/%s.jsonl", path, folder, run.machine);
    assert_int_equal(system(here), 0);
    assert_int_equal(baseline_campaign_quote(&env, text, sizeof text, &err), 0);
    assert_string_equal(text, "on this machine +1.0 % in cache is caught in 1 of 1 cases; false alarms in 0 "
                              "of 1 runs");
    snprintf(here, sizeof here, "rm -r %s/baselines", folder);
    assert_int_equal(system(here), 0);
    free(run.cases);
}

/* Prints a run, for the test of its schema. */
TEST_PART(write_campaign)
{
    struct baseline_campaign_run run = a_run(BASELINE_ARM_CALLS, 0.01, BASELINE_INVALID, NAN);
    strcpy(run.cpu, "a CPU");
    strcpy(run.commit, "0123456789ab-dirty");
    strcpy(run.reason, "a control was judged wrongly");
    run.cases->seconds = 0.5;
    json_t *const json = bench_fields_json(&baseline_campaign_fields, &run);
    const int failed = json_dumpf(json, stdout, baseline_campaign_fields.json) || putchar('\n') == EOF;
    json_decref(json);
    free(run.cases);
    return failed || fflush(stdout);
}

TEST_PART(campaign)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_lines_cost_one_run),     cmocka_unit_test(whole_models_stand_apart),
        cmocka_unit_test(runs_come_back_as_they_were), cmocka_unit_test(sums_up),
        cmocka_unit_test(quotes_the_machine),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
