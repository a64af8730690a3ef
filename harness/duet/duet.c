/* SPDX-License-Identifier: MIT */
/* Schedules a duet: which case gets a block when, in which launch, and when it ends. */
#include "harness/duet/duet.h"
#include "harness/duet/process.h"
#include "harness/engine/buffers.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"
#include "harness/machine/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In cache every block has a launch of its own. The sign of a block is what is decided on, and blocks of one
 * launch share theirs: where the two copies of the code happen to lie made p3_prefetch 0.9 % faster or slower
 * in each launch (Zen 5), for as long as it lasted. So four launches of four blocks called identical code
 * slower in 1 of 200 cases. What still is open after ISOLATED blocks is near a margin, not misled by layout.
 *
 * From DRAM that is small against noise, and preparing 256 MiB takes as long as twenty blocks. A decision
 * takes 13 to 20 blocks (baselines/gate/decide.h). Dealt out so, it sees all the launches that a case is to
 * have. Later launches take more blocks each, every one twice as many as the one before.
 */
enum { LAUNCHES = 5, ISOLATED = 100, BLOCKS_TO_DECIDE = 20, BLOCKS_LATER = 8, LATER_DOUBLED = 3 };

/* Proof slices that took more of their block leave out the next one. The block after it has them again. */
static const double PROOF_SHARE = 0.15;

/* Cases whose buffers fit together are prepared together and take turns block by block. */
static const size_t batch_bytes = (size_t)1 << 30;

struct tally {
    size_t blocks;
    double spent_ns;
    struct bench_duet_proof proof; /* for its next block */
    bool over;
};

struct duet {
    const struct bench_duet_config *cfg;
    const struct bench_image *image[BENCH_SIDES]; /* of the sides that are used */
    struct tally *tally;                          /* [case_count] */
    size_t *sorted; /* [case_count] cases by memory class and shape, so that buffers are shared */
    struct bench_duet_process process;
    struct bench_duet_order order;
    struct bench_duet_answer answer;
};

static int check_case(const struct bench_duet_case *c, const struct bench_image *const *image,
                      struct qk_error *err)
{
    const struct qk_case *const on = (int)c->op < qk_op_count() ? qk_op_row(c->op)->on : NULL;
    struct qk_plan plan;
    if (!on || c->memory >= QK_MEMORIES || !(c->extra >= 0 && c->extra <= 1) || !(c->budget_ns > 0))
        return qk_fail(err, QK_ERR_ARG, c->name,
                       "op %d, memory class %d, extra %g, budget %g ns: one of them cannot be", (int)c->op,
                       (int)c->memory, c->extra, c->budget_ns);
    for (int a = 0; a < 2; a++) {
        const struct bench_duet_arm *arm = &c->arm[a];
        if (arm->side >= BENCH_SIDES || !arm->variant || strlen(arm->variant) >= BENCH_DUET_VARIANT)
            return qk_fail(err, QK_ERR_ARG, c->name, "arm %d has no side, or no variant, or too long a name",
                           a);
        if (!image[arm->side == BENCH_SIDE_COPY ? BENCH_SIDE_BASE : arm->side])
            return qk_fail(err, QK_ERR_ARG, c->name, "there is no module for the %s",
                           bench_side_names[arm->side]);
    }
    return on->plan(&c->shape, &plan, err);
}

static int compare_cases(const void *a, const void *b, void *cases)
{
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const struct bench_duet_case *x = (const struct bench_duet_case *)cases + i;
    const struct bench_duet_case *y = (const struct bench_duet_case *)cases + j;
    int order = (x->memory > y->memory) - (x->memory < y->memory);
    if (!order)
        order = (x->op > y->op) - (x->op < y->op);
    for (int d = 0; d < QK_SHAPE_DIMS && !order; d++)
        order = (x->shape.dim[d] > y->shape.dim[d]) - (x->shape.dim[d] < y->shape.dim[d]);
    if (!order)
        order = (x->extra > y->extra) - (x->extra < y->extra);
    return order ? order : (i > j) - (i < j);
}

static int open_duet(struct duet *duet, const struct bench_duet_config *cfg, struct qk_error *err)
{
    duet->cfg = cfg;
    if (!cfg->launcher.program || !cfg->launcher.argument || !cfg->more || !cfg->refused)
        return qk_fail(err, QK_ERR_ARG, NULL, "a duet needs a program, its argument, and both callbacks");
    for (size_t i = 0; i < cfg->case_count; i++) {
        const int code = check_case(&cfg->cases[i], cfg->image, err);
        if (code)
            return code;
        for (int a = 0; a < 2; a++) {
            const enum bench_duet_side side = cfg->cases[i].arm[a].side;
            duet->image[side] = cfg->image[side] ? cfg->image[side] : cfg->image[BENCH_SIDE_BASE];
        }
    }
    duet->tally = calloc(cfg->case_count + 1, sizeof *duet->tally);
    duet->sorted = calloc(cfg->case_count + 1, sizeof *duet->sorted);
    if (!duet->tally || !duet->sorted)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu cases", cfg->case_count);
    for (size_t i = 0; i < cfg->case_count; i++) {
        duet->sorted[i] = i;
        duet->tally[i].proof.due = true;
    }
    qsort_r(duet->sorted, cfg->case_count, sizeof *duet->sorted, compare_cases,
            (void *)(uintptr_t)cfg->cases);
    return 0;
}

