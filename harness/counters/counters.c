/* SPDX-License-Identifier: MIT */
#include "harness/counters/counters.h"

#include "harness/counters/groups.h"
#include "harness/machine/clock.h"
#include "harness/records/json_writer.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_metric_row rows[] = {
#define METRIC(name, unit, numerator, denominator, factor, leaves_out)                                       \
    {#name, unit, numerator, denominator, factor, leaves_out},
#include "harness/counters/metrics.def"
#undef METRIC
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Denominators that are not events. */
enum { PER_CALL = -6, PER_CLOCK, PER_NS, PER_ELEMENT };

/* PAPI knows each CPU's own events. The kernel's generic ones count what PAPI refuses. */
enum { BACKENDS = 2 };

struct wanted {
    char *name;                         /* owned */
    const struct bench_metric_row *row; /* NULL: an event by its name, per call */
    const struct bench_groups *by;      /* NULL: cannot be counted here, and why says why */
    int numerator, denominator;         /* of by->event; the latter also one of the enum above */
    bool known;                         /* to a backend, or perhaps to one that is not here */
    char why[BENCH_WHY_MAX];
};

struct bench_counters {
    bool steps;
    size_t count;
    struct wanted *wanted;
    void *module;
    struct bench_groups groups[BACKENDS];
};

/* Appends a clause, cut where there is no more room. */
static void __attribute__((format(printf, 2, 3))) also(char why[BENCH_WHY_MAX], const char *fmt, ...)
{
    const size_t used = strlen(why), room = BENCH_WHY_MAX - used;
    char text[BENCH_WHY_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const int n = *text ? snprintf(why + used, room, "%s%s", used ? "; " : "", text) : 0;
    if (n < 0 || (size_t)n >= room)
        why[BENCH_WHY_MAX - 1] = '\0';
}

const struct bench_metric_row *bench_metric_find(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static int refuse_name(const char *name, const char *why, struct qk_error *err)
{
    char names[300] = "";
    for (int i = 0; i < ROWS; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s, ", rows[i].name);
    return qk_fail(err, QK_ERR_ARG, "--counters",
                   "unknown name '%.60s'%s%.120s; expected auto, none, steps, %sor an event that PAPI knows",
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

/*
 * The first of the alternatives that can be counted. If none, the reason is that of the first one the backend
 * knows, and -1 says that it knows none.
 */
static int place(struct bench_groups *g, const char *alternatives, char *why)
{
    char here[BENCH_WHY_MAX], event[256];
    int worst = 0;
    for (const char *from = alternatives; *from;) {
        const size_t length = strcspn(from, "|");
        snprintf(event, sizeof event, "%.*s", (int)length, from);
        const int at = bench_groups_add(g, event, here);
        if (at >= 0)
            return at;
        if (at < worst) {
            memcpy(why, here, sizeof here);
            worst = at;
        }
        from += length + (from[length] == '|');
    }
    return worst;
}

static int place_denominator(struct bench_groups *g, const char *text, char *why)
{
    if (!strcmp(text, "elements"))
        return PER_ELEMENT;
    if (!strcmp(text, "ns"))
        return PER_NS;
    return strcmp(text, "clock") ? place(g, text, why) : PER_CLOCK;
}

static void place_wanted(struct wanted *w, struct bench_groups *g)
{
    char why[BENCH_WHY_MAX] = "";
    w->denominator = PER_CALL;
    w->numerator = place(g, w->row ? w->row->numerator : w->name, why);
    if (w->numerator >= 0 && w->row)
        w->denominator = place_denominator(g, w->row->denominator, why);
    w->known |= w->numerator != -1;
    if (w->numerator >= 0 && (w->denominator >= 0 || w->denominator < -2))
        w->by = g;
    else
        also(w->why, "%s", why);
}

static const struct bench_event_group *group_of(const struct bench_groups *g, int event)
{
    return &g->group[g->event[event].group];
}

/* One that miscounts leaves its events to the next backend. */
static void drop_refused(struct wanted *w, const struct bench_groups *g)
{
    const int events[] = {w->numerator, w->denominator};
    for (int i = 0; i < 2 && w->by == g; i++)
        if (events[i] >= 0 && *group_of(g, events[i])->refused) {
            also(w->why, "%s", group_of(g, events[i])->refused);
            w->by = NULL;
        }
}

/* Finds out what can be counted here, and by whom. */
static int resolve(struct bench_counters *c, struct qk_error *err)
{
    char why[BENCH_WHY_MAX] = "";
    const struct bench_backend *const backends[BACKENDS] = {bench_papi_load(&c->module, why, sizeof why),
                                                            &bench_perf_events};
    for (int b = 0; b < BACKENDS; b++) {
        struct bench_groups *g = &c->groups[b];
        if (backends[b])
            bench_groups_open(g, backends[b]);
        for (size_t i = 0; i < c->count; i++)
            if (!backends[b]) {
                also(c->wanted[i].why, "%s", why);
                c->wanted[i].known = true;
            } else if (!c->wanted[i].by) {
                place_wanted(&c->wanted[i], g);
            }
        bench_groups_validate(g);
        for (size_t i = 0; i < c->count; i++)
            drop_refused(&c->wanted[i], g);
    }
    for (size_t i = 0; i < c->count; i++)
        if (!c->wanted[i].row && !c->wanted[i].known)
            return refuse_name(c->wanted[i].name, c->wanted[i].why, err);
    return 0;
}

int bench_counters_make(struct bench_counters **to, const char *list, struct qk_error *err)
{
    struct bench_counters *c = calloc(1, sizeof *c);
    *to = NULL;
    if (!c)
        return qk_fail(err, QK_ERR_MEMORY, "--counters", "no memory for the counters");
    int code = parse(c, list, err);
    if (!code && c->count)
        code = resolve(c, err);
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
    for (int b = 0; b < BACKENDS; b++)
        bench_groups_close(&c->groups[b]);
    if (c->module)
        dlclose(c->module);
    for (size_t i = 0; i < c->count; i++)
        free(c->wanted[i].name);
    free(c->wanted);
    free(c);
}

bool bench_counters_steps(const struct bench_counters *c)
{
    return c && c->steps;
}

/* What is counted in any code at all. */
static bool never_zero(const char *event)
{
    return qk_has_word("PAPI_TOT_CYC PAPI_TOT_INS PAPI_BR_INS perf::CYCLES perf::INSTRUCTIONS perf::BRANCHES",
                       event);
}

/* What was counted of an event; false with the reason in why. A remark of its group is left in *remark. */
static bool counted(const struct bench_groups *g, int event, double *value, char *why, const char **remark)
{
    const struct bench_event_place *at = &g->event[event];
    const struct bench_event_group *group = group_of(g, event);
    const long long count = group->values[at->slot];
    *why = '\0';
    if (*group->failed)
        also(why, "%s", group->failed);
    /* PAPI's component of software-defined events reads -1 where nobody has registered the name. */
    else if (count < 0)
        also(why, "%s: %s counted %lld", at->name, g->backend->name, count);
    else if (count == 0 && never_zero(at->name))
        also(why, "%s: the counter stood still", at->name);
    if (*group->remark)
        *remark = group->remark;
    *value = (double)count;
    return !*why;
}

/* NaN with the reason in why; otherwise why says who counted, and remarks. */
static double evaluate(const struct wanted *w, const struct bench_counted *what, double ghz, char *why)
{
    double above = 0, below = (double)what->calls;
    const char *remark = "";
    if (!w->by) {
        memcpy(why, w->why, BENCH_WHY_MAX);
        return NAN;
    }
    if (!counted(w->by, w->numerator, &above, why, &remark))
        return NAN;
    const double ns = group_of(w->by, w->numerator)->ns;
    if (w->denominator == PER_ELEMENT)
        below *= (double)what->elements;
    else if (w->denominator == PER_NS || w->denominator == PER_CLOCK)
        below = w->denominator == PER_NS ? ns : ns * ghz;
    else if (w->denominator >= 0 && !counted(w->by, w->denominator, &below, why, &remark))
        return NAN;
    if (!(below > 0)) {
        also(why, "%s", isnan(below) ? "the core clock could not be estimated" : "nothing to divide by");
        return NAN;
    }
    also(why, BENCH_COUNTED_BY "%s", w->by->backend->name);
    if (w->denominator == PER_CLOCK)
        also(why, "counted %.4g GHz, estimated %.4g GHz", above / ns, ghz);
    also(why, "%s", remark);
    return (w->row ? w->row->factor : 1) * above / below;
}

const char *bench_counted_by(const struct bench_metric *metric, size_t *length)
{
    const size_t head = sizeof BENCH_COUNTED_BY - 1;
    if (isnan(metric->value) || !metric->reason || strncmp(metric->reason, BENCH_COUNTED_BY, head) != 0)
        return NULL;
    *length = strcspn(metric->reason + head, ";");
    return metric->reason + head;
}

bool bench_counted_alike(const struct bench_metric *a, const struct bench_metric *b)
{
    size_t length[2];
    const char *by[2] = {bench_counted_by(a, &length[0]), bench_counted_by(b, &length[1])};
    return !by[0] || !by[1] || (length[0] == length[1] && !strncmp(by[0], by[1], length[0]));
}

int bench_counters_count(struct bench_counters *c, const struct bench_counted *what, struct bench_record *rec,
                         struct qk_error *err)
{
    char why[BENCH_WHY_MAX];
    if (!c || !c->count)
        return 0;
    double ghz = NAN;
    if (c->groups[0].count || c->groups[1].count) {
        const double before = bench_clock_ghz(NULL, 0);
        for (int b = 0; b < BACKENDS; b++)
            bench_groups_count(&c->groups[b], what);
        ghz = (before + bench_clock_ghz(NULL, 0)) / 2;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct wanted *w = &c->wanted[i];
        double value = evaluate(w, what, ghz, why);
        value = value == floor(value) ? value : bench_stored(value); /* as files keep it */
        if (!bench_record_add_metric(rec, w->name, w->row ? w->row->unit : "per call", value,
                                     *why ? why : NULL))
            return qk_fail(err, QK_ERR_MEMORY, w->name, "no memory for a metric");
    }
    return 0;
}
