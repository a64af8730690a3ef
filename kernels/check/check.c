/* SPDX-License-Identifier: MIT */
#include "kernels/check/check.h"

#include "kernels/check/arena.h"
#include "kernels/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two poisons that differ in every bit: a byte that still has both was not written. */
static const int poisons[] = {0xa5, 0x5a};
/* How often each fill is drawn anew for each shape: every table of a fill's few turns up. */
enum { DRAWS = 6 };
static const int odds[] = {1, 3, 7};
static const char *const fill_names[] = {"ordinary", "extreme", "all codes", "constant codes"};
static const char *const place_names[] = {"end at a guard page", "start at a guard page", "odd offset (1)",
                                          "odd offset (3)", "odd offset (7)"};

struct job {
    const struct qk_variant *v;
    const struct qk_case *on;
    uint64_t calls;
    int shapes;       /* that the row has */
    const char *what; /* "" for the kernel itself, or which stage prefix */
    char where[160];  /* shape, fill, place */
    struct qk_plan plan;
    struct qk_arena_set expected, found; /* expected: inputs, and the reference's outputs */
};

static int wrong(const struct job *job, const char *why, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_CHECK, job->where, "%s%s", job->what, why);
}

/* One part of a call; faults and padding are judged here, values by the caller. */
static int call_part(struct job *job, qk_fn *fn, enum qk_part part, int poison, struct qk_error *err)
{
    static const char *const names[] = {[QK_WHOLE] = "",
                                        [QK_LOAD] = "prepare_weights ",
                                        [QK_PREPARE] = "prepare_activations ",
                                        [QK_PRODUCT] = "",
                                        [QK_JUDGE] = "dequantise_activations "};
    struct qk_plan plan = job->plan;
    char why[240], text[280];
    plan.part = part;
    if (qk_arenas_call(&job->found, job->on, &plan, fn, why, sizeof why) &&
        qk_arenas_padding(&job->found, poison, why, sizeof why))
        return 0;
    snprintf(text, sizeof text, "%s%s", names[part], why);
    return wrong(job, text, err);
}

/*
 * A PREPARED row's parts one by one. What a part has made, and the next only reads, is then read-only. So a
 * fault names the function that it happened in.
 */
static int call_parts(struct job *job, qk_fn *fn, int poison, struct qk_error *err)
{
    static const struct {
        enum qk_part part;
        enum qk_use makes;
    } parts[] = {
        {QK_LOAD, QK_LOADED}, {QK_PREPARE, QK_SCRATCH}, {QK_PRODUCT, QK_SHARED}, {QK_JUDGE, QK_JUDGED}};
    int code = 0;
    for (size_t k = 0; k < sizeof parts / sizeof *parts && !code; k++) {
        code = call_part(job, fn, parts[k].part, poison, err);
        for (int i = 0; i < job->plan.buffer_count && !code; i++)
            if (qk_owned(&job->plan.buffers[i]) && job->plan.buffers[i].use == parts[k].makes)
                code = qk_arenas_let_write(&job->found, i, false, err);
    }
    return code;
}

/* Calls fn on freshly placed buffers. */
static int call_placed(struct job *job, qk_fn *fn, enum qk_place place, int odd, int poison,
                       struct qk_error *err)
{
    const int code = qk_arenas_place(&job->found, place, odd, poison, job->expected.data, err);
    if (code)
        return code;
    job->calls++;
    return job->v->form ? call_parts(job, fn, poison, err) : call_part(job, fn, QK_WHOLE, poison, err);
}

static bool has_values(const struct job *job)
{
    return job->v->kind != QK_CEILING;
}

/* The variant at every place, each with its own poison, against the expected outputs. */
static int check_places(struct job *job, qk_fn *fn, struct qk_error *err)
{
    char why[240];
    const size_t used = strlen(job->where);
    int code = 0;
    for (int i = 0; i < QK_PLACE_COUNT + 2 && !code; i++) {
        const enum qk_place place = i < QK_PLACE_ODD ? (enum qk_place)i : QK_PLACE_ODD;
        const int odd = place == QK_PLACE_ODD ? odds[i - QK_PLACE_ODD] : 0;
        snprintf(job->where + used, sizeof job->where - used, ", %s", place_names[i]);
        code = call_placed(job, fn, place, odd, poisons[i % 2], err);
        if (!code && has_values(job) &&
            !job->on->same(&job->plan, job->expected.data, job->found.data, why, sizeof why))
            code = wrong(job, why, err);
        job->where[used] = '\0';
    }
    return code;
}

/* Makes plan and buffers for a shape. */
static int begin(struct job *job, const struct qk_shape *shape, struct qk_error *err)
{
    int code = qk_plan_for(job->v, shape, &job->plan, err);
    if (!code)
        code = qk_arenas_make(&job->expected, &job->plan, err);
    if (!code)
        code = qk_arenas_make(&job->found, &job->plan, err);
    return code;
}

static int begin_shape(struct job *job, const char *text, struct qk_error *err)
{
    struct qk_shape shape;
    const int code = qk_shape_parse(text, &shape, err);
    return code ? code : begin(job, &shape, err);
}

