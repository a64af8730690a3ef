/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include "harness/records/json_reader.h"
#include "kernels/module.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ln of two speed-ups' ratio. */
static const double SPREAD_MOST = 100;

/* Exactly these members: missing ones are noticed where they are read. */
static void expect_members(struct bench_reader *r, const struct bench_place *object, const char *const *known)
{
    bench_expect(r, object, JSON_OBJECT, "an object");
    bench_known_members(r, object, known);
}

static void keep_text(struct bench_reader *r, char **to, const char *text)
{
    if (r->code)
        return;
    *to = strdup(text);
    if (!*to)
        bench_reader_no_memory(r);
}

static void read_text(struct bench_reader *r, const struct bench_place *at, const char *key, char **to)
{
    keep_text(r, to, bench_get_text(r, at, key));
}

/* "reason": a text or null, and a text where `needed`. */
static void read_reason(struct bench_reader *r, const struct bench_place *at, char **to, bool needed)
{
    const json_t *found = json_object_get(at->json, "reason");
    bench_demand(r, !needed || (json_is_string(found) && json_string_length(found)), at, "reason",
                 "a reason, because there is no value");
    if (!json_is_null(found))
        read_text(r, at, "reason", to);
}

static double read_whole(struct bench_reader *r, const struct bench_place *at, const char *key, bool nullable)
{
    const double x = bench_get_real(r, at, key, 0, BENCH_WHOLE_MOST, nullable);
    bench_demand(r, isnan(x) || x == floor(x), at, key, "a whole number from 0 to 2^53");
    return x;
}

static struct bench_interval read_interval(struct bench_reader *r, const struct bench_place *parent,
                                           const char *key, double least, double most)
{
    static const char *const keys[] = {"high", "low", "value", NULL};
    const struct bench_place at = bench_get_object(r, parent, key);
    expect_members(r, &at, keys);
    const struct bench_interval x = {bench_get_real(r, &at, "value", least, most, false),
                                     bench_get_real(r, &at, "low", least, most, true),
                                     bench_get_real(r, &at, "high", least, most, true)};
    bench_demand(r, isnan(x.low) == isnan(x.high), &at, "high", "both ends, or null for both");
    bench_demand(r, isnan(x.low) || x.low <= x.value, &at, "low", "at most the value");
    bench_demand(r, isnan(x.high) || x.high >= x.value, &at, "high", "at least the value");
    return x;
}

static struct bench_interval read_speedup(struct bench_reader *r, const struct bench_place *at)
{
    return read_interval(r, at, "speedup", BENCH_RATIO_LEAST, BENCH_RATIO_MOST);
}

static void read_history(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c)
{
    static const char *const keys[] = {"commit", "date", "old", "reason", NULL}, *const old_keys[] = {
                                                                                     "instructions",
                                                                                     "speedup", NULL};
    const struct bench_place list = bench_get_array(r, at, "history");
    const size_t count = json_array_size(list.json);
    c->history = r->code ? NULL : calloc(count ? count : 1, sizeof *c->history);
    if (!r->code && !c->history)
        bench_reader_no_memory(r);
    for (size_t i = 0; i < count && !r->code; i++) {
        struct baseline_accepted *h = &c->history[c->history_count++];
        const struct bench_place p = bench_element(&list, i);
        expect_members(r, &p, keys);
        bench_get_fixed_text(r, &p, "commit", h->commit, sizeof h->commit, false);
        bench_get_date(r, &p, "date", h->date, sizeof h->date);
        bench_get_fixed_text(r, &p, "reason", h->reason, sizeof h->reason, false);
        bench_demand(r, *h->reason, &p, "reason", "a reason");
        const struct bench_place old = bench_get_object(r, &p, "old");
        expect_members(r, &old, old_keys);
        h->instructions = read_whole(r, &old, "instructions", true);
        h->speedup = read_speedup(r, &old);
    }
}

