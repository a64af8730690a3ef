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

static bool is_aside(const struct qk_buffer *buffer)
{
    return buffer->use == QK_SOURCE || buffer->use == QK_JUDGED;
}

/*
 * Of outputs there may be a copy, and each buffer may have a page more. aside: also what calls do not touch.
 */
static size_t add_bytes(enum qk_op op, const struct qk_plan *plan, bool aside, bool copies, size_t more)
{
    size_t sum = 0;
    for (int i = 0; i < plan->buffer_count; i++)
        for (int n = is_aside(&plan->buffers[i]) && !aside
                         ? 0
                         : 1 + (alternates(op, i) || (copies && plan->buffers[i].output));
             n; n--)
            if (!qk_add_size(sum, plan->buffers[i].bytes, &sum) || !qk_add_size(sum, more, &sum))
                return SIZE_MAX;
    return sum;
}

bool bench_group_bytes(const struct bench_group *group, size_t *bytes)
{
    struct qk_plan plan;
    if (qk_op_row(group->op)->on->plan(&group->shape, &plan, NULL))
        return false;
    *bytes = add_bytes(group->op, &plan, true, true, PAGE);
    return *bytes < SIZE_MAX;
}

size_t bench_plan_bytes(enum qk_op op, const struct qk_plan *plan)
{
    return add_bytes(op, plan, false, false, 0);
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
    b->load_ns = NAN;
    int code = qk_op_row(group->op)->on->plan(&group->shape, &b->plan, err);
    if (!code && !bench_group_bytes(group, &bytes))
        code = qk_fail(err, QK_ERR_MEMORY, group->name, "its buffers are larger than any memory");
    if (!code)
        code = bench_memory_check(bytes, group->name, err);
    for (int i = 0; i < b->plan.buffer_count && !code; i++) {
        if (qk_owned(&b->plan.buffers[i]))
            continue;
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
    qk_expect(b->group->op, &b->plan, b->expected);
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

static void call_part(struct bench_buffers *b, qk_fn *fn, enum qk_part part)
{
    struct qk_plan plan = b->plan;
    plan.part = part;
    if (b->calling)
        *b->calling = fn;
    qk_op_row(b->group->op)->on->call(fn, &plan, b->at, b->odd, 1);
}

/* Maps what a row has to itself of the plan. */
static int map_own(struct bench_buffers *view, struct qk_error *err)
{
    size_t bytes = 0;
    for (int i = 0; i < view->plan.buffer_count; i++)
        if (qk_owned(&view->plan.buffers[i]) && !qk_add_size(bytes, view->plan.buffers[i].bytes, &bytes))
            bytes = SIZE_MAX;
    int code = bytes ? bench_memory_check(bytes, view->group->name, err) : 0;
    for (int i = 0; i < view->plan.buffer_count && !code; i++)
        if (qk_owned(&view->plan.buffers[i])) {
            code = map_one(view, i, &view->at[i], err);
            view->odd[i] = view->at[i];
        }
    return code;
}

/* Calls must not keep results in what they were given to read. */
static int lock_loaded(struct bench_buffers *view, struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < view->plan.buffer_count && !code; i++)
        if (view->plan.buffers[i].use == QK_LOADED &&
            mprotect(view->at[i], view->plan.buffers[i].bytes, PROT_READ))
            code = qk_fail(err, QK_ERR_MEMORY, view->group->name, "cannot make %s read-only",
                           view->plan.buffers[i].name);
    return code;
}

int bench_buffers_view(struct bench_buffers *view, struct bench_buffers *b, const struct qk_variant *v,
                       struct qk_error *err)
{
    *view = *b;
    view->of = b;
    if (!v->form)
        return 0;
    int code = qk_plan_for(v, &b->group->shape, &view->plan, err);
    if (!code)
        code = map_own(view, err);
    if (code)
        return code;
    const uint64_t start = bench_clock_ns();
    call_part(view, v->fn, QK_LOAD);
    view->load_ns = bench_clock_since(start);
    return lock_loaded(view, err);
}

int bench_buffers_product(struct bench_buffers *product, struct bench_buffers *view,
                          const struct qk_variant *v, struct qk_error *err)
{
    int code = 0;
    *product = *view;
    for (int i = 0; i < product->plan.buffer_count && !code; i++)
        if (product->plan.buffers[i].use == QK_SCRATCH) {
            product->at[i] = product->odd[i] = NULL;
            code = map_one(product, i, &product->at[i], err);
            if (!code)
                code = map_one(product, i, &product->odd[i], err);
        } else if (qk_owned(&product->plan.buffers[i])) {
            /* Not its own: view frees them. */
            product->plan.buffers[i].use = QK_SHARED;
        }
    for (int value = 0; value < 2 && !code; value++) {
        struct bench_buffers one = *product;
        memcpy(one.at, value ? one.odd : one.at, sizeof one.at);
        call_part(&one, v->fn, QK_PREPARE);
    }
    product->plan.part = QK_PRODUCT;
    return code;
}

void bench_buffers_view_free(struct bench_buffers *view)
{
    for (int i = 0; i < view->plan.buffer_count; i++)
        if (qk_owned(&view->plan.buffers[i])) {
            if (view->odd[i] != view->at[i])
                bench_unmap(view->odd[i], view->plan.buffers[i].bytes);
            bench_unmap(view->at[i], view->plan.buffers[i].bytes);
        }
    memset(view, 0, sizeof *view);
}

void bench_buffers_call(struct bench_buffers *b, qk_fn *fn, uint64_t calls)
{
    bool *const turn = b->of ? &b->of->turn : &b->turn;
    if (b->calling)
        *b->calling = fn;
    qk_op_row(b->group->op)->on->call(fn, &b->plan, *turn ? b->odd : b->at, *turn ? b->at : b->odd, calls);
    *turn ^= calls & 1;
}

bool bench_buffers_same(struct bench_buffers *b, const struct qk_variant *v, char *why, size_t size)
{
    bool *const turn = b->of ? &b->of->turn : &b->turn;
    void *const *const expected = b->of ? b->of->expected : b->expected;
    void *const *const on = *turn ? b->odd : b->at;
    /* What another variant left there must not pass for this one's result. */
    for (int i = 0; i < b->plan.buffer_count; i++)
        if (b->plan.buffers[i].output)
            memset(b->at[i], 0xa5, b->plan.buffers[i].bytes);
    bench_buffers_call(b, v->fn, 1);
    *turn = !*turn;
    return v->kind == QK_CEILING || qk_op_row(v->op)->on->same(&b->plan, expected, on, why, size);
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
