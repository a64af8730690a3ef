/* SPDX-License-Identifier: MIT */
#include "harness/group.h"

#include "harness/clock.h"
#include "kernels/check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Every buffer starts on a page, as an allocator gives large ones: no arm gains from a lucky offset. */
enum { PAGE = 4096 };

int bench_verdicts_make(struct bench_verdicts *v, const struct bench_matrix *m, const struct qk_cpu *cpu,
                        uint64_t seed, bool (*stop)(void), struct qk_error *err)
{
    memset(v, 0, sizeof *v);
    v->text = calloc(qk_variant_count, sizeof *v->text);
    if (!v->text)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the verdicts of the checker");
    for (size_t i = 0; i < qk_variant_count; i++) {
        struct qk_error why;
        bool wanted = false;
        for (size_t g = 0; g < m->count; g++)
            wanted |= m->groups[g].wanted[i];
        if (!wanted || qk_variant_missing(&qk_variants[i], cpu))
            continue;
        if (stop && stop())
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted while checking");
        const int code = qk_check_variant(&qk_variants[i], seed, NULL, &why);
        if (code == QK_ERR_CHECK) {
            snprintf(v->text[i], sizeof v->text[i], "check failed: %.230s: %.140s", why.text, why.where);
            v->failed = true;
        } else if (code) {
            return qk_fail(err, code, why.where, "%s", why.text);
        }
    }
    return 0;
}

void bench_verdicts_free(struct bench_verdicts *v)
{
    free(v->text);
    memset(v, 0, sizeof *v);
}

bool bench_group_bytes(const struct bench_group *group, size_t *bytes)
{
    struct qk_plan plan;
    size_t sum = 0;
    if (qk_ops[group->op].on->plan(&group->shape, &plan, NULL))
        return false;
    for (int i = 0; i < plan.buffer_count; i++)
        for (int copies = plan.buffers[i].output ? 2 : 1; copies; copies--)
            if (!qk_add_size(sum, plan.buffers[i].bytes, &sum) || !qk_add_size(sum, PAGE, &sum))
                return false;
    *bytes = sum;
    return true;
}

/* Pages that are there: mapped and written once. */
static void *map_buffer(size_t bytes)
{
    size_t room;
    if (!qk_align_size(bytes, PAGE, &room) || !room)
        return NULL;
    void *p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    memset(p, 0, room);
    return p;
}

static void unmap_buffer(void *p, size_t bytes)
{
    size_t room;
    if (p && qk_align_size(bytes, PAGE, &room))
        munmap(p, room);
}

/* The outputs anew, for the reference's results; inputs are shared. */
static int map_expected(const struct bench_ready *ready, void **expected, struct qk_error *err)
{
    for (int i = 0; i < ready->plan.buffer_count; i++) {
        const struct qk_buffer *b = &ready->plan.buffers[i];
        expected[i] = b->output ? map_buffer(b->bytes) : ready->buffers[i];
        if (!expected[i])
            return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "cannot map %zu bytes for %s", b->bytes,
                           b->name);
    }
    return 0;
}

static void unmap_expected(const struct bench_ready *ready, void **expected)
{
    for (int i = 0; i < ready->plan.buffer_count; i++)
        if (ready->plan.buffers[i].output)
            unmap_buffer(expected[i], ready->plan.buffers[i].bytes);
}

static int make_inputs(struct bench_ready *ready, uint64_t seed, struct qk_error *err)
{
    const struct bench_group *group = ready->group;
    struct qk_rng rng;
    int code = qk_ops[group->op].on->plan(&group->shape, &ready->plan, err);
    for (int i = 0; i < ready->plan.buffer_count && !code; i++) {
        ready->buffers[i] = map_buffer(ready->plan.buffers[i].bytes);
        if (!ready->buffers[i])
            code = qk_fail(err, QK_ERR_MEMORY, group->name, "cannot map %zu bytes for %s",
                           ready->plan.buffers[i].bytes, ready->plan.buffers[i].name);
    }
    if (code)
        return code;
    if (group->inputs.fill)
        return group->inputs.fill(group->inputs.ctx, &ready->plan, ready->buffers, err);
    qk_rng_seed(&rng, seed);
    qk_ops[group->op].on->fill(&ready->plan, QK_FILL_ORDINARY, &rng, ready->buffers);
    return 0;
}

