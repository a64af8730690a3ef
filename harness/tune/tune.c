/* SPDX-License-Identifier: MIT */
#include "harness/tune/tune.h"

#include "harness/engine/arms.h"
#include "harness/engine/group.h"
#include "harness/records/json_writer.h"
#include "kernels/check/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCKS_LEAST = 8, /* what an interval at 99 % needs */
    BLOCKS_QUICK = 16,
    BLOCKS_CACHE = 32,
    BLOCKS_DRAM = 64,
    LOOKS = 3,
};
static const double block_ns = 12e6, near = 1.5;

struct tuning {
    struct bench_tune *t;
    const struct bench_tune_config *cfg;
    struct bench_matrix matrix; /* a group for each entry that is to be timed */
    size_t *entry;              /* [matrix.count]: its place in t->ops */
    struct bench_verdicts verdicts;
    struct bench_rounds rounds;
    double ready_ns[QK_OP_COUNT]; /* CPU time that making the group in cache ready took */
};

static bool candidate(const struct tuning *s, size_t row, enum qk_op op)
{
    const struct qk_variant *const v = &s->cfg->job.table->rows[row];
    return v->op == op && v->kind != QK_CEILING && !qk_variant_missing(v, s->cfg->job.isa);
}

static size_t dram_bytes(const struct tuning *s)
{
    return s->cfg->dram_bytes ? s->cfg->dram_bytes
                              : bench_tune_dram_bytes(bench_environment_cache(&s->t->env, 3));
}

static int add_group(struct tuning *s, enum qk_op op, struct bench_tuned *to, struct qk_error *err)
{
    const size_t bytes = to->memory == QK_MEMORY_DRAM ? dram_bytes(s) : s->t->cache_bytes / 2;
    struct bench_group *const g = &s->matrix.groups[s->matrix.count];
    g->op = op;
    if (!qk_shape_for_bytes(qk_op_row(op)->on, bytes, &g->shape)) {
        snprintf(to->reason, sizeof to->reason, "there is no shape of %zu bytes", bytes);
        return 0;
    }
    qk_shape_print(&g->shape, g->name);
    g->wanted = calloc(s->matrix.table->count, sizeof *g->wanted);
    if (!g->wanted)
        return qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for a group");
    for (size_t i = 0; i < s->matrix.table->count; i++)
        g->wanted[i] = candidate(s, i, op);
    s->entry[s->matrix.count++] = (size_t)(to - s->t->ops);
    return 0;
}

/* An entry for each memory class of the op, and a group for each that can be timed. */
static int add_op(struct tuning *s, enum qk_op op, struct qk_error *err)
{
    const struct qk_table *const table = s->cfg->job.table;
    for (int m = 0; m < QK_MEMORIES; m++) {
        struct bench_tuned *const to = &s->t->ops[s->t->count];
        size_t count = 0;
        for (size_t i = 0; i < table->count; i++)
            count += candidate(s, i, op);
        if (!count)
            return 0;
        *to = (struct bench_tuned){.memory = (enum qk_memory)m, .rows = calloc(count, sizeof *to->rows)};
        if (!to->rows)
            return qk_fail(err, QK_ERR_MEMORY, qk_op_row(op)->name, "no memory for %zu rows", count);
        s->t->count++;
        snprintf(to->op, sizeof to->op, "%s", qk_op_row(op)->name);
        snprintf(to->date, sizeof to->date, "%s", s->t->env.date);
        for (size_t i = 0; i < table->count; i++) {
            struct bench_tuned_row *const row = &to->rows[to->count];
            if (!candidate(s, i, op))
                continue;
            *row = (struct bench_tuned_row){.ns = NAN, .gain = {NAN, NAN, NAN}};
            snprintf(row->variant, sizeof row->variant, "%s", table->rows[i].name);
            to->count++;
        }
        snprintf(to->chosen, sizeof to->chosen, "%s", to->rows[count - 1].variant);
        if (qk_op_row(op)->on->bounded)
            snprintf(to->reason, sizeof to->reason,
                     "its rows agree within a bound only: a choice would change results");
        else if (count == 1)
            snprintf(to->reason, sizeof to->reason, "one row can run here");
        const int code = *to->reason ? 0 : add_group(s, op, to, err);
        if (code)
            return code;
    }
    return 0;
}

