/* SPDX-License-Identifier: MIT */
/* The file of a stored baseline. Its members are in the order of their names. */
#include "baselines/stored/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is in a file: a counter that no case has, for one reason, is said once. */
struct stored {
    struct baseline b;
    size_t uncounted_count;
    struct bench_metric *uncounted; /* owned; what is in them is of what was read, borrowed when written */
    struct bench_metric *counted; /* of the case that is written: room for the counters that are said there */
};

static void check_interval(struct bench_reader *r, const struct bench_place *at, const void *record,
                           const void *whole)
{
    const struct bench_interval *x = record;
    (void)whole;
    bench_demand(r, isnan(x->low) == isnan(x->high), at, "high", "both ends, or null for both");
    bench_demand(r, isnan(x->low) || x->low <= x->value, at, "low", "at most the value");
    bench_demand(r, isnan(x->high) || x->high >= x->value, at, "high", "at least the value");
}

#define FIELD_OF struct bench_interval
static const struct bench_field ratio_fields[] = {
    FIELD(FIGURE, "high", high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(FIGURE, "low", low, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(FIGURE, "value", value, "", 0, FIELD_RATIO),
};
static const struct bench_field ns_fields[] = {
    FIELD(FIGURE, "high", high, "", BENCH_OR_NULL, -BENCH_NS_MOST, BENCH_NS_MOST),
    FIELD(FIGURE, "low", low, "", BENCH_OR_NULL, -BENCH_NS_MOST, BENCH_NS_MOST),
    FIELD(FIGURE, "value", value, "", 0, -BENCH_NS_MOST, BENCH_NS_MOST),
};
#undef FIELD_OF
#define INTERVAL .about = "Ends are null together: too few blocks.", .closed = true, .check = check_interval
static const struct bench_fields ratio = {FIELDS(struct bench_interval, ratio_fields), INTERVAL};
static const struct bench_fields ns = {FIELDS(struct bench_interval, ns_fields), INTERVAL};

#define FIELD_OF struct baseline_accepted
static const struct bench_field old_fields[] = {
    FIELD(WHOLE, "instructions", instructions, "", BENCH_OR_NULL),
    FIELD(OBJECT, "speedup", speedup, "", .of = &ratio),
};
static const struct bench_fields old = {FIELDS(struct baseline_accepted, old_fields), .closed = true};
static const struct bench_field accepted_fields[] = {
    FIELD(TEXT, "commit", commit, "Of the result that was accepted."),
    FIELD(TEXT, "date", date, "", 0, FIELD_DATE),
    FIELD_PART("old", &old, "What stood here before."),
    FIELD(TEXT, "reason", reason, "", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields accepted = {FIELDS(struct baseline_accepted, accepted_fields),
                                             .closed = true};

#define FIELD_OF struct baseline_part
static const struct bench_field part_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED | BENCH_ONCE),
    FIELD(OBJECT, "ns", ns, "", .of = &ns),
    FIELD(FIGURE, "share_percent", share, "", 0, FIELD_ANY),
};
#undef FIELD_OF
static const struct bench_fields part = {FIELDS(struct baseline_part, part_fields), .closed = true};

#define FIELD_OF struct bench_metric
static const struct bench_field counter_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_KEY),
    FIELD(COPY, "reason", reason, "", BENCH_OR_NULL),
    FIELD(COPY, "unit", unit, ""),
    FIELD(FIGURE, "value", value, "Null where it was not validated.", BENCH_OR_NULL, 0, BENCH_FIGURE_MOST),
};
static const struct bench_field uncounted_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_KEY),
    FIELD(COPY, "reason", reason, "", BENCH_FILLED),
    FIELD(COPY, "unit", unit, ""),
};
static const struct bench_field kind_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_KEY),
    FIELD(WHOLE, "value", value, ""),
};
#undef FIELD_OF
static const struct bench_fields counter = {FIELDS(struct bench_metric, counter_fields), .closed = true};
static const struct bench_fields uncounted = {FIELDS(struct bench_metric, uncounted_fields), .closed = true};
static const struct bench_fields kind = {FIELDS(struct bench_metric, kind_fields), .bare = true};

static void demand_reason(struct bench_reader *r, const struct bench_place *at, double value, const char *why)
{
    bench_demand(r, !isnan(value) || (why && *why), at, "reason", "a reason, because there is no value");
}

