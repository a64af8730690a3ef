/* SPDX-License-Identifier: MIT */
#include "harness/duet/build.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More rows than any module has. A larger count is refused before memory is asked for. */
enum { ROWS_MAX = 100000 };

struct bench_build_row {
    struct bench_duet_row found; /* the texts of the table's row */
    bool checked;
    struct qk_shape *tried; /* shapes it was right on */
    size_t tried_count;
    int code; /* of what was wrong first, with its text */
    struct qk_error why;
    double instructions;
    char note[BENCH_DUET_NAME];
};

static int ask(struct bench_build *b, enum bench_duet_message message, struct bench_duet_order *order,
               struct bench_duet_answer *answer, struct qk_error *err)
{
    order->side = b->side;
    snprintf(order->called, sizeof order->called, "%s", b->called);
    order->seed = b->job->seed;
    b->check.launcher = b->launcher; /* whose time may have been set since */
    return bench_duet_process_ask(&b->check, message, order, answer, err);
}

/* A check launch that has loaded the module. BENCH_DUET_DIED: it ended while it did so. */
static int start(struct bench_build *b, struct bench_duet_answer *answer, struct qk_error *err)
{
    const struct bench_image *image[BENCH_SIDES] = {NULL};
    struct bench_duet_order order = {.cpu = b->job->cpu, .forks = true};
    image[b->side] = &b->image;
    order.has[b->side] = true;
    const int code = bench_duet_process_start(&b->check, b->launcher, b->job, image, err);
    b->running = true;
    return code ? code : ask(b, BENCH_DUET_OPEN, &order, answer, err);
}

void bench_build_rest(struct bench_build *b)
{
    if (b->running)
        bench_duet_process_end(&b->check);
    b->running = false;
}

static bool ended(const char *text, size_t size)
{
    return memchr(text, '\0', size);
}

/* What a module's code may have written over is not believed. */
static bool row_sound(const struct bench_duet_row *r)
{
    const struct qk_variant *v = &r->variant;
    return r->count && r->count <= ROWS_MAX && ended(r->compiler, sizeof r->compiler) &&
           ended(r->version, sizeof r->version) && ended(r->module, sizeof r->module) &&
           ended(r->op, sizeof r->op) && ended(r->name, sizeof r->name) && ended(r->isa, sizeof r->isa) &&
           ended(r->phase, sizeof r->phase) && ended(r->flags, sizeof r->flags) &&
           ended(r->unknown, sizeof r->unknown) && (r->is_own || v->op < QK_OP_COUNT) &&
           v->isa < QK_ISA_COUNT && (!r->has_form || (r->form.rows_of && r->form.columns_of)) &&
           v->kind <= QK_PREPARED && v->made <= QK_BY_COMPILER && v->touches <= QK_TOUCHES_LOADS;
}

/*
 * The number of a row's own op in this process, which judges its description anew. An op that another build
 * brought with another description makes the row unknown.
 */
static int find_op(struct bench_build *b, struct bench_duet_row *row, struct qk_error *err)
{
    struct qk_table *t = &b->table;
    struct qk_error found;
    char why[200];
    if (!row->is_own)
        return 0;
    if (!qk_own_sound(&row->own, why, sizeof why) || strcmp(row->own.name, row->op) != 0)
        return qk_fail(err, QK_ERR_CHECK, b->image.path, "'%s' has a broken op", b->image.path);
    for (size_t i = 0; i < t->own_count; i++)
        if (!strcmp(qk_op_row(t->own[i])->name, row->op)) {
            row->variant.op = t->own[i];
            return 0;
        }
    row->variant.op = (enum qk_op)0;
    if (t->own_count == QK_OWN_OPS || qk_own_add(&row->own, &t->own[t->own_count], &found))
        snprintf(row->unknown, sizeof row->unknown, "%.*s", (int)sizeof row->unknown - 1, found.text);
    else
        row->variant.op = t->own[t->own_count++];
    return 0;
}

static struct qk_variant variant_of(const struct bench_duet_row *found)
{
    struct qk_variant v = found->variant;
    v.op_name = found->op;
    v.name = found->name;
    v.isa_name = found->isa;
    v.phase = found->phase;
    v.flags = found->flags;
    v.unknown = *found->unknown ? found->unknown : NULL;
    v.form = found->has_form ? &found->form : NULL;
    v.why = "";
    v.fn = NULL;
    v.upto = NULL;
    return v;
}

static int read_row(struct bench_build *b, size_t i, struct bench_duet_answer *answer, struct qk_error *err)
{
    struct bench_duet_order order = {.number = i};
    struct bench_duet_row *row = &answer->row;
    int code = ask(b, BENCH_DUET_ROW, &order, answer, err);
    if (code)
        return code;
    if (!row_sound(row) || (i && row->count != b->table.count))
        return qk_fail(err, QK_ERR_CHECK, b->image.path, "'%s' has a broken table: row %zu", b->image.path,
                       i);
    code = find_op(b, row, err);
    if (code)
        return code;
    if (!i) {
        b->rows = calloc(row->count, sizeof *b->rows);
        b->table.rows = calloc(row->count, sizeof *b->table.rows);
        if (!b->rows || !b->table.rows)
            return qk_fail(err, QK_ERR_MEMORY, b->image.path, "no memory for %llu rows",
                           (unsigned long long)row->count);
        b->table.count = row->count;
    }
    b->rows[i] = (struct bench_build_row){.found = *row, .instructions = NAN};
    ((struct qk_variant *)(uintptr_t)b->table.rows)[i] = variant_of(&b->rows[i].found);
    b->table.compiler = b->rows[0].found.compiler;
    b->table.version = b->rows[0].found.version;
    b->table.name = b->rows[0].found.module;
    return 0;
}

