/* SPDX-License-Identifier: MIT */
#include "baselines/claims.h"

#include "harness/json_reader.h"

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

/* known: NULL-terminated, optional members included. */
static void refuse_unknown(struct bench_reader *r, const struct bench_place *object, const char *const *known)
{
    const char *key;
    json_t *value;
    if (r->code)
        return;
    json_object_foreach((json_t *)object->json, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            bench_refuse(r, bench_member(object, key).path, value, "no such member");
    }
}

static bool has(const struct bench_place *object, const char *key)
{
    return json_object_get(object->json, key) != NULL;
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

/* Refuses the member unless the condition holds. */
static void demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                   const char *expected)
{
    const struct bench_place p = bench_member(object, key);
    if (!r->code && !condition)
        bench_refuse(r, p.path, p.json, expected);
}

static void read_claim(struct bench_reader *r, const struct bench_place *at, struct baseline_claim *claim)
{
    static const char *const keys[] = {"kind", "phase", "over", "ratio", "what", "shape", "goal", NULL};
    static const char *const kinds[] = {[BASELINE_CLAIM_STEP] = "step", [BASELINE_CLAIM_TOTAL] = "total"};
    bench_expect(r, at, JSON_OBJECT, "an object");
    refuse_unknown(r, at, keys);
    const int kind = bench_get_word(r, at, "kind", kinds, 2);
    claim->kind = kind == BASELINE_CLAIM_TOTAL ? BASELINE_CLAIM_TOTAL : BASELINE_CLAIM_STEP;
    const bool total = claim->kind == BASELINE_CLAIM_TOTAL;
    read_text(r, at, "phase", claim->phase, sizeof claim->phase);
    read_text(r, at, "over", claim->over, sizeof claim->over);
    const int phase = baseline_phase_rank(claim->phase), over = baseline_phase_rank(claim->over);
    demand(r, phase > 0, at, "phase", "a phase such as \"1\" or \"2.5\"");
    demand(r, over >= 0 && over < phase, at, "over", "\"baseline\" or a phase before this one");
    demand(r, !total || over == 0, at, "over", "\"baseline\" in a claim of kind \"total\"");
    claim->ratio = bench_get_real(r, at, "ratio", false);
    demand(r, isfinite(claim->ratio) && claim->ratio > 0, at, "ratio", "a number above 0");
    read_text(r, at, "what", claim->what, sizeof claim->what);
    if (has(at, "shape"))
        read_text(r, at, "shape", claim->shape, sizeof claim->shape);
    if (has(at, "goal"))
        claim->goal = bench_get_boolean(r, at, "goal");
    demand(r, !claim->goal || total, at, "goal", "true in a claim of kind \"total\" only");
}

static void read_list(struct bench_reader *r, const struct bench_place *root, struct baseline_claims *out)
{
    const struct bench_place list = bench_get_array(r, root, "claims");
    bool have_goal = false;
    demand(r, json_array_size(list.json) > 0, root, "claims", "at least one claim");
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
        demand(r, !(out->claims[i].goal && have_goal), &at, "goal", "at most one goal in the file");
        have_goal |= out->claims[i].goal;
    }
}

int baseline_claims_read(struct baseline_claims *claims, const char *path, struct qk_error *err)
{
    static const char *const keys[] = {"$schema", "schema_version", "source", "op", "claims", NULL};
    struct bench_reader r = {path, err, 0};
    *claims = (struct baseline_claims){0};
    json_t *json = bench_json_load(path, &r.code, err);
    if (!json)
        return r.code;
    const struct bench_place root = {json, "$"};
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    refuse_unknown(&r, &root, keys);
    bench_get_integer(&r, &root, "schema_version", BASELINE_CLAIMS_SCHEMA_VERSION,
                      BASELINE_CLAIMS_SCHEMA_VERSION);
    if (has(&root, "$schema"))
        bench_get_text(&r, &root, "$schema");
    read_text(&r, &root, "source", claims->source, sizeof claims->source);
    read_text(&r, &root, "op", claims->op, sizeof claims->op);
    read_list(&r, &root, claims);
    json_decref(json);
    if (r.code)
        baseline_claims_free(claims);
    return r.code;
}

void baseline_claims_free(struct baseline_claims *claims)
{
    free(claims->claims);
    *claims = (struct baseline_claims){0};
}