static void check_case(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct baseline_case *c = record;
    const struct bench_place spread = bench_member(at, "spread"), counters = bench_member(at, "counters"),
                             parts = bench_member(at, "components"), steps = bench_member(at, "instructions"),
                             kinds = bench_member(&steps, "kinds");
    double shares = 0;
    (void)whole;
    bench_demand(r, !c->reference || c->speedup.value == 1, at, "speedup",
                 "1, because this is the reference");
    demand_reason(r, &spread, c->spread, c->spread_why);
    demand_reason(r, &steps, c->instructions, c->instructions_why);
    bench_demand(r, !isnan(c->instructions) || !c->kind_count, &steps, "kinds",
                 "none, because there is no count");
    for (size_t i = 0; i < c->kind_count; i++)
        bench_demand(r, c->kinds[i].value <= c->instructions, &kinds, c->kinds[i].name,
                     "at most the count of all instructions");
    for (size_t i = 0; i < c->counter_count; i++) {
        const struct bench_place one = bench_member(&counters, c->counters[i].name);
        demand_reason(r, &one, c->counters[i].value, c->counters[i].reason);
    }
    for (size_t i = 0; i < c->component_count; i++)
        shares += c->components[i].share;
    demand_reason(r, &parts, c->component_count ? shares : NAN, c->components_why);
    bench_demand(r, !c->component_count || !c->components_why, &parts, "reason",
                 "null, because there are components");
    bench_demand(r, !c->component_count || fabs(shares - 100) < 0.01, &parts, "parts",
                 "shares that are 100 together");
}

#define FIELD_OF struct baseline_case
static const struct bench_field component_fields[] = {
    FIELD_LIST(ARRAY, "parts", components, component_count, &part, "In the order of the stages.",
               BENCH_OR_NULL, 1),
    FIELD(COPY, "reason", components_why, "", BENCH_OR_NULL),
};
static const struct bench_field instruction_fields[] = {
    FIELD(WHOLE, "count", instructions, "", BENCH_OR_NULL, 1, BENCH_WHOLE_MOST),
    FIELD_LIST(MAP, "kinds", kinds, kind_count, &kind, ""),
    FIELD(COPY, "reason", instructions_why, "", BENCH_OR_NULL),
};
static const struct bench_field spread_fields[] = {
    FIELD(COPY, "reason", spread_why, "", BENCH_OR_NULL),
    FIELD(FIGURE, "value", spread, "", BENCH_OR_NULL, 0, 100),
};
static const struct bench_fields components = {FIELDS(struct baseline_case, component_fields),
                                               .closed = true},
                                 instructions = {FIELDS(struct baseline_case, instruction_fields),
                                                 .closed = true},
                                 spread = {FIELDS(struct baseline_case, spread_fields), .closed = true};
static const struct bench_field case_fields[] = {
    FIELD_PART("components", &components, "Of a staged variant."),
    FIELD_LIST(MAP, "counters", counters, counter_count, &counter, "Of the hardware."),
    FIELD(COPY, "flags", flags, ""),
    FIELD_LIST(LIST, "history", history, history_count, &accepted, "Accepted changes, oldest first."),
    FIELD_PART("instructions", &instructions, "Of one call, counted one by one."),
    FIELD(COPY, "isa", isa, ""),
    FIELD(TEXT, "name", name, "", 0, .pattern = "^[^/]+/[^/]+/[^/]+$", .expected = "op/variant/shape"),
    FIELD(FIGURE, "ns", ns, "Median time of one call; never judged.", 0, FIELD_NS),
    FIELD(COPY, "phase", phase, ""),
    FIELD(BOOLEAN, "reference", reference, ""),
    FIELD(OBJECT, "speedup", speedup, "Over the reference of the same run.", .of = &ratio),
    FIELD_PART("spread", &spread, "Largest less smallest ln speed-up of the launches."),
};
#undef FIELD_OF
static const struct bench_fields one_case = {FIELDS(struct baseline_case, case_fields), .closed = true,
                                             .lines = true, .check = check_case};

/* A counter that no case has, and all for the same reason. */
static bool is_uncounted(const struct baseline *b, const struct bench_metric *m)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct bench_metric *other = baseline_find_counter(&b->cases[i], m->name);
        if (!other || !isnan(other->value) || strcmp(other->reason, m->reason) != 0 ||
            strcmp(other->unit, m->unit) != 0)
            return false;
    }
    return true;
}

