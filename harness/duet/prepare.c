/* SPDX-License-Identifier: MIT */
/* Makes a case ready: finds its two kernels, gets their buffers, plans its slices and blocks. */
#include "harness/duet/desk.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In cache a block of 12 ms is 30 pairs of two 200 us slices, because the median over the pairs is what gets
 * rid of the disturbed ones (sd of a block's ratio of one function with itself, on a busy 2-CPU VM: 0.02 %
 * with 30 pairs of 400 us, 0.012 % with 60 of 200 us). That is a tenth of what the margins need, and a
 * verdict takes 13 to 20 blocks however little they vary. Both reads of the clock are 0.03 % of a slice, the
 * same for both arms. Where the arms are different variants a slice takes 400 us, so that what a core does
 * when the instruction set changes (its clock, its idle vector units) stays small. From DRAM 400 us as well,
 * and longer blocks: noise comes in longer waves. Two pairs are the worst number, their median being their
 * mean: a third is added where the block then ends by `most`.
 */
static const struct {
    double slice, block, most;
} length_ns[QK_MEMORIES] = {[QK_MEMORY_CACHE] = {200e3, 12e6, 20e6}, [QK_MEMORY_DRAM] = {400e3, 60e6, 100e6}};
static const double other_variant_ns = 400e3;

/* ceil(extra * n) calls or rows are then at most 2 % away from what was asked. */
enum { UNITS_WITH_EXTRA = 50 };

static void note(const struct bench_duet_desk *desk, const char *text, const struct bench_duet_work *work,
                 int arm)
{
    char line[200];
    snprintf(line, sizeof line, "%s %s of the %s", text, work->variant[arm],
             bench_side_names[work->side[arm]]);
    if (desk->note)
        desk->note(desk->ctx, line);
}

/* Rows of a matrix, or what a kernel of vectors counts in. */
static size_t row_count(const struct qk_shape *shape, const struct qk_plan *plan)
{
    return shape->dims > 1 ? shape->dim[0] : plan->count;
}

/*
 * The same shape with *rows rows or a few more, where the op takes only multiples of some number; its plan.
 * False on overflow, or where there is no such shape.
 */
static bool with_rows(enum qk_op op, const struct qk_shape *shape, const struct qk_plan *plan, size_t *rows,
                      struct qk_shape *to, struct qk_plan *planned)
{
    const size_t step = shape->dims > 1 || !plan->count ? 1 : shape->dim[0] / plan->count;
    *to = *shape;
    for (int i = 0; i < 64; i++, ++*rows)
        if (qk_mul_size(*rows, step, &to->dim[0]) && !qk_op_row(op)->on->plan(to, planned, NULL))
            return true;
    return false;
}

/*
 * The shape with ceil(extra * rows) more rows. What is prepared has the rows that it has: extra work of such
 * an op is more calls.
 */
static int extend(enum qk_op op, const struct qk_shape *shape, const struct qk_plan *plan, double extra,
                  struct qk_shape *longer, struct qk_error *err)
{
    const double more = ceil(extra * (double)row_count(shape, plan));
    struct qk_plan planned;
    size_t rows = row_count(shape, plan);
    char name[QK_SHAPE_TEXT];
    *longer = *shape;
    if (more == 0 || qk_op_row(op)->on->plan_form)
        return 0;
    qk_shape_print(shape, name);
    if (more < 0x1p53 && qk_add_size(rows, (size_t)more, &rows) &&
        with_rows(op, shape, plan, &rows, longer, &planned))
        return 0;
    return qk_fail(err, QK_ERR_MEMORY, name, "there is no such shape with %g of its rows more", extra);
}

static int find_room(struct bench_duet_desk *desk, enum qk_op op, const struct qk_shape *shape,
                     struct bench_duet_room **found, struct qk_error *err)
{
    struct bench_duet_room *room = desk->rooms;
    while (room && (room->group.op != op || room->group.shape.dims != shape->dims ||
                    memcmp(room->group.shape.dim, shape->dim, sizeof *shape->dim * (size_t)shape->dims) != 0))
        room = room->next;
    *found = room;
    if (room)
        return 0;
    room = calloc(1, sizeof *room);
    if (!room)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a case");
    room->group.op = op;
    room->group.shape = *shape;
    qk_shape_print(shape, room->group.name);
    int code = bench_buffers_fill(&room->buffers, &room->group, desk->seed, err);
    if (!code)
        code = bench_duet_remember(room, err);
    if (code) {
        bench_duet_forget(room);
        bench_buffers_free(&room->buffers);
        free(room);
        return code;
    }
    room->rows = row_count(shape, &room->buffers.plan);
    room->next = desk->rooms;
    *found = desk->rooms = room;
    return 0;
}