static struct bench_record *add_record(struct bench_ready *ready, const struct qk_variant *v,
                                       struct bench_sample_set *set)
{
    struct bench_record *rec = bench_sample_set_add(set, v->op_name, v->name, ready->group->name);
    if (!rec || !bench_record_describe(rec, qk_isas[v->isa].name, v->phase, v->flags))
        return NULL;
    rec->reference = v == qk_reference(v->op);
    rec->elements = (double)ready->plan.elements;
    rec->bytes_written = (double)ready->plan.bytes_written;
    if (v->kind != QK_CEILING) {
        rec->ops = (double)ready->plan.ops;
        rec->bytes_read = (double)ready->plan.bytes_read;
    }
    return rec;
}

static void call_slice(const struct bench_ready *ready, const struct qk_variant *v, void *const *buffers,
                       uint64_t calls)
{
    qk_ops[v->op].on->call(v->fn, &ready->plan, buffers, calls);
}

/* ns of one call: doubles the calls until they take a millisecond, and keeps the fastest seen. */
static double time_call(const struct bench_ready *ready, const struct qk_variant *v)
{
    double best = 1e18;
    for (uint64_t calls = 1; calls < UINT64_C(1) << 40; calls *= 2) {
        const uint64_t start = bench_clock_ns();
        call_slice(ready, v, ready->buffers, calls);
        const uint64_t took = bench_clock_ns() - start;
        const double each = (double)(took ? took : 1) / (double)calls;
        best = each < best ? each : best;
        if (took > 1000000)
            break;
    }
    return best;
}

/* Skip, error or arm: one wanted variant. */
static int ready_variant(struct bench_ready *ready, const struct qk_variant *v, const struct qk_cpu *cpu,
                         struct bench_verdicts *verdicts, void **expected, double *round_ns,
                         struct bench_sample_set *set, struct qk_error *err)
{
    const char *missing = qk_variant_missing(v, cpu), *failed = verdicts->text[v - qk_variants];
    struct bench_record *rec = add_record(ready, v, set);
    char why[400] = "output differs from the reference's on these inputs: ";
    const size_t used = strlen(why);
    bool kept = true;
    if (!rec)
        return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a record");
    if (missing) {
        kept = bench_record_stop(rec, BENCH_SKIP, missing);
    } else if (*failed) {
        kept = bench_record_stop(rec, BENCH_ERROR, failed);
    } else {
        call_slice(ready, v, ready->buffers, 1);
        if (v->kind != QK_CEILING &&
            !qk_ops[v->op].on->same(&ready->plan, expected, ready->buffers, why + used, sizeof why - used)) {
            verdicts->failed = true;
            kept = bench_record_stop(rec, BENCH_ERROR, why);
        } else {
            struct bench_arm *arm = &ready->arms[ready->arm_count++];
            const double ns = time_call(ready, v);
            arm->variant = v;
            arm->ready = ready;
            arm->record = (size_t)(rec - set->records);
            arm->calls = rec->calls = bench_schedule_calls(ns);
            bench_record_name(rec, arm->name, sizeof arm->name);
            *round_ns += ns * (double)arm->calls;
        }
    }
    return kept ? 0 : qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a reason");
}

int bench_ready_make(struct bench_ready *ready, const struct bench_group *group, const struct qk_cpu *cpu,
                     struct bench_verdicts *verdicts, uint64_t seed, bool quick, struct bench_sample_set *set,
                     struct qk_error *err)
{
    void *expected[QK_BUFFERS_MAX] = {0};
    double round_ns = 0;
    memset(ready, 0, sizeof *ready);
    ready->group = group;
    ready->arms = calloc(qk_variant_count, sizeof *ready->arms);
    if (!ready->arms)
        return qk_fail(err, QK_ERR_MEMORY, group->name, "no memory for the arms");
    int code = make_inputs(ready, seed, err);
    if (!code)
        code = map_expected(ready, expected, err);
    if (!code)
        call_slice(ready, qk_reference(group->op), expected, 1);
    if (!code && group->inputs.verify)
        code = group->inputs.verify(group->inputs.ctx, &ready->plan, expected, err);
    for (size_t i = 0; i < qk_variant_count && !code; i++)
        if (group->wanted[i])
            code = ready_variant(ready, &qk_variants[i], cpu, verdicts, expected, &round_ns, set, err);
    if (round_ns > 0)
        ready->schedule = bench_schedule_fit(round_ns, quick);
    unmap_expected(ready, expected);
    return code;
}

void bench_ready_free(struct bench_ready *ready)
{
    for (int i = 0; i < ready->plan.buffer_count; i++)
        unmap_buffer(ready->buffers[i], ready->plan.buffers[i].bytes);
    free(ready->arms);
    memset(ready, 0, sizeof *ready);
}