static void end_shape(struct job *job)
{
    qk_arenas_free(&job->expected);
    qk_arenas_free(&job->found);
}

/* Inputs of a kind, and the reference's outputs for them, in job->expected. */
static int expect(struct job *job, enum qk_fill fill, struct qk_rng *rng, struct qk_error *err)
{
    char why[240];
    const int code = qk_arenas_place(&job->expected, QK_PLACE_END, 0, 0, NULL, err);
    if (code)
        return code;
    job->on->fill(&job->plan, fill, rng, job->expected.data);
    if (job->on->expect)
        job->on->expect(&job->plan, job->expected.data);
    else if (!qk_arenas_call(&job->expected, job->on, &job->plan, qk_reference(job->v->op)->fn, why,
                             sizeof why))
        return qk_fail(err, QK_ERR_CHECK, job->where, "the reference %s", why);
    return 0;
}

static int check_shape(struct job *job, const char *shape, struct qk_rng *rng, struct qk_error *err)
{
    int code = begin_shape(job, shape, err);
    job->shapes += !code;
    for (int i = 0; i < DRAWS * QK_FILL_COUNT && !code; i++) {
        const enum qk_fill fill = (enum qk_fill)(i % QK_FILL_COUNT);
        snprintf(job->where, sizeof job->where, "shape %s, %s", shape, fill_names[fill]);
        code = expect(job, fill, rng, err);
        if (!code)
            code = check_places(job, job->v->fn, err);
    }
    end_shape(job);
    /* A form need not have all shapes. */
    return code == QK_ERR_UNAVAILABLE ? 0 : code;
}

/* How many output bytes a call writes: those that differ from one of two poisons. */
static int count_written(struct job *job, qk_fn *fn, uint64_t *written, struct qk_error *err)
{
    *written = 0;
    for (int i = 0; i < job->plan.buffer_count; i++) {
        const struct qk_buffer *b = &job->plan.buffers[i];
        unsigned char *changed = b->output ? calloc(b->bytes, 1) : NULL;
        if (b->output && !changed)
            return qk_fail(err, QK_ERR_MEMORY, job->where, "no memory for %zu bytes", b->bytes);
        int code = 0;
        for (int p = 0; b->output && p < 2 && !code; p++) {
            code = call_placed(job, fn, QK_PLACE_END, 0, poisons[p], err);
            for (size_t k = 0; k < b->bytes && !code; k++)
                changed[k] |= job->found.arenas[i].data[k] != poisons[p];
        }
        for (size_t k = 0; b->output && k < b->bytes && !code; k++)
            *written += changed[k];
        free(changed);
        if (code)
            return code;
    }
    return 0;
}

/* True when the outputs differ in any bit from those kept in job->expected. */
static bool outputs_changed(const struct job *job)
{
    bool changed = false;
    for (int i = 0; i < job->plan.buffer_count; i++)
        if (job->plan.buffers[i].output)
            changed |= memcmp(job->expected.data[i], job->found.data[i], job->plan.buffers[i].bytes) != 0;
    return changed;
}

/*
 * Puts the variant's own outputs in place of the reference's: where an op allows a difference they are not
 * the same bits.
 */
static int keep_outputs(struct job *job, struct qk_error *err)
{
    const int code = call_placed(job, job->v->fn, QK_PLACE_END, 0, poisons[0], err);
    for (int i = 0; i < job->plan.buffer_count && !code; i++)
        if (job->plan.buffers[i].output)
            memcpy(job->expected.data[i], job->found.data[i], job->plan.buffers[i].bytes);
    return code;
}

/*
 * True when altering the element of input i at byte k alters the output, by any of a few alterations. All its
 * bytes at once: where a number is rounded to a few bits or compared, its low ones decide nothing.
 */
static int decides(struct job *job, int i, size_t k, bool *yes, struct qk_error *err)
{
    static const unsigned char flips[] = {0xff, 0x01, 0x80, 0x55};
    unsigned char *element = (unsigned char *)job->expected.data[i] + k;
    const size_t bytes = job->plan.buffers[i].align;
    int code = 0;
    *yes = false;
    for (size_t f = 0; f < sizeof flips && !*yes && !code; f++) {
        for (size_t b = 0; b < bytes; b++)
            element[b] ^= flips[f];
        code = call_placed(job, job->v->fn, QK_PLACE_END, 0, poisons[0], err);
        *yes = !code && outputs_changed(job);
        for (size_t b = 0; b < bytes; b++)
            element[b] ^= flips[f];
    }
    return code;
}

/*
 * How many input bytes decide the result; elements that do are marked in `seen`, one after the other. In a
 * sum of floats a small term may round away; it is tried again with inputs drawn anew, until `declared` bytes
 * are found.
 */
