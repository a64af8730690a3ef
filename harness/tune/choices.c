/* SPDX-License-Identifier: MIT */
/* What was measured, and what follows from it. */
#include "harness/tune/tune.h"

#include "harness/records/json_writer.h"
#include "kernels/cases/case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_tune_free(struct bench_tune *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->ops[i].rows);
    free(t->ops);
    t->ops = NULL;
    t->count = 0;
}

static bool has(const struct bench_tune *t, const struct bench_tuned *op)
{
    bool found = false;
    for (size_t i = 0; i < t->count; i++)
        found |= !strcmp(t->ops[i].op, op->op) && t->ops[i].memory == op->memory;
    return found;
}

int bench_tune_add(struct bench_tune *t, struct bench_tune *old, struct qk_error *err)
{
    struct bench_tuned *const all = calloc(t->count + old->count + 1, sizeof *all);
    size_t count = 0;
    if (!all)
        return qk_fail(err, QK_ERR_MEMORY, "tune", "no memory for %zu entries", t->count + old->count);
    for (size_t i = 0; i < t->count; i++)
        if (t->ops[i].left_out)
            free(t->ops[i].rows);
        else
            all[count++] = t->ops[i];
    free(t->ops);
    t->ops = all;
    t->count = count;
    for (size_t i = 0; i < old->count; i++)
        if (!has(t, &old->ops[i])) {
            all[count++] = old->ops[i];
            old->ops[i].rows = NULL;
            old->ops[i].count = 0;
        }
    t->count = count;
    return 0;
}

const struct bench_tuned_row *bench_tuned_chosen(const struct bench_tuned *op)
{
    for (size_t i = 0; i < op->count; i++)
        if (!strcmp(op->rows[i].variant, op->chosen))
            return &op->rows[i];
    return NULL;
}

int bench_tune_decide(const double *ns, size_t blocks, size_t arms, size_t rounds,
                      struct bench_interval *gain, struct qk_error *err)
{
    const double level = 1 - 0.05 / (double)(arms > 1 ? arms - 1 : 1);
    double *const scratch = calloc(blocks + rounds, sizeof *scratch);
    const double **const of = calloc(2 * blocks, sizeof *of);
    size_t *const slices = calloc(blocks, sizeof *slices);
    size_t taken = arms - 1;
    int code = scratch && of && slices ? 0 : qk_fail(err, QK_ERR_MEMORY, "tune", "no memory to decide");
    for (size_t b = 0; b < blocks && !code; b++)
        slices[b] = rounds;
    gain[arms - 1] = (struct bench_interval){NAN, NAN, NAN};
    for (size_t a = arms - 1; a-- > 0 && !code;) {
        const size_t over[] = {arms - 1, taken};
        struct bench_interval ratio[2];
        for (int k = 0; k < 2; k++) {
            for (size_t b = 0; b < blocks; b++) {
                of[b] = ns + (b * arms + over[k]) * rounds;
                of[blocks + b] = ns + (b * arms + a) * rounds;
            }
            ratio[k] = bench_paired_ratio(of, of + blocks, slices, blocks, level, scratch);
        }
        gain[a] = (struct bench_interval){bench_stored(ratio[0].value), bench_stored(ratio[0].low),
                                          bench_stored(ratio[0].high)};
        /* Over the last row, too, as it is stored: a reader sees why. */
        if (gain[a].low > 1 + BENCH_TUNE_IGNORABLE && ratio[1].low > 1 + BENCH_TUNE_IGNORABLE)
            taken = a;
    }
    free(scratch);
    free(of);
    free(slices);
    return code ? code : (int)taken;
}

/* Are the entry's rows those of the op that can run here, in the same order? Then the row it chose. */
static const struct qk_variant *row_of(const struct bench_tuned *op, const struct qk_table *table,
                                       const struct qk_cpu *cpu)
{
    const struct qk_variant *chosen = NULL;
    size_t n = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct qk_variant *const v = &table->rows[i];
        if (strcmp(v->op_name, op->op) != 0 || v->kind == QK_CEILING || qk_variant_missing(v, cpu))
            continue;
        if (n == op->count || strcmp(op->rows[n].variant, v->name) != 0)
            return NULL;
        n++;
        chosen = strcmp(v->name, op->chosen) ? chosen : v;
    }
    return n == op->count ? chosen : NULL;
}

void bench_tune_choices(const struct bench_tune *t, const struct qk_table *table, const struct qk_cpu *cpu,
                        struct qk_choices *to, size_t *stale)
{
    *to = (struct qk_choices){.cache_bytes = t->cache_bytes};
    *stale = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct qk_variant *const v = row_of(&t->ops[i], table, cpu);
        if (v && !qk_op_row(v->op)->on->bounded)
            to->of[v->op][t->ops[i].memory] = v;
        *stale += !v;
    }
}