/* Entries and groups: first all from cache, for what is slow there is not timed from DRAM. */
static int plan(struct tuning *s, struct qk_error *err)
{
    const size_t most = QK_OP_COUNT * QK_MEMORIES;
    s->t->ops = calloc(most, sizeof *s->t->ops);
    s->entry = calloc(most, sizeof *s->entry);
    s->matrix =
        (struct bench_matrix){.table = s->cfg->job.table, .groups = calloc(most, sizeof *s->matrix.groups)};
    if (!s->t->ops || !s->entry || !s->matrix.groups)
        return qk_fail(err, QK_ERR_MEMORY, "tune", "no memory for the ops");
    int code = 0;
    for (int op = 0; op < QK_OP_COUNT && !code; op++)
        if (s->cfg->ops[op])
            code = add_op(s, (enum qk_op)op, err);
    return code;
}

static struct bench_tuned_row *row_of(struct bench_tuned *to, const struct qk_variant *v)
{
    size_t i = 0;
    while (strcmp(to->rows[i].variant, v->name) != 0)
        i++;
    return &to->rows[i];
}

/*
 * Of the rows that may be timed, those near the fastest, and the usual one. A first look is the least of
 * three, so that a stall drops no row. Those that are dropped get their reason.
 */
static int look(struct bench_ready *ready, struct bench_tuned *to, struct qk_error *err)
{
    double *const ns = calloc(ready->count, sizeof *ns), fastest = INFINITY;
    if (!ns)
        return qk_fail(err, QK_ERR_MEMORY, to->op, "no memory for a first look");
    for (size_t i = 0; i < ready->count; i++)
        ns[i] = INFINITY;
    for (int k = 0; k < LOOKS; k++)
        for (size_t i = 0; i < ready->count; i++)
            if (ready->stands[i].status == BENCH_OK && !*row_of(to, ready->stands[i].variant)->reason)
                ns[i] = fmin(ns[i], bench_buffers_time(&ready->buffers, ready->stands[i].variant->fn));
    for (size_t i = 0; i < ready->count; i++)
        fastest = fmin(fastest, ns[i]);
    for (size_t i = 0; i < ready->count; i++) {
        struct bench_stand *const stand = &ready->stands[i];
        struct bench_tuned_row *const row = row_of(to, stand->variant);
        if (stand->status != BENCH_OK)
            snprintf(row->reason, sizeof row->reason, "%.159s", stand->reason);
        else if (!*row->reason && ns[i] > near * fastest && row != &to->rows[to->count - 1])
            snprintf(row->reason, sizeof row->reason, "a first look took %.1f times as long as the fastest",
                     ns[i] / fastest);
    }
    free(ns);
    return 0;
}

/* The whole check, for those that are to be timed: it takes longer than timing them. */
static int check(struct tuning *s, const struct bench_ready *ready, struct bench_tuned *to,
                 struct qk_error *err)
{
    struct qk_error why;
    for (size_t i = 0; i < ready->count; i++) {
        struct bench_tuned_row *const row = row_of(to, ready->stands[i].variant);
        if (*row->reason)
            continue;
        const int code = qk_check_variant(ready->stands[i].variant, s->cfg->job.seed, NULL, &why);
        if (code && code != QK_ERR_CHECK)
            return qk_fail(err, code, why.where, "%s", why.text);
        if (code)
            return qk_fail(err, code, why.where, "%s/%s: %.300s", to->op, row->variant, why.text);
    }
    return 0;
}

/* What the blocks say, into the entry. */
static int sum_up(const struct bench_arms *set, size_t *const at, struct bench_tuned *to,
                  struct qk_error *err)
{
    const size_t arms = set->count, rounds = set->schedule.rounds, n = set->blocks * rounds;
    struct bench_interval *const gain = calloc(arms, sizeof *gain);
    double *const all = calloc(2 * n, sizeof *all);
    int taken = gain && all ? 0 : qk_fail(err, QK_ERR_MEMORY, to->op, "no memory for %zu times", n);
    if (!taken)
        taken = bench_tune_decide(set->ns, set->blocks, arms, rounds, gain, err);
    for (size_t a = 0; a < arms && taken >= 0; a++) {
        struct bench_tuned_row *const row = &to->rows[at[a]];
        for (size_t b = 0; b < set->blocks; b++)
            memcpy(all + b * rounds, set->ns + (b * arms + a) * rounds, rounds * sizeof *all);
        row->ns = bench_stored(bench_median(all, n, all + n));
        row->gain = gain[a];
    }
    if (taken >= 0) {
        to->blocks = set->blocks;
        snprintf(to->chosen, sizeof to->chosen, "%s", to->rows[at[taken]].variant);
    }
    free(gain);
    free(all);
    return taken < 0 ? taken : 0;
}

