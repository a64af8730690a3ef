/* SPDX-License-Identifier: MIT */
#include "harness/records/list.h"

#include "kernels/cases/case.h"

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

/* A shape of an op's set. `rest` is what follows in the set's text, NULL before the set's first shape. */
struct shape {
    int ops; /* begun */
    const struct qk_shape_set *set;
    const char *rest, *op;
    char name[QK_SHAPE_TEXT];
};

static bool next_shape(const void *list, void *to)
{
    struct shape *s = to;
    while (!s->set || !(s->rest = qk_shape_word(s->rest ? s->rest : s->set->shapes, s->name))) {
        if (s->set && (++s->set)->name)
            continue;
        do {
            if (s->ops == qk_op_count())
                return false;
        } while (!qk_table_reference(((const struct bench_list *)list)->table, (enum qk_op)s->ops++));
        s->op = qk_op_row((enum qk_op)(s->ops - 1))->name;
        s->set = qk_op_row((enum qk_op)(s->ops - 1))->on->sets;
    }
    return true;
}

static json_t *put_set(const void *shape)
{
    return json_string(((const struct shape *)shape)->set->name);
}

#define FIELD_OF struct shape
static const struct bench_field shape_fields[] = {
    FIELD(COPY, "op", op, "", BENCH_FILLED),
    FIELD_MADE(COPY, "set", put_set, "As --shapes takes it.", BENCH_FILLED),
    FIELD(TEXT, "shape", name, "As a pattern has it.", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields shape = {FIELDS(struct shape, shape_fields), .closed = true};
static const struct bench_field list_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "list"),
    FIELD_MADE(LIST, "variants", NULL, "", BENCH_FILLED, .of = &row, .next = next_row),
    FIELD_MADE(LIST, "shapes", NULL, "Those of each op's sets.", BENCH_FILLED, .of = &shape,
               .next = next_shape),
};
const struct bench_fields bench_list_fields = {
    FIELDS(struct bench_list, list_fields), .title = "qkbench list", .closed = true, .json = JSON_INDENT(2)};
