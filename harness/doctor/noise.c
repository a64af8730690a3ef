/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include "harness/engine/arms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_LEAST = 8, BLOCKS_MOST = BENCH_BLOCKS_MAX, SAMPLES = 2 * BLOCKS_MOST };

struct samples {
    struct bench_facts *facts;
    const struct bench_job *job;
    struct bench_rounds rounds;
    bool adds_known; /* the CPU has the four adders the loop is made for */
    size_t adds_count;
    double adds[SAMPLES];
};

struct bench_spread bench_spread_of(const double *x, size_t n, double *scratch)
{
    const double median = bench_median(x, n, scratch), last = (double)n - 1;
    if (!n)
        return (struct bench_spread){NAN, NAN, NAN};
    memcpy(scratch, x, n * sizeof *x);
    bench_sort(scratch, n);
    return (struct bench_spread){scratch[(size_t)(0.05 * last + 0.5)], median,
                                 scratch[(size_t)(0.95 * last + 0.5)]};
}

double bench_aa_percent(const struct bench_aa *aa)
{
    return 100 * fmax(fabs(aa->ratio.low - 1), fabs(aa->ratio.high - 1));
}

/* Between blocks: what is left of the core at that moment. */
static void sample_adds(void *ctx, double ghz)
{
    struct samples *s = ctx;
    if (!s->adds_known)
        return;
    const double adds = bench_adds_per_cycle(ghz, s->facts->adds_why, sizeof s->facts->adds_why);
    if (!isnan(adds) && s->adds_count < SAMPLES)
        s->adds[s->adds_count++] = adds;
}

static int sum_up(const struct bench_arms *set, struct bench_aa *aa, struct qk_error *err)
{
    const double *arms[2][BLOCKS_MOST];
    const size_t each = set->schedule.rounds, count = 2 * set->blocks * each;
    size_t slices[BLOCKS_MOST];
    double *scratch = calloc(count, sizeof *scratch); /* a block and its times are fewer */
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, aa->name, "no memory for %zu times", count);
    for (size_t b = 0; b < set->blocks; b++) {
        slices[b] = each;
        for (size_t k = 0; k < 2; k++)
            arms[k][b] = set->ns + (2 * b + k) * each;
    }
    aa->why[0] = '\0';
    aa->blocks = set->blocks;
    aa->pairs = set->blocks * each;
    aa->ratio = bench_paired_ratio(arms[0], arms[1], slices, set->blocks, 0.95, scratch);
    aa->ns = bench_spread_of(set->ns, count, scratch);
    free(scratch);
    return 0;
}

/* Blocks of block_ns, all together budget_ns. Without a believable clock the reason is aa->why. */
static int run_variant(struct samples *s, struct bench_buffers *buffers, const struct qk_variant *v,
                       double budget_ns, double block_ns, struct bench_aa *aa, struct qk_error *err)
{
    struct bench_arms set;
    const char *why = NULL;
    int code = bench_arms_make(&set, aa->name, 2, err);
    if (!code)
        why = bench_arms_add(&set, bench_time_own, buffers, v->fn);
    if (!code && !why) {
        set.arm[set.count++] = set.arm[0];
        set.schedule = bench_schedule_make(2 * set.round_ns, block_ns, budget_ns, BLOCKS_LEAST, BLOCKS_MOST);
        code = bench_arms_time(&s->rounds, &set, 1, err);
    }
    s->facts->clock_useless |= why || set.odd;
    if (why || set.odd)
        snprintf(aa->why, sizeof aa->why, "%s%s",
                 why ? why : "no blocks that can be believed: ", why ? "" : set.odd);
    else if (!code)
        code = sum_up(&set, aa, err);
    bench_arms_free(&set);
    return code;
}

