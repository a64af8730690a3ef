/* SPDX-License-Identifier: MIT */
/* A gate's tables: figures of the run, of its cases, rules and controls. */
#include "reports/forms/private.h"

#include <math.h>
#include <string.h>

/* "Not PASS: 3 of 70", and how many of them the table has room for. */
static void title(struct report_table *t, const char *what, size_t count, size_t of, size_t most)
{
    if (count > most)
        report_table_title(t, "%s: %zu of %zu, at most %zu of them here", what, count, of, most);
    else
        report_table_title(t, "%s: %zu of %zu", what, count, of);
}

static void side(struct report_table *t, const char *label, const char *what, const char *compiler)
{
    if (*compiler)
        report_table_fact(t, label, "%s (%s)", *what ? what : "unknown", compiler);
    else
        report_table_fact(t, label, "%s", what);
}

void report_add_run(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    const struct baseline_report *r = v->r;
    const bool stored = !strcmp(r->mode, "baseline"), whole = !strcmp(r->mode, "e2e");
    (void)most;
    report_table_facts(t);
    report_table_title(t, "qkbench %s gate, suite %s", *r->env.version ? r->env.version : "unknown",
                       *r->suite ? r->suite : "unknown");
    report_table_fact(
        t, "mode", "%s",
        stored  ? "this run against a stored baseline"
        : whole ? "e2e: two programs run one model in turns; base and candidate are times of a token"
                : "duet: two builds in one process");
    side(t, "base", r->base, r->base_compiler);
    side(t, "candidate", r->candidate, r->cand_compiler);
    report_table_fact(t, "policy", "%s", r->policy);
    report_table_fact(t, "machine", "%s, %d logical CPUs, virtualised: %s",
                      *r->env.cpu_name ? r->env.cpu_name : "unknown", r->env.cpus,
                      *r->env.virtualised ? r->env.virtualised : "unknown");
    report_table_fact(t, "ISA levels", "%s", r->env.isa_levels);
    report_table_fact(t, "commit", "%s", r->env.commit);
    report_table_fact(t, "date", "%s", r->env.date);
    if (r->unavailable)
        report_table_fact(t, "left out", "%zu rows of the kernels' table: %s", r->unavailable,
                          *r->unavailable_why ? r->unavailable_why : "not available here");
    report_table_fact(t, "run", "%.1f s, alpha %.3g for the suite, seed %llu", r->seconds, r->alpha,
                      (unsigned long long)r->seed);
    report_table_fact(t, "change",
                      "%s: above 0 is slower. Median of blocks, 95 %% interval; a verdict is decided from "
                      "all blocks against both margins (ignorable/must-catch), not from the interval",
                      stored
                          ? "time over that of the reference in the same run, against the baseline's, less 1"
                          : "time of the candidate over that of the base, less 1");
}

/* The verdict, and a note with the reason. */
static void add_verdict(struct report_table *t, const struct baseline_report *r,
                        const struct baseline_result *res)
{
    if (*res->reason)
        report_table_cell(t, "%s [%zu]", report_word(r, res->verdict),
                          report_table_note(t, "%s", res->reason));
    else
        report_table_cell(t, "%s", report_word(r, res->verdict));
}

/* NaN of a result that was not timed. */
static double timed(const struct baseline_result *res, double x)
{
    return res->timed ? x : NAN;
}

static void add_interval(struct report_table *t, const struct baseline_result *res)
{
    char low[16], high[16];
    const bool known = isfinite(res->ratio.low) && isfinite(res->ratio.high);
    report_table_number(t, timed(res, known ? 0 : NAN), "[%s, %s]", report_percent(low, res->ratio.low),
                        report_percent(high, res->ratio.high));
}

static void add_effort(struct report_table *t, const struct baseline_result *res)
{
    report_table_number(t, timed(res, 0), "%zu", res->blocks);
    report_table_number(t, timed(res, res->seconds), "%.2f", res->seconds);
}