static int find_arm(const struct bench_duet_desk *desk, const struct bench_duet_work *work, int a,
                    struct bench_duet_ready_arm *arm, struct qk_error *err)
{
    const char *op = qk_op_row(work->op)->name, *side = bench_side_names[work->side[a]];
    const struct qk_table *t = &desk->table[work->side[a]];
    const struct qk_variant *v = qk_table_find(t, op, work->variant[a]);
    if (!v)
        return qk_fail(err, QK_ERR_UNAVAILABLE, t->path, "the %s has no row %s/%s", side, op,
                       work->variant[a]);
    arm->variant = *v;
    arm->side = work->side[a];
    const char *missing = qk_variant_missing(&arm->variant, &desk->isa);
    return missing
               ? qk_fail(err, QK_ERR_UNAVAILABLE, t->path, "%s/%s of the %s: %s", op, v->name, side, missing)
               : 0;
}

/*
 * Disturbances only lengthen a call, and a launch's first over 256 MiB was seen to take up to ten times as
 * long: slices and blocks then came out a tenth of what they should be. Calls of a second are not repeated,
 * nor what lies in cache, where one try is a millisecond of calls and every block is planned anew, unless
 * others had the CPU meanwhile.
 */
static int time_arm(const struct bench_duet_desk *desk, struct bench_duet_ready_arm *arm,
                    enum qk_memory memory, double *ns, struct qk_error *err)
{
    enum { TRIES_WHEN_BUSY = 5 };
    const int tries = memory == QK_MEMORY_DRAM ? 3 : 1;
    const double long_call_ns = 300e6;
    double least = INFINITY;
    bool waited = true;
    for (int i = 0; i < (waited ? TRIES_WHEN_BUSY : tries) && (!i || least < long_call_ns); i++) {
        const double before = bench_sw_waited(&desk->sw);
        least = fmin(least, bench_buffers_time(&arm->view, arm->variant.fn));
        waited = waited && bench_sw_waited(&desk->sw) > before;
    }
    *ns = least;
    if (isinf(least))
        return qk_fail(err, QK_ERR_INVALID, NULL, "the system clock stood still while calls were timed");
    return bench_duet_kept(desk, arm, err);
}

/*
 * Bytes of a row in each buffer, by the plans of a part and of more rows; 0 where all rows share it. False
 * where a buffer does not grow by the same bytes with every row.
 */
static bool unit_bytes(const struct qk_plan *part, size_t rows, const struct qk_plan *whole, size_t all,
                       size_t *unit)
{
    for (int i = 0; i < whole->buffer_count; i++) {
        const size_t bytes = part->buffers[i].bytes;
        unit[i] = bytes == whole->buffers[i].bytes ? 0 : bytes / rows;
        if (unit[i] && (unit[i] * rows != bytes || unit[i] * all != whole->buffers[i].bytes))
            return false;
    }
    return true;
}

/*
 * Lets an arm's slices walk over the rows instead of being whole calls: a pair is then as short as in cache,
 * a block has as many, and data is as cold as in a whole call, since it comes round again after all the rest.
 * False where the op's buffers do not grow by the same bytes with every row, be it of a slice or of one with
 * the extra rows: neither arm walks then, as a walk against whole calls would compare two things.
 */
static bool cut(struct bench_duet_ready_arm *arm, const struct qk_shape *shape, size_t rows, size_t more_rows,
                bool slowed)
{
    const struct qk_plan whole = arm->view.plan;
    const size_t all = row_count(shape, &whole);
    const enum qk_op op = arm->variant.op;
    struct qk_shape part;
    struct qk_plan plan, longer;
    size_t with_more, unit[QK_BUFFERS_MAX];
    if (!rows || !with_rows(op, shape, &whole, &rows, &part, &plan) ||
        !qk_add_size(rows, more_rows, &with_more) ||
        !with_rows(op, shape, &whole, &with_more, &part, &longer))
        return false;
    more_rows = with_more - rows;
    if ((more_rows && !unit_bytes(&plan, rows, &longer, with_more, unit)) ||
        !unit_bytes(&plan, rows, &whole, all, unit))
        return false;
    for (int i = 0; i < whole.buffer_count; i++)
        if (rows * unit[i] % whole.buffers[i].align)
            return false;
    memcpy(arm->unit, unit, sizeof unit);
    arm->view.plan = slowed ? longer : plan;
    arm->rows = rows;
    arm->more_rows = slowed ? more_rows : 0;
    arm->slices = (double)all / (double)rows;
    return true;
}

