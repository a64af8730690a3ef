/* SPDX-License-Identifier: MIT */
#include "harness/cli/calibrate/calibrate.h"
#include "baselines/stored/baseline.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/duet/duet.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"
#include "reports/text/judged/campaign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RUNS = 'n',
    MODULE = 1000,
    E2E,
    REBUILT,
    SLOWER,
    ARMS,
    SIZES,
    INTO,
    BUSY,
    NEIGHBOUR,
    SHOW,
    MARKDOWN,
    OTHERS
};

/* "same,calls": those of the list, and no others. */
static void take_arms(struct cli_calibrate *o, char *arg, const struct argp_state *state)
{
    memset(o->arms, 0, sizeof o->arms);
    for (char *word; (word = strsep(&arg, ","));) {
        int arm = 0;
        while (arm < BASELINE_ARMS && strcmp(baseline_arm_names[arm], word) != 0)
            arm++;
        if (arm == BASELINE_ARMS)
            cli_wrong(state, "--arms: found '%s', expected a list of same, rebuilt, calls and stage", word);
        o->arms[arm] = true;
    }
}

static void take_sizes(struct cli_calibrate *o, char *arg, const struct argp_state *state)
{
    o->size_count = 0;
    for (char *word; (word = strsep(&arg, ","));) {
        if (o->size_count == CLI_CALIBRATE_SIZES)
            cli_wrong(state, "--inject: found more than %d sizes", CLI_CALIBRATE_SIZES);
        o->sizes[o->size_count++] = (double)cli_number(state, "--inject", word, 1, 100000) * 1e-5;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct cli_calibrate *o = to;
    switch (key) {
    case ARMS:
        take_arms(o, arg, state);
        return 0;
    case SIZES:
        take_sizes(o, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (o->show && !o->into && !o->measure.count)
            cli_wrong(state, "--show needs FILE...: the campaigns to sum up");
        if (o->suite && o->measure.count)
            cli_wrong(state, "--suite and PATTERN do not go together");
        if (o->e2e && (o->suite || o->given || o->measure.count > 1))
            cli_wrong(state, "--e2e takes one MODEL, and neither --suite nor --module");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct campaign {
    const struct cli_calibrate *o;
    struct baseline_campaign held; /* all runs, those of the file included */
    int fd;                        /* of the file; -1: none */
    size_t done, total;
    uint64_t begun_ns; /* of this run */
    double typical_s;  /* that a run takes; 0: not known yet */
    char what[80];
};

/* Within a run the share is guessed from the runs before it. */
static void tell(void *ctx)
{
    const struct campaign *const c = ctx;
    const double in_run =
        c->typical_s > 0 ? (double)(bench_clock_ns() - c->begun_ns) * 1e-9 / c->typical_s : 0;
    cli_progress(NULL, ((double)c->done + fmin(in_run, 0.95)) / (double)c->total, c->what);
}

static void say_run(const struct campaign *c, const struct baseline_campaign_run *run)
{
    cli_say("qkbench calibrate: %s: %s in %.1f s%s%s", c->what, baseline_verdict_names[run->verdict],
            run->seconds, *run->reason ? ": " : "", run->reason);
}

static int run_one(struct campaign *c, enum baseline_arm arm, double size, uint64_t number,
                   struct qk_error *err)
{
    struct bench_environment env;
    struct baseline_campaign_run run = {.arm = arm,
                                        .asked = size,
                                        .busy = c->o->busy,
                                        .neighbour = c->o->neighbour,
                                        .seed = cli_seed() & CLI_SEED_MAX};
    snprintf(c->what, sizeof c->what, "run %llu of %llu, %s", (unsigned long long)number + 1,
             (unsigned long long)c->o->runs, baseline_arm_names[arm]);
    if (size > 0)
        snprintf(c->what + strlen(c->what), 20, " +%.3g %%", 100 * size);
    bench_environment_read(&env, c->o->measure.job.cpu);
    baseline_machine(&env, run.machine);
    memcpy(run.commit, env.commit, sizeof run.commit);
    memcpy(run.date, env.date, sizeof run.date);
    c->begun_ns = bench_clock_ns();
    int code = cli_calibrate_launch(c->o, &run, tell, c, err);
    if (code)
        return code;
    c->done++;
    c->typical_s = c->typical_s > 0 ? (c->typical_s + run.seconds) / 2 : run.seconds;
    say_run(c, &run);
    if (c->fd >= 0)
        code = baseline_campaign_append(c->fd, c->o->into, &run, err);
    if (!code)
        return baseline_campaign_add(&c->held, &run, err);
    free(run.cases);
    return code;
}

/* A file that --arms names and nobody gave is an error; without --arms such an arm does not run. */
static int choose_arms(struct cli_calibrate *o, struct qk_error *err)
{
    static const bool none[BASELINE_ARMS];
    if (!memcmp(o->arms, none, sizeof none)) {
        o->arms[BASELINE_ARM_SAME] = o->arms[BASELINE_ARM_CALLS] = true;
        o->arms[BASELINE_ARM_REBUILT] = o->rebuilt;
        o->arms[BASELINE_ARM_STAGE] = o->slower;
    }
    if (o->arms[BASELINE_ARM_REBUILT] && !o->rebuilt)
        return qk_fail(err, QK_ERR_ARG, "--arms", "the arm 'rebuilt' needs --rebuilt FILE");
    if (o->arms[BASELINE_ARM_STAGE] && !o->slower)
        return qk_fail(err, QK_ERR_ARG, "--arms", "the arm 'stage' needs --slower FILE");
    return 0;
}

static int run_all(struct campaign *c, struct qk_error *err)
{
    const struct cli_calibrate *const o = c->o;
    static const double nothing[] = {0};
    int code = 0;
    for (int arm = 0; arm < BASELINE_ARMS; arm++)
        c->total += o->arms[arm] ? o->runs * (arm == BASELINE_ARM_CALLS ? o->size_count : 1) : 0;
    /* Arms take turns, so that each meets the same machine. */
    for (uint64_t i = 0; i < o->runs && !code; i++)
        for (int arm = 0; arm < BASELINE_ARMS && !code; arm++) {
            const double *const sizes = arm == BASELINE_ARM_CALLS ? o->sizes : nothing;
            const size_t count = arm == BASELINE_ARM_CALLS ? o->size_count : 1;
            for (size_t k = 0; k < count && o->arms[arm] && !code; k++)
                code = run_one(c, (enum baseline_arm)arm, sizes[k], i, err);
        }
    cli_progress_end();
    return code;
}

static int measure(struct cli_calibrate *o, struct campaign *c, struct qk_error *err)
{
    int code = choose_arms(o, err);
    if (!code)
        code = baseline_policy_read(&o->margins, o->policy, err);
    if (!code && o->given && snprintf(o->module, sizeof o->module, "%s", o->given) >= (int)sizeof o->module)
        code = qk_fail(err, QK_ERR_ARG, "--module", "found a path of %zu bytes, expected at most %zu",
                       strlen(o->given), sizeof o->module - 1);
    if (!code && !o->given && !o->e2e)
        code = bench_module_own(o->module, sizeof o->module, err);
    if (!code && o->measure.job.cpu < 0 && (o->measure.job.cpu = bench_cpus_last(err)) < 0)
        code = o->measure.job.cpu;
    struct cli_noise *noise = NULL;
    if (!code && (o->busy || o->neighbour))
        noise = cli_noise_begin(o->measure.job.cpu, o->busy, o->neighbour, &code, err);
    if (!code)
        code = run_all(c, err);
    cli_noise_end(noise);
    return code;
}

/* All runs of one file more. */
static int show(struct baseline_campaign *held, const char *file, struct qk_error *err)
{
    bool torn = false;
    const int code = baseline_campaign_read(held, file, &torn, err);
    if (torn)
        cli_say("qkbench: warning: %s: the last run was torn and is left out", file);
    return code;
}

static int calibrate(void *options, struct qk_error *err)
{
    struct cli_calibrate *o = options;
    struct campaign c = {.o = o, .fd = -1};
    struct qk_error why;
    int code = 0, shown = 0;
    if (o->show && o->into)
        code = show(&c.held, o->into, err);
    else if (o->into)
        code = (c.fd = baseline_campaign_open(o->into, &c.held, err)) < 0 ? c.fd : 0;
    for (size_t i = 0; i < o->measure.count && o->show && !code; i++)
        code = show(&c.held, o->measure.patterns[i], err);
    if (!code && !o->show)
        code = measure(o, &c, err);
    if (!code && !c.held.count)
        code = qk_fail(err, QK_ERR_INVALID, o->into || !o->show ? o->into : *o->measure.patterns,
                       "found no run");
    /* What was found until then is worth showing, too. */
    if (c.held.count && (!code || c.done))
        shown =
            report_campaign(&c.held, o->markdown ? report_table_markdown : report_table_text, stdout, &why);
    if (shown && !code)
        code = qk_fail(err, shown, why.where, "%s", why.text);
    baseline_campaign_free(&c.held);
    baseline_policy_free(&o->margins);
    if (c.fd >= 0)
        close(c.fd);
    return code;
}

int cli_calibrate(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_ROW_PATTERNS(cli_calibrate, measure),
        {"runs", RUNS, "N", CLI_UINT64(cli_calibrate, runs, 1, 100000), "Gates of each arm (default: 10)", 1},
        {"arms", ARMS, "LIST", CLI_OTHER,
         "Of same, rebuilt, calls and stage (default: same, calls, and those whose file is given)", 1},
        {"inject", SIZES, "LIST", CLI_OTHER,
         "Extra calls of the arm calls, in thousandths of a per cent (default: 500,1000,2000,5000)", 1},
        {"module", MODULE, "SO", CLI_STRING(cli_calibrate, given),
         "The base (default: this build's libqkernels.so)", 1},
        {"e2e", E2E, "PROGRAM", CLI_STRING(cli_calibrate, e2e),
         "Judge whole models, as gate --e2e PROGRAM does; the other files are programs, too", 1},
        {"rebuilt", REBUILT, "SO", CLI_STRING(cli_calibrate, rebuilt),
         "The same objects in another order, as baselines/campaigns/rebuild.py makes it: an unchanged arm",
         1},
        {"slower", SLOWER, "SO", CLI_STRING(cli_calibrate, slower),
         "A build with a slower stage: an arm whose slow-down is measured", 1},
        {"into", INTO, "FILE", CLI_STRING(cli_calibrate, into),
         "Append each run to FILE as a line of JSON, and sum up all of FILE", 2},
        {"show", SHOW, NULL, CLI_FLAG(cli_calibrate, show), "Sum up the FILEs together; run nothing", 2},
        {"markdown", MARKDOWN, NULL, CLI_FLAG(cli_calibrate, markdown), "Write markdown", 2},
        {"busy", BUSY, NULL, CLI_FLAG(cli_calibrate, busy), "Keep all other CPUs occupied", 3},
        {"neighbour", NEIGHBOUR, NULL, CLI_FLAG(cli_calibrate, neighbour), "Stream memory on another CPU", 3},
        {"suite", OTHERS, "NAME", CLI_STRING(cli_calibrate, suite), "As of gate", 4},
        {"policy", OTHERS + 1, "FILE", CLI_STRING(cli_calibrate, policy), "As of gate", 4},
        {"budget", OTHERS + 2, "S", CLI_UINT64(cli_calibrate, budget, 1, 86400), "As of gate, for each run",
         4},
        {"lock-dir", OTHERS + 3, "DIR", CLI_STRING(cli_calibrate, lock_dir), "As of gate", 4},
        CLI_ROW_CPU(cli_calibrate, measure, "Pin to", 4),
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[PATTERN...|MODEL|FILE...]",
        "Finds out how often the gate is right on this machine. Runs it again and again on builds whose "
        "difference is known, unchanged and slowed, and counts its verdicts. Each rate has the interval that "
        "holds the true one with 95 % probability (Clopper-Pearson).\vThe quick suite takes minutes a run "
        "where cases stay undecided. Ctrl-C loses the run it is in; the next call with the same FILE goes "
        "on. "
        "Arms take turns. A case of a run that is INVALID is not caught. Examples:\n  qkbench calibrate "
        "--runs 20 --into here.jsonl\n  qkbench calibrate --busy --arms same --into here.jsonl\n  qkbench "
        "calibrate --arms calls --inject 1000 'qk256_dequant/p4*/4096' --into here.jsonl\n  qkbench "
        "calibrate "
        "--show here.jsonl\n  qkbench calibrate --e2e qkbench --runs 5 synth:bitnet-2b/4 --into "
        "here.jsonl"};
    struct cli_calibrate o = {
        .measure = {.job = cli_job()}, .runs = 10, .sizes = {0.005, 0.01, 0.02, 0.05}, .size_count = 4};
    return cli_main(&usage, argc, argv, &o, calibrate);
}
