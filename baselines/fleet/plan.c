/* SPDX-License-Identifier: MIT */
/* The records of a fleet: its plan and a node's answer. */
#include "baselines/fleet/fleet.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define NAME                                                                                                 \
    .pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",                                                         \
    .expected = "a name of at most 64 letters, digits, '_', '-' and '.', which begins with no '-' or '.'"
#define HASH_OR_NULL BENCH_OR_NULL, FIELD_HASH
#define BUILD_ID     .pattern = "^[0-9a-f]{2,64}$", .expected = "hexadecimal digits"

#define FIELD_OF struct baseline_fleet_word
static const struct bench_field word_fields[] = {FIELD(COPY, "", text, "", 0, 0, 100000)};
static const struct bench_fields word = {FIELDS(struct baseline_fleet_word, word_fields), .bare = true};
static const struct bench_field file_fields[] = {FIELD(COPY, "", text, "", 0, 1, 100)};
static const struct bench_fields file = {FIELDS(struct baseline_fleet_word, file_fields), .bare = true};
#undef FIELD_OF

typedef char node_name[BASELINE_FLEET_NODE];
struct node {
    node_name text;
};
#define FIELD_OF struct node
static const struct bench_field node_fields[] = {FIELD(TEXT, "", text, "", BENCH_ONCE, NAME)};
static const struct bench_fields node = {FIELDS(struct node, node_fields), .bare = true};
#undef FIELD_OF

#define FIELD_OF struct baseline_fleet_side
static const struct bench_field side_fields[] = {
    FIELD(TEXT, "name", name, "As the user called it.", BENCH_OR_NULL),
    FIELD(TEXT, "hash", hash, "XXH3-64 of the module.", HASH_OR_NULL),
    FIELD(TEXT, "build_id", build_id, "The linker's.", BENCH_OR_NULL, BUILD_ID),
};
#undef FIELD_OF
static const struct bench_fields side = {FIELDS(struct baseline_fleet_side, side_fields), .closed = true};

#define FIELD_OF struct baseline_fleet_plan
static const struct bench_field plan_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "fleet_plan"),
    FIELD_LIST(ARRAY, "nodes", nodes, node_count, &node, "", BENCH_FILLED),
    FIELD(BOOLEAN, "gate", gate, "False: another command."),
    FIELD(BOOLEAN, "strict", strict, "WARN counts as REGRESSION."),
    FIELD(REAL, "alpha", alpha, "Of each node's gate.", BENCH_OR_NULL, BENCH_RATIO_LEAST, 1),
    FIELD(OBJECT, "base", base, "", .of = &side),
    FIELD(OBJECT, "candidate", candidate, "", .of = &side),
    FIELD(TEXT, "program", program, "XXH3-64 of qkbench itself.", 0, FIELD_HASH),
    FIELD(TEXT, "libraries", libraries, "Of all libraries it needs.", 0, FIELD_HASH),
    FIELD(TEXT, "policy", policy, "Null: the built-in one.", HASH_OR_NULL),
    FIELD(TEXT, "same_code", same_code, "Null: there is no such list.", HASH_OR_NULL),
    FIELD_LIST(LIST, "words", words, word_count, &word, "The command.", BENCH_FILLED, 1,
               BASELINE_FLEET_WORDS),
    FIELD(TEXT, "payload", payload, "XXH3-64 of all that is sent.", 0, FIELD_HASH),
    FIELD(TEXT, "hash", hash, "XXH3-64 of all members above.", 0, FIELD_HASH),
};
#undef FIELD_OF

/* The digits are those of the JSON as one line, in which the hash is empty. False: no memory. */
static bool make_hash(const struct baseline_fleet_plan *p, char to[20])
{
    struct baseline_fleet_plan copy = *p;
    *copy.hash = '\0';
    json_t *const json = bench_fields_json(&baseline_fleet_plan_fields, &copy);
    char *const text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    if (text)
        snprintf(to, 20, "%016" PRIx64, (uint64_t)XXH3_64bits(text, strlen(text)));
    free(text);
    json_decref(json);
    return text != NULL;
}

int baseline_fleet_plan_seal(struct baseline_fleet_plan *p, struct qk_error *err)
{
    return make_hash(p, p->hash) ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory to hash a plan");
}

static void check_plan(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct baseline_fleet_plan *const p = record;
    (void)whole;
    bench_demand(r, !p->gate || isfinite(p->alpha), at, "alpha", "a number, as this is of gates");
    char hash[20];
    if (!make_hash(p, hash))
        bench_reader_no_memory(r);
    else
        bench_demand(r, !strcmp(hash, p->hash), at, "hash", "that of the other members");
    bench_demand(r, !p->gate || (*p->base.hash && *p->candidate.hash), at, "base",
                 "two modules, as this is of gates");
}

const struct bench_fields baseline_fleet_plan_fields = {
    FIELDS(struct baseline_fleet_plan, plan_fields),
    .title = "qkbench campaign: plan",
    .about = "What a campaign sends to its nodes.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(17),
    .check = check_plan,
};

static const char *const state_names[] = {"MISSING", "REFUSED", "ANSWERED", NULL};