/* What a slice of an arm is whose call takes call_ns. extra: of the case; slowed: this arm does it. */
static void plan_slice(struct bench_duet_ready_arm *arm, const struct qk_shape *shape, double call_ns,
                       double slice_ns, double extra, bool slowed)
{
    const double calls = fmin(ceil(slice_ns / call_ns), 1e12);
    const size_t all = row_count(shape, &arm->view.plan);
    size_t rows = (size_t)((double)all / fmax(1, call_ns / slice_ns));
    arm->slices = 1;
    arm->calls =
        (uint64_t)((calls > 1 || arm->variant.form) && extra > 0 ? fmax(calls, UNITS_WITH_EXTRA) : calls);
    if (arm->calls > 1 || arm->variant.form) {
        arm->extra = slowed ? (uint64_t)ceil(extra * (double)arm->calls) : 0;
        return;
    }
    /* Of whole cache lines in every buffer, where there are enough: then all parts lie alike. */
    rows -= rows >= 64 ? rows % 64 : 0;
    if (extra > 0 && rows < UNITS_WITH_EXTRA)
        rows = UNITS_WITH_EXTRA;
    /* The extra ones too in groups of 16, as weights interleaved by 16 rows take no other number. */
    const size_t more = (size_t)ceil(extra * (double)rows);
    if (2 * rows <= all)
        cut(arm, shape, rows, rows >= 64 ? (more + 15) / 16 * 16 : more, slowed);
}

/*
 * From DRAM a proof compares a sample of the rows of a slice, where rows can be computed alone: at least a
 * tenth of them, or as many as are 1 MiB of traffic. The reference is ten times slower than the best kernels,
 * so that it would take several slices for all of them.
 */
static void plan_sample(struct bench_duet_ready_arm *arm, const struct qk_shape *shape,
                        const struct qk_plan *whole)
{
    const struct qk_plan *const slice = &arm->view.plan;
    const size_t all = row_count(shape, whole), total = arm->rows ? arm->rows + arm->more_rows : all;
    const int apart = qk_op_row(arm->variant.op)->on->rows_apart;
    const double enough = 1 << 20;
    double traffic = 0;
    struct qk_shape part;
    for (int i = 0; i < slice->buffer_count; i++)
        traffic += (double)slice->buffers[i].bytes;
    const double least = fmin((double)total / 10, enough / traffic * (double)total);
    const size_t rows = ((size_t)least / 16 + 1) * 16;
    size_t planned = rows;
    if (!apart || shape->dims < apart || rows >= total || (!arm->rows && slice->ops != whole->ops) ||
        !with_rows(arm->variant.op, shape, whole, &planned, &part, &arm->sample) || planned != rows)
        return;
    size_t unit[QK_BUFFERS_MAX];
    if (!unit_bytes(&arm->sample, rows, slice, total, unit))
        return;
    memcpy(arm->unit, unit, sizeof unit);
    arm->sample_rows = rows;
    arm->sample_places = (total - rows) / 16 + 1;
}

/*
 * Slices of both arms, where the extra work goes, and the pairs of a block. longer: the plan with the extra
 * rows.
 */
static int plan_block(const struct bench_duet_desk *desk, struct bench_duet_ready *ready,
                      const struct bench_duet_work *work, const struct qk_plan *longer, struct qk_error *err)
{
    struct bench_duet_ready_arm *arm = ready->arm;
    const struct qk_plan whole = arm[1].view.plan;
    double ns[2];
    for (int a = 0; a < 2; a++) {
        const int code = time_arm(desk, &arm[a], work->memory, &ns[a], err);
        if (code)
            return code;
    }
    const double least = fmin(ns[0], ns[1]);
    /*
     * Builds of one variant make the same calls, whatever their speed; where one variant is the yardstick of
     * another, each fills its own slice, or the slower one would leave room for a pair or two only.
     */
    const bool same = !strcmp(work->variant[0], work->variant[1]);
    const double slice_ns = fmax(length_ns[work->memory].slice, same ? 0 : other_variant_ns);
    double pair_ns = 0;
    for (int a = 0; a < 2; a++)
        plan_slice(&arm[a], &work->shape, same ? least : ns[a], slice_ns, work->extra, a == 1);
    if (arm[1].rows) {
        ready->extra = (double)arm[1].more_rows / (double)arm[1].rows;
    } else if (arm[1].calls > 1 || arm[1].variant.form) {
        ready->extra = (double)arm[1].extra / (double)arm[1].calls;
    } else {
        arm[1].view.plan = *longer;
        ready->extra = (double)longer->ops / (double)whole.ops - 1;
    }
    for (int a = 0; a < 2 && work->memory == QK_MEMORY_DRAM; a++)
        plan_sample(&arm[a], &work->shape, &whole);
    for (int a = 0; a < 2; a++)
        pair_ns += (double)arm[a].calls * ns[a] / arm[a].slices * (a ? 1 + ready->extra : 1);
    ready->discard = arm[0].calls > 1 || arm[1].calls > 1 || arm[0].rows || arm[1].rows;
    ready->pairs =
        (size_t)fmax(1, fmin(floor(length_ns[work->memory].block / pair_ns), BENCH_DUET_PAIRS_MAX));
    if (ready->pairs == 2 && 3 * pair_ns <= length_ns[work->memory].most)
        ready->pairs = 3;
    return 0;
}

