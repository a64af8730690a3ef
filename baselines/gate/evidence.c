/* SPDX-License-Identifier: MIT */
#include "baselines/gate/evidence.h"

#include "harness/records/fields/fields.h"
#include "harness/records/files/infile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than any header: 10,000 cases take a few million bytes. */
static const size_t LINE_MAX_BYTES = (size_t)64 << 20;
static const char *const sides[] = {"base", "copy", "candidate", NULL};
enum { CANDIDATE = 2 };

struct trace_case {
    char name[BASELINE_NAME];
    int side; /* of the candidate's arm: of a control it is not the candidate */
    struct baseline_evidence *to;
    double ignorable, must_catch;
    size_t plus[BASELINE_PROCESSES];
};

struct trace {
    uint64_t seed;
    size_t count;
    struct trace_case *cases;
};

#define FIELD_OF struct trace_case
static const struct bench_field arm_fields[] = {FIELD(WORD, "side", side, "", 0, .words = sides)};
static const struct bench_fields arm = {FIELDS(struct trace_case, arm_fields)};
static const struct bench_field case_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD_PART("candidate", &arm, ""),
};
#undef FIELD_OF
static const struct bench_fields trace_case = {FIELDS(struct trace_case, case_fields)};
#define FIELD_OF struct trace
static const struct bench_field head_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "duet_trace"),
    FIELD(SEED, "seed", seed, ""),
    FIELD_LIST(LIST, "cases", cases, count, &trace_case, "", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields head = {FIELDS(struct trace, head_fields)};

struct trace_block {
    size_t index;
    struct baseline_look look;
};
#define FIELD_OF struct trace_block
static const struct bench_field block_fields[] = {
    FIELD(INTEGER, "case", index, ""),
    FIELD(REAL, "log_ratio", look.log_ratio, "", 0, FIELD_ANY),
    FIELD(BOOLEAN, "disturbed", look.disturbed, ""),
};
#undef FIELD_OF
static const struct bench_fields block = {FIELDS(struct trace_block, block_fields)};

/* The next line as that record; *end at the file's end. */
static int read_line(FILE *from, const char *path, size_t number, const struct bench_fields *type,
                     void *record, bool *end, struct qk_error *err)
{
    char *line = NULL;
    size_t room = 0;
    json_error_t wrong;
    const ssize_t length = getline(&line, &room, from);
    struct bench_reader r = {.file = path, .err = err};
    struct bench_place at = {.json = NULL};
    snprintf(at.path, sizeof at.path, "line %zu: $", number);
    *end = length < 0 && feof(from);
    if (length < 0 && !*end)
        r.code = qk_fail(err, errno == ENOMEM ? QK_ERR_MEMORY : QK_ERR_IO, path, "%s: cannot be read: %s",
                         path, strerror(errno));
    json_t *json = length > 0 && (size_t)length <= LINE_MAX_BYTES
                       ? json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, &wrong)
                       : NULL;
    if (length >= 0 && !json)
        r.code = qk_fail(err, QK_ERR_FORMAT, at.path, "%s: line %zu is no JSON of a trace", path, number);
    at.json = json;
    if (json)
        bench_fields_get(&r, &at, type, record, record);
    json_decref(json);
    free(line);
    return r.code;
}

/* Both lists are in one order, so the next name is rarely far from the last. */
static const struct baseline_result *find(const struct baseline_report *report, const char *name,
                                          size_t *from)
{
    for (size_t i = 0; i < report->count; i++, ++*from) {
        const struct baseline_result *res = &report->results[*from % report->count];
        if (baseline_is_case(res) && !strcmp(res->name, name))
            return res;
    }
    return NULL;
}