#define FIELD_OF struct baseline_fleet_answer
static const struct bench_field answer_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "fleet_answer"),
    FIELD(TEXT, "node", node, "", 0, NAME),
    FIELD(TEXT, "plan", plan, "Hash of the plan it answers.", 0, FIELD_HASH),
    FIELD(WORD, "state", state, "REFUSED: not to be trusted.", 0, .words = state_names),
    FIELD(TEXT, "reason", reason, "Why it is not ANSWERED.", BENCH_OR_NULL),
    FIELD(TEXT, "date", date, "When it was launched.", 0, FIELD_DATE),
    FIELD(REAL, "seconds", seconds, "From launch to answer.", 0, FIELD_AMOUNT),
    FIELD(INTEGER, "exit_code", exit_code, "Of the command there.", BENCH_OR_NULL, 0, 255),
    FIELD(TEXT, "report", report, "XXH3-64 of gate.json.", HASH_OR_NULL),
    FIELD_LIST(LIST, "files", files, file_count, &file, "What it sent.", 0, 0, 1000),
};
#undef FIELD_OF

static void check_answer(struct bench_reader *r, const struct bench_place *at, const void *record,
                         const void *whole)
{
    const struct baseline_fleet_answer *const a = record;
    (void)whole;
    bench_demand(r, (a->state == BASELINE_FLEET_ANSWERED) == !*a->reason, at, "reason",
                 "null exactly where it ANSWERED");
    bench_demand(r, a->state != BASELINE_FLEET_ANSWERED || a->exit_code >= 0, at, "exit_code",
                 "a number where it ANSWERED");
}

const struct bench_fields baseline_fleet_answer_fields = {
    FIELDS(struct baseline_fleet_answer, answer_fields),
    .title = "qkbench campaign: a node's answer",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7),
    .check = check_answer,
};

static void free_words(struct baseline_fleet_word **words, size_t *count)
{
    for (size_t i = 0; i < *count && *words; i++)
        free((*words)[i].text);
    free(*words);
    *words = NULL;
    *count = 0;
}

void baseline_fleet_plan_free(struct baseline_fleet_plan *p)
{
    free_words(&p->words, &p->word_count);
}

void baseline_fleet_answer_free(struct baseline_fleet_answer *a)
{
    free_words(&a->files, &a->file_count);
}

bool baseline_fleet_is_name(const char *name)
{
    return bench_text_matches("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", name) == 1;
}

int baseline_fleet_plan_same(const struct baseline_fleet_plan *held, const struct baseline_fleet_plan *p,
                             const char *where, struct qk_error *err)
{
    json_t *const there = bench_fields_json(&baseline_fleet_plan_fields, held);
    json_t *const here = bench_fields_json(&baseline_fleet_plan_fields, p);
    const char *key;
    json_t *was;
    int code = there && here ? 0 : qk_fail(err, QK_ERR_MEMORY, where, "no memory to compare two plans");
    json_object_foreach(there, key, was)
    {
        json_t *const is = json_object_get(here, key);
        if (code || json_equal(was, is))
            continue;
        char *const a = json_dumps(was, JSON_ENCODE_ANY | JSON_COMPACT);
        char *const b = json_dumps(is, JSON_ENCODE_ANY | JSON_COMPACT);
        code = qk_fail(err, QK_ERR_ARG, where,
                       "holds another campaign: found %s %.120s, expected %.120s; name another folder", key,
                       a ? a : "", b ? b : "");
        free(a);
        free(b);
    }
    json_decref(there);
    json_decref(here);
    return code;
}

static bool has_library(const struct bench_environment *env, const char *name, const char *build_id)
{
    for (size_t i = 0; i < env->library_count; i++)
        if (!strcmp(env->libraries[i].name, name))
            return !strcmp(env->libraries[i].build_id, build_id);
    return false;
}

int baseline_fleet_report_check(const struct baseline_fleet_plan *p, const struct baseline_report *r,
                                struct qk_error *err)
{
    const char *const where = "gate.json";
    if (r->ended)
        return qk_fail(err, QK_ERR_CHECK, where, "the gate ended with %d: %.300s", r->ended, r->reason);
    if (strcmp(r->mode, "duet") != 0)
        return qk_fail(err, QK_ERR_INVALID, where, "found a gate of mode %s, expected duet", r->mode);
    /* A module that could not even be loaded has no entry; then the report is INVALID and says why. */
    const bool loaded = r->verdict != BASELINE_INVALID || r->count;
    if (loaded && !has_library(&r->env, "base", p->base.build_id))
        return qk_fail(err, QK_ERR_INVALID, where, "is of another base than %s, whose build id is %s",
                       p->base.name, *p->base.build_id ? p->base.build_id : "empty");
    if (loaded && !has_library(&r->env, "candidate", p->candidate.build_id))
        return qk_fail(err, QK_ERR_INVALID, where, "is of another candidate than %s, whose build id is %s",
                       p->candidate.name, *p->candidate.build_id ? p->candidate.build_id : "empty");
    if (r->alpha != p->alpha)
        return qk_fail(err, QK_ERR_INVALID, where, "found alpha %.17g, expected %.17g", r->alpha, p->alpha);
    if (r->strict != p->strict)
        return qk_fail(err, QK_ERR_INVALID, where, "found a gate that is %sstrict, expected the other",
                       r->strict ? "" : "not ");
    if (!!strcmp(r->policy, "built in") != !!*p->policy)
        return qk_fail(err, QK_ERR_INVALID, where, "found the policy %.60s, expected %s", r->policy,
                       *p->policy ? "the one that was sent" : "the built-in one");
    return 0;
}