static void free_views(struct bench_duet_ready *ready)
{
    for (int a = 0; a < 2; a++)
        bench_buffers_view_free(&ready->arm[a].view);
}

/* What each arm works on. Both share the room's buffers; a PREPARED row prepares its own. */
static int make_views(struct bench_duet_desk *desk, struct bench_duet_ready *ready,
                      struct bench_duet_room *room, const struct bench_duet_work *work,
                      const struct qk_plan *plan, struct qk_error *err)
{
    int code = 0;
    ready->room = room;
    for (int a = 0; a < 2 && !code; a++) {
        struct bench_duet_ready_arm *const arm = &ready->arm[a];
        arm->desk = desk;
        arm->room = room;
        if (arm->variant.form)
            note(desk, "preparing", work, a);
        code = bench_buffers_view(&arm->view, &room->buffers, &arm->variant, err);
        if (!arm->variant.form)
            arm->view.plan = *plan;
    }
    return code;
}

/* Remembers the case, unless its calls touched what they must not. */
static int keep(struct bench_duet_desk *desk, const struct bench_duet_ready *ready,
                const struct bench_duet_work *work, struct qk_error *err)
{
    struct bench_duet_proof proof = {.due = true};
    if (work->memory == QK_MEMORY_CACHE && !bench_duet_untouched(ready)) {
        const struct bench_duet_draw draw = bench_duet_draw(desk->seed, work->index, 0, ready->pairs);
        const int code = bench_duet_prove(desk, ready, &draw, &proof, err);
        return code ? code : qk_fail(err, QK_ERR_CHECK, ready->room->group.name, "calls changed an input");
    }
    struct bench_duet_ready *const kept = malloc(sizeof *kept);
    if (!kept)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a case");
    *kept = *ready;
    kept->next = desk->ready;
    desk->ready = kept;
    return 0;
}

int bench_duet_prepare(struct bench_duet_desk *desk, const struct bench_duet_work *work, struct qk_error *err)
{
    struct bench_duet_room *room;
    struct bench_duet_ready ready = {.index = work->index, .memory = work->memory};
    struct qk_shape shape;
    struct qk_plan plan;
    int code = qk_op_row(work->op)->on->plan(&work->shape, &plan, err);
    for (int a = 0; a < 2 && !code; a++)
        code = find_arm(desk, work, a, &ready.arm[a], err);
    if (!code)
        code = extend(work->op, &work->shape, &plan, work->extra, &shape, err);
    if (!code)
        code = find_room(desk, work->op, &shape, &room, err);
    if (!code)
        code = bench_clock_check(length_ns[work->memory].slice, "a slice", err);
    if (!code)
        code = make_views(desk, &ready, room, work, &plan, err);
    if (!code) {
        note(desk, "timing", work, 1);
        code = plan_block(desk, &ready, work, &room->buffers.plan, err);
    }
    if (!code)
        code = keep(desk, &ready, work, err);
    if (code)
        free_views(&ready);
    return code;
}

void bench_duet_clear(struct bench_duet_desk *desk)
{
    for (struct bench_duet_ready *next; desk->ready; desk->ready = next) {
        next = desk->ready->next;
        free_views(desk->ready);
        free(desk->ready);
    }
    for (struct bench_duet_room *next; desk->rooms; desk->rooms = next) {
        next = desk->rooms->next;
        bench_duet_forget(desk->rooms);
        bench_buffers_free(&desk->rooms->buffers);
        free(desk->rooms);
    }
}