static void read_components(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c)
{
    static const char *const keys[] = {"parts", "reason", NULL}, *const part_keys[] = {"name", "ns",
                                                                                       "share_percent", NULL};
    const struct bench_place object = bench_get_object(r, at, "components"),
                             list = bench_member(&object, "parts");
    double shares = 0;
    expect_members(r, &object, keys);
    read_reason(r, &object, &c->components_why, json_is_null(list.json));
    if (r->code || json_is_null(list.json))
        return;
    bench_expect(r, &list, JSON_ARRAY, "an array, or null");
    const size_t count = json_array_size(list.json);
    bench_demand(r, count >= 1 && count <= BASELINE_COMPONENTS, &object, "parts", "1 to 8 components");
    bench_demand(r, !c->components_why, &object, "reason", "null, because there are components");
    for (size_t i = 0; i < count && !r->code; i++) {
        const struct bench_place p = bench_element(&list, i);
        struct baseline_part *part = &c->components[c->component_count++];
        bool twice = false;
        expect_members(r, &p, part_keys);
        bench_get_fixed_text(r, &p, "name", part->name, sizeof part->name, false);
        for (size_t k = 0; k < i; k++)
            twice |= !strcmp(c->components[k].name, part->name);
        bench_demand(r, *part->name && !twice, &p, "name", "each component once, by name");
        part->ns = read_interval(r, &p, "ns", -BENCH_NS_MOST, BENCH_NS_MOST);
        part->share = bench_get_real(r, &p, "share_percent", -BENCH_FIGURE_MOST, BENCH_FIGURE_MOST, false);
        shares += part->share;
    }
    bench_demand(r, fabs(shares - 100) < 0.01, &object, "parts", "shares that are 100 together");
}

static void read_instructions(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c)
{
    static const char *const keys[] = {"count", "kinds", "reason", NULL};
    const struct bench_place object = bench_get_object(r, at, "instructions");
    const char *name;
    json_t *value;
    expect_members(r, &object, keys);
    c->instructions = read_whole(r, &object, "count", true);
    bench_demand(r, isnan(c->instructions) || c->instructions > 0, &object, "count", "at least 1");
    read_reason(r, &object, &c->instructions_why, isnan(c->instructions));
    const struct bench_place kinds = bench_get_object(r, &object, "kinds");
    bench_demand(r, !isnan(c->instructions) || !json_object_size(kinds.json), &object, "kinds",
                 "none, because there is no count");
    c->kinds = r->code ? NULL : calloc(json_object_size(kinds.json) + 1, sizeof *c->kinds);
    if (!r->code && !c->kinds)
        bench_reader_no_memory(r);
    json_object_foreach((json_t *)kinds.json, name, value)
    {
        const double count = read_whole(r, &kinds, name, false);
        bench_demand(r, count <= c->instructions, &kinds, name, "at most the count of all instructions");
        if (r->code)
            return;
        struct bench_metric *kind = &c->kinds[c->kind_count++];
        kind->value = count;
        keep_text(r, &kind->name, name);
        keep_text(r, &kind->unit, "");
    }
}

static void read_counters(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c)
{
    static const char *const keys[] = {"reason", "unit", "value", NULL};
    const struct bench_place object = bench_get_object(r, at, "counters");
    const char *name;
    json_t *value;
    c->counters = r->code ? NULL : calloc(json_object_size(object.json) + 1, sizeof *c->counters);
    if (!r->code && !c->counters)
        bench_reader_no_memory(r);
    json_object_foreach((json_t *)object.json, name, value)
    {
        if (r->code)
            return;
        struct bench_metric *m = &c->counters[c->counter_count++];
        const struct bench_place p = bench_get_object(r, &object, name);
        keep_text(r, &m->name, name);
        expect_members(r, &p, keys);
        read_text(r, &p, "unit", &m->unit);
        m->value = bench_get_real(r, &p, "value", 0, BENCH_FIGURE_MOST, true);
        read_reason(r, &p, &m->reason, isnan(m->value));
    }
}

