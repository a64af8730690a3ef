/* SPDX-License-Identifier: MIT */
#include "harness/records/list.h"

const char *const bench_list_kinds[] = {
    [QK_STAGED] = "staged", [QK_PLAIN] = "plain", [QK_CEILING] = "ceiling", [QK_PREPARED] = "prepared", NULL};

struct row {
    size_t place; /* in the table, counted from 1 */
    const struct qk_variant *v;
    bool reference, available;
    const char *op, *name, *isa, *phase, *why, *missing;
    int kind;
};

static bool next_row(const void *list, void *to)
{
    const struct bench_list *from = list;
    const size_t place = ((struct row *)to)->place;
    if (place == from->table->count)
        return false;
    const struct qk_variant *v = &from->table->rows[place];
    const char *missing = qk_variant_missing(v, from->cpu);
    *(struct row *)to = (struct row){.place = place + 1,
                                     .reference = v == qk_table_reference(from->table, v->op),
                                     .available = !missing,
                                     .op = v->op_name,
                                     .name = v->name,
                                     .isa = v->isa_name,
                                     .phase = v->phase,
                                     .why = v->why,
                                     .missing = missing,
                                     .kind = v->kind};
    return true;
}

#define FIELD_OF struct row
static const struct bench_field row_fields[] = {
    FIELD(COPY, "op", op, "", BENCH_FILLED),
    FIELD(COPY, "variant", name, "", BENCH_FILLED),
    FIELD(COPY, "isa", isa, "Level that it needs.", BENCH_FILLED),
    FIELD(COPY, "phase", phase, "Of the roadmap; - outside the ladder.", BENCH_FILLED),
    FIELD(WORD, "kind", kind, "", 0, .words = bench_list_kinds),
    FIELD(BOOLEAN, "reference", reference, "Others are compared with it."),
    FIELD(COPY, "why", why, "It exists."),
    FIELD(BOOLEAN, "available", available, "It can run here."),
    FIELD(COPY, "reason", missing, "Why it cannot.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields row = {FIELDS(struct row, row_fields), .closed = true};
static const struct bench_field list_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "list"),
    FIELD_MADE(LIST, "variants", NULL, "", BENCH_FILLED, .of = &row, .next = next_row),
};
const struct bench_fields bench_list_fields = {
    FIELDS(struct bench_list, list_fields), .title = "qkbench list", .closed = true, .json = JSON_INDENT(2)};