/* Those of the first case are all that there may be. Once a file: each is looked for in every case. */
static void find_uncounted(struct stored *s)
{
    const size_t count = s->b.count ? s->b.cases->counter_count : 0;
    for (size_t i = 0; i < count; i++)
        if (is_uncounted(&s->b, &s->b.cases->counters[i]))
            s->uncounted[s->uncounted_count++] = s->b.cases->counters[i];
}

static bool is_said_once(const struct stored *s, const char *name)
{
    size_t i = 0;
    while (i < s->uncounted_count && strcmp(s->uncounted[i].name, name) != 0)
        i++;
    return i < s->uncounted_count;
}

static bool next_case(const void *record, void *row)
{
    const struct stored *s = record;
    struct baseline_case *to = row;
    const struct baseline_case *next = *to->name ? baseline_find(&s->b, to->name) + 1 : s->b.cases;
    if (next == s->b.cases + s->b.count)
        return false;
    *to = *next;
    to->counters = s->counted;
    to->counter_count = 0;
    for (size_t i = 0; i < next->counter_count; i++)
        if (!is_said_once(s, next->counters[i].name))
            s->counted[to->counter_count++] = next->counters[i];
    return true;
}

/* What no case has means each of them. jansson keeps a file's order, which need not be ours. */
static void add_uncounted(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct stored *s = record;
    for (size_t i = 0; s && i < s->b.count && !r->code; i++) {
        struct baseline_case *c = &s->b.cases[i];
        qsort(c->kinds, c->kind_count, sizeof *c->kinds, baseline_by_name);
        qsort(c->counters, c->counter_count, sizeof *c->counters, baseline_by_name);
        for (size_t k = 0; k < s->uncounted_count; k++)
            bench_demand(r, !baseline_find_counter(c, s->uncounted[k].name), at, s->uncounted[k].name,
                         "no counter that a case has");
        for (const struct bench_metric *m = s->uncounted; m < s->uncounted + s->uncounted_count; m++)
            if (!baseline_metric_add(&c->counters, &c->counter_count, m->name, m->unit, NAN, m->reason))
                bench_reader_no_memory(r);
        qsort(c->counters, c->counter_count, sizeof *c->counters, baseline_by_name);
    }
}

static json_t *put_load(const void *record)
{
    const double *load = ((const struct bench_environment *)record)->load;
    json_t *list = json_array();
    for (int i = 0; i < 3 && load[i] >= 0; i++)
        bench_json_append(&list, bench_json_figure(load[i], JSON_REAL_PRECISION(6)));
    return list;
}

#define FIELD_OF struct bench_environment
static const struct bench_field shown_fields[] = {
    FIELD(TEXT, "cpu_name", cpu_name, ""),
    FIELD(INTEGER, "cpus", cpus, ""),
    FIELD(TEXT, "governor", governor, ""),
    FIELD(TEXT, "kernel", kernel, ""),
    FIELD_MADE(JSON, "load", put_load, "", .get = bench_load_get, .schema = bench_load_schema),
    FIELD(TEXT, "microcode", microcode, ""),
    FIELD(TEXT, "virtualised", virtualised, ""),
};
#undef FIELD_OF
static const struct bench_fields shown = {FIELDS(struct bench_environment, shown_fields), .closed = true};

static void check_all(struct bench_reader *r, const struct bench_place *at, const void *record,
                      const void *whole)
{
    const struct baseline *b = &((const struct stored *)record)->b;
    const struct bench_place list = bench_member(at, "cases");
    char hash[sizeof b->env.fingerprint], expected[64];
    (void)whole;
    for (size_t i = 0; i < b->count && !r->code; i++) {
        const struct bench_place one = bench_element(&list, i), spread_at = bench_member(&one, "spread");
        const int order = i ? strcmp(b->cases[i - 1].name, b->cases[i].name) : -1;
        bench_demand(r, order != 0, &one, "name", "each case once");
        bench_demand(r, order < 0, &one, "name", "cases in the order of their names");
        bench_demand(r, isnan(b->cases[i].spread) || b->launches > 1, &spread_at, "value",
                     "null, because there was one launch");
    }
    bench_environment_hash(&b->env, hash);
    snprintf(expected, sizeof expected, "\"%s\", which the identity gives", hash);
    bench_demand(r, !strcmp(hash, b->env.fingerprint), at, "hash", expected);
}

