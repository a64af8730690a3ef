/* SPDX-License-Identifier: MIT */
#include "harness/tune/streams.h"

#include "harness/engine/arms.h"
#include "harness/machine/pinning.h"
#include "harness/tune/tune.h"
#include "kernels/f16_gemv/op.h"
#include "kernels/head4_gemv/op.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS_MOST = 64, LOOKS = 3, BLOCKS_LEAST = 8, BLOCKS_MOST = 48, PARTS = 2 };
static const double slice_ns = 300e3, part_ns = 30e6;
static const size_t look_bytes = 64 << 10, long_look_bytes = 1 << 20, pace_bytes = 4 << 20;

/* Part of the weights that are walked over; rows are taken 16 at a time. */
struct piece {
    const void *at;
    const uint16_t *scale; /* of head4_gemv */
    size_t rows, columns, row_bytes;
};
struct stream {
    enum qk_op op;
    struct piece *pieces; /* [count] */
    size_t count, bytes;
    size_t next, row; /* where the walk is */
    void *x, *y;      /* activations and results of any piece */
    void *zero;       /* head4_gemv's bias and scales of activations */
};
struct walker {
    struct stream *s;
    qk_fn *fn;
};

static void call(const struct stream *s, qk_fn *fn, const struct piece *p, size_t first, size_t rows)
{
    const unsigned char *const at = (const unsigned char *)p->at + first * p->row_bytes;
    if (s->op == QK_OP_i2s16_gemv)
        QK_CALL(i2s16_gemv, fn, s->y, at, s->x, 0, rows, p->columns);
    else if (s->op == QK_OP_head4_gemv)
        QK_CALL(head4_gemv, fn, s->y, at, p->scale + first * (p->columns / HEAD4_BLOCK), s->x, s->zero,
                s->zero, rows, p->columns);
    else
        QK_CALL(f16_gemv, fn, s->y, (const uint16_t *)(const void *)at, s->x, rows, p->columns);
}

/* Multiplies with the next `bytes` of the weights. All arms walk on from where the last one stopped. */
static int walk(void *ctx, uint64_t bytes, struct bench_took *took, struct qk_error *err)
{
    const struct walker *const w = ctx;
    struct stream *const s = w->s;
    const uint64_t start = bench_clock_ns();
    (void)err;
    for (uint64_t done = 0; done < bytes;) {
        const struct piece *const p = &s->pieces[s->next];
        const size_t want = ((bytes - done) / p->row_bytes / I2S16_ROWS + 1) * I2S16_ROWS;
        const size_t rows = want < p->rows - s->row ? want : p->rows - s->row;
        call(s, w->fn, p, s->row, rows);
        done += rows * p->row_bytes;
        s->row += rows;
        if (s->row == p->rows) {
            s->row = 0;
            s->next = (s->next + 1) % s->count;
        }
    }
    *took = (struct bench_took){bench_clock_since(start), NAN};
    return 0;
}

static void add_piece(struct stream *s, const void *at, const uint16_t *scale, size_t rows, size_t columns,
                      size_t row_bytes, size_t most)
{
    if (!at || s->bytes >= most)
        return;
    const size_t fit = (most - s->bytes) / row_bytes / I2S16_ROWS * I2S16_ROWS + I2S16_ROWS;
    s->pieces[s->count] = (struct piece){at, scale, rows < fit ? rows : fit, columns, row_bytes};
    s->bytes += s->pieces[s->count++].rows * row_bytes;
}