static int ask(struct duet *duet, enum bench_duet_message message, struct qk_error *err)
{
    return bench_duet_process_ask(&duet->process, message, &duet->order, &duet->answer, err);
}

static bool late(const struct duet *duet)
{
    const uint64_t until = duet->cfg->launcher.until_ns;
    return until && bench_clock_ns() >= until;
}

/* A module that ends its launch, or does not return, while it is loaded is no case's alone. */
static void refuse_all(struct duet *duet, const char *why)
{
    const struct bench_duet_config *cfg = duet->cfg;
    for (size_t i = 0; i < cfg->case_count; i++)
        if (!duet->tally[i].over) {
            duet->tally[i].over = true;
            cfg->refused(cfg->ctx, i, QK_ERR_CHECK, why);
        }
}

static int start(struct duet *duet, struct qk_error *err)
{
    const struct bench_duet_config *cfg = duet->cfg;
    struct qk_error why;
    int code = bench_duet_process_start(&duet->process, &cfg->launcher, &cfg->job, duet->image, err);
    if (code)
        return code;
    memset(&duet->order, 0, sizeof duet->order);
    duet->order.cpu = cfg->job.cpu;
    duet->order.seed = cfg->job.seed;
    for (int side = 0; side < BENCH_SIDES; side++)
        duet->order.has[side] = duet->image[side];
    code = ask(duet, BENCH_DUET_OPEN, &why);
    if (code == BENCH_DUET_DIED && *duet->process.doing)
        refuse_all(duet, why.text);
    if (!code || (code == BENCH_DUET_DIED && *duet->process.doing))
        return code;
    if (code == BENCH_DUET_DIED || code == QK_ERR_INTERNAL)
        return qk_fail(err, QK_ERR_INTERNAL, cfg->launcher.program, "no launch of '%.100s': %.300s",
                       cfg->launcher.program, why.text);
    if (duet->answer.side < 0 || duet->answer.side >= BENCH_SIDES)
        return qk_fail(err, code, why.where, "%s", why.text);
    const char *path = duet->image[duet->answer.side]->path;
    return qk_fail(err, code, path, "%s '%.100s': %.300s", bench_side_names[duet->answer.side], path,
                   why.text);
}

static void give_order(struct duet *duet, size_t index, size_t launch)
{
    const struct bench_duet_case *c = &duet->cfg->cases[index];
    struct bench_duet_work *work = &duet->order.work;
    const struct qk_own_spec *const own = qk_own_spec_of(c->op);
    memset(work, 0, sizeof *work);
    work->index = index;
    work->op = c->op;
    if (own)
        snprintf(work->own, sizeof work->own, "%s", own->name);
    work->shape = c->shape;
    work->memory = c->memory;
    work->extra = c->extra;
    for (int a = 0; a < 2; a++) {
        work->side[a] = c->arm[a].side;
        snprintf(work->variant[a], sizeof work->variant[a], "%s", c->arm[a].variant);
    }
    duet->order.number = duet->tally[index].blocks;
    duet->order.launch = launch;
    duet->order.proof = duet->tally[index].proof;
}

/*
 * What an order about one case came to: 0; BENCH_DUET_DIED, after which the launch is over and the case
 * refused; QK_ERR_INTERRUPTED. Other errors refuse the case, and the launch goes on.
 */
static int ask_about(struct duet *duet, enum bench_duet_message message, size_t index, size_t launch,
                     struct qk_error *err)
{
    const struct bench_duet_config *cfg = duet->cfg;
    struct qk_error why;
    give_order(duet, index, launch);
    const int code = ask(duet, message, &why);
    if (code == QK_ERR_INTERRUPTED)
        return qk_fail(err, code, cfg->cases[index].name, "%s", why.text);
    if (code) {
        duet->tally[index].over = true;
        cfg->refused(cfg->ctx, index, code == BENCH_DUET_DIED ? QK_ERR_CHECK : code, why.text);
    }
    return code == BENCH_DUET_DIED ? code : 0;
}

static void tell_progress(const struct duet *duet, size_t index)
{
    const struct bench_duet_config *cfg = duet->cfg;
    double done = 0;
    if (!cfg->job.progress)
        return;
    for (size_t i = 0; i < cfg->case_count; i++)
        done += duet->tally[i].over ? 1 : fmin(0.95, (double)duet->tally[i].blocks / BLOCKS_TO_DECIDE);
    cfg->job.progress(cfg->ctx, done / (double)cfg->case_count, cfg->cases[index].name);
}

