/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include "harness/engine/buffers.h"
#include "harness/engine/schedule.h"
#include "harness/engine/trust.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_LEAST = 8, BLOCKS_MOST = 64, SAMPLES = 2 * BLOCKS_MOST };

struct samples {
    struct bench_facts *facts;
    const struct bench_doctor_config *cfg;
    struct qk_rng rng;
    bool adds_known; /* the CPU has the four adders the loop is made for */
    size_t ghz_count, adds_count;
    double ghz[SAMPLES], adds[SAMPLES];
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

/* Between blocks: the clock, and what is left of the core at that moment. */
static void sample_core(struct samples *s)
{
    const double ghz = bench_clock_ghz(s->facts->ghz_why, sizeof s->facts->ghz_why);
    if (!isnan(ghz) && s->ghz_count < SAMPLES)
        s->ghz[s->ghz_count++] = ghz;
    if (!s->adds_known)
        return;
    const double adds = bench_adds_per_cycle(ghz, s->facts->adds_why, sizeof s->facts->adds_why);
    if (!isnan(adds) && s->adds_count < SAMPLES)
        s->adds[s->adds_count++] = adds;
}

struct pairs {
    const struct bench_buffers *buffers;
    qk_fn *fn;
    uint64_t calls;
    double call_ns;      /* as it was first seen */
    size_t blocks, each; /* pairs in a block */
    size_t dropped;      /* blocks that were not believed */
    double *ns[2];       /* [blocks * each] per arm */
};

static void run_pair(struct samples *s, struct pairs *p, size_t i)
{
    size_t order[2];
    bench_schedule_order(&s->rng, order, 2);
    for (int k = 0; k < 2; k++) {
        const uint64_t start = bench_clock_ns();
        bench_buffers_call(p->buffers, p->fn, p->calls);
        p->ns[order[k]][i] = bench_clock_since(start) / (double)p->calls;
    }
}

/* Why block b is not to be believed; NULL when it is. */
static const char *run_block(struct samples *s, struct pairs *p, size_t b, double *scratch)
{
    struct bench_clocks begin, end;
    bench_clocks_read(&begin);
    for (size_t i = 0; i < p->each; i++)
        run_pair(s, p, b * p->each + i);
    bench_clocks_read(&end);
    const char *why = bench_clocks_differ(&begin, &end);
    for (int k = 0; k < 2 && !why; k++) {
        for (size_t i = 0; i < p->each; i++)
            scratch[i] = p->ns[k][b * p->each + i] * (double)p->calls;
        why = bench_slices_odd(scratch, p->each, p->call_ns * (double)p->calls, scratch + p->each);
    }
    return why;
}

/* Without a believable clock it ends early, with the reason in why[size]. */
static int run_blocks(struct samples *s, struct pairs *p, double from, double to, const char *what, char *why,
                      size_t size, double *scratch, struct qk_error *err)
{
    for (size_t b = 0; b < p->blocks;) {
        if (bench_job_stopped(&s->cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, what, "interrupted");
        bench_job_tell(&s->cfg->job, from + (to - from) * (double)b / (double)p->blocks, what);
        const int code = bench_pin_again(s->cfg->job.cpu, err);
        if (code)
            return code;
        sample_core(s);
        bench_buffers_call(p->buffers, p->fn, 1); /* the samples' code took some of the caches */
        const char *odd = run_block(s, p, b, scratch);
        b += !odd;
        p->dropped += odd != NULL;
        if (odd)
            bench_dropped_add(&s->facts->dropped, odd);
        if (p->dropped >= p->blocks) {
            s->facts->clock_useless = true;
            snprintf(why, size, "no blocks that can be believed: %s", odd);
            return 0;
        }
    }
    return 0;
}

static void sum_up(const struct pairs *p, struct bench_aa *aa, double *scratch)
{
    const double *arms[2][BLOCKS_MOST];
    size_t slices[BLOCKS_MOST];
    for (size_t b = 0; b < p->blocks; b++) {
        slices[b] = p->each;
        for (int k = 0; k < 2; k++)
            arms[k][b] = p->ns[k] + b * p->each;
    }
    aa->blocks = p->blocks;
    aa->pairs = p->blocks * p->each;
    aa->ratio = bench_paired_ratio(arms[0], arms[1], slices, p->blocks, 0.95, scratch);
    aa->ns = bench_spread_of(p->ns[0], 2 * aa->pairs, scratch); /* the arms lie side by side */
}

/* How many blocks of how many pairs: blocks of block_ns, all together budget_ns. */
static int run_variant(struct samples *s, const struct bench_buffers *buffers, const struct qk_variant *v,
                       double budget_ns, double block_ns, double from, double to, struct bench_aa *aa,
                       struct qk_error *err)
{
    const double call_ns = bench_buffers_time(buffers, v->fn);
    struct pairs p = {.buffers = buffers, .fn = v->fn, .call_ns = call_ns};
    if (isnan(call_ns)) {
        s->facts->clock_useless = true;
        snprintf(aa->why, sizeof aa->why, "the system clock stood still while calls were timed");
        return 0;
    }
    p.calls = bench_schedule_calls(call_ns);
    const double pair_ns = 2 * call_ns * (double)p.calls;
    p.each = (size_t)fmax(1, floor(block_ns / pair_ns));
    p.blocks = (size_t)fmin(BLOCKS_MOST, fmax(BLOCKS_LEAST, floor(budget_ns / (pair_ns * (double)p.each))));
    double *memory = calloc(p.blocks * p.each, 4 * sizeof *memory);
    if (!memory)
        return qk_fail(err, QK_ERR_MEMORY, aa->name, "no memory for %zu times", 2 * p.blocks * p.each);
    p.ns[0] = memory;
    p.ns[1] = memory + p.blocks * p.each;
    aa->why[0] = '\0';
    const int code =
        run_blocks(s, &p, from, to, aa->name, aa->why, sizeof aa->why, memory + 2 * p.blocks * p.each, err);
    if (!code && !*aa->why)
        sum_up(&p, aa, memory + 2 * p.blocks * p.each);
    free(memory);
    return code;
}

/* One working set. What is merely impossible here (memory, a shape) is aa->why, not an error. */
static int measure_set(struct samples *s, size_t bytes, double budget_ns, double block_ns, double from,
                       double to, struct bench_aa *aa, struct qk_error *err)
{
    const enum qk_op op = (enum qk_op)0;
    const struct qk_variant *v = qk_table_best(s->cfg->job.table, op, s->cfg->job.isa);
    struct bench_group group = {.op = op};
    struct bench_buffers buffers;
    struct qk_error why;
    char text[QK_SHAPE_TEXT], differs[200];
    aa->bytes = bytes;
    if (!qk_op_row(op)->on->shape_for_bytes(bytes, &group.shape)) {
        snprintf(aa->why, sizeof aa->why, "%s has no shape of %zu bytes", qk_op_row(op)->name, bytes);
        return 0;
    }
    qk_shape_print(&group.shape, text);
    snprintf(group.name, sizeof group.name, "%s", text);
    snprintf(aa->name, sizeof aa->name, "%s/%s/%s", v->op_name, v->name, text);
    int code = bench_buffers_make(&buffers, &group, s->cfg->job.seed, &why);
    if (code == QK_ERR_MEMORY) {
        snprintf(aa->why, sizeof aa->why, "%.190s", why.text);
        code = 0;
    } else if (code) {
        qk_fail(err, code, why.where, "%s", why.text);
    } else if (!bench_buffers_same(&buffers, v, differs, sizeof differs)) {
        code = qk_fail(err, QK_ERR_CHECK, aa->name, "output differs from the reference's: %s", differs);
    } else {
        bench_buffers_drop_expected(&buffers);
        code = run_variant(s, &buffers, v, budget_ns, block_ns, from, to, aa, err);
    }
    bench_buffers_free(&buffers);
    return code;
}

int bench_doctor_measure(struct bench_facts *f, const struct bench_doctor_config *cfg, struct qk_error *err)
{
    struct samples s = {.facts = f, .cfg = cfg};
    const double second = 1e9, ms = 1e6;
    const uint64_t l2 = bench_environment_cache(&f->env, 2);
    double scratch[SAMPLES];
    qk_rng_seed(&s.rng, cfg->job.seed);
    s.adds_known = bench_adds_known(&f->env);
    if (!s.adds_known)
        snprintf(f->adds_why, sizeof f->adds_why,
                 "this CPU is not one the loop's four per cycle are known of");
    /* Half of L2 as in the `cache` shapes; 128 KiB fit any L2 where sysfs tells none. */
    int code = measure_set(&s, l2 ? l2 / 2 : 128 << 10, cfg->job.quick ? 0.6 * second : 2 * second, 30 * ms,
                           0, 0.4, &f->cache, err);
    struct bench_memory_free memory;
    bench_memory_read(f->root, &memory);
    /* The buffers and the copy of the output that proves the result: less than twice the set. */
    if (!code && memory.room < 2 * (double)f->dram_bytes)
        snprintf(f->dram.why, sizeof f->dram.why, "needs twice %.0f MiB, %.0f MiB are free",
                 (double)f->dram_bytes / 0x1p20, memory.free / 0x1p20);
    else if (!code)
        code = measure_set(&s, f->dram_bytes, cfg->job.quick ? second : 3 * second, 60 * ms, 0.5, 1, &f->dram,
                           err);
    f->core_ghz = bench_spread_of(s.ghz, s.ghz_count, scratch);
    f->adds_per_cycle = bench_spread_of(s.adds, s.adds_count, scratch);
    return code;
}
