/* SPDX-License-Identifier: MIT */
#include "baselines/claims/claims.h"

#include "harness/records/json_reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int baseline_phase_rank(const char *phase)
{
    int rank = 0;
    if (strcmp(phase, "baseline") == 0)
        return 0;
    if (*phase < '1' || *phase > '9')
        return -1;
    for (int digits = 0; *phase >= '0' && *phase <= '9'; phase++) {
        if (++digits > 2)
            return -1;
        rank = rank * 10 + (*phase - '0');
    }
    rank *= 10;
    if (*phase == '.') {
        phase++;
        if (*phase < '0' || *phase > '9')
            return -1;
        rank += *phase++ - '0';
    }
    return *phase ? -1 : rank;
}

static void read_text(struct bench_reader *r, const struct bench_place *object, const char *key, char *to,
                      size_t size)
{
    bench_get_fixed_text(r, object, key, to, size, false);
    if (!r->code && !*to) {
        const struct bench_place p = bench_member(object, key);
        bench_refuse(r, p.path, p.json, "a text");
    }
}

/* "phase" and "over" of a gain: the later one, and one before it. */
static void read_step(struct bench_reader *r, const struct bench_place *at, char phase[12], char over[12])
{
    read_text(r, at, "phase", phase, 12);
    read_text(r, at, "over", over, 12);
    const int later = baseline_phase_rank(phase), earlier = baseline_phase_rank(over);
    bench_demand(r, later > 0, at, "phase", "a phase such as \"1\" or \"2.5\"");
    bench_demand(r, earlier >= 0 && earlier < later, at, "over", "\"baseline\" or a phase before this one");
}

static double read_ratio(struct bench_reader *r, const struct bench_place *at, const char *key)
{
    return bench_get_real(r, at, key, BENCH_RATIO_LEAST, BENCH_RATIO_MOST, false);
}

static double read_seconds(struct bench_reader *r, const struct bench_place *at, const char *key)
{
    return bench_get_real(r, at, key, 1e-9 * BENCH_NS_LEAST, 1e-9 * BENCH_NS_MOST, false);
}

static void read_claim(struct bench_reader *r, const struct bench_place *at, struct baseline_claim *claim)
{
    static const char *const keys[] = {"kind", "phase", "over", "ratio", "what", "shape", "goal", NULL};
    static const char *const kinds[] = {[BASELINE_CLAIM_STEP] = "step", [BASELINE_CLAIM_TOTAL] = "total"};
    bench_expect(r, at, JSON_OBJECT, "an object");
    bench_known_members(r, at, keys);
    const int kind = bench_get_word(r, at, "kind", kinds, 2);
    claim->kind = kind == BASELINE_CLAIM_TOTAL ? BASELINE_CLAIM_TOTAL : BASELINE_CLAIM_STEP;
    const bool total = claim->kind == BASELINE_CLAIM_TOTAL;
    read_step(r, at, claim->phase, claim->over);
    bench_demand(r, !total || baseline_phase_rank(claim->over) == 0, at, "over",
                 "\"baseline\" in a claim of kind \"total\"");
    claim->ratio = read_ratio(r, at, "ratio");
    read_text(r, at, "what", claim->what, sizeof claim->what);
    if (bench_has(at, "shape"))
        read_text(r, at, "shape", claim->shape, sizeof claim->shape);
    if (bench_has(at, "goal"))
        claim->goal = bench_get_boolean(r, at, "goal");
    bench_demand(r, !claim->goal || total, at, "goal", "true in a claim of kind \"total\" only");
}

static void read_list(struct bench_reader *r, const struct bench_place *root, struct baseline_claims *out)
{
    const struct bench_place list = bench_get_array(r, root, "claims");
    bool have_goal = false;
    bench_demand(r, json_array_size(list.json) > 0, root, "claims", "at least one claim");
    if (r->code)
        return;
    out->claims = calloc(json_array_size(list.json), sizeof *out->claims);
    if (!out->claims) {
        bench_reader_no_memory(r);
        return;
    }
    out->count = json_array_size(list.json);
    for (size_t i = 0; i < out->count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        read_claim(r, &at, &out->claims[i]);
        bench_demand(r, !(out->claims[i].goal && have_goal), &at, "goal", "at most one goal in the file");
        have_goal |= out->claims[i].goal;
    }
}

static void read_times(struct bench_reader *r, const struct bench_place *at,
                       struct baseline_component_claim *claim)
{
    const struct bench_place times = bench_get_object(r, at, "ms_per_token");
    const char *phase;
    json_t *value;
    bench_demand(r, json_object_size(times.json) > 0, at, "ms_per_token", "at least one phase");
    bench_demand(r, json_object_size(times.json) <= BASELINE_PHASES_MAX, at, "ms_per_token",
                 "at most 8 phases");
    if (r->code)
        return;
    json_object_foreach((json_t *)times.json, phase, value)
    {
        if (!r->code && baseline_phase_rank(phase) < 0)
            bench_refuse(r, bench_member(&times, phase).path, value, "phases as names of members");
        const double ms = bench_get_real(r, &times, phase, 0, 1e-6 * BENCH_NS_MOST, false);
        if (r->code)
            return;
        snprintf(claim->at[claim->count].phase, sizeof claim->at->phase, "%s", phase);
        claim->at[claim->count++].ms = ms;
    }
}

