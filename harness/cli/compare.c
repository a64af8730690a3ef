/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/compare.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/options.h"
#include "harness/cli/out.h"

#include <pthread.h>
#include <stdio.h>

struct options {
    const char *side[2], *dir, *out;
    bool common;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num >= 2)
            cli_wrong(state, "unexpected argument '%s'; compare takes OLD and NEW", arg);
        o->side[state->arg_num] = arg;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2)
            cli_wrong(state, "%s is missing", state->arg_num ? "NEW" : "OLD");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int write_out(const struct baseline_comparison *c, struct cli_out *out, struct qk_error *err)
{
    int code = cli_out_open(out, 1, err);
    if (!code && out->path)
        code = bench_fields_write(&report_comparison_fields, c, "the comparison", out->file.stream, err);
    if (!code)
        code = cli_out_commit(out, 1, err);
    cli_out_abort(out, 1);
    return code;
}

static bool both_have(void *ctx, const char *name)
{
    return baseline_find(ctx, name) != NULL;
}

/* Of one side alone nothing is shown, neither cases nor components. */
static void keep_common(struct baseline *old_side, struct baseline *new_side)
{
    baseline_keep(old_side, both_have, new_side);
    baseline_keep(new_side, both_have, old_side);
    for (size_t i = 0; i < old_side->count; i++) { /* both are by name */
        struct baseline_case *was = &old_side->cases[i], *is = &new_side->cases[i];
        if (!was->component_count || !is->component_count)
            was->component_count = is->component_count = 0;
    }
}

/* Times that are not comparable are not shown when only what is common is asked for. */
static int write_text(struct baseline_comparison *c, bool common, FILE *to, struct qk_error *err)
{
    const size_t rows = c->count;
    c->count = common && c->identity_count ? 0 : rows;
    const int code = report_comparison_text(c, to, err);
    c->count = rows;
    return code;
}

struct side {
    const char *what, *dir;
    struct baseline baseline;
    struct qk_error err;
    int code;
};

static void *open_side(void *side)
{
    struct side *s = side;
    s->code = cli_baseline_open(&s->baseline, s->what, s->dir, &s->err);
    return NULL;
}

/*
 * Both at once: reading is most of the time that large files take. What is wrong with the old side is told
 * first.
 */
static int open_sides(const struct options *o, struct baseline *old_side, struct baseline *new_side,
                      struct qk_error *err)
{
    struct side sides[2] = {{.what = o->side[0], .dir = o->dir}, {.what = o->side[1], .dir = o->dir}};
    pthread_t other;
    const bool started = !pthread_create(&other, NULL, open_side, &sides[1]);
    open_side(&sides[0]);
    if (started)
        pthread_join(other, NULL);
    else
        open_side(&sides[1]);
    *old_side = sides[0].baseline;
    *new_side = sides[1].baseline;
    const struct side *const bad = sides[0].code ? &sides[0] : &sides[1];
    if (bad->code)
        *err = bad->err;
    return bad->code;
}

static int compare(const struct options *o, struct qk_error *err)
{
    struct cli_out out = {.option = "--out", .path = o->out};
    struct baseline old_side, new_side;
    struct baseline_comparison c = {0};
    int code = open_sides(o, &old_side, &new_side, err);
    for (int i = 0; i < 2 && !code; i++)
        code = cli_out_spares(&out, 1, i ? "NEW" : "OLD", o->side[i], err);
    if (!code)
        code = cli_baseline_refuse_failed(&old_side, o->side[0], err);
    if (!code)
        code = cli_baseline_refuse_failed(&new_side, o->side[1], err);
    if (!code && o->common)
        keep_common(&old_side, &new_side);
    if (!code)
        code = baseline_compare(&c, &old_side, &new_side, BASELINE_COMPONENT_SHARE, err);
    if (!code)
        code = write_out(&c, &out, err);
    if (!code)
        code = write_text(&c, o->common, cli_out_text(&out, 1), err);
    if (!code && c.identity_count)
        code = qk_fail(err, QK_ERR_INVALID, NULL,
                       "times are of different machines or toolchains: %zu fields differ", c.identity_count);
    baseline_comparison_free(&c);
    baseline_free(&new_side);
    baseline_free(&old_side);
    return code;
}

int cli_compare(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"dir", 'd', "DIR", CLI_STRING(options, dir),
         "Folder of baselines (default: $QK_BASELINES, else baselines/data)", 0},
        {"common", 'c', NULL, CLI_FLAG(options, common),
         "Show only cases that both have, and of times that are not comparable only why", 0},
        {"out", 'o', "FILE", CLI_STRING(options, out), "Write all of it as JSON (compare.schema.json)", 0},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "OLD NEW",
        "Sets two results or baselines beside each other, case by case: speed-ups over the reference of the "
        "same run, components, instructions, counters. Says what differs and judges nothing; exit code 5 "
        "when the two are of different machines or toolchains.\vOLD and NEW are files (with a / or ending in "
        ".json) or names of baselines of this machine. Examples:\n  qkbench compare main result.json\n  "
        "qkbench compare a.json b.json --out diff.json"};
    struct options o = {0};
    struct qk_error err;
    cli_parse(&usage, argc, argv, &o);
    const int code = compare(&o, &err);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
