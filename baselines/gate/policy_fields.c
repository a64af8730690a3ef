/* SPDX-License-Identifier: MIT */
/* The policy's JSON. */
#include "baselines/gate/policy.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMENT      FIELD_MADE(COPY, "comment", NULL, "For people.", BENCH_OPTIONAL | BENCH_ACCEPTED)
#define PRINTABLE    "a glob on op/variant/shape, of printable ASCII characters without blanks or empty parts"
#define GLOB(ending) .pattern = "^[!-.0-~]+(/[!-.0-~]+(/" ending ")?)?$"
#define CASES                                                                                                \
    FIELD(TEXT, "cases", cases, "Glob on op/variant/shape, part by part; missing parts match everything.",   \
          BENCH_ONCE, GLOB("[!-?A-~][!-~]*"),                                                                \
          .expected = PRINTABLE "; @LEVEL is for suites, rules have `memory`")
/* Each rule is looked at for each case. */
#define RULES_MOST 10000

static void hold_margins(struct bench_reader *r, const struct bench_place *at,
                         const struct baseline_margins *m)
{
    bench_demand(r, m->ignorable < m->must_catch, at, "ignorable", "less than must_catch");
}

static void check_margin(struct bench_reader *r, const struct bench_place *at, const void *rule,
                         const void *whole)
{
    (void)whole;
    const struct baseline_margins *m = ((const struct baseline_margin_rule *)rule)->margins;
    hold_margins(r, at, m);
    bench_demand(r, isnan(m->mean) || m->mean >= m->must_catch, at, "mean", "at least must_catch");
}

#define FIELD_OF struct baseline_margin_rule
static const struct bench_field margin_fields[] = {
    COMMENT,
    CASES,
    FIELD(TEXT, "memory", memory,
          "Where the data lies; e2e: the times of whole models, called e2e/generate/MODEL. Without it, all.",
          BENCH_OPTIONAL | BENCH_ONCE, .pattern = "^(cache|dram|e2e)$",
          .expected = "\"cache\", \"dram\" or \"e2e\""),
    FIELD(REAL, "must_catch", margins[0].must_catch,
          "What a PASS excludes. At least three times what the placement of code alone does (0.07 %).", 0,
          BASELINE_MUST_CATCH_LEAST, 1),
    FIELD(REAL, "ignorable", margins[0].ignorable,
          "As a share of the time: 0.002 is 0.2 %. Less than must_catch. Up to here nothing is said.", 0, 0,
          1),
    FIELD(
        REAL, "mean", margins[0].mean,
        "Rare stalls: proven above it, the mean of all times is a WARN, above three times it a REGRESSION. "
        "At least must_catch. Without it 0.05 in cache and 0.1 elsewhere, or must_catch where that is more.",
        BENCH_OPTIONAL, BASELINE_MUST_CATCH_LEAST, 1),
};
#undef FIELD_OF
static const struct bench_fields margin = {FIELDS(struct baseline_margin_rule, margin_fields), .closed = true,
                                           .check = check_margin};

#define FIELD_OF struct baseline_speedup_rule
static const struct bench_field speedup_fields[] = {
    COMMENT,
    CASES,
    FIELD(TEXT, "over", over, "A variant of the same op, on the same shape.", BENCH_ONCE,
          .pattern = "^[A-Za-z0-9_:.+-]+$", .expected = "the name of a variant"),
    FIELD(REAL, "at_least", at_least, "3.0: at most a third of the time.", 0, 1e-6, 1e6),
};
#undef FIELD_OF
static const struct bench_fields speedup = {FIELDS(struct baseline_speedup_rule, speedup_fields),
                                            .closed = true};

struct glob {
    char cases[BASELINE_NAME];
};
#define FIELD_OF struct glob
static const struct bench_field glob_fields[] = {
    FIELD(TEXT, "cases", cases, "", BENCH_ONCE, GLOB("(@(L[123]|DRAM)|[!-?A-~][!-~]*)"),
          .expected = PRINTABLE "; after @, L1, L2, L3 or DRAM"),
};
#undef FIELD_OF
static const struct bench_fields glob = {FIELDS(struct glob, glob_fields), .bare = true};

#define FIELD_OF struct baseline_suite
static const struct bench_field suite_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_KEY, .pattern = "^[a-z0-9_]+$",
          .expected = "a suite's name of at most 39 of a-z, 0-9 and _"),
    COMMENT,
    FIELD_LIST(
        LIST, "cases", cases, count, &glob,
        "Globs on op/variant/shape. SHAPE may be @L1, @L2, @L3 or @DRAM: the op's `cache` shape of that "
        "level; else a glob over its first set of shapes or, matching none, one shape. Ceilings are never "
        "in a suite.",
        0, 1, RULES_MOST),
};
#undef FIELD_OF
static const struct bench_fields suite = {FIELDS(struct baseline_suite, suite_fields), .closed = true};

#define FIELD_OF struct baseline_removed
static const struct bench_field removed_fields[] = {
    COMMENT,
    CASES,
    FIELD(TEXT, "reason", reason, "", 0, .pattern = "^[^\\x00-\\x1f\\x7f]+$",
          .expected = "one line of text of at most 199 bytes"),
};
#undef FIELD_OF
static const struct bench_fields removed = {FIELDS(struct baseline_removed, removed_fields), .closed = true};

