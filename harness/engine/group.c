/* SPDX-License-Identifier: MIT */
#include "harness/engine/group.h"

#include "kernels/check/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bench_verdicts_make(struct bench_verdicts *v, const struct bench_matrix *m, const struct bench_job *job,
                        struct qk_error *err)
{
    *v = (struct bench_verdicts){.failed = false};
    v->text = calloc(job->table->count, sizeof *v->text);
    if (!v->text)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the verdicts of the checker");
    for (size_t i = 0; i < job->table->count; i++) {
        struct qk_error why;
        bool wanted = false;
        for (size_t g = 0; g < m->count; g++)
            wanted |= m->groups[g].wanted[i];
        if (!wanted || qk_variant_missing(&job->table->rows[i], job->isa))
            continue;
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted while checking");
        const int code = qk_check_variant(&job->table->rows[i], job->seed, NULL, &why);
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

static struct bench_record *add_record(struct bench_ready *ready, const struct bench_job *job,
                                       const struct qk_variant *v, struct bench_sample_set *set)
{
    struct bench_record *rec = bench_sample_set_add(set, v->op_name, v->name, ready->group->name);
    if (!rec || !bench_record_describe(rec, v->isa_name, v->phase, v->flags))
        return NULL;
    rec->reference = v == qk_table_reference(job->table, v->op);
    rec->elements = (double)ready->buffers.plan.elements;
    rec->bytes_written = (double)ready->buffers.plan.bytes_written;
    rec->ops = v->kind == QK_CEILING ? 0 : (double)ready->buffers.plan.ops;
    rec->bytes_read = v->touches != QK_TOUCHES_STORES ? (double)ready->buffers.plan.bytes_read : 0;
    return rec;
}

/* Skip, error or arm: one wanted variant. */
static int ready_variant(struct bench_ready *ready, const struct qk_variant *v, const struct bench_job *job,
                         struct bench_verdicts *verdicts, double *round_ns, struct bench_sample_set *set,
                         struct qk_error *err)
{
    const char *missing = qk_variant_missing(v, job->isa),
               *failed = verdicts->text[qk_table_index(job->table, v)];
    struct bench_record *rec = add_record(ready, job, v, set);
    char why[400] = "output differs from the reference's on these inputs: ";
    const size_t used = strlen(why);
    bool kept = true;
    double ns;
    if (!rec)
        return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a record");
    if (bench_job_stopped(job))
        return qk_fail(err, QK_ERR_INTERRUPTED, ready->group->name, "interrupted before timing");
    if (missing) {
        kept = bench_record_stop(rec, BENCH_SKIP, missing);
    } else if (*failed) {
        kept = bench_record_stop(rec, BENCH_ERROR, failed);
    } else if (!bench_buffers_same(&ready->buffers, v, why + used, sizeof why - used)) {
        verdicts->failed = true;
        kept = bench_record_stop(rec, BENCH_ERROR, why);
    } else if (isnan(ns = bench_buffers_time(&ready->buffers, v->fn))) {
        kept = bench_record_stop(rec, BENCH_ERROR, "the system clock stood still while calls were timed");
    } else {
        struct bench_arm *arm = &ready->arms[ready->arm_count++];
        arm->variant = v;
        arm->ready = ready;
        arm->record = (size_t)(rec - set->records);
        arm->calls = rec->calls = bench_schedule_calls(ns);
        bench_record_name(rec, arm->name, sizeof arm->name);
        arm->slice_ns = ns * (double)arm->calls;
        *round_ns += arm->slice_ns;
    }
    return kept ? 0 : qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a reason");
}

/* All wanted variants of a group are skipped. */
static int skip_group(struct bench_ready *ready, const struct bench_job *job, const char *why,
                      struct bench_sample_set *set, struct qk_error *err)
{
    for (size_t i = 0; i < job->table->count; i++) {
        if (!ready->group->wanted[i])
            continue;
        struct bench_record *rec = add_record(ready, job, &job->table->rows[i], set);
        if (!rec || !bench_record_stop(rec, BENCH_SKIP, why))
            return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a record");
    }
    return 0;
}

int bench_ready_make(struct bench_ready *ready, const struct bench_group *group, const struct bench_job *job,
                     struct bench_verdicts *verdicts, struct bench_sample_set *set, struct qk_error *err)
{
    double round_ns = 0;
    struct qk_error why;
    memset(ready, 0, sizeof *ready);
    ready->group = group;
    ready->arms = calloc(job->table->count, sizeof *ready->arms);
    if (!ready->arms)
        return qk_fail(err, QK_ERR_MEMORY, group->name, "no memory for the arms");
    int code = bench_buffers_make(&ready->buffers, group, job->seed, &why);
    if (code == QK_ERR_MEMORY)
        return skip_group(ready, job, why.text, set, err);
    if (code)
        return qk_fail(err, code, why.where, "%s", why.text);
    for (size_t i = 0; i < job->table->count && !code; i++)
        if (group->wanted[i])
            code = ready_variant(ready, &job->table->rows[i], job, verdicts, &round_ns, set, err);
    if (round_ns > 0)
        ready->schedule = bench_schedule_fit(round_ns, job->quick);
    bench_buffers_drop_expected(&ready->buffers);
    return code;
}

void bench_ready_free(struct bench_ready *ready)
{
    bench_buffers_free(&ready->buffers);
    free(ready->arms);
    memset(ready, 0, sizeof *ready);
}

void bench_arm_call(void *arm, uint64_t calls)
{
    const struct bench_arm *a = arm;
    bench_buffers_call(&a->ready->buffers, a->variant->fn, calls);
}