static int time_rows(struct tuning *s, struct bench_ready *ready, struct bench_tuned *to,
                     struct qk_error *err)
{
    struct bench_rounds *const r = &s->rounds;
    const struct qk_variant *const usual = ready->stands[ready->count - 1].variant;
    struct bench_arms set = {.count = 0};
    size_t *const at = calloc(ready->count, sizeof *at);
    const char *odd = NULL;
    char name[160];
    snprintf(name, sizeof name, "%s from %s", to->op, qk_memory_names[to->memory]);
    int code = at ? bench_arms_make(&set, name, ready->count, err)
                  : qk_fail(err, QK_ERR_MEMORY, name, "no memory for the arms");
    for (size_t i = 0; i < ready->count && !code && !odd; i++) {
        struct bench_tuned_row *const row = row_of(to, ready->stands[i].variant);
        at[set.count] = (size_t)(row - to->rows);
        if (!*row->reason)
            odd = bench_arms_add(&set, bench_time_own, &ready->buffers, ready->stands[i].variant->fn);
    }
    if (!code && !odd && set.count > 1 && to->memory == QK_MEMORY_CACHE)
        code = check(s, ready, to, err);
    if (!code && !odd && *row_of(to, usual)->reason)
        snprintf(to->reason, sizeof to->reason, "%s: %.120s", usual->name, row_of(to, usual)->reason);
    else if (!code && !odd && set.count < 2)
        snprintf(to->reason, sizeof to->reason, "no other row is near %s %s", usual->name,
                 to->memory == QK_MEMORY_DRAM ? "from dram" : "in cache");
    else if (!code && !odd) {
        const double left = (r->end_ns - (double)bench_clock_ns()) / (double)(r->sets - r->done);
        const double block = s->cfg->job.quick ? block_ns / 2 : block_ns;
        const size_t most = s->cfg->job.quick               ? BLOCKS_QUICK
                            : to->memory == QK_MEMORY_CACHE ? BLOCKS_CACHE
                                                            : BLOCKS_DRAM;
        set.schedule = bench_schedule_make(set.round_ns, block, left, BLOCKS_LEAST, most);
        code = bench_arms_time(r, &set, 1, err);
        odd = code ? NULL : set.odd;
        if (!code && !odd)
            code = sum_up(&set, at, to, err);
    }
    if (!code && odd)
        snprintf(to->reason, sizeof to->reason, "%.159s", odd);
    bench_arms_free(&set);
    free(at);
    return code;
}

/* What cache has left of the rows. False: nothing to compare. */
static bool take_over(struct tuning *s, struct bench_group *group, struct bench_tuned *to)
{
    const struct bench_tuned *const cached = to - 1;
    size_t left = 0;
    for (size_t i = 0; i < to->count; i++) {
        if (*cached->rows[i].reason)
            snprintf(to->rows[i].reason, sizeof to->rows[i].reason, "in cache %.140s",
                     cached->rows[i].reason);
        left += !*to->rows[i].reason;
        for (size_t k = 0; k < s->matrix.table->count; k++)
            if (group->wanted[k] && !strcmp(s->matrix.table->rows[k].name, to->rows[i].variant))
                group->wanted[k] = !*to->rows[i].reason;
    }
    return left > 1;
}

/*
 * What the entry will take at least: making the group ready, a first look and the fewest blocks. For the
 * first, the reference grows with the bytes, and filling, paging in and comparing them took up to 3 ns a byte
 * (rmsnorm, 1 GB, a Xeon). A call from DRAM takes about four times as long a byte as one from L2 (15 and 61
 * GB/s there, i2s16_gemv).
 */
static double expected(const struct tuning *s, const struct bench_group *group, const struct bench_tuned *to)
{
    const double ready_byte_ns = 3, slower = 4;
    const double bytes = (double)dram_bytes(s), larger = 2 * bytes / (double)s->t->cache_bytes;
    double round = 0;
    if (to->memory == QK_MEMORY_CACHE)
        return 0;
    for (size_t i = 0; i < to->count; i++)
        if (!*to->rows[i].reason && isfinite(to[-1].rows[i].ns))
            round += slower * larger * to[-1].rows[i].ns;
    return larger * s->ready_ns[group->op] + bytes * ready_byte_ns + (LOOKS + BLOCKS_LEAST) * round;
}