/* One working set. What is merely impossible here (memory, a shape) is aa->why, not an error. */
static int measure_set(struct samples *s, size_t bytes, double budget_ns, double block_ns,
                       struct bench_aa *aa, struct qk_error *err)
{
    const enum qk_op op = (enum qk_op)0;
    const struct qk_variant *v = qk_table_best(s->job->table, op, s->job->isa);
    struct bench_group group = {.op = op};
    struct bench_buffers buffers;
    struct qk_error why = {.text = ""};
    char text[QK_SHAPE_TEXT], differs[200];
    aa->bytes = bytes;
    if (!qk_shape_for_bytes(qk_op_row(op)->on, bytes, &group.shape)) {
        snprintf(aa->why, sizeof aa->why, "%s has no shape of %zu bytes", qk_op_row(op)->name, bytes);
        return 0;
    }
    qk_shape_print(&group.shape, text);
    snprintf(group.name, sizeof group.name, "%s", text);
    snprintf(aa->name, sizeof aa->name, "%s/%s/%s", v->op_name, v->name, text);
    int code = bench_buffers_fill(&buffers, &group, s->job->seed, &why);
    for (int value = 0; value < 2 && !code; value++) {
        buffers.turn = value;
        code = bench_buffers_expect(&buffers, &why);
        if (!code && !bench_buffers_same(&buffers, v, differs, sizeof differs))
            code = qk_fail(&why, QK_ERR_CHECK, aa->name, "output differs from the reference's: %s", differs);
    }
    bench_buffers_drop_expected(&buffers);
    if (!code)
        code = run_variant(s, &buffers, v, budget_ns, block_ns, aa, &why);
    if (code == QK_ERR_MEMORY)
        snprintf(aa->why, sizeof aa->why, "%.190s", why.text);
    code = code == QK_ERR_MEMORY ? 0 : code;
    if (code)
        qk_fail(err, code, why.where, "%s", why.text);
    bench_buffers_free(&buffers);
    return code;
}

int bench_doctor_measure(struct bench_facts *f, const struct bench_doctor_config *cfg, struct qk_error *err)
{
    struct samples s = {.facts = f, .job = &cfg->job, .adds_known = bench_adds_known(&f->env)};
    const double second = 1e9, ms = 1e6;
    const uint64_t l2 = bench_environment_cache(&f->env, 2);
    double scratch[SAMPLES];
    if (!s.adds_known)
        snprintf(f->adds_why, sizeof f->adds_why,
                 "this CPU is not one the loop's four per cycle are known of");
    s.rounds = (struct bench_rounds){.job = &cfg->job, .sets = 2, .beside = sample_adds, .ctx = &s};
    bench_rounds_open(&s.rounds);
    /* Half of L2 as in the `cache` shapes; 128 KiB fit any L2 where sysfs tells none. */
    int code = measure_set(&s, l2 ? l2 / 2 : 128 << 10, cfg->job.quick ? 0.6 * second : 2 * second, 30 * ms,
                           &f->cache, err);
    s.rounds.done = 1;
    struct bench_memory_free memory;
    bench_memory_read(f->root, &memory);
    /* The buffers and the copy of the output that proves the result: less than twice the set. */
    if (!code && memory.room < 2 * (double)f->dram_bytes)
        snprintf(f->dram.why, sizeof f->dram.why, "needs twice %.0f MiB, %.0f MiB are free",
                 (double)f->dram_bytes / 0x1p20, memory.free / 0x1p20);
    else if (!code)
        code = measure_set(&s, f->dram_bytes, cfg->job.quick ? second : 3 * second, 60 * ms, &f->dram, err);
    f->core_ghz = bench_spread_of(s.rounds.ghz, s.rounds.ghz_count, scratch);
    snprintf(f->ghz_why, sizeof f->ghz_why, "%s", s.rounds.clock_why);
    f->dropped = s.rounds.dropped;
    f->adds_per_cycle = bench_spread_of(s.adds, s.adds_count, scratch);
    bench_rounds_close(&s.rounds);
    return code;
}
