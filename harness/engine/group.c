/* SPDX-License-Identifier: MIT */
#include "harness/engine/group.h"

#include "kernels/check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Can anything that was asked for run here? A reference that only runs along was not asked for. */
static int find_any(const struct bench_matrix *m, const struct qk_cpu *isa, struct qk_error *err)
{
    const char *why = NULL;
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++) {
            const struct qk_variant *v = &m->table->rows[i];
            if (!m->groups[g].wanted[i] ||
                (v == qk_table_reference(m->table, v->op) && !m->groups[g].reference_asked))
                continue;
            const char *missing = qk_variant_missing(v, isa);
            if (!missing)
                return 0;
            why = why ? why : missing;
        }
    return qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "none of the variants named can run here: %s",
                   why ? why : "nothing was asked for");
}

int bench_verdicts_make(struct bench_verdicts *v, const struct bench_matrix *m, const struct bench_job *job,
                        struct qk_error *err)
{
    *v = (struct bench_verdicts){.failed = false};
    int code = find_any(m, job->isa, err);
    if (code)
        return code;
    v->text = calloc(m->table->count, sizeof *v->text);
    if (!v->text)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the verdicts of the checker");
    for (size_t i = 0; i < m->table->count; i++) {
        struct qk_error why;
        bool wanted = false;
        for (size_t g = 0; g < m->count; g++)
            wanted |= m->groups[g].wanted[i];
        if (!wanted || qk_variant_missing(&m->table->rows[i], job->isa))
            continue;
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted while checking");
        const char *const known = job->known ? job->known(job->ctx, &m->table->rows[i]) : NULL;
        if (known) {
            snprintf(v->text[i], sizeof v->text[i], "%s", known);
            v->failed |= *known != '\0';
            continue;
        }
        code = qk_check_variant(&m->table->rows[i], job->seed, NULL, &why);
        if (code && code != QK_ERR_CHECK)
            return qk_fail(err, code, why.where, "%s", why.text);
        if (code)
            snprintf(v->text[i], sizeof v->text[i], "check failed: %.230s: %.140s", why.text, why.where);
        v->failed |= code != 0;
    }
    return 0;
}

void bench_verdicts_free(struct bench_verdicts *v)
{
    free(v->text);
    memset(v, 0, sizeof *v);
}

/* Are the rows right on both values of the inputs? The reference runs once for each. */
static int compare(struct bench_ready *ready, int value, const struct bench_job *job,
                   struct bench_verdicts *verdicts, struct qk_error *err)
{
    ready->buffers.turn = value;
    const int code = bench_buffers_expect(&ready->buffers, err);
    for (size_t i = 0; i < ready->count && !code; i++) {
        struct bench_stand *stand = &ready->stands[i];
        char why[300];
        if (stand->status != BENCH_OK)
            continue;
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, ready->group->name, "interrupted before timing");
        if (bench_buffers_same(&stand->view, stand->variant, why, sizeof why))
            continue;
        verdicts->failed = true;
        stand->status = BENCH_ERROR;
        snprintf(stand->reason, sizeof stand->reason,
                 "output differs from the reference's on these inputs: %s", why);
    }
    return code;
}

/* The buffers that a row has to itself. A row that cannot have them is skipped. */
static int make_views(struct bench_ready *ready, const struct bench_job *job, struct qk_error *err)
{
    for (size_t i = 0; i < ready->count; i++) {
        struct bench_stand *stand = &ready->stands[i];
        struct qk_error why = {.text = ""};
        if (stand->status != BENCH_OK)
            continue;
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, ready->group->name, "interrupted before timing");
        int code = bench_buffers_view(&stand->view, &ready->buffers, stand->variant, &why);
        if (!code && stand->variant->form)
            code = bench_buffers_product(&stand->product, &stand->view, stand->variant, &why);
        stand->prepare = stand->view;
        stand->prepare.plan.part = QK_PREPARE;
        if (!code)
            continue;
        stand->status = BENCH_SKIP;
        snprintf(stand->reason, sizeof stand->reason, "%.399s", why.text);
    }
    return 0;
}

int bench_ready_make(struct bench_ready *ready, const struct bench_group *group, const struct bench_job *job,
                     struct bench_verdicts *verdicts, struct qk_error *err)
{
    struct qk_error why = {.text = ""};
    *ready = (struct bench_ready){.group = group, .stands = calloc(job->table->count, sizeof *ready->stands)};
    if (!ready->stands)
        return qk_fail(err, QK_ERR_MEMORY, group->name, "no memory for the arms");
    int code = bench_buffers_fill(&ready->buffers, group, job->seed, &why);
    ready->buffers.calling = job->calling;
    for (size_t i = 0; i < job->table->count; i++) {
        struct bench_stand *stand = &ready->stands[ready->count];
        if (!group->wanted[i])
            continue;
        ready->count++;
        stand->variant = &job->table->rows[i];
        const char *const missing = qk_variant_missing(stand->variant, job->isa);
        const char *const reason = missing ? missing : verdicts->text[i];
        stand->status = missing ? BENCH_SKIP : *reason ? BENCH_ERROR : BENCH_OK;
        snprintf(stand->reason, sizeof stand->reason, "%.399s", reason);
    }
    if (!code)
        code = make_views(ready, job, &why);
    for (int value = 0; value < 2 && !code; value++)
        code = compare(ready, value, job, verdicts, &why);
    ready->buffers.turn = false;
    bench_buffers_drop_expected(&ready->buffers);
    if (code != QK_ERR_MEMORY)
        return code ? qk_fail(err, code, why.where, "%s", why.text) : 0;
    for (size_t i = 0; i < ready->count; i++) {
        ready->stands[i].status = BENCH_SKIP;
        snprintf(ready->stands[i].reason, sizeof ready->stands[i].reason, "%.399s", why.text);
    }
    return 0;
}

void bench_ready_free(struct bench_ready *ready)
{
    for (size_t i = 0; i < ready->count; i++) {
        bench_buffers_view_free(&ready->stands[i].product);
        bench_buffers_view_free(&ready->stands[i].view);
    }
    bench_buffers_free(&ready->buffers);
    free(ready->stands);
    memset(ready, 0, sizeof *ready);
}