#define FIELD_OF struct stored
static const struct bench_field fields[] = {
    FIELD(INTEGER, "abi", b.abi, "QK_KERNELS_ABI of the kernels.", 0, 1, INT_MAX),
    FIELD_LIST(LIST, "cases", b.cases, b.count, &one_case, "By name, each once.",
               BENCH_FILLED | BENCH_ON_LINES, .next = next_case),
    FIELD(TEXT, "commit", b.env.commit, ""),
    FIELD(TEXT, "date", b.env.date, "", 0, FIELD_DATE),
    FIELD(TEXT, "hash", b.env.fingerprint, "XXH3-64 of the identity.", 0, FIELD_HASH),
    FIELD(OBJECT, "identity", b.env, "", .of = &bench_closed_identity_fields),
    FIELD_CONST("kind", "baseline"),
    FIELD(INTEGER, "launches", b.launches, "Whose median the figures are.", 0, 1, 1000),
    FIELD(WORD, "mode", b.quick, "", .words = bench_mode_words),
    FIELD(TEXT, "name", b.name, "", 0, .pattern = BASELINE_NAME_PATTERN, .expected = "a baseline's name"),
    FIELD_VERSION(BASELINE_FILE_VERSION),
    FIELD(TEXT, "shapes", b.shapes, ""),
    FIELD(OBJECT, "shown", b.env, "What need not be so again; empty texts are not known.", .of = &shown),
    FIELD_LIST(MAP, "uncounted", uncounted, uncounted_count, &uncounted,
               "Counters that no case has, for one reason.", .get = add_uncounted),
    FIELD(TEXT, "version", b.env.version, "Of qkbench."),
};
#undef FIELD_OF
const struct bench_fields baseline_fields = {
    FIELDS(struct stored, fields),
    .title = "qkbench baseline",
    .about = "What a machine's cases were when it was saved.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(6) | JSON_SORT_KEYS,
    .check = check_all,
};

int baseline_write(const struct baseline *b, FILE *to, struct qk_error *err)
{
    struct stored s = {.b = *b};
    size_t most = 1;
    for (size_t i = 0; i < b->count; i++)
        most = b->cases[i].counter_count > most ? b->cases[i].counter_count : most;
    s.counted = calloc(most, sizeof *s.counted);
    s.uncounted = calloc(most, sizeof *s.uncounted);
    int code = s.counted && s.uncounted ? 0 : QK_ERR_MEMORY;
    if (code) {
        qk_fail(err, code, NULL, "no memory to write the baseline");
    } else {
        find_uncounted(&s);
        code = bench_fields_write(&baseline_fields, &s, "the baseline", to, err);
    }
    free(s.counted);
    free(s.uncounted);
    return code;
}

/*
 * A file of version 1 as version 2 would say it: without the host, and with an empty `uncounted`. NULL when
 * there is no memory.
 */
static json_t *of_first_version(const json_t *json)
{
    json_t *root = json_copy((json_t *)json), *inner = json_copy(json_object_get(json, "shown"));
    json_object_del(inner, "host");
    if (inner)
        json_object_set_new(root, "shown", inner);
    bench_json_put(&root, "uncounted", json_object());
    bench_json_put(&root, "schema_version", json_integer(BASELINE_FILE_VERSION));
    return root;
}

int baseline_take_json(struct baseline *b, const json_t *json, const char *path, struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    struct bench_place root = {json, "$"};
    struct stored s = {0};
    json_t *again = NULL;
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    const json_t *version = json_object_get(json, "schema_version");
    const bool first = json_is_integer(version) && json_integer_value(version) == 1;
    bench_demand(&r,
                 first || (json_is_integer(version) && json_integer_value(version) == BASELINE_FILE_VERSION),
                 &root, "schema_version", "1 or 2; a baseline of another version must be saved anew");
    bench_demand(&r, !first || !json_object_get(json, "uncounted"), &root, "uncounted", "no such member");
    if (first && !r.code) {
        root.json = again = of_first_version(json);
        if (!again)
            bench_reader_no_memory(&r);
    }
    bench_fields_get(&r, &root, &baseline_fields, &s, &s);
    baseline_metrics_free(s.uncounted, s.uncounted_count);
    if (r.code)
        baseline_free(&s.b);
    json_decref(again);
    *b = s.b;
    return r.code;
}

int baseline_read(struct baseline *b, const char *path, struct qk_error *err)
{
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = baseline_take_json(b, json, path, err);
    json_decref(json);
    return code;
}