int bench_build_open(struct bench_build *b, const char *path, enum bench_duet_side side, const char *called,
                     const struct bench_launcher *launcher, const struct bench_job *job, struct qk_error *err)
{
    struct bench_duet_answer answer;
    struct qk_error why;
    *b = (struct bench_build){.launcher = launcher,
                              .job = job,
                              .side = side,
                              .called = called ? called : bench_side_names[side],
                              .table = {.path = path, .name = ""}};
    int code = bench_image_read(&b->image, path, err);
    if (code)
        return code;
    code = start(b, &answer, &why);
    for (size_t i = 0; !code && (!i || i < b->table.count); i++)
        code = read_row(b, i, &answer, &why);
    if (!code)
        return 0;
    code = code == BENCH_DUET_DIED ? QK_ERR_CHECK : code == QK_ERR_INVALID ? QK_ERR_FORMAT : code;
    return qk_fail(err, code, path, "%s '%.200s': %.250s", b->called, path, why.text);
}

/* One order about a row, in a check launch that is there or is made. */
static int ask_about(struct bench_build *b, enum bench_duet_message message, size_t i,
                     const struct qk_shape *shape, struct bench_duet_answer *answer, struct qk_error *err)
{
    struct bench_duet_order order = {.number = i};
    const uint64_t until = b->launcher->until_ns;
    if (until && bench_clock_ns() >= until)
        return qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "not checked: the time for the run is over");
    if (shape)
        order.work.shape = *shape;
    int code = b->running ? 0 : start(b, answer, err);
    if (code == QK_ERR_INTERNAL || code == QK_ERR_IO)
        return code;
    if (!code)
        code = ask(b, message, &order, answer, err);
    if (code == BENCH_DUET_DIED || code == QK_ERR_INTERRUPTED)
        bench_build_rest(b);
    /* What goes wrong in the launch is the module's doing: it may have left itself no memory, or no files. */
    return !code || code == QK_ERR_INTERRUPTED || code == QK_ERR_UNAVAILABLE ? code : QK_ERR_CHECK;
}

static bool tried(const struct bench_build_row *row, const struct qk_shape *shape)
{
    for (size_t i = 0; i < row->tried_count; i++)
        if (row->tried[i].dims == shape->dims &&
            !memcmp(row->tried[i].dim, shape->dim, sizeof *shape->dim * (size_t)shape->dims))
            return true;
    return false;
}

/* Makes room for one more shape; false when memory is refused. */
static bool remember(struct bench_build_row *row, const struct qk_shape *shape)
{
    struct qk_shape *more = reallocarray(row->tried, row->tried_count + 1, sizeof *more);
    if (!more)
        return false;
    row->tried = more;
    row->tried[row->tried_count++] = *shape;
    return true;
}

int bench_build_check(struct bench_build *b, const struct qk_variant *v, const struct qk_shape *shape,
                      struct qk_error *err)
{
    const size_t i = qk_table_index(&b->table, v);
    struct bench_build_row *row = &b->rows[i];
    struct bench_duet_answer answer;
    int code = row->code;
    if (!code && !row->checked) {
        code = ask_about(b, BENCH_DUET_CHECK, i, shape, &answer, &row->why);
        row->checked = !code;
        row->instructions = code ? NAN : answer.instructions;
        snprintf(row->note, sizeof row->note, "%s", code ? "" : answer.note);
    }
    if (!code && shape && !tried(row, shape)) {
        code = ask_about(b, BENCH_DUET_TRY, i, shape, &answer, &row->why);
        if (!code && !remember(row, shape))
            return qk_fail(err, QK_ERR_MEMORY, v->name, "no memory for a shape");
    }
    if (code == QK_ERR_CHECK || code == QK_ERR_UNAVAILABLE)
        row->code = code;
    return code ? qk_fail(err, code, row->why.where, "%s", row->why.text) : 0;
}

bool bench_build_has(const struct bench_build *b, const struct qk_variant *row)
{
    return b->rows[qk_table_index(&b->table, row)].found.variant.fn != NULL;
}

double bench_build_instructions(const struct bench_build *b, const struct qk_variant *row)
{
    return b->rows[qk_table_index(&b->table, row)].instructions;
}

const char *bench_build_note(const struct bench_build *b, const struct qk_variant *row)
{
    return b->rows[qk_table_index(&b->table, row)].note;
}

void bench_build_close(struct bench_build *b)
{
    bench_build_rest(b);
    for (size_t i = 0; i < b->table.count; i++)
        free(b->rows[i].tried);
    for (size_t i = 0; i < b->table.own_count; i++)
        qk_own_drop(b->table.own[i]);
    free(b->rows);
    free((void *)(uintptr_t)b->table.rows);
    bench_image_free(&b->image);
    *b = (struct bench_build){.table = {.path = "", .name = ""}};
}