static int prepare_case(struct duet *duet, size_t index, size_t launch, struct qk_error *err)
{
    struct tally *tally = &duet->tally[index];
    if ((tally->over = late(duet)))
        return 0;
    tell_progress(duet, index);
    return ask_about(duet, BENCH_DUET_PREPARE, index, launch, err);
}

static int take_block(struct duet *duet, size_t index, size_t launch, struct qk_error *err)
{
    const struct bench_duet_config *cfg = duet->cfg;
    const struct bench_duet_block *block = &duet->answer.block;
    struct tally *tally = &duet->tally[index];
    if ((tally->over = late(duet)))
        return 0;
    tell_progress(duet, index);
    const int code = ask_about(duet, BENCH_DUET_MEASURE, index, launch, err);
    if (code || tally->over)
        return code;
    tally->blocks++;
    tally->spent_ns += block->wall_ns;
    tally->proof = block->proof;
    tally->proof.due = block->proof_ns <= PROOF_SHARE * block->wall_ns;
    tally->over = !cfg->more(cfg->ctx, block) || tally->spent_ns >= cfg->cases[index].budget_ns;
    return 0;
}

/*
 * How many of the sorted cases, from `first` on, fit a batch: at least one. Those that are over take no room.
 */
static size_t batch_size(const struct duet *duet, size_t first)
{
    const struct bench_duet_config *cfg = duet->cfg;
    struct bench_memory_free memory;
    bench_memory_read("", &memory);
    const size_t most = memory.room / 2 < (double)batch_bytes ? (size_t)(memory.room / 2) : batch_bytes;
    size_t sum = 0, count = 0;
    for (; first + count < cfg->case_count; count++) {
        const size_t index = duet->sorted[first + count];
        struct bench_group group = {.op = cfg->cases[index].op, .shape = cfg->cases[index].shape};
        size_t bytes;
        if (duet->tally[index].over)
            continue;
        if (!bench_group_bytes(&group, &bytes) || !qk_add_size(sum, bytes, &sum) || sum > most)
            break;
    }
    return count ? count : 1;
}

/* Blocks that a case has of a launch. */
static size_t share_of(const struct duet *duet, size_t index, size_t launch)
{
    if (duet->cfg->cases[index].memory == QK_MEMORY_CACHE)
        return launch < ISOLATED ? 1 : BLOCKS_LATER;
    const size_t launches = duet->cfg->launches ? duet->cfg->launches : LAUNCHES;
    const size_t later = launch < launches ? 0 : launch - launches;
    return launch < launches ? (BLOCKS_TO_DECIDE + launches - 1) / launches
                             : (size_t)BLOCKS_LATER << (later < LATER_DOUBLED ? later : LATER_DOUBLED);
}

/* The cases of a batch, block by block in turns, until each has had its share of this launch. */
static int run_batch(struct duet *duet, const size_t *cases, size_t count, size_t launch,
                     struct qk_error *err)
{
    int code = 0;
    bool more = true;
    for (size_t k = 0; k < count && !code; k++)
        if (!duet->tally[cases[k]].over)
            code = prepare_case(duet, cases[k], launch, err);
    for (size_t b = 0; more && !code; b++) {
        more = false;
        for (size_t k = 0; k < count && !code; k++)
            if (!duet->tally[cases[k]].over && b < share_of(duet, cases[k], launch)) {
                code = take_block(duet, cases[k], launch, err);
                more = true;
            }
    }
    return code;
}

static bool anything_open(const struct duet *duet, const size_t *cases, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (!duet->tally[cases[k]].over)
            return true;
    return false;
}

/* BENCH_DUET_DIED: a case was refused, another launch goes on with the rest. */
static int run_launch(struct duet *duet, size_t launch, struct qk_error *err)
{
    struct qk_error why;
    int code = start(duet, err);
    for (size_t first = 0, count; first < duet->cfg->case_count && !code; first += count) {
        count = batch_size(duet, first);
        if (!anything_open(duet, duet->sorted + first, count))
            continue;
        code = run_batch(duet, duet->sorted + first, count, launch, err);
        if (!code && ask(duet, BENCH_DUET_CLEAR, &why))
            code = qk_fail(err, QK_ERR_INTERNAL, NULL, "a launch cannot free its buffers: %s", why.text);
    }
    bench_duet_process_end(&duet->process);
    return code;
}

int bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err)
{
    struct duet *duet = calloc(1, sizeof *duet);
    if (!duet)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a duet");
    int code = open_duet(duet, cfg, err);
    bench_strays_adopt();
    for (size_t launch = 0; !code && !late(duet) && anything_open(duet, duet->sorted, cfg->case_count);
         launch++) {
        code = run_launch(duet, launch, err);
        if (code == BENCH_DUET_DIED)
            code = 0;
    }
    bench_strays_end();
    free(duet->tally);
    free(duet->sorted);
    free(duet);
    return code;
}
