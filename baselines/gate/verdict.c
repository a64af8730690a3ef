/* SPDX-License-Identifier: MIT */
#include "baselines/gate/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const baseline_verdict_names[BASELINE_VERDICTS + 1] = {
    "PASS", "WARN", "REGRESSION", "INCONCLUSIVE", "INVALID", "NEW", "MISSING", "REMOVED",
};

const char *const baseline_role_names[BASELINE_ROLES + 1] = {"case", "shape", "rule", "aa", "slowed"};

int baseline_report_make(struct baseline_report *r, size_t count, struct qk_error *err)
{
    *r = (struct baseline_report){.verdict = BASELINE_INVALID};
    if (!count)
        return 0;
    size_t bytes;
    if (qk_mul_size(count, sizeof *r->results, &bytes))
        r->results = calloc(1, bytes);
    if (!r->results)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu results", count);
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        struct baseline_result *result = &r->results[i];
        result->verdict = BASELINE_INVALID;
        snprintf(result->reason, sizeof result->reason, "not measured");
        result->ratio = (struct bench_interval){NAN, NAN, NAN};
        result->mean_ratio = NAN;
        result->old_instructions = result->new_instructions = NAN;
    }
    return 0;
}

void baseline_report_free(struct baseline_report *r)
{
    free(r->results);
    *r = (struct baseline_report){.verdict = BASELINE_INVALID};
}

void baseline_report_end(struct baseline_report *r, int exit_code, const char *where, const char *reason)
{
    free(r->results);
    r->results = NULL;
    r->count = 0;
    r->verdict = BASELINE_INVALID;
    r->ended = exit_code;
    snprintf(r->reason, sizeof r->reason, "%.200s%s%.190s", where, *where ? ": " : "", reason);
}

static bool has_ratio(const struct baseline_result *result)
{
    return isfinite(result->ratio.value) && result->ratio.value > 0;
}

bool baseline_control_right(const struct baseline_result *r)
{
    if (!r->timed || !has_ratio(r))
        return false;
    if (r->role == BASELINE_SLOWED)
        return r->verdict == BASELINE_REGRESSION && r->injected > r->must_catch;
    return r->role == BASELINE_AA && r->verdict == BASELINE_PASS;
}

bool baseline_is_case(const struct baseline_result *r)
{
    return r->role == BASELINE_CASE || r->role == BASELINE_SHAPE;
}

static bool is_control(const struct baseline_result *result)
{
    return result->role == BASELINE_AA || result->role == BASELINE_SLOWED;
}

static bool claims_to_know(enum baseline_verdict v)
{
    return v == BASELINE_PASS || v == BASELINE_WARN || v == BASELINE_REGRESSION;
}

int baseline_verdict_rank(enum baseline_verdict v, bool strict)
{
    switch (v) {
    case BASELINE_PASS:
    case BASELINE_NEW:
    case BASELINE_REMOVED:
        return 0;
    case BASELINE_WARN:
        return strict ? 3 : 1;
    case BASELINE_INCONCLUSIVE:
        return 2;
    case BASELINE_REGRESSION:
        return 4;
    case BASELINE_MISSING:
        return 5;
    default:
        return 6;
    }
}

static bool has_right_control(const struct baseline_report *r, enum baseline_role role, const char *memory)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->results[i].role == role && strcmp(r->results[i].memory, memory) == 0 &&
            baseline_control_right(&r->results[i]))
            return true;
    return false;
}

/* Why this result makes the whole run worthless, into the run's reason. */
static void look_for_flaws(struct baseline_report *r, const struct baseline_result *result)
{
    char *why = r->reason;
    const size_t size = sizeof r->reason;
    const char *word = (unsigned)result->verdict < BASELINE_VERDICTS ? baseline_verdict_names[result->verdict]
                                                                     : "no verdict";
    if (is_control(result)) {
        if (!baseline_control_right(result))
            snprintf(why, size, "the control %.120s (%s) was judged wrongly: found %s%s%.160s%s, expected %s",
                     result->name, baseline_role_names[result->role], word, *result->reason ? " (" : "",
                     result->reason, *result->reason ? ")" : "",
                     result->role == BASELINE_AA ? "PASS of a timed arm"
                                                 : "REGRESSION of an arm really slowed");
        return;
    }
    if (claims_to_know(result->verdict) && !(result->timed ? has_ratio(result) : *result->reason != '\0')) {
        snprintf(why, size, "%s is %s, but %s", result->name, word,
                 result->timed ? "its ratio is not a number above 0"
                               : "was not timed and no reason says how that is known");
        return;
    }
    if (!result->timed || strcmp(r->mode, "baseline") == 0)
        return; /* a stored baseline cannot be loaded as an arm */
    for (int role = BASELINE_AA; role <= BASELINE_SLOWED; role++)
        if (!has_right_control(r, (enum baseline_role)role, result->memory)) {
            snprintf(why, size, "%s was timed (%s), but no control '%s' of that memory class was",
                     result->name, *result->memory ? result->memory : "memory class not known",
                     baseline_role_names[role]);
            return;
        }
}

void baseline_report_judge(struct baseline_report *r)
{
    bool judged = false;
    r->verdict = BASELINE_PASS;
    /* A wrong control explains more than what it makes doubtful, so controls come first. */
    for (int controls = 1; controls >= 0; controls--)
        for (size_t i = 0; i < r->count && !*r->reason; i++)
            if (is_control(&r->results[i]) == (controls == 1))
                look_for_flaws(r, &r->results[i]);
    for (size_t i = 0; i < r->count; i++) {
        const struct baseline_result *result = &r->results[i];
        if (is_control(result))
            continue;
        judged |=
            claims_to_know(result->verdict) || (result->verdict == BASELINE_INCONCLUSIVE && result->timed);
        if (result->role == BASELINE_SHAPE && result->verdict == BASELINE_INCONCLUSIVE)
            continue;
        if (baseline_verdict_rank(result->verdict, r->strict) > baseline_verdict_rank(r->verdict, r->strict))
            r->verdict = (unsigned)result->verdict < BASELINE_VERDICTS ? result->verdict : BASELINE_INVALID;
    }
    if (!judged && !*r->reason && r->verdict != BASELINE_INVALID && r->verdict != BASELINE_MISSING)
        snprintf(r->reason, sizeof r->reason, "nothing was timed and no code was identical: %zu results",
                 r->count);
    if (*r->reason)
        r->verdict = BASELINE_INVALID;
}

int baseline_report_exit(const struct baseline_report *r)
{
    if (r->ended)
        return r->ended;
    switch (r->verdict) {
    case BASELINE_PASS:
    case BASELINE_NEW:
    case BASELINE_REMOVED:
        return 0;
    case BASELINE_WARN:
        return r->strict ? 3 : 0;
    case BASELINE_REGRESSION:
        return 3;
    case BASELINE_INCONCLUSIVE:
        return 4;
    default:
        return 5;
    }
}