static int run_group(struct tuning *s, size_t g, struct qk_error *err)
{
    struct bench_group *const group = &s->matrix.groups[g];
    struct bench_tuned *const to = &s->t->ops[s->entry[g]];
    struct bench_ready ready = {.count = 0};
    const size_t done = s->rounds.done;
    int code = 0;
    s->rounds.late = to->memory == QK_MEMORY_DRAM ? 0 : 2; /* what cache leaves of the budget is for DRAM */
    if (s->rounds.end_ns - (double)bench_clock_ns() <= expected(s, group, to)) {
        to->left_out = true;
        snprintf(to->reason, sizeof to->reason,
                 "the budget of %g s does not suffice; name the op, or give more", s->cfg->job.budget_s);
    } else {
        bench_job_tell(&s->cfg->job, (double)done / (double)s->rounds.sets, group->name);
        struct bench_clocks begin, end;
        bench_clocks_read(&begin);
        code = bench_ready_make(&ready, group, &s->cfg->job, &s->verdicts, err);
        bench_clocks_read(&end);
        s->ready_ns[group->op] = end.task_ns - begin.task_ns;
        snprintf(to->shape, sizeof to->shape, "%.71s", group->name);
        if (!code)
            code = look(&ready, to, err);
        if (!code)
            code = time_rows(s, &ready, to, err);
        bench_ready_free(&ready);
    }
    s->rounds.done = done + 1;
    return code;
}

static int measure(struct tuning *s, struct qk_error *err)
{
    s->verdicts.text = calloc(s->matrix.table->count, sizeof *s->verdicts.text);
    int code = s->verdicts.text ? 0 : qk_fail(err, QK_ERR_MEMORY, "tune", "no memory for verdicts");
    for (int m = 0; m < QK_MEMORIES; m++) {
        for (size_t g = 0; g < s->matrix.count && !code && m == QK_MEMORY_DRAM; g++) {
            struct bench_tuned *const to = &s->t->ops[s->entry[g]];
            if (to->memory != QK_MEMORY_DRAM || take_over(s, &s->matrix.groups[g], to))
                continue;
            snprintf(to->reason, sizeof to->reason, "no other row is near %s in cache", to->chosen);
            s->rounds.sets--;
        }
        for (size_t g = 0; g < s->matrix.count && !code; g++) {
            const struct bench_tuned *const to = &s->t->ops[s->entry[g]];
            if (to->memory == (enum qk_memory)m && !*to->reason)
                code = run_group(s, g, err);
        }
    }
    if (!code && s->verdicts.failed)
        code = qk_fail(err, QK_ERR_CHECK, "tune",
                       "a row's results are wrong: qkbench check says where; nothing is chosen");
    return code;
}

int bench_tune_measure(struct bench_tune *t, const struct bench_tune_config *cfg, struct qk_error *err)
{
    struct tuning s = {.t = t, .cfg = cfg, .rounds = {.job = &cfg->job, .enough = BLOCKS_LEAST, .late = 2}};
    const uint64_t begin = bench_clock_ns();
    *t = (struct bench_tune){.env = t->env,
                             .seed = cfg->job.seed,
                             .quick = cfg->job.quick,
                             .cpu = cfg->job.cpu,
                             .cache_bytes = bench_cache_bytes(&t->env)};
    bench_rounds_open(&s.rounds);
    int code = bench_schedule_check_clock(err);
    if (!code)
        code = plan(&s, err);
    s.rounds.sets = s.matrix.count;
    if (!code && s.matrix.count)
        code = measure(&s, err);
    /* Rows of an entry without times say why, each for itself. */
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->ops[i].count; k++)
            if (isnan(t->ops[i].rows[k].ns) && !*t->ops[i].rows[k].reason)
                snprintf(t->ops[i].rows[k].reason, sizeof t->ops[i].rows[k].reason, "%s", t->ops[i].reason);
    t->seconds = bench_stored(bench_clock_since(begin) * 1e-9);
    bench_rounds_close(&s.rounds);
    bench_verdicts_free(&s.verdicts);
    bench_matrix_free(&s.matrix);
    free(s.entry);
    return code;
}