/* So many bytes of the weights that the op reads, at least; all of them when they are fewer. */
static int make_stream(struct stream *s, enum qk_op op, const struct model_weights *w, size_t most,
                       struct qk_error *err)
{
    const struct model_config *const c = &w->config;
    const size_t matrices = c->layers * MODEL_MATRICES;
    size_t rows = c->vocab, columns = c->embedding;
    *s = (struct stream){.op = op, .pieces = calloc(matrices + 1, sizeof *s->pieces)};
    for (size_t i = 0; i < matrices && s->pieces && op == QK_OP_i2s16_gemv; i++) {
        const struct model_matrix *const m = &w->layer[i / MODEL_MATRICES].matrix[i % MODEL_MATRICES];
        add_piece(s, m->i2s16, NULL, m->rows, m->columns, m->columns / 4, most);
        rows = m->rows > rows ? m->rows : rows;
        columns = m->columns > columns ? m->columns : columns;
    }
    if (s->pieces && op == QK_OP_f16_gemv && c->head_type == MODEL_GGUF_TYPE_F16)
        add_piece(s, w->head, NULL, c->vocab, c->embedding, c->embedding * sizeof(uint16_t), most);
    if (s->pieces && op == QK_OP_head4_gemv && w->head_copy)
        add_piece(s, w->head_copy->coarse, w->head_copy->scale, w->head_copy->rows, c->embedding,
                  c->embedding / 2, most);
    s->x = calloc(columns, sizeof(float));
    s->y = calloc(rows + I2S16_ROWS, sizeof(float));
    s->zero = calloc(columns / HEAD4_BLOCK + 1, sizeof(float));
    return s->pieces && s->x && s->y && s->zero
               ? 0
               : qk_fail(err, QK_ERR_MEMORY, qk_op_row(op)->name, "no memory to tune with");
}

static void free_stream(struct stream *s)
{
    free(s->pieces);
    free(s->x);
    free(s->y);
    free(s->zero);
}

/* Looks at each row for so many bytes. Keeps those that take at most `near` times as long as the fastest. */
static size_t keep_near(struct stream *s, const struct qk_variant **rows, size_t count, size_t bytes,
                        double near)
{
    double ns[ROWS_MOST], fastest = INFINITY;
    size_t kept = 0;
    for (int look = 0; look < LOOKS; look++)
        for (size_t i = 0; i < count; i++) {
            struct bench_took took;
            walk(&(struct walker){s, rows[i]->fn}, bytes, &took, NULL);
            ns[i] = look ? fmin(ns[i], took.ns) : took.ns;
            fastest = fmin(fastest, ns[i]);
        }
    for (size_t i = 0; i < count; i++)
        if (ns[i] <= near * fastest)
            rows[kept++] = rows[i];
    return kept;
}

/* The rows near the fastest in table order, and the usual one behind them. */
static size_t find_near(struct stream *s, const struct qk_variant *usual, const struct qk_table *table,
                        const struct qk_cpu *cpu, const struct qk_variant **found)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < table->count && count < ROWS_MOST - 1; i++)
        if (table->rows[i].op == s->op && table->rows[i].kind != QK_CEILING &&
            !qk_variant_missing(&table->rows[i], cpu))
            found[count++] = &table->rows[i];
    count = keep_near(s, found, count, look_bytes, 2);
    count = keep_near(s, found, count, long_look_bytes, 1.25);
    for (size_t i = 0; i < count; i++)
        if (found[i] != usual)
            found[kept++] = found[i];
    found[kept++] = usual;
    return kept;
}

/* What is not in memory yet comes there, and the page tables know it. */
static void bring(const struct piece *p)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)p->at & ~(page - 1);
    madvise((void *)from, (uintptr_t)p->at + p->rows * p->row_bytes - from, MADV_POPULATE_READ); /* a wish */
}

/*
 * The rows in turns. Returns the place of the one to take and gain[count], as bench_tune_decide does. When
 * they could not be timed, *why says it.
 */
static int compare(struct stream *s, struct bench_rounds *r, const struct qk_variant **rows, size_t count,
                   double per_byte, struct bench_interval *gain, char why[160], struct qk_error *err)
{
    struct walker walkers[ROWS_MOST];
    struct bench_arms set;
    int code = bench_arms_make(&set, rows[0]->op_name, count, err);
    if (code)
        return code;
    for (size_t i = 0; i < count; i++) {
        walkers[i] = (struct walker){s, rows[i]->fn};
        set.arm[set.count++] = (struct bench_arm){.time = walk,
                                                  .ctx = &walkers[i],
                                                  .units = (uint64_t)(slice_ns / per_byte) + 1,
                                                  .slice_ns = slice_ns};
    }
    set.round_ns = slice_ns * (double)count;
    /* A block is a round: an interval is of blocks, and there is no time for many longer ones. */
    set.schedule = bench_schedule_make(set.round_ns, set.round_ns, part_ns, BLOCKS_LEAST, BLOCKS_MOST);
    code = bench_arms_time(r, &set, 1, err);
    if (!code && set.odd)
        snprintf(why, 160, "%.150s", set.odd);
    else if (!code)
        code = bench_tune_decide(set.ns, set.blocks, count, set.schedule.rounds, gain, err);
    bench_arms_free(&set);
    return code;
}

