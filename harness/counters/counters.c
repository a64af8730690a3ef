/* SPDX-License-Identifier: MIT */
#include "harness/counters/counters.h"

#include "harness/counters/groups.h"
#include "harness/machine/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_metric_row rows[] = {
#define METRIC(name, unit, numerator, denominator, factor, leaves_out)                                       \
    {#name, unit, numerator, denominator, factor, leaves_out},
#include "harness/counters/metrics.def"
#undef METRIC
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Denominators that are no events. */
enum { PER_CALL = -5, PER_CLOCK, PER_NS, PER_ELEMENT };

struct wanted {
    char *name;                         /* owned */
    const struct bench_metric_row *row; /* NULL: an event by its name, per call */
    int numerator, denominator;         /* of groups.event; the latter also one of the enum above */
    char why[BENCH_WHY_MAX];            /* not empty: cannot be counted here */
};

struct bench_counters {
    bool steps;
    size_t count;
    struct wanted *wanted;
    struct bench_groups groups;
};

const struct bench_metric_row *bench_metric_find(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static int refuse_name(const char *name, const char *why, struct qk_error *err)
{
    char names[256] = "";
    for (int i = 0; i < ROWS; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s, ", rows[i].name);
    return qk_fail(err, QK_ERR_ARG, "--counters",
                   "unknown name '%.80s'%s%.150s; expected auto, none, steps, %sor an event that PAPI knows",
                   name, *why ? ": " : "", why, names);
}

static int want(struct bench_counters *c, const char *name, const struct bench_metric_row *row,
                struct qk_error *err)
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->wanted[i].name, name))
            return 0;
    size_t bytes;
    struct wanted *grown =
        qk_mul_size(c->count + 1, sizeof *c->wanted, &bytes) ? realloc(c->wanted, bytes) : NULL;
    if (grown)
        c->wanted = grown;
    char *copy = grown ? strdup(name) : NULL;
    if (!copy)
        return qk_fail(err, QK_ERR_MEMORY, "--counters", "no memory for a name");
    c->wanted[c->count++] = (struct wanted){.name = copy, .row = row};
    return 0;
}

static int want_item(struct bench_counters *c, const char *item, struct qk_error *err)
{
    const struct bench_metric_row *row = bench_metric_find(item);
    int code = 0;
    if (!strcmp(item, "steps")) {
        c->steps = true;
    } else if (!strcmp(item, "auto")) {
        for (int i = 0; i < ROWS && !code; i++)
            code = want(c, rows[i].name, &rows[i], err);
    } else if (row || strstr(item, "::") || !strncmp(item, "PAPI_", 5)) {
        code = want(c, item, row, err);
    } else if (!strcmp(item, "none")) {
        code = qk_fail(err, QK_ERR_ARG, "--counters", "'none' stands alone; it was found in a list");
    } else {
        code = refuse_name(item, "", err);
    }
    return code;
}

static int parse(struct bench_counters *c, const char *list, struct qk_error *err)
{
    if (!strcmp(list, "none"))
        return 0;
    int code = 0;
    for (const char *from = list; from && !code;) {
        const size_t length = strcspn(from, ",");
        char *item = strndup(from, length);
        code = item ? want_item(c, item, err)
                    : qk_fail(err, QK_ERR_MEMORY, "--counters", "no memory for a name");
        free(item);
        from = from[length] ? from + length + 1 : NULL;
    }
    return code;
}

/* The first of the alternatives that can be counted; if none, the reason is the first one's. */
static int place(struct bench_groups *g, const char *alternatives, char *why)
{
    char first[BENCH_WHY_MAX] = "", event[256];
    for (const char *from = alternatives; *from;) {
        const size_t length = strcspn(from, "|");
        snprintf(event, sizeof event, "%.*s", (int)length, from);
        const int at = bench_groups_add(g, event, why);
        if (at >= 0)
            return at;
        if (!*first)
            memcpy(first, why, sizeof first);
        from += length + (from[length] == '|');
    }
    memcpy(why, first, sizeof first);
    return -1;
}

static int place_denominator(struct bench_groups *g, const char *text, char *why)
{
    if (!strcmp(text, "elements"))
        return PER_ELEMENT;
    if (!strcmp(text, "ns"))
        return PER_NS;
    return strcmp(text, "clock") ? place(g, text, why) : PER_CLOCK;
}