static void add_case(struct report_table *t, const struct baseline_report *r,
                     const struct baseline_result *res)
{
    char text[24];
    report_table_texts(t, res->name, *res->memory ? res->memory : "-", NULL);
    add_verdict(t, r, res);
    report_table_cell(t, "%s", report_percent(text, timed(res, res->ratio.value)));
    add_interval(t, res);
    report_table_number(t, timed(res, 0), "%.3g/%.3g", 100 * res->ignorable, 100 * res->must_catch);
    report_table_cell(t, "%s", report_time(text, timed(res, res->base_ns)));
    report_table_cell(t, "%s", report_time(text, timed(res, res->cand_ns)));
    add_effort(t, res);
}

typedef bool belongs(const struct baseline_result *res);

static bool is_judged(const struct baseline_result *res)
{
    return baseline_is_case(res) && res->verdict != BASELINE_PASS;
}

static bool is_timed(const struct baseline_result *res)
{
    return baseline_is_case(res) && res->verdict == BASELINE_PASS && res->timed;
}

static bool is_untimed(const struct baseline_result *res)
{
    return baseline_is_case(res) && res->verdict == BASELINE_PASS && !res->timed;
}

static void add_cases(struct report_table *t, const struct report_verdicts *v, belongs *wanted,
                      const char *what, size_t most)
{
    size_t count = 0;
    report_table_columns(t, "wllrrrrrrr", "case", "memory", "verdict", "change\n%", "interval\n%",
                         "margins\n%", "base", "candidate", "blocks", "s");
    for (size_t i = 0; i < v->r->count; i++)
        if (wanted(report_nth(v, i)) && count++ < most)
            add_case(t, v->r, report_nth(v, i));
    title(t, what, count, v->cases, most);
}

void report_add_judged(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    add_cases(t, v, is_judged, "Not PASS", most);
}

void report_add_passed(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    add_cases(t, v, is_timed, "PASS", most);
}

/* Bytes of "op/variant" in a case's name. */
static size_t variant_length(const char *name)
{
    const char *const end = strrchr(name, '/');
    return end ? (size_t)(end - name) : strlen(name);
}

static bool share_line(const struct baseline_result *a, const struct baseline_result *b)
{
    const size_t n = variant_length(a->name);
    return variant_length(b->name) == n && !strncmp(a->name, b->name, n) && !strcmp(a->reason, b->reason);
}

/* There is nothing to say of each but its shape: neighbours of the same variant share a line. */
void report_add_untimed(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    const struct baseline_result *line = NULL;
    char shapes[1000];
    size_t count = 0, lines = 0, used = 0;
    report_table_columns(t, "www", "variant", "shapes", "why");
    for (size_t i = 0; i <= v->r->count; i++) {
        const struct baseline_result *res = i < v->r->count ? report_nth(v, i) : NULL;
        if (res && !is_untimed(res))
            continue;
        if (line && (!res || !share_line(line, res) || used + BASELINE_NAME + 2 > sizeof shapes)) {
            report_table_cell(t, "%.*s", (int)variant_length(line->name), line->name);
            report_table_texts(t, used ? shapes : "-", *line->reason ? line->reason : "-", NULL);
            line = NULL;
        }
        if (!res || (count++, !line && lines++ >= most))
            continue;
        used = line ? used : 0;
        const char *const shape = res->name + variant_length(res->name);
        used += (size_t)snprintf(shapes + used, sizeof shapes - used, "%s%s", used ? ", " : "",
                                 shape + (*shape == '/'));
        line = res;
    }
    title(t, "PASS without being timed", count, v->cases, most);
}