/*
 * First all rows, to find the one that seems to be the fastest. Then new times of that one and the usual one:
 * only this comparison has to be proven, however many rows there are.
 */
static int tune(struct stream *s, struct bench_rounds *r, const struct qk_variant **rows, size_t count,
                struct bench_stream_choice *to, struct qk_error *err)
{
    struct bench_interval gain[ROWS_MOST];
    struct bench_took took;
    size_t best = count - 1;
    for (size_t i = 0; i < s->count; i++)
        bring(&s->pieces[i]);
    walk(&(struct walker){s, to->usual->fn}, pace_bytes, &took, NULL);
    const double per_byte = fmax(took.ns, 1) / (double)pace_bytes;
    int code = compare(s, r, rows, count, per_byte, gain, to->why, err);
    for (size_t i = count - 1; code >= 0 && !*to->why && i-- > 0;)
        if (gain[i].value > (best == count - 1 ? 1 : gain[best].value))
            best = i;
    if (code < 0 || *to->why || best == count - 1)
        return code < 0 ? code : 0;
    const struct qk_variant *two[] = {rows[best], to->usual};
    code = compare(s, r, two, 2, per_byte, gain, to->why, err);
    if (code == 0 && !*to->why) {
        to->chosen = rows[best];
        to->gain = gain[0];
    }
    return code < 0 ? code : 0;
}

static int tune_op(enum qk_op op, struct bench_rounds *r, struct bench_stream_choice *to,
                   struct model_kernels *k, const struct model_weights *w, const struct qk_table *table,
                   const struct qk_cpu *cpu, size_t most, struct qk_error *err)
{
    const struct qk_variant *rows[ROWS_MOST];
    struct stream s;
    *to = (struct bench_stream_choice){.usual = k->of[op], .gain = {NAN, NAN, NAN}};
    to->chosen = to->usual;
    int code = make_stream(&s, op, w, most, err);
    if (!code && (!s.count || (op == QK_OP_i2s16_gemv && k->path != MODEL_PATH_I2S16)))
        snprintf(to->why, sizeof to->why, "the set or the model does not use it");
    else if (!code && k->named[op])
        snprintf(to->why, sizeof to->why, "the set names a row");
    if (!code && !*to->why) {
        const size_t count = find_near(&s, to->usual, table, cpu, rows);
        if (count < 2)
            snprintf(to->why, sizeof to->why, "no other row is near");
        else
            code = tune(&s, r, rows, count, to, err);
    }
    free_stream(&s);
    k->of[op] = to->chosen;
    return code;
}

int bench_tune_streams(struct bench_stream_choice to[BENCH_STREAMS], struct model_kernels *k,
                       const struct model_weights *w, const struct qk_table *table, const struct qk_cpu *cpu,
                       bool (*stop)(void), double seconds, double *ms, struct qk_error *err)
{
    static const enum qk_op ops[BENCH_STREAMS] = {QK_OP_i2s16_gemv, QK_OP_head4_gemv, QK_OP_f16_gemv};
    struct bench_environment env;
    struct bench_cpus before;
    struct bench_job job = {.table = table, .isa = cpu, .seed = 1, .budget_s = 0.9 * seconds, .stop = stop};
    struct bench_rounds r = {.job = &job, .sets = BENCH_STREAMS * PARTS, .enough = 1};
    const uint64_t begin = bench_clock_ns();
    int code = bench_cpus_allowed(&before, err);
    if (!code)
        code = job.cpu = bench_pin(-1, err);
    if (code < 0)
        return code;
    code = 0;
    bench_environment_read(&env, job.cpu);
    const size_t most = bench_tune_dram_bytes(bench_environment_cache(&env, 3));
    bench_rounds_open(&r);
    for (size_t i = 0; i < BENCH_STREAMS && !code; i++) {
        code = tune_op(ops[i], &r, &to[i], k, w, table, cpu, most, err);
        r.done = (i + 1) * PARTS;
    }
    bench_rounds_close(&r);
    if (!bench_cpus_use(&before) && !code)
        code = qk_fail(err, QK_ERR_IO, "--tune", "cannot go back to the CPUs that were allowed");
    *ms = bench_clock_since(begin) * 1e-6;
    return code;
}