/* Finds out what can be counted here. */
static int resolve(struct bench_counters *c, struct qk_error *err)
{
    struct bench_groups *g = &c->groups;
    char why[BENCH_WHY_MAX] = "";
    for (size_t i = 0; i < c->count; i++) {
        struct wanted *w = &c->wanted[i];
        if (!w->row && g->papi && g->papi->component(w->name, why, sizeof why) < 0)
            return refuse_name(w->name, why, err);
        w->denominator = PER_CALL;
        w->numerator = place(g, w->row ? w->row->numerator : w->name, why);
        if (w->numerator >= 0 && w->row)
            w->denominator = place_denominator(g, w->row->denominator, why);
        if (w->numerator < 0 || w->denominator == -1)
            memcpy(w->why, why, sizeof why);
    }
    bench_groups_validate(g);
    return 0;
}

int bench_counters_make(struct bench_counters **to, const char *list, struct qk_error *err)
{
    struct bench_counters *c = calloc(1, sizeof *c);
    *to = NULL;
    if (!c)
        return qk_fail(err, QK_ERR_MEMORY, "--counters", "no memory for the counters");
    int code = parse(c, list, err);
    if (!code && c->count) {
        bench_groups_open(&c->groups);
        code = resolve(c, err);
    }
    if (code)
        bench_counters_free(c);
    else
        *to = c;
    return code;
}

void bench_counters_free(struct bench_counters *c)
{
    if (!c)
        return;
    bench_groups_close(&c->groups);
    for (size_t i = 0; i < c->count; i++)
        free(c->wanted[i].name);
    free(c->wanted);
    free(c);
}

bool bench_counters_steps(const struct bench_counters *c)
{
    return c && c->steps;
}

/* What was counted of an event; false with the reason in why. A remark of its group is left in *remark. */
static bool counted(const struct bench_groups *g, int event, double *value, char *why, const char **remark)
{
    const struct bench_event_place *at = &g->event[event];
    const struct bench_event_group *group = &g->group[at->group];
    const char *bad = *group->refused ? group->refused : group->failed;
    if (*bad) {
        snprintf(why, BENCH_WHY_MAX, "%s", bad);
        return false;
    }
    const long long count = group->values[at->slot];
    /* PAPI's component of software-defined events reads -1 where nobody has registered the name. */
    if (count < 0) {
        snprintf(why, BENCH_WHY_MAX, "%s: PAPI counted %lld", at->name, count);
        return false;
    }
    if (*group->remark)
        *remark = group->remark;
    *value = (double)count;
    return true;
}

/* NaN with the reason in why; otherwise why is a remark, or empty. */
static double evaluate(const struct bench_counters *c, const struct wanted *w,
                       const struct bench_counted *what, double ghz, char *why)
{
    double above = 0, below = (double)what->calls;
    const char *remark = "";
    if (*w->why || !counted(&c->groups, w->numerator, &above, why, &remark)) {
        if (*w->why)
            memcpy(why, w->why, BENCH_WHY_MAX);
        return NAN;
    }
    const double ns = c->groups.group[c->groups.event[w->numerator].group].ns;
    if (w->denominator == PER_ELEMENT)
        below *= (double)what->elements;
    else if (w->denominator == PER_NS || w->denominator == PER_CLOCK)
        below = w->denominator == PER_NS ? ns : ns * ghz;
    else if (w->denominator >= 0 && !counted(&c->groups, w->denominator, &below, why, &remark))
        return NAN;
    if (!(below > 0)) {
        snprintf(why, BENCH_WHY_MAX,
                 isnan(below) ? "the core clock could not be estimated" : "nothing to divide by");
        return NAN;
    }
    if (w->denominator == PER_CLOCK)
        snprintf(why, BENCH_WHY_MAX, "counted %.4g GHz, estimated %.4g GHz%s%.200s", above / ns, ghz,
                 *remark ? "; " : "", remark);
    else
        snprintf(why, BENCH_WHY_MAX, "%s", remark);
    return (w->row ? w->row->factor : 1) * above / below;
}

int bench_counters_count(struct bench_counters *c, const struct bench_counted *what, struct bench_record *rec,
                         struct qk_error *err)
{
    char why[BENCH_WHY_MAX];
    if (!c || !c->count)
        return 0;
    double ghz = NAN;
    if (c->groups.count) {
        const double before = bench_clock_ghz(NULL, 0);
        bench_groups_count(&c->groups, what);
        ghz = (before + bench_clock_ghz(NULL, 0)) / 2;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct wanted *w = &c->wanted[i];
        const double value = evaluate(c, w, what, ghz, why);
        if (!bench_record_add_metric(rec, w->name, w->row ? w->row->unit : "per call", value,
                                     *why ? why : NULL))
            return qk_fail(err, QK_ERR_MEMORY, w->name, "no memory for a metric");
    }
    return 0;
}
