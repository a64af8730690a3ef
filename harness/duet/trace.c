/* SPDX-License-Identifier: MIT */
#include "harness/duet/trace.h"

#include "harness/records/json_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/*
 * Slices were rounded to seven digits when they were taken, so 15 digits give them back bit for bit, and in
 * half the room of 17. Of the ratio they leave the last two bits open, which no margin can tell.
 */
#define LINE .json = JSON_REAL_PRECISION(15) | JSON_COMPACT

struct module {
    int next; /* side */
    enum bench_duet_side side;
    const char *path;
    char xxh3[17]; /* empty: the file could not be read */
};

static bool next_module(const void *header, void *module)
{
    const struct bench_image *const *image = ((const struct bench_trace *)header)->cfg.image;
    struct module *to = module;
    int side = to->next;
    while (side < BENCH_SIDES && !image[side])
        side++;
    if (side == BENCH_SIDES)
        return false;
    *to = (struct module){side + 1, (enum bench_duet_side)side, image[side]->path, ""};
    if (image[side]->part[BENCH_IMAGE_MODULE].bytes)
        snprintf(to->xxh3, sizeof to->xxh3, "%016llx",
                 (unsigned long long)XXH3_64bits(image[side]->part[BENCH_IMAGE_MODULE].bytes,
                                                 image[side]->part[BENCH_IMAGE_MODULE].size));
    return true;
}

#define FIELD_OF struct module
static const struct bench_field module_fields[] = {
    FIELD(WORD, "side", side, "", 0, .words = bench_side_names),
    FIELD(COPY, "path", path, "", BENCH_FILLED),
    FIELD(TEXT, "xxh3", xxh3, "XXH3-64 of the file; null when it could not be read.", BENCH_OR_NULL,
          FIELD_HASH),
};
#undef FIELD_OF
static const struct bench_fields module_table = {FIELDS(struct module, module_fields)};

