/* SPDX-License-Identifier: MIT */
#include "harness/engine/buffers.h"

#include "harness/machine/clock.h"
#include "harness/machine/memory.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, HUGE = 2 << 20, HUGE_FROM = 32 << 20 };

static size_t guard(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/*
 * A buffer larger than the caches asks for huge pages, as a program with so much data would. With pages of 4
 * KiB a stream from DRAM gets 20 % less, because the page-table walks miss the caches, too. Buffers that fit
 * in caches do not ask: huge pages changed nothing there.
 */
static bool rounded(size_t bytes, size_t *room)
{
    const size_t unit = bytes >= HUGE_FROM ? HUGE : PAGE;
    return qk_align_size(bytes, unit > guard() ? unit : guard(), room) && *room > 0;
}

void *bench_map(size_t bytes)
{
    size_t room, whole;
    if (!rounded(bytes, &room))
        return NULL;
    const size_t unit = bytes >= HUGE_FROM ? HUGE : guard();
    if (!qk_add_size(room, unit + 2 * guard(), &whole))
        return NULL;
    char *const map = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    const size_t from = (size_t)((uintptr_t)map + guard() + unit - 1) / unit * unit - (uintptr_t)map;
    char *const p = map + from, *const end = p + room + guard();
    if (from > guard())
        munmap(map, from - guard());
    munmap(end, whole - (size_t)(end - map));
    if (mmap(p, room, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | (unit == HUGE ? 0 : MAP_POPULATE), -1,
             0) == MAP_FAILED) {
        munmap(p - guard(), room + 2 * guard());
        return NULL;
    }
    if (unit == HUGE)
        madvise(p, room, MADV_HUGEPAGE); /* a wish; bench_team_huge tells what came of it */
    memset(p, 0, room);
    return p;
}

size_t bench_map_padding(size_t bytes)
{
    size_t room;
    return rounded(bytes, &room) ? room - bytes : 0;
}

void bench_unmap(void *p, size_t bytes)
{
    size_t room;
    if (p && rounded(bytes, &room))
        munmap((char *)p - guard(), room + 2 * guard());
}

static bool alternates(enum qk_op op, int i)
{
    return qk_op_row(op)->on->alternates >> i & 1;
}

/* Of outputs there may be a copy, and each buffer may have a page more. */
static size_t add_bytes(enum qk_op op, const struct qk_plan *plan, bool copies, size_t more)
{
    size_t sum = 0;
    for (int i = 0; i < plan->buffer_count; i++)
        for (int n = 1 + (alternates(op, i) || (copies && plan->buffers[i].output)); n; n--)
            if (!qk_add_size(sum, plan->buffers[i].bytes, &sum) || !qk_add_size(sum, more, &sum))
                return SIZE_MAX;
    return sum;
}

bool bench_group_bytes(const struct bench_group *group, size_t *bytes)
{
    struct qk_plan plan;
    if (qk_op_row(group->op)->on->plan(&group->shape, &plan, NULL))
        return false;
    *bytes = add_bytes(group->op, &plan, true, PAGE);
    return *bytes < SIZE_MAX;
}

size_t bench_plan_bytes(enum qk_op op, const struct qk_plan *plan)
{
    return add_bytes(op, plan, false, 0);
}

enum qk_memory bench_memory_of(enum qk_op op, const struct qk_plan *plan, const struct bench_environment *env)
{
    return bench_plan_bytes(op, plan) <= bench_cache_bytes(env) ? QK_MEMORY_CACHE : QK_MEMORY_DRAM;
}

/* One buffer of the plan, into *to. */
static int map_one(const struct bench_buffers *b, int i, void **to, struct qk_error *err)
{
    const struct qk_buffer *buffer = &b->plan.buffers[i];
    *to = bench_map(buffer->bytes);
    return *to ? 0
               : qk_fail(err, QK_ERR_MEMORY, b->group->name, "cannot map %zu bytes for %s", buffer->bytes,
                         buffer->name);
}

int bench_buffers_refill(struct bench_buffers *b, uint64_t seed, struct qk_error *err)
{
    const struct qk_case *const on = qk_op_row(b->group->op)->on;
    const struct qk_inputs *inputs = &b->group->inputs;
    void *second[QK_BUFFERS_MAX] = {NULL};
    struct qk_rng rng;
    int code = 0;
    qk_rng_seed(&rng, seed);
    if (inputs->fill)
        code = inputs->fill(inputs->ctx, &b->plan, b->at, err);
    else
        on->fill(&b->plan, QK_FILL_ORDINARY, &rng, b->at);
    for (int i = 0; i < b->plan.buffer_count; i++)
        second[i] = alternates(b->group->op, i) ? b->odd[i] : NULL;
    qk_rng_seed(&rng, ~seed);
    on->fill(&b->plan, QK_FILL_ORDINARY, &rng, second);
    return code;
}

int bench_buffers_fill(struct bench_buffers *b, const struct bench_group *group, uint64_t seed,
                       struct qk_error *err)
{
    size_t bytes;
    memset(b, 0, sizeof *b);
    b->group = group;
    int code = qk_op_row(group->op)->on->plan(&group->shape, &b->plan, err);
    if (!code && !bench_group_bytes(group, &bytes))
        code = qk_fail(err, QK_ERR_MEMORY, group->name, "its buffers are larger than any memory");
    if (!code)
        code = bench_memory_check(bytes, group->name, err);
    for (int i = 0; i < b->plan.buffer_count && !code; i++) {
        code = map_one(b, i, &b->at[i], err);
        b->odd[i] = b->at[i];
        if (!code && alternates(group->op, i))
            code = map_one(b, i, &b->odd[i], err);
    }
    return code ? code : bench_buffers_refill(b, seed, err);
}

int bench_buffers_expect(struct bench_buffers *b, struct qk_error *err)
{
    const struct qk_inputs *inputs = &b->group->inputs;
    int code = 0;
    for (int i = 0; i < b->plan.buffer_count && !code; i++)
        if (!b->plan.buffers[i].output)
            b->expected[i] = b->turn ? b->odd[i] : b->at[i];
        else if (!b->expected[i])
            code = map_one(b, i, &b->expected[i], err);
    if (code)
        return code;
    qk_op_row(b->group->op)->on->call(qk_reference(b->group->op)->fn, &b->plan, b->expected, b->expected, 1);
    return inputs->verify && !b->turn ? inputs->verify(inputs->ctx, &b->plan, b->expected, err) : 0;
}

void bench_buffers_drop_expected(struct bench_buffers *b)
{
    for (int i = 0; i < b->plan.buffer_count; i++) {
        if (b->plan.buffers[i].output)
            bench_unmap(b->expected[i], b->plan.buffers[i].bytes);
        b->expected[i] = NULL;
    }
}

void bench_buffers_free(struct bench_buffers *b)
{
    bench_buffers_drop_expected(b);
    for (int i = 0; i < b->plan.buffer_count; i++) {
        if (b->odd[i] != b->at[i])
            bench_unmap(b->odd[i], b->plan.buffers[i].bytes);
        bench_unmap(b->at[i], b->plan.buffers[i].bytes);
    }
    memset(b, 0, sizeof *b);
}

void bench_buffers_call(struct bench_buffers *b, qk_fn *fn, uint64_t calls)
{
    if (b->calling)
        *b->calling = fn;
    qk_op_row(b->group->op)
        ->on->call(fn, &b->plan, b->turn ? b->odd : b->at, b->turn ? b->at : b->odd, calls);
    b->turn ^= calls & 1;
}

bool bench_buffers_same(struct bench_buffers *b, const struct qk_variant *v, char *why, size_t size)
{
    void *const *const on = b->turn ? b->odd : b->at;
    /* What another variant left there must not pass for this one's result. */
    for (int i = 0; i < b->plan.buffer_count; i++)
        if (b->plan.buffers[i].output)
            memset(b->at[i], 0xa5, b->plan.buffers[i].bytes);
    bench_buffers_call(b, v->fn, 1);
    b->turn = !b->turn;
    return v->kind == QK_CEILING || qk_op_row(v->op)->on->same(&b->plan, b->expected, on, why, size);
}

double bench_buffers_time(struct bench_buffers *b, qk_fn *fn)
{
    /* Shorter stretches are not believed. Much longer ones are timed again: the clock may have jumped. */
    const double enough_ns = 1e6, long_ns = 4 * enough_ns;
    /*
     * CPU time in which enough must have passed on the clock, and how much goes for a clock that stands
     * still.
     */
    const double worked_ns = 10 * enough_ns, hopeless_ns = 1e9;
    double before = 0, wasted = 0;
    int vain = 0;
    for (uint64_t calls = 1; calls < UINT64_C(1) << 40;) {
        struct bench_clocks begin, end;
        bench_clocks_read(&begin);
        const uint64_t start = bench_clock_ns();
        bench_buffers_call(b, fn, calls);
        const double took = bench_clock_since(start);
        bench_clocks_read(&end);
        const double worked = end.task_ns - begin.task_ns;
        const bool good = took > enough_ns && !bench_clocks_differ(&begin, &end);
        if (good && (took < long_ns || before > 0))
            return (before > 0 ? fmin(took, before) : took) / (double)calls;
        before = good ? took : 0;
        if (!good && worked > worked_ns) {
            wasted += worked;
            if (++vain >= 3 && wasted > hopeless_ns)
                break;
        } else if (!good) {
            calls *= 2;
        }
    }
    return NAN;
}