static int count_read(struct job *job, struct qk_rng *rng, uint64_t declared, uint64_t *read,
                      struct qk_error *err)
{
    size_t bytes = 0;
    for (int i = 0; i < job->plan.buffer_count; i++)
        bytes += job->plan.buffers[i].bytes;
    unsigned char *seen = calloc(bytes, 1);
    int code = seen ? 0 : qk_fail(err, QK_ERR_MEMORY, job->where, "no memory for %zu bytes", bytes);
    *read = 0;
    for (int draw = 0; draw < DRAWS && *read != declared && !code; draw++) {
        size_t at = 0;
        code = expect(job, QK_FILL_ORDINARY, rng, err);
        if (!code)
            code = keep_outputs(job, err);
        for (int i = 0; i < job->plan.buffer_count && !code; i++)
            for (size_t k = 0; !job->plan.buffers[i].output && k < job->plan.buffers[i].bytes && !code;
                 k += job->plan.buffers[i].align) {
                bool yes = false;
                if (!seen[at])
                    code = decides(job, i, k, &yes, err);
                seen[at++] |= yes;
                *read += yes ? job->plan.buffers[i].align : 0;
            }
    }
    free(seen);
    return code;
}

static int against(const struct job *job, const char *verb, uint64_t found, uint64_t declared,
                   struct qk_error *err)
{
    if (found == declared)
        return 0;
    return qk_fail(err, QK_ERR_CHECK, job->where, "%s%llu bytes %s; the case declares %llu", job->what,
                   (unsigned long long)found, verb, (unsigned long long)declared);
}

/* What one call touches, against the declared work. */
static int check_touches(struct job *job, struct qk_rng *rng, struct qk_error *err)
{
    uint64_t touched = 0;
    int code = begin_shape(job, job->on->touch_shape, err);
    snprintf(job->where, sizeof job->where, "shape %s, touched bytes", job->on->touch_shape);
    if (code == QK_ERR_UNAVAILABLE && job->shapes)
        return 0;
    if (!code)
        code = expect(job, QK_FILL_ORDINARY, rng, err);
    if (!code)
        code = count_written(job, job->v->fn, &touched, err);
    if (!code)
        code = against(job, "written", touched, job->plan.bytes_written, err);
    /* Of plain operands that a form is made from, values have shown that all of them count. */
    if (!code && has_values(job) && !job->v->form)
        code = count_read(job, rng, job->plan.bytes_read, &touched, err);
    if (!code && has_values(job) && !job->v->form)
        code = against(job, "decide the result", touched, job->plan.bytes_read, err);
    end_shape(job);
    return code;
}

/* A staged variant's prefixes write nothing, and its last one is the kernel. */
static int check_prefixes(struct job *job, struct qk_rng *rng, struct qk_error *err)
{
    const int stages = qk_stage_count(job->v->op);
    char what[64];
    int code = begin_shape(job, job->on->touch_shape, err);
    snprintf(job->where, sizeof job->where, "shape %s", job->on->touch_shape);
    if (!code)
        code = expect(job, QK_FILL_ORDINARY, rng, err);
    for (int stage = 0; stage < stages && !code; stage++) {
        qk_fn *fn;
        uint64_t written = 0;
        snprintf(what, sizeof what, "stage prefix %d of %d: ", stage + 1, stages);
        job->what = what;
        if (!qk_variant_upto(job->v, stage, &fn))
            code = wrong(job, "missing", err);
        else if (stage == stages - 1)
            code = check_places(job, fn, err);
        else
            code = count_written(job, fn, &written, err);
        if (!code)
            code = against(job, "written", written, 0, err);
    }
    job->what = "";
    end_shape(job);
    return code;
}

int qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *err)
{
    struct job job = {.v = v, .on = qk_op_row(v->op)->on, .what = ""};
    struct qk_rng rng;
    char shape[QK_SHAPE_TEXT];
    int code = 0;
    qk_rng_seed(&rng, seed);
    for (const char *rest = job.on->check_shapes; !code && (rest = qk_shape_word(rest, shape));)
        code = check_shape(&job, shape, &rng, err);
    if (!code && !job.shapes)
        code = qk_fail(err, QK_ERR_CHECK, job.on->check_shapes, "its form has none of these shapes");
    if (!code)
        code = check_touches(&job, &rng, err);
    if (!code && v->kind == QK_STAGED)
        code = check_prefixes(&job, &rng, err);
    if (calls)
        *calls += job.calls;
    return code;
}

int qk_check_on_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      struct qk_error *err)
{
    struct job job = {.v = v, .on = qk_op_row(v->op)->on, .what = ""};
    struct qk_rng rng;
    char text[QK_SHAPE_TEXT], why[240];
    qk_shape_print(shape, text);
    snprintf(job.where, sizeof job.where, "shape %s, as it is timed", text);
    qk_rng_seed(&rng, seed);
    int code = begin(&job, shape, err);
    if (!code)
        code = expect(&job, QK_FILL_ORDINARY, &rng, err);
    if (!code)
        code = call_placed(&job, v->fn, QK_PLACE_END, 0, poisons[0], err);
    if (!code && has_values(&job) &&
        !job.on->same(&job.plan, job.expected.data, job.found.data, why, sizeof why))
        code = wrong(&job, why, err);
    end_shape(&job);
    return code;
}