#define FIELD_OF struct bench_duet_arm
static const struct bench_field arm_fields[] = {
    FIELD(WORD, "side", side, "", 0, .words = bench_side_names),
    FIELD(COPY, "variant", variant, "", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields arm_table = {FIELDS(struct bench_duet_arm, arm_fields)};

static json_t *op_name(const void *duet_case)
{
    return json_string(qk_op_row(((const struct bench_duet_case *)duet_case)->op)->name);
}

static json_t *shape_text(const void *duet_case)
{
    char shape[QK_SHAPE_TEXT];
    qk_shape_print(&((const struct bench_duet_case *)duet_case)->shape, shape);
    return json_string(shape);
}

#define FIELD_OF struct bench_duet_case
static const struct bench_field case_fields[] = {
    FIELD(TEXT, "name", name, ""),
    FIELD_MADE(COPY, "op", op_name, "", BENCH_FILLED),
    FIELD_MADE(COPY, "shape", shape_text, "", 0, .pattern = "^[0-9]+(x[0-9]+){0,3}$"),
    FIELD(WORD, "memory", memory, "", 0, .words = qk_memory_names),
    FIELD(OBJECT, "base", arm[0], "", .of = &arm_table),
    FIELD(OBJECT, "candidate", arm[1], "", .of = &arm_table),
    FIELD(REAL, "extra", extra, "Share of extra work the candidate arm was to do.", 0, 0, 1),
    FIELD(REAL, "budget_ns", budget_ns, "Null: none.", BENCH_OR_NULL, FIELD_NS),
};
#undef FIELD_OF
static const struct bench_fields case_table = {FIELDS(struct bench_duet_case, case_fields)};

static void get_policy(struct bench_reader *r, const struct bench_place *at, void *trace)
{
    bench_expect(r, at, JSON_OBJECT, "an object");
    if (trace && !r->code)
        ((struct bench_trace *)trace)->policy = json_incref((json_t *)at->json);
}

#define FIELD_OF struct bench_trace
static const struct bench_field header_fields[] = {
    FIELD_VERSION(BENCH_TRACE_SCHEMA_VERSION),
    FIELD_CONST("kind", "duet_trace"),
    FIELD(TEXT, "version", env.version, "Of qkbench."),
    FIELD(TEXT, "commit", env.commit, ""),
    FIELD(TEXT, "date", env.date, "", 0, FIELD_DATE),
    FIELD(SEED, "seed", cfg.job.seed, "The order of a block follows from it: bench_duet_coins."),
    FIELD(INTEGER, "pinned_cpu", cfg.job.cpu, "", 0, -1, INT_MAX),
    FIELD_MADE(LIST, "modules", NULL, "", 0, .of = &module_table, .next = next_module),
    FIELD(JSON, "policy", policy, "", .get = get_policy, .schema = "{\"type\": \"object\"}"),
    FIELD_LIST(LIST, "cases", cfg.cases, cfg.case_count, &case_table, ""),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
};
#undef FIELD_OF
const struct bench_fields bench_trace_header_fields = {FIELDS(struct bench_trace, header_fields),
                                                       .title = "qkbench duet trace, its first line", LINE};

int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy_json, FILE *to, struct qk_error *err)
{
    const struct bench_trace header = {*env, *cfg, policy_json};
    return bench_fields_write(&bench_trace_header_fields, &header, "the trace", to, err);
}

struct block {
    const char *name;
    char order[BENCH_DUET_PAIRS_MAX + 1];
    struct bench_duet_block of;
    const double *base_ns, *cand_ns, *base_wait_ns, *cand_wait_ns; /* owned when read */
};

static json_t *disturbed(const void *block)
{
    const struct bench_events *events = &((const struct block *)block)->of.events;
    return events->recorded ? json_boolean(events->disturbed) : json_null();
}

static bool had_proof(const void *block)
{
    return ((const struct block *)block)->of.proof_ns > 0;
}

static bool others_ran(const void *block)
{
    return ((const struct block *)block)->base_wait_ns;
}

static void check_block(struct bench_reader *r, const struct bench_place *at, const void *record,
                        const void *whole)
{
    static const char *const lists[] = {"base_ns", "cand_ns", "base_wait_ns", "cand_wait_ns"};
    const size_t pairs = strlen(((const struct block *)record)->order);
    (void)whole;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        bench_demand(r, !bench_has(at, lists[i]) || json_array_size(bench_member(at, lists[i]).json) == pairs,
                     at, lists[i], "as many numbers as the order has pairs");
    bench_demand(r, bench_has(at, lists[2]) == bench_has(at, lists[3]), at, lists[3],
                 "waiting times of both arms or of none");
}

#define FIELD_OF struct block
static const struct bench_field block_fields[] = {
    FIELD(INTEGER, "case", of.index, "Of the header's cases, from 0."),
    FIELD(COPY, "name", name, ""),
    FIELD(INTEGER, "block", of.number, "Of the case, from 0."),
    FIELD(INTEGER, "launch", of.launch, ""),
    FIELD(TEXT, "order", order, "Of each pair: 1: candidate first.", 0, .pattern = "^[01]{1,64}$"),
    FIELD_NUMBERS("base_ns", base_ns, of.pairs, "Per declared call, of each slice.", BENCH_FILLED, FIELD_NS),
    FIELD_NUMBERS("cand_ns", cand_ns, of.pairs, "", BENCH_FILLED, FIELD_NS),
    FIELD_NUMBERS("base_wait_ns", base_wait_ns, of.pairs, "Of these others ran; absent: none did.",
                  BENCH_OPTIONAL, FIELD_AMOUNT, .there = others_ran),
    FIELD_NUMBERS("cand_wait_ns", cand_wait_ns, of.pairs, "", BENCH_OPTIONAL, FIELD_AMOUNT,
                  .there = others_ran),
    FIELD(REAL, "log_ratio", of.log_ratio, "Median; from DRAM Hodges-Lehmann.", 0, -60, 60),
    FIELD(REAL, "extra", of.extra, "Share of extra work the candidate arm really did.", 0, FIELD_AMOUNT),
    FIELD(REAL, "wall_ns", of.wall_ns, "", 0, FIELD_NS),
    FIELD(REAL, "proof_ns", of.proof_ns, "Of wall_ns: bench_duet_draw.", BENCH_OPTIONAL, FIELD_NS,
          .there = had_proof),
    FIELD(REAL, "core_ghz", of.core_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD(REAL, "steal_ns", of.events.value[BENCH_EVENT_STEAL], "", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD(REAL, "switches", of.events.value[BENCH_EVENT_INVOLUNTARY], "", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD_MADE(BOOLEAN, "disturbed", disturbed, "", BENCH_OR_NULL),
};
#undef FIELD_OF
const struct bench_fields bench_trace_block_fields = {
    FIELDS(struct block, block_fields), .check = check_block,
    .title = "qkbench duet trace, a block on each further line", LINE};

int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err)
{
    struct block shown = {.name = cfg->cases[block->index].name,
                          .of = *block,
                          .base_ns = block->base_ns,
                          .cand_ns = block->cand_ns};
    for (size_t p = 0; p < block->pairs; p++) {
        shown.order[p] = block->order >> p & 1 ? '1' : '0';
        if (block->base_wait_ns[p] > 0 || block->cand_wait_ns[p] > 0) {
            shown.base_wait_ns = block->base_wait_ns;
            shown.cand_wait_ns = block->cand_wait_ns;
        }
    }
    for (int i = 0; i < BENCH_EVENT_COUNT && !block->events.recorded; i++)
        shown.of.events.value[i] = NAN;
    return bench_fields_write(&bench_trace_block_fields, &shown, "the trace", to, err);
}

void bench_trace_free(struct bench_trace *trace)
{
    for (size_t i = 0; i < trace->cfg.case_count; i++)
        for (int arm = 0; arm < 2; arm++)
            free((char *)trace->cfg.cases[i].arm[arm].variant);
    free((struct bench_duet_case *)trace->cfg.cases);
    json_decref(trace->policy);
    *trace = (struct bench_trace){.policy = NULL};
}

struct reading {
    const struct bench_trace_reader *to;
    struct bench_trace trace;
    bool begun;
};

static void take_numbers(double *to, const double *from, size_t count)
{
    if (from)
        memcpy(to, from, count * sizeof *to);
}

static int take_block(struct reading *in, struct bench_reader *r, const struct bench_place *line)
{
    struct block block = {.name = NULL};
    bench_fields_get(r, line, &bench_trace_block_fields, &block, &block);
    struct bench_duet_block *const b = &block.of;
    if (!r->code) {
        b->pairs = strlen(block.order);
        for (size_t p = 0; p < b->pairs; p++)
            b->order |= (uint64_t)(block.order[p] == '1') << p;
        take_numbers(b->base_ns, block.base_ns, b->pairs);
        take_numbers(b->cand_ns, block.cand_ns, b->pairs);
        take_numbers(b->base_wait_ns, block.base_wait_ns, b->pairs);
        take_numbers(b->cand_wait_ns, block.cand_wait_ns, b->pairs);
        bench_demand(r, b->index < in->trace.cfg.case_count, line, "case", "one of the header's cases");
    }
    const int code = r->code ? r->code : in->to->block(in->to->ctx, &in->trace, b, r->err);
    const double *const owned[] = {block.base_ns, block.cand_ns, block.base_wait_ns, block.cand_wait_ns};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free((double *)owned[i]);
    free((char *)block.name);
    return code;
}

static int take_line(void *ctx, struct bench_reader *r, const struct bench_place *line)
{
    struct reading *in = ctx;
    if (in->begun && !bench_has(line, "kind"))
        return take_block(in, r, line);
    bench_trace_free(&in->trace);
    bench_fields_get(r, line, &bench_trace_header_fields, &in->trace, &in->trace);
    in->begun = true;
    return r->code ? r->code : in->to->begin(in->to->ctx, &in->trace, r->err);
}

int bench_trace_read(const char *path, const struct bench_trace_reader *to, struct qk_error *err)
{
    struct reading in = {.to = to};
    int code = bench_json_lines(path, take_line, &in, NULL, err);
    if (!code && !in.begun)
        code = qk_fail(err, QK_ERR_FORMAT, path, "found an empty file, expected a duet's trace");
    bench_trace_free(&in.trace);
    return code;
}
