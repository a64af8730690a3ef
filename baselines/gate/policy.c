/* SPDX-License-Identifier: MIT */
#include "baselines/gate/policy.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool baseline_cut(const char *text, struct baseline_parts *parts)
{
    char *rest = parts->text;
    if (strlen(text) >= sizeof parts->text)
        return false;
    strcpy(parts->text, text);
    parts->op = strsep(&rest, "/");
    parts->variant = rest ? strsep(&rest, "/") : "*";
    parts->shape = rest ? rest : "*";
    return true;
}

bool baseline_case_matches(const char *glob, const char *name)
{
    struct baseline_parts g, n;
    return baseline_cut(glob, &g) && baseline_cut(name, &n) && !fnmatch(g.op, n.op, 0) &&
           !fnmatch(g.variant, n.variant, 0) && !fnmatch(g.shape, n.shape, 0);
}

const struct baseline_suite *baseline_policy_suite(const struct baseline_policy *p, const char *name)
{
    for (size_t i = 0; i < p->suite_count; i++)
        if (strcmp(p->suites[i].name, name) == 0)
            return &p->suites[i];
    return NULL;
}

static bool margin_matches(const struct baseline_margin_rule *rule, const char *name, const char *memory)
{
    return (!*rule->memory || strcmp(rule->memory, memory) == 0) && baseline_case_matches(rule->cases, name);
}

const struct baseline_margins *baseline_policy_margins(const struct baseline_policy *p, const char *name,
                                                       const char *memory)
{
    for (size_t i = p->margin_count; i-- > 0;)
        if (margin_matches(&p->margins[i], name, memory))
            return &p->margins[i].margins[*memory && strcmp(memory, "cache") != 0];
    return NULL;
}

const char *baseline_policy_removed(const struct baseline_policy *p, const char *name)
{
    for (size_t i = 0; i < p->removed_count; i++)
        if (baseline_case_matches(p->removed[i].cases, name))
            return p->removed[i].reason;
    return NULL;
}

void baseline_policy_match_case(struct baseline_policy *p, const char *name, const char *memory)
{
    for (size_t i = 0; i < p->margin_count; i++)
        p->margins[i].matched += margin_matches(&p->margins[i], name, memory);
    for (size_t i = 0; i < p->speedup_count; i++)
        p->speedups[i].matched += baseline_case_matches(p->speedups[i].cases, name);
}

static int unmatched(const struct baseline_policy *p, const char *list, size_t i, const char *cases,
                     const char *memory, struct qk_error *err)
{
    char where[64];
    snprintf(where, sizeof where, "$.%s[%zu].cases", list, i);
    return qk_fail(err, QK_ERR_INVALID, where,
                   "%.120s: found a rule for '%.200s'%s%s, which no case matches; a rule "
                   "that guards nothing is an error",
                   p->source, cases, *memory ? " in " : "", memory);
}

int baseline_policy_unmatched(const struct baseline_policy *p, struct qk_error *err)
{
    for (size_t i = 0; i < p->margin_count; i++)
        if (!p->margins[i].matched && strcmp(p->margins[i].memory, "e2e") != 0)
            return unmatched(p, "margins", i, p->margins[i].cases, p->margins[i].memory, err);
    for (size_t i = 0; i < p->speedup_count; i++)
        if (!p->speedups[i].matched)
            return unmatched(p, "speedups", i, p->speedups[i].cases, "", err);
    return 0;
}
