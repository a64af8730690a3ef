/* SPDX-License-Identifier: MIT */
#include "baselines/gate/policy.h"

#include "harness/records/json_reader.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of an object; "comment" is welcome everywhere. */
static void known(struct bench_reader *r, const struct bench_place *at, const char *const *members)
{
    bench_known_members(r, at, members);
    if (!r->code && bench_has(at, "comment"))
        bench_get_text(r, at, "comment");
}

static void one_line(struct bench_reader *r, const struct bench_place *at, const char *key, char *to,
                     size_t size)
{
    bool good = true;
    bench_get_fixed_text(r, at, key, to, size, false);
    for (const char *c = to; *c; c++)
        good &= (unsigned char)*c >= ' ' && *c != 0x7f;
    bench_demand(r, good && *to, at, key, "one line of text");
}

static bool known_level(const char *shape)
{
    static const char *const levels[] = {"@L1", "@L2", "@L3", "@DRAM"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(shape, levels[i]) == 0)
            return true;
    return false;
}

/* Why no case can match the glob, NULL when one can. Levels are for suites: no case is called by one. */
static const char *glob_flaw(const char *glob, bool of_suite)
{
    const char *variant = strchr(glob, '/'), *shape = variant ? strchr(variant + 1, '/') : NULL;
    for (const char *c = glob; *c; c++)
        if (*c <= ' ' || *c > '~')
            return "a glob of printable ASCII characters without blanks";
    if (!*glob || variant == glob || (variant && (!variant[1] || shape == variant + 1)) ||
        (shape && !shape[1]))
        return "a glob on op/variant/shape without empty parts";
    if (!shape || shape[1] != '@')
        return NULL;
    if (!of_suite)
        return "a shape; @LEVEL is for suites, rules have `memory`";
    return known_level(shape + 1) ? NULL : "@L1, @L2, @L3 or @DRAM where the shape begins with @";
}

static void read_glob(struct bench_reader *r, const struct bench_place *at, const char *key,
                      char to[BASELINE_NAME])
{
    bench_get_fixed_text(r, at, key, to, BASELINE_NAME, false);
    const char *flaw = r->code ? NULL : glob_flaw(to, false);
    if (flaw)
        bench_demand(r, false, at, key, flaw);
}

/* Each is held against those before it. */
static const size_t RULES_MOST = 10000;

/* An array of objects of `size` bytes; NULL with *count 0 after an error, or when it is empty. */
static void *read_array(struct bench_reader *r, const struct bench_place *at, size_t size, size_t *count)
{
    const size_t n = r->code ? 0 : json_array_size(at->json);
    if (n > RULES_MOST)
        bench_refuse(r, at->path, at->json, "at most 10000 entries");
    void *items = n ? calloc(n, size) : NULL;
    if (n && !items)
        bench_reader_no_memory(r);
    *count = items ? n : 0;
    return items;
}

static void read_margin_pair(struct bench_reader *r, const struct bench_place *at, double least,
                             struct baseline_margins *to)
{
    to->must_catch = bench_get_real(r, at, "must_catch", least, 1, false);
    to->ignorable = bench_get_real(r, at, "ignorable", 0, 1, false);
    bench_demand(r, to->ignorable < to->must_catch, at, "ignorable", "less than must_catch");
}

/* `mean`, which the pair may leave out. */
static void read_mean(struct bench_reader *r, const struct bench_place *at, struct baseline_margin_rule *rule)
{
    static const double usual[] = {BASELINE_MEAN_CACHE, BASELINE_MEAN_DRAM};
    const bool given = bench_has(at, "mean");
    const double mean = given ? bench_get_real(r, at, "mean", 0, 1, false) : 0;
    const double must_catch = rule->margins[0].must_catch;
    if (given)
        bench_demand(r, mean >= must_catch, at, "mean", "at least must_catch");
    rule->margins[1] = rule->margins[0];
    for (int i = 0; i < 2; i++)
        rule->margins[i].mean = given ? mean : fmax(usual[i], must_catch);
}