static void read_component(struct bench_reader *r, const struct bench_place *at,
                           struct baseline_component_claim *claim)
{
    static const char *const keys[] = {"name", "stage", "ms_per_token", "gain", NULL};
    static const char *const gain_keys[] = {"phase", "over", "ratio", NULL};
    bench_expect(r, at, JSON_OBJECT, "an object");
    bench_known_members(r, at, keys);
    read_text(r, at, "name", claim->name, sizeof claim->name);
    read_text(r, at, "stage", claim->stage, sizeof claim->stage);
    read_times(r, at, claim);
    claim->gain = NAN;
    if (r->code || !bench_has(at, "gain"))
        return;
    const struct bench_place gain = bench_get_object(r, at, "gain");
    bench_known_members(r, &gain, gain_keys);
    read_step(r, &gain, claim->gain_phase, claim->gain_over);
    claim->gain = read_ratio(r, &gain, "ratio");
}

static void read_components(struct bench_reader *r, const struct bench_place *root,
                            struct baseline_claims *out)
{
    if (r->code || !bench_has(root, "components"))
        return;
    const struct bench_place list = bench_get_array(r, root, "components");
    if (r->code || !json_array_size(list.json))
        return;
    out->components = calloc(json_array_size(list.json), sizeof *out->components);
    if (!out->components) {
        bench_reader_no_memory(r);
        return;
    }
    out->component_count = json_array_size(list.json);
    for (size_t i = 0; i < out->component_count && !r->code; i++) {
        const struct bench_place at = bench_element(&list, i);
        bool twice = false;
        read_component(r, &at, &out->components[i]);
        for (size_t k = 0; k < i; k++)
            twice |= strcmp(out->components[k].stage, out->components[i].stage) == 0;
        bench_demand(r, !twice, &at, "stage", "each stage once");
    }
}

static void read_end_to_end(struct bench_reader *r, const struct bench_place *root,
                            struct baseline_end_to_end_claims *to)
{
    static const char *const keys[] = {"tokens", "limit_s", "phases", NULL};
    static const char *const phase_keys[] = {"phase", "s_per_token", "s", "ratio", "target", NULL};
    if (r->code || !bench_has(root, "end_to_end"))
        return;
    const struct bench_place at = bench_get_object(r, root, "end_to_end");
    bench_known_members(r, &at, keys);
    to->tokens = (uint64_t)bench_get_integer(r, &at, "tokens", 1, 1 << 20);
    to->limit_s = read_seconds(r, &at, "limit_s");
    const struct bench_place list = bench_get_array(r, &at, "phases");
    const size_t count = json_array_size(list.json);
    bench_demand(r, count > 0 && count <= BASELINE_PHASES_MAX, &at, "phases", "1 to 8 phases");
    for (size_t i = 0; i < count && !r->code; i++) {
        const struct bench_place one = bench_element(&list, i);
        bench_expect(r, &one, JSON_OBJECT, "an object");
        bench_known_members(r, &one, phase_keys);
        read_text(r, &one, "phase", to->at[i].phase, sizeof to->at[i].phase);
        const int rank = baseline_phase_rank(to->at[i].phase);
        bench_demand(r, rank >= 0 && (i == 0 || rank > baseline_phase_rank(to->at[i - 1].phase)), &one,
                     "phase", "\"baseline\" or a phase, after the one before");
        to->at[i].s_per_token = read_seconds(r, &one, "s_per_token");
        to->at[i].s = read_seconds(r, &one, "s");
        bench_demand(r, bench_has(&one, "ratio") == (rank != 0), &one, "ratio",
                     "a ratio for all but the baseline");
        to->at[i].ratio = bench_has(&one, "ratio") ? read_ratio(r, &one, "ratio") : NAN;
        to->at[i].target = bench_has(&one, "target") && bench_get_boolean(r, &one, "target");
        to->count = i + 1;
    }
}

int baseline_claims_read(struct baseline_claims *claims, const char *path, struct qk_error *err)
{
    static const char *const keys[] = {"$schema", "schema_version", "source",     "op",
                                       "claims",  "components",     "end_to_end", NULL};
    struct bench_reader r = {.file = path, .err = err};
    *claims = (struct baseline_claims){0};
    json_t *json = bench_json_load(path, &r.code, err);
    if (!json)
        return r.code;
    const struct bench_place root = {json, "$"};
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    bench_known_members(&r, &root, keys);
    bench_get_integer(&r, &root, "schema_version", BASELINE_CLAIMS_SCHEMA_VERSION,
                      BASELINE_CLAIMS_SCHEMA_VERSION);
    if (bench_has(&root, "$schema"))
        bench_get_text(&r, &root, "$schema");
    read_text(&r, &root, "source", claims->source, sizeof claims->source);
    read_text(&r, &root, "op", claims->op, sizeof claims->op);
    read_list(&r, &root, claims);
    read_components(&r, &root, claims);
    read_end_to_end(&r, &root, &claims->end_to_end);
    json_decref(json);
    if (r.code)
        baseline_claims_free(claims);
    return r.code;
}

void baseline_claims_free(struct baseline_claims *claims)
{
    free(claims->claims);
    free(claims->components);
    *claims = (struct baseline_claims){0};
}