/* op/variant/shape: two slashes and something around each. */
static bool is_case_name(const char *name)
{
    const char *first = strchr(name, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    return second && first > name && second > first + 1 && second[1] && !strchr(second + 1, '/');
}

static void read_spread(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c,
                        size_t launches)
{
    static const char *const keys[] = {"reason", "value", NULL};
    const struct bench_place spread = bench_get_object(r, at, "spread");
    expect_members(r, &spread, keys);
    c->spread = bench_get_real(r, &spread, "value", 0, SPREAD_MOST, true);
    bench_demand(r, isnan(c->spread) || launches > 1, &spread, "value", "null, because there was one launch");
    read_reason(r, &spread, &c->spread_why, isnan(c->spread));
}

static void read_case(struct bench_reader *r, const struct bench_place *at, struct baseline_case *c,
                      const char *before, size_t launches)
{
    static const char *const keys[] = {"components", "counters", "flags", "history", "instructions",
                                       "isa",        "name",     "ns",    "phase",   "reference",
                                       "speedup",    "spread",   NULL};
    expect_members(r, at, keys);
    bench_get_fixed_text(r, at, "name", c->name, sizeof c->name, false);
    bench_demand(r, is_case_name(c->name), at, "name", "op/variant/shape");
    bench_demand(r, strcmp(before, c->name) != 0, at, "name", "each case once");
    bench_demand(r, strcmp(before, c->name) < 0, at, "name", "cases in the order of their names");
    read_text(r, at, "isa", &c->isa);
    read_text(r, at, "phase", &c->phase);
    read_text(r, at, "flags", &c->flags);
    c->reference = bench_get_boolean(r, at, "reference");
    c->ns = bench_get_time(r, at, "ns", false);
    c->speedup = read_speedup(r, at);
    bench_demand(r, !c->reference || c->speedup.value == 1, at, "speedup",
                 "1, because this is the reference");
    read_spread(r, at, c, launches);
    read_instructions(r, at, c);
    read_counters(r, at, c);
    read_components(r, at, c);
    read_history(r, at, c);
    /* jansson keeps a file's order, which need not be ours. */
    if (!r->code) {
        qsort(c->kinds, c->kind_count, sizeof *c->kinds, baseline_by_name);
        qsort(c->counters, c->counter_count, sizeof *c->counters, baseline_by_name);
    }
}

static void read_shown(struct bench_reader *r, const struct bench_place *root, bool first_version,
                       struct bench_environment *env)
{
    static const char *const keys[] = {"host", /* of version 1 */
                                       "cpu_name", "cpus",      "governor",    "kernel",
                                       "load",     "microcode", "virtualised", NULL};
    const struct bench_place shown = bench_get_object(r, root, "shown");
    expect_members(r, &shown, keys + !first_version);
    bench_get_fixed_text(r, &shown, "cpu_name", env->cpu_name, sizeof env->cpu_name, false);
    bench_get_fixed_text(r, &shown, "governor", env->governor, sizeof env->governor, false);
    bench_get_fixed_text(r, &shown, "kernel", env->kernel, sizeof env->kernel, false);
    bench_get_fixed_text(r, &shown, "microcode", env->microcode, sizeof env->microcode, false);
    bench_get_fixed_text(r, &shown, "virtualised", env->virtualised, sizeof env->virtualised, false);
    env->cpus = (int)bench_get_integer(r, &shown, "cpus", 0, INT_MAX);
    const struct bench_place load = bench_get_array(r, &shown, "load");
    const size_t count = json_array_size(load.json);
    bench_demand(r, count == 0 || count == 3, &shown, "load", "an array of 3 numbers or of none");
    for (size_t i = 0; i < 3; i++) {
        const struct bench_place p = bench_element(&load, i);
        env->load[i] = count ? json_number_value(p.json) : -1;
        if (count && (!json_is_number(p.json) || !bench_is_amount(env->load[i])))
            bench_refuse(r, p.path, p.json, "a number from 0 to 1e+15");
    }
}

static void read_head(struct bench_reader *r, const struct bench_place *root, bool first_version,
                      struct baseline *b)
{
    static const char *const kinds[] = {"baseline"}, *const modes[] = {"full", "quick"};
    static const char *const keys[] = {"caches",       "compiler",   "cpu_family", "cpu_model",
                                       "cpu_stepping", "cpu_vendor", "isa_levels", NULL},
                             *const cache_keys[] = {"level", "num_sharing", "size", "type", NULL};
    const struct bench_place identity = bench_get_object(r, root, "identity"),
                             caches = bench_member(&identity, "caches");
    bench_get_word(r, root, "kind", kinds, 1);
    b->quick = bench_get_word(r, root, "mode", modes, 2) == 1;
    b->abi = (uint32_t)bench_get_integer(r, root, "abi", 1, INT_MAX);
    b->launches = (size_t)bench_get_integer(r, root, "launches", 1, 1000);
    bench_get_fixed_text(r, root, "name", b->name, sizeof b->name, false);
    bench_demand(r, baseline_check_name(b->name, NULL) == 0, root, "name", "a baseline's name");
    bench_get_fixed_text(r, root, "shapes", b->shapes, sizeof b->shapes, false);
    bench_get_fixed_text(r, root, "commit", b->env.commit, sizeof b->env.commit, false);
    bench_get_date(r, root, "date", b->env.date, sizeof b->env.date);
    bench_get_fixed_text(r, root, "version", b->env.version, sizeof b->env.version, false);
    read_shown(r, root, first_version, &b->env);
    expect_members(r, &identity, keys);
    for (size_t i = 0; i < json_array_size(caches.json); i++) {
        const struct bench_place cache = bench_element(&caches, i);
        expect_members(r, &cache, cache_keys);
    }
    bench_get_identity(r, &identity, &b->env);
    char levels[sizeof b->env.isa_levels], compiler[sizeof b->env.compiler], expected[64];
    memcpy(levels, b->env.isa_levels, sizeof levels);
    memcpy(compiler, b->env.compiler, sizeof compiler);
    bench_environment_kernels(&b->env, levels, compiler);
    snprintf(expected, sizeof expected, "\"%s\", which the identity gives", b->env.fingerprint);
    bench_demand(r, !strcmp(bench_get_text(r, root, "hash"), b->env.fingerprint), root, "hash", expected);
}

static void read_cases(struct bench_reader *r, const struct bench_place *root, struct baseline *b)
{
    const struct bench_place list = bench_get_array(r, root, "cases");
    bench_demand(r, json_array_size(list.json) > 0, root, "cases", "at least one case");
    b->cases = r->code ? NULL : calloc(json_array_size(list.json), sizeof *b->cases);
    if (!r->code && !b->cases)
        bench_reader_no_memory(r);
    for (size_t i = 0; i < json_array_size(list.json) && !r->code; i++) {
        const struct bench_place p = bench_element(&list, i);
        b->count++;
        read_case(r, &p, &b->cases[i], i ? b->cases[i - 1].name : "", b->launches);
    }
}

static bool add_uncounted(struct baseline_case *c, const char *name, const char *unit, const char *reason)
{
    struct bench_metric *more = reallocarray(c->counters, c->counter_count + 1, sizeof *more);
    if (!more)
        return false;
    c->counters = more;
    struct bench_metric *m = &more[c->counter_count++];
    *m = (struct bench_metric){strdup(name), strdup(unit), NAN, strdup(reason)};
    return m->name && m->unit && m->reason;
}

/* What no case has is said once, and means each of them. */
static void read_uncounted(struct bench_reader *r, const struct bench_place *root, struct baseline *b)
{
    static const char *const keys[] = {"reason", "unit", NULL};
    const struct bench_place object = bench_get_object(r, root, "uncounted");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object.json, name, value)
    {
        const struct bench_place p = bench_get_object(r, &object, name);
        expect_members(r, &p, keys);
        const char *unit = bench_get_text(r, &p, "unit"), *reason = bench_get_text(r, &p, "reason");
        bench_demand(r, reason && *reason, &p, "reason", "a reason, because there is no value");
        for (size_t i = 0; i < b->count && !r->code; i++) {
            for (size_t k = 0; k < b->cases[i].counter_count; k++)
                bench_demand(r, strcmp(b->cases[i].counters[k].name, name) != 0, &object, name,
                             "no counter that a case has");
            if (!r->code && !add_uncounted(&b->cases[i], name, unit, reason))
                bench_reader_no_memory(r);
        }
    }
    for (size_t i = 0; i < b->count && !r->code; i++)
        qsort(b->cases[i].counters, b->cases[i].counter_count, sizeof *b->cases[i].counters,
              baseline_by_name);
}

int baseline_take_json(struct baseline *b, const json_t *json, const char *path, struct qk_error *err)
{
    static const char *const keys[] = {
        "uncounted", /* since version 2 */
        "abi",       "cases", "commit",         "date",   "hash",  "identity", "kind", "launches",
        "mode",      "name",  "schema_version", "shapes", "shown", "version",  NULL};
    struct bench_reader r = {.file = path, .err = err};
    const struct bench_place root = {json, "$"};
    *b = (struct baseline){0};
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    const json_t *version = json_object_get(json, "schema_version");
    const bool first_version = json_is_integer(version) && json_integer_value(version) == 1;
    bench_demand(&r,
                 first_version ||
                     (json_is_integer(version) && json_integer_value(version) == BASELINE_FILE_VERSION),
                 &root, "schema_version", "1 or 2; a baseline of another version must be saved anew");
    expect_members(&r, &root, keys + first_version);
    read_head(&r, &root, first_version, b);
    read_cases(&r, &root, b);
    if (!first_version)
        read_uncounted(&r, &root, b);
    if (r.code)
        baseline_free(b);
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