static void read_margins(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    static const char *const members[] = {"comment",    "cases", "memory", "ignorable",
                                          "must_catch", "mean",  NULL};
    static const char *const memories[] = {"cache", "dram"};
    /* rounded to what a person writes: 3 * 0.0007 need not be 0.0021 in binary */
    const double least = round(3 * BASELINE_LAYOUT_FLOOR * 1e6) / 1e6;
    const struct bench_place list = bench_get_array(r, root, "margins");
    bench_demand(r, json_array_size(list.json) > 0, root, "margins", "at least one rule");
    p->margins = read_array(r, &list, sizeof *p->margins, &p->margin_count);
    for (size_t i = 0; i < p->margin_count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        struct baseline_margin_rule *rule = &p->margins[i];
        bench_expect(r, &at, JSON_OBJECT, "an object");
        known(r, &at, members);
        read_glob(r, &at, "cases", rule->cases);
        if (bench_has(&at, "memory"))
            snprintf(rule->memory, sizeof rule->memory, "%s",
                     memories[bench_get_word(r, &at, "memory", memories, 2)]);
        read_margin_pair(r, &at, least, &rule->margins[0]);
        read_mean(r, &at, rule);
        bool twice = false;
        for (size_t k = 0; k < i; k++)
            twice |= !strcmp(rule->cases, p->margins[k].cases) && !strcmp(rule->memory, p->margins[k].memory);
        bench_demand(r, !twice, &at, "cases", "each `cases` and `memory` once");
    }
}

static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return *text && text[strspn(text, letters)] == '\0';
}

static void read_speedups(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    static const char *const members[] = {"comment", "cases", "over", "at_least", NULL};
    const struct bench_place list = bench_get_array(r, root, "speedups");
    p->speedups = read_array(r, &list, sizeof *p->speedups, &p->speedup_count);
    for (size_t i = 0; i < p->speedup_count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        struct baseline_speedup_rule *rule = &p->speedups[i];
        bench_expect(r, &at, JSON_OBJECT, "an object");
        known(r, &at, members);
        read_glob(r, &at, "cases", rule->cases);
        bench_get_fixed_text(r, &at, "over", rule->over, sizeof rule->over, false);
        bench_demand(r, is_name(rule->over), &at, "over", "the name of a variant");
        rule->at_least = bench_get_real(r, &at, "at_least", 1e-6, 1e6, false);
        bool twice = false;
        for (size_t k = 0; k < i; k++)
            twice |= !strcmp(rule->cases, p->speedups[k].cases) && !strcmp(rule->over, p->speedups[k].over);
        bench_demand(r, !twice, &at, "cases", "each `cases` and `over` once");
    }
}

static void read_suite(struct bench_reader *r, const struct bench_place *suites, const char *name,
                       struct baseline_suite *suite)
{
    static const char *const members[] = {"comment", "cases", NULL};
    const struct bench_place at = bench_get_object(r, suites, name);
    if (!is_name(name) || strlen(name) >= sizeof suite->name)
        bench_demand(r, false, suites, name, "a suite's name of at most 39 of a-z, 0-9 and _");
    known(r, &at, members);
    const struct bench_place list = bench_get_array(r, &at, "cases");
    bench_demand(r, json_array_size(list.json) > 0, &at, "cases", "at least one glob");
    suite->cases = read_array(r, &list, sizeof *suite->cases, &suite->count);
    snprintf(suite->name, sizeof suite->name, "%s", name);
    for (size_t i = 0; i < suite->count && !r->code; i++) {
        const struct bench_place entry = bench_element(&list, i);
        const char *text = json_string_value(entry.json);
        const char *flaw = !text || !*text || json_string_length(entry.json) >= BASELINE_NAME
                               ? "a string of 1 to 255 bytes"
                               : glob_flaw(text, true);
        for (size_t k = 0; k < i && !flaw; k++)
            if (strcmp(text, suite->cases[k]) == 0)
                flaw = "each glob once";
        if (flaw)
            bench_refuse(r, entry.path, entry.json, flaw);
        else
            snprintf(suite->cases[i], sizeof suite->cases[i], "%s", text);
    }
}

static void read_suites(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    const struct bench_place all = bench_get_object(r, root, "suites");
    const size_t count = r->code ? 0 : json_object_size(all.json);
    const char *name;
    json_t *value;
    if (r->code)
        return;
    p->suites = calloc(count + 1, sizeof *p->suites);
    if (!p->suites) {
        bench_reader_no_memory(r);
        return;
    }
    json_object_foreach((json_t *)all.json, name, value)
    {
        /* counted as soon as it owns anything */
        if (!r->code)
            read_suite(r, &all, name, &p->suites[p->suite_count++]);
    }
    bench_get_object(r, &all, "quick");
    bench_get_object(r, &all, "full");
}

static void read_removed(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    static const char *const members[] = {"comment", "cases", "reason", NULL};
    const struct bench_place list = bench_get_array(r, root, "removed");
    p->removed = read_array(r, &list, sizeof *p->removed, &p->removed_count);
    for (size_t i = 0; i < p->removed_count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        bench_expect(r, &at, JSON_OBJECT, "an object");
        known(r, &at, members);
        read_glob(r, &at, "cases", p->removed[i].cases);
        one_line(r, &at, "reason", p->removed[i].reason, sizeof p->removed[i].reason);
        bool twice = false;
        for (size_t k = 0; k < i; k++)
            twice |= !strcmp(p->removed[i].cases, p->removed[k].cases);
        bench_demand(r, !twice, &at, "cases", "each `cases` once");
    }
}