static const struct bench_field level_fields[] = {
    FIELD_MADE(WORD, "", NULL, "", BENCH_ONCE, .words = qk_isa_names),
};
static const struct bench_fields level = {.fields = level_fields, .count = 1, .bare = true};

static void take_levels(struct bench_reader *r, const struct bench_place *at, void *policy)
{
    struct baseline_policy *p = policy;
    (void)r;
    for (size_t i = 0; i < json_array_size(at->json); i++) {
        const size_t used = strlen(p->isa);
        snprintf(p->isa + used, sizeof p->isa - used, "%s%s", used ? " " : "",
                 json_string_value(json_array_get(at->json, i)));
    }
}

static void check_stored(struct bench_reader *r, const struct bench_place *at, const void *policy,
                         const void *whole)
{
    (void)whole;
    hold_margins(r, at, &((const struct baseline_policy *)policy)->stored);
}

#define FIELD_OF struct baseline_policy
static const struct bench_field budget_fields[] = {
    COMMENT,
    FIELD(REAL, "cache", budget_s[0], "", 0, 0.001, 3600),
    FIELD(REAL, "dram", budget_s[1], "", 0, 0.001, 3600),
    FIELD(REAL, "e2e", e2e_s, "Of a whole model. Without it 60.", BENCH_OPTIONAL, 0.001, 3600),
};
static const struct bench_field stored_fields[] = {
    COMMENT,
    FIELD(REAL, "must_catch", stored.must_catch, "", 0, 0, 1),
    FIELD(REAL, "ignorable", stored.ignorable, "Less than must_catch.", 0, 0, 1),
    FIELD(REAL, "spread_factor", spread_factor,
          "A margin is at least this many times the spread over launches that was saved.", 0, 1, 100),
};
static const struct bench_fields budget = {FIELDS(struct baseline_policy, budget_fields), .closed = true};
static const struct bench_fields stored = {FIELDS(struct baseline_policy, stored_fields), .closed = true,
                                           .check = check_stored};
static const char *const suites_there[] = {"quick", "full", NULL};
static const char *const changes[] = {[BASELINE_CHANGE_IGNORE] = "ignore",
                                      [BASELINE_CHANGE_WARN] = "warn",
                                      [BASELINE_CHANGE_REGRESSION] = "regression",
                                      NULL};
static const struct bench_field policy_fields[] = {
    FIELD_VERSION(BASELINE_POLICY_SCHEMA_VERSION),
    FIELD_MADE(COPY, "$schema", NULL, "", BENCH_OPTIONAL | BENCH_ACCEPTED),
    COMMENT,
    FIELD(REAL, "alpha", alpha,
          "How likely a gate may be wrong about any of a suite's cases: shared by all of them and the "
          "controls.",
          0, BASELINE_ALPHA_LEAST, 0.1),
    FIELD_PART("budget_s", &budget,
               "Seconds of measuring per case, by where its data lies; then it is INCONCLUSIVE."),
    FIELD(INTEGER, "launches", launches,
          "The first 20 blocks of a case from DRAM are shared by so many processes. In cache, each "
          "of the first 100 blocks runs in a process of its own.",
          0, 1, 100),
    FIELD_MADE(LIST, "isa", NULL, "Levels whose rows a gate may use; empty: all that are here.",
               BENCH_ACCEPTED, .of = &level, .get = take_levels),
    FIELD_LIST(LIST, "margins", margins, margin_count, &margin, "The last rule that matches a case counts.",
               0, 1, RULES_MOST),
    FIELD_LIST(LIST, "speedups", speedups, speedup_count, &speedup, "Minimum speed-ups within one build.", 0,
               0, RULES_MOST),
    FIELD_LIST(MAP, "suites", suites, suite_count, &suite, "", .words = suites_there),
    FIELD_LIST(LIST, "removed", removed, removed_count, &removed,
               "Cases of the base that may be missing from the candidate.", 0, 0, RULES_MOST),
    FIELD_PART("stored", &stored,
               "Against a stored baseline: margins of the speed-up over the reference, as shares."),
    FIELD(
        REAL, "component_share", component_share,
        "A component is named when its share of the total grew by more per cent points, from the high end of "
        "the old interval to the low end of the new.",
        0, 0.001, 100),
    FIELD(WORD, "instructions", instructions,
          "What a changed instruction count is, against a stored baseline.", .words = changes),
};
#undef FIELD_OF
const struct bench_fields baseline_policy_fields = {
    FIELDS(struct baseline_policy, policy_fields),
    .title = "What a gate measures and what it tolerates",
    .closed = true,
};

/* ci/policy.json, compiled in by meson.build. */
extern const char baseline_policy_text[];

/* What rules that give no `mean` have in its place. */
static void set_means(struct baseline_margin_rule *rule)
{
    static const double usual[] = {BASELINE_MEAN_CACHE, BASELINE_MEAN_DRAM};
    rule->margins[1] = rule->margins[0];
    for (int i = 0; i < 2; i++)
        if (isnan(rule->margins[i].mean))
            rule->margins[i].mean = fmax(usual[i], rule->margins[i].must_catch);
}

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
        bench_fields_get(&r, &(struct bench_place){p->json, "$"}, &baseline_policy_fields, p, p);
    for (size_t i = 0; i < p->margin_count; i++)
        set_means(&p->margins[i]);
    if (isnan(p->e2e_s))
        p->e2e_s = BASELINE_E2E_BUDGET;
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