void report_add_rules(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    char text[64];
    size_t count = 0, reached = 0;
    report_table_columns(t, "wlrrrr", "rule", "verdict", "speed-up", "at least", "blocks", "s");
    for (size_t i = 0; i < v->r->count; i++) {
        const struct baseline_result *res = report_nth(v, i);
        reached += res->role == BASELINE_RULE && res->verdict == BASELINE_PASS;
        if (res->role != BASELINE_RULE || count++ >= most)
            continue;
        report_table_cell(t, "%s", res->name);
        add_verdict(t, v->r, res);
        report_table_cell(t, "%s", *report_change(text, res) ? text : "-");
        report_table_number(t, timed(res, 0), "%.3fx", exp(-res->must_catch));
        add_effort(t, res);
    }
    title(t, "Minimum speed-ups reached", reached, v->rules, most);
}

void report_add_controls(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    char text[16];
    size_t count = 0;
    report_table_columns(t, "wllllrrrrr", "case", "control", "memory", "verdict", "judged", "extra work\n%",
                         "change\n%", "interval\n%", "blocks", "s");
    for (size_t i = 0; i < v->r->count; i++) {
        const struct baseline_result *res = report_nth(v, i);
        if (!report_is_control(res) || count++ >= most)
            continue;
        report_table_texts(t, res->name, baseline_role_names[res->role], *res->memory ? res->memory : "-",
                           NULL);
        add_verdict(t, v->r, res);
        report_table_texts(t, baseline_control_right(res) ? "right" : "WRONG",
                           res->role == BASELINE_AA ? "none" : report_percent(text, 1 + res->injected), NULL);
        report_table_cell(t, "%s", report_percent(text, timed(res, res->ratio.value)));
        add_interval(t, res);
        add_effort(t, res);
    }
    title(t, "Controls judged right (aa: PASS; slowed: REGRESSION, extra work above must-catch)",
          v->controls - v->wrong_controls, v->controls, most);
}

void report_add_grown(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    size_t count = 0;
    report_table_columns(t, "wlrrr", "case", "component", "base\n% of total", "candidate\n% of total",
                         "change\npoints");
    for (size_t i = 0; i < v->r->count; i++) {
        const struct baseline_result *res = report_nth(v, i);
        for (size_t k = 0; k < res->component_count; k++) {
            const struct baseline_component *c = &res->components[k];
            if (!c->grew || count++ >= most)
                continue;
            report_table_texts(t, res->name, c->name, NULL);
            report_table_cell(t, "%.1f", c->old_share);
            report_table_cell(t, "%.1f", c->new_share);
            report_table_cell(t, "%+.1f", c->new_share - c->old_share);
        }
    }
    report_table_title(t, "Where the time went: components whose share grew");
}

static bool counts_differ(const struct baseline_result *res)
{
    return isfinite(res->old_instructions) && isfinite(res->new_instructions) &&
           res->old_instructions != res->new_instructions;
}

/* Counts are of a variant, at one shape: all its cases carry the same two. */
static bool same_variant(const struct baseline_result *a, const struct baseline_result *b)
{
    const size_t n = variant_length(a->name);
    return a->old_instructions == b->old_instructions && a->new_instructions == b->new_instructions &&
           variant_length(b->name) == n && !strncmp(a->name, b->name, n);
}

void report_add_instructions(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    char text[16];
    report_table_columns(t, "wrrr", "variant", "base", "candidate", "change\n%");
    const struct baseline_result *before = NULL;
    for (size_t i = 0, count = 0; i < v->r->count; i++) {
        const struct baseline_result *res = &v->r->results[i];
        if (!baseline_is_case(res) || !counts_differ(res) || (before && same_variant(res, before)))
            continue;
        before = res;
        if (count++ >= most)
            continue;
        report_table_cell(t, "%.*s", (int)variant_length(res->name), res->name);
        report_table_cell(t, "%.0f", res->old_instructions);
        report_table_cell(t, "%.0f", res->new_instructions);
        report_table_cell(t, "%s", report_percent(text, res->new_instructions / res->old_instructions));
    }
    report_table_title(t, "Instructions of one call at the op's smallest shape, where they changed");
}