/* Whose each case is, and what it had to reach. */
static int join(struct trace *t, struct baseline_evidence *list, const struct baseline_report *report,
                const char *path, struct qk_error *err)
{
    size_t shapes = 0, from = 0;
    int code = 0;
    if (t->seed != report->seed)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "%s: is the trace of another gate: found the seed %llu, expected %llu", path,
                       (unsigned long long)t->seed, (unsigned long long)report->seed);
    for (size_t i = 0; i < t->count; i++) {
        const struct baseline_result *res =
            t->cases[i].side == CANDIDATE ? find(report, t->cases[i].name, &from) : NULL;
        if (res && res->timed)
            t->cases[i].to = &list[res - report->results];
        shapes += res && res->role == BASELINE_SHAPE;
    }
    for (size_t i = 0; i < t->count && !code; i++) {
        struct trace_case *c = &t->cases[i];
        struct baseline_decision d;
        if (!c->to)
            continue;
        const struct baseline_result *res = &report->results[c->to - list];
        const struct baseline_margins m = {res->ignorable, res->must_catch, res->mean};
        code = baseline_decision_init(&d, &m, shapes ? report->alpha / 2 : report->alpha,
                                      res->role == BASELINE_SHAPE ? shapes : t->count - shapes, err);
        c->ignorable = d.ignorable;
        c->must_catch = d.must_catch;
        c->to->threshold = d.threshold;
    }
    return code;
}

static bool take(struct trace_case *c, struct baseline_look *look)
{
    struct baseline_evidence *to = c->to;
    const bool plus[BASELINE_PROCESSES] = {look->log_ratio > c->ignorable, look->log_ratio > c->must_catch,
                                           look->log_ratio < c->must_catch};
    if (to->count == to->room) {
        const size_t room = to->room ? 2 * to->room : 64;
        struct baseline_look *grown = realloc(to->looks, room * sizeof *grown);
        if (!grown)
            return false;
        to->looks = grown;
        to->room = room;
    }
    for (int p = 0; p < BASELINE_PROCESSES; p++) {
        c->plus[p] += plus[p];
        look->log_e[p] = baseline_log_e(c->plus[p], to->count + 1);
    }
    to->looks[to->count++] = *look;
    return true;
}

static int read_all(struct trace *t, struct baseline_evidence *list, const struct baseline_report *report,
                    FILE *from, const char *path, struct qk_error *err)
{
    bool end = false;
    int code = read_line(from, path, 1, &head, t, &end, err);
    if (!code && end)
        code = qk_fail(err, QK_ERR_FORMAT, path, "%s: is empty, expected a trace of gate --trace", path);
    if (!code)
        code = join(t, list, report, path, err);
    for (size_t number = 2; !code && !end; number++) {
        struct trace_block b = {0};
        code = read_line(from, path, number, &block, &b, &end, err);
        if (!code && !end && b.index >= t->count)
            code = qk_fail(err, QK_ERR_FORMAT, path,
                           "%s: line %zu: $.case: found %zu, expected less than the %zu cases of line 1",
                           path, number, b.index, t->count);
        if (!code && !end && t->cases[b.index].to && !take(&t->cases[b.index], &b.look))
            code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for the evidence of a trace");
    }
    return code;
}

int baseline_evidence_read(struct baseline_evidence **list, const struct baseline_report *report,
                           const char *path, struct qk_error *err)
{
    struct stat st;
    struct trace t = {0};
    *list = calloc(report->count + 1, sizeof **list);
    if (!*list)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for the evidence of a trace");
    for (size_t i = 0; i < report->count; i++)
        (*list)[i].threshold = NAN;
    const int fd = bench_infile_open(path, &st);
    FILE *from = fd < 0 ? NULL : fdopen(fd, "r");
    if (!from) {
        const int number = errno;
        if (fd >= 0)
            close(fd);
        return qk_fail(err, QK_ERR_IO, path, "%s: cannot be read: %s", path, strerror(number));
    }
    const int code = read_all(&t, *list, report, from, path, err);
    fclose(from);
    free(t.cases);
    return code;
}

void baseline_evidence_free(struct baseline_evidence *list, const struct baseline_report *report)
{
    for (size_t i = 0; list && i < report->count; i++)
        free(list[i].looks);
    free(list);
}