static void read_isa(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    const struct bench_place list = bench_get_array(r, root, "isa");
    const size_t count = r->code ? 0 : json_array_size(list.json);
    bool named[QK_ISA_COUNT] = {false};
    for (size_t i = 0; i < count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        const char *name = json_is_string(at.json) ? json_string_value(at.json) : "";
        int level = 0;
        while (level < QK_ISA_COUNT && strcmp(name, qk_isa_row(level)->name) != 0)
            level++;
        if (level == QK_ISA_COUNT || named[level]) {
            bench_refuse(r, at.path, at.json, "names of ISA levels as in kernels/isa.def, each once");
            return;
        }
        const size_t used = strlen(p->isa);
        snprintf(p->isa + used, sizeof p->isa - used, "%s%s", used ? " " : "", name);
        named[level] = true;
    }
}

static void read_stored(struct bench_reader *r, const struct bench_place *root, struct baseline_policy *p)
{
    static const char *const members[] = {"comment", "ignorable", "must_catch", "spread_factor", NULL};
    const struct bench_place at = bench_get_object(r, root, "stored");
    known(r, &at, members);
    read_margin_pair(r, &at, 0, &p->stored);
    p->spread_factor = bench_get_real(r, &at, "spread_factor", 1, 100, false);
}

static void read_root(struct bench_reader *r, struct baseline_policy *p)
{
    static const char *const members[] = {
        "$schema",  "comment", "schema_version",  "alpha",        "budget_s",
        "launches", "isa",     "margins",         "speedups",     "suites",
        "removed",  "stored",  "component_share", "instructions", NULL};
    static const char *const budgets[] = {"comment", "cache", "dram", NULL};
    static const char *const changes[] = {[BASELINE_CHANGE_IGNORE] = "ignore",
                                          [BASELINE_CHANGE_WARN] = "warn",
                                          [BASELINE_CHANGE_REGRESSION] = "regression"};
    const struct bench_place root = {p->json, "$"};
    bench_expect(r, &root, JSON_OBJECT, "an object");
    known(r, &root, members);
    bench_get_integer(r, &root, "schema_version", BASELINE_POLICY_SCHEMA_VERSION,
                      BASELINE_POLICY_SCHEMA_VERSION);
    if (!r->code && bench_has(&root, "$schema"))
        bench_get_text(r, &root, "$schema");
    p->alpha = bench_get_real(r, &root, "alpha", 1e-9, 0.1, false);
    const struct bench_place budget = bench_get_object(r, &root, "budget_s");
    known(r, &budget, budgets);
    p->budget_s[0] = bench_get_real(r, &budget, "cache", 0.001, 3600, false);
    p->budget_s[1] = bench_get_real(r, &budget, "dram", 0.001, 3600, false);
    p->launches = (size_t)bench_get_integer(r, &root, "launches", 1, 100);
    read_isa(r, &root, p);
    read_margins(r, &root, p);
    read_speedups(r, &root, p);
    read_suites(r, &root, p);
    read_removed(r, &root, p);
    read_stored(r, &root, p);
    p->component_share = bench_get_real(r, &root, "component_share", 0.001, 100, false);
    p->instructions = (enum baseline_change)bench_get_word(r, &root, "instructions", changes, 3);
}

/* ci/policy.json, compiled in by meson.build. */
extern const char baseline_policy_text[];

int baseline_policy_read(struct baseline_policy *p, const char *path, struct qk_error *err)
{
    *p = (struct baseline_policy){0};
    snprintf(p->source, sizeof p->source, "%s", path ? path : "built in");
    struct bench_reader r = {.file = p->source, .err = err};
    if (path)
        p->json = bench_json_load(path, &r.code, err);
    else if (!(p->json = json_loads(baseline_policy_text, JSON_REJECT_DUPLICATES, NULL)))
        bench_reader_no_memory(&r); /* the build has read it before */
    if (!r.code)
        read_root(&r, p);
    if (r.code)
        baseline_policy_free(p);
    return r.code;
}

void baseline_policy_free(struct baseline_policy *p)
{
    for (size_t i = 0; i < p->suite_count; i++)
        free(p->suites[i].cases);
    free(p->suites);
    free(p->margins);
    free(p->speedups);
    free(p->removed);
    json_decref(p->json);
    *p = (struct baseline_policy){0};
}
