/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include "harness/counters/counters.h"
#include "harness/records/summary.h"
#include "kernels/module.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct launches {
    const struct bench_sample_set *const *sets;
    struct bench_summary *sums; /* [count], their rows by_case */
    size_t count;
    const struct bench_breakdown *bd;
    const char *no_breakdown;
    double *values; /* [count], and as many for bench_median */
};

static int by_case(const void *a, const void *b)
{
    const struct bench_record *x = ((const struct bench_summary_row *)a)->rec;
    const struct bench_record *y = ((const struct bench_summary_row *)b)->rec;
    int order = strcmp(x->op, y->op);
    if (!order)
        order = strcmp(x->shape, y->shape);
    return order ? order : strcmp(x->variant, y->variant);
}

static const struct bench_summary_row *row_of(const struct launches *all, size_t launch,
                                              const struct bench_record *rec)
{
    return bsearch(&(struct bench_summary_row){.rec = rec}, all->sums[launch].rows, all->sums[launch].count,
                   sizeof *all->sums->rows, by_case);
}

/* Why a case has no figures; empty when it has. */
static bool find_absence(const struct launches *all, const struct bench_record *rec,
                         struct baseline_absent *out)
{
    for (size_t l = 0; l < all->count; l++) {
        const struct bench_summary_row *row = row_of(all, l, rec);
        char where[32] = "";
        if (all->count > 1)
            snprintf(where, sizeof where, "launch %zu: ", l + 1);
        if (!row)
            snprintf(out->reason, sizeof out->reason, "%snot in the run", where);
        else if (row->rec->status != BENCH_OK)
            snprintf(out->reason, sizeof out->reason, "%s%.340s", where, row->rec->reason);
        else if (isnan(row->speedup.value))
            snprintf(out->reason, sizeof out->reason, "%sits reference was not measured", where);
        if (row && row->rec->status == BENCH_ERROR)
            out->failed = true;
        if (*out->reason)
            return true;
    }
    return false;
}

static double median_of(const struct launches *all)
{
    return bench_median(all->values, all->count, all->values + all->count);
}

static bool take_times(struct baseline_case *c, const struct launches *all, const struct bench_record *rec)
{
    double least = INFINITY, most = -INFINITY, low = INFINITY, high = 0;
    bool known = true;
    for (size_t l = 0; l < all->count; l++)
        all->values[l] = row_of(all, l, rec)->ns;
    c->ns = median_of(all);
    for (size_t l = 0; l < all->count; l++) {
        const struct bench_interval *x = &row_of(all, l, rec)->speedup;
        all->values[l] = log(x->value);
        least = fmin(least, all->values[l]);
        most = fmax(most, all->values[l]);
        low = fmin(low, x->low);
        high = fmax(high, x->high);
        known &= !isnan(x->low) && !isnan(x->high);
    }
    c->speedup = (struct bench_interval){exp(median_of(all)), known ? low : NAN, known ? high : NAN};
    c->spread = all->count > 1 ? most - least : NAN;
    if (all->count > 1)
        return true;
    c->speedup.value = row_of(all, 0, rec)->speedup.value; /* without the rounding of exp(log) */
    c->spread_why = strdup("one launch");
    return c->spread_why != NULL;
}

/* Counted exactly, so that launches that counted have the same count or something is wrong. */
static bool take_instructions(struct baseline_case *c, const struct launches *all,
                              const struct bench_record *rec)
{
    const struct bench_metric *first = bench_record_metric(rec, "steps");
    char why[256] = "";
    c->instructions = first ? first->value : NAN;
    if (!first)
        snprintf(why, sizeof why,
                 "not counted: only the op's smallest shape is, and only with --counters steps");
    else if (first->reason)
        snprintf(why, sizeof why, "%s", first->reason);
    for (size_t l = 1; l < all->count && !isnan(c->instructions); l++) {
        const struct bench_metric *other = bench_record_metric(row_of(all, l, rec)->rec, "steps");
        if (!other || other->value == first->value)
            continue;
        c->instructions = NAN;
        snprintf(why, sizeof why, "launch 1 counted %.0f and launch %zu %.0f", first->value, l + 1,
                 other->value);
    }
    for (size_t i = 0; i < rec->metric_count && !isnan(c->instructions); i++)
        if (!strncmp(rec->metrics[i].name, "steps.", 6) &&
            !baseline_metric_add(&c->kinds, &c->kind_count, rec->metrics[i].name + 6, "",
                                 rec->metrics[i].value, NULL))
            return false;
    c->instructions_why = *why ? strdup(why) : NULL;
    return c->instructions_why || !*why;
}

/* A value beside a remark that it was not validated is no value. */
static bool take_counter(struct baseline_case *c, const struct launches *all, const struct bench_record *rec,
                         const struct bench_metric *metric)
{
    const char *why = NULL;
    for (size_t l = 0; l < all->count && !why; l++) {
        const struct bench_metric *m =
            l ? bench_record_metric(row_of(all, l, rec)->rec, metric->name) : metric;
        if (!m)
            why = "not counted in every launch";
        else if (isnan(m->value) || (m->reason && strstr(m->reason, "not validated")))
            why = m->reason;
        else if (!bench_counted_alike(m, metric))
            why = "one launch was counted by PAPI and another by the kernel";
        else
            all->values[l] = m->value;
    }
    return baseline_metric_add(&c->counters, &c->counter_count, metric->name, metric->unit,
                               why ? NAN : median_of(all), why ? why : metric->reason);
}

/* Shares of ceilings are measurements of two things at once; the ceilings are stored elsewhere. */
static bool is_counter(const char *name)
{
    return strcmp(name, "steps") != 0 && strncmp(name, "steps.", 6) != 0 &&
           strcmp(name, "percent_of_ceiling") != 0;
}

static bool take_counters(struct baseline_case *c, const struct launches *all, const struct bench_record *rec)
{
    for (size_t i = 0; i < rec->metric_count; i++)
        if (is_counter(rec->metrics[i].name) && !take_counter(c, all, rec, &rec->metrics[i]))
            return false;
    if (c->counter_count)
        qsort(c->counters, c->counter_count, sizeof *c->counters, baseline_by_name);
    if (c->kind_count)
        qsort(c->kinds, c->kind_count, sizeof *c->kinds, baseline_by_name);
    return true;
}

static bool take_components(struct baseline_case *c, const struct launches *all)
{
    char name[BENCH_NAME_MAX];
    const struct bench_breakdown_row *row = NULL;
    for (size_t i = 0; all->bd && i < all->bd->count; i++)
        if (!strcmp(bench_breakdown_name(&all->bd->rows[i], name, sizeof name), c->name))
            row = &all->bd->rows[i];
    if (!row || row->status != BENCH_OK) {
        const char *why = all->bd ? "not a staged variant on the breakdown's shape" : all->no_breakdown;
        c->components_why = strdup(row ? row->reason : why ? why : "no breakdown");
        return c->components_why != NULL;
    }
    for (size_t i = 0; i < row->stages && i < BASELINE_COMPONENTS; i++) {
        const struct bench_part *part = &row->component[i];
        struct baseline_part *to = &c->components[c->component_count++];
        memcpy(to->name, part->name, sizeof to->name);
        to->ns = part->ns;
        to->share = part->share;
    }
    return true;
}

static bool take_case(struct baseline_case *c, const struct launches *all, const struct bench_record *rec)
{
    bench_record_name(rec, c->name, sizeof c->name);
    c->isa = strdup(rec->isa);
    c->phase = strdup(rec->phase);
    c->flags = strdup(rec->flags);
    c->reference = rec->reference;
    return c->isa && c->phase && c->flags && take_times(c, all, rec) && take_instructions(c, all, rec) &&
           take_counters(c, all, rec) && take_components(c, all);
}

static int take_all(struct baseline *b, const struct launches *all, struct qk_error *err)
{
    const struct bench_sample_set *set = all->sets[0];
    const size_t room = set->record_count ? set->record_count : 1;
    b->cases = calloc(room, sizeof *b->cases);
    b->absent = calloc(room, sizeof *b->absent);
    if (!b->cases || !b->absent)
        return qk_fail(err, QK_ERR_MEMORY, b->name, "no memory for %zu cases", room);
    for (size_t i = 0; i < set->record_count; i++) {
        struct baseline_absent *absent = &b->absent[b->absent_count];
        if (find_absence(all, &set->records[i], absent)) {
            bench_record_name(&set->records[i], absent->name, sizeof absent->name);
            b->absent_count++;
        } else if (!take_case(&b->cases[b->count++], all, &set->records[i])) {
            return qk_fail(err, QK_ERR_MEMORY, b->name, "no memory for a case");
        }
    }
    qsort(b->cases, b->count, sizeof *b->cases, baseline_by_first);
    qsort(b->absent, b->absent_count, sizeof *b->absent, baseline_by_first);
    if (!b->count)
        return qk_fail(err, QK_ERR_INVALID, b->name, "no case was measured: %s",
                       b->absent_count ? b->absent[0].reason : "the result has none");
    return 0;
}

static int check_launches(const struct bench_sample_set *const *sets, size_t count,
                          const struct bench_breakdown *bd, struct qk_error *err)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(sets[i]->env.fingerprint, sets[0]->env.fingerprint) != 0 ||
            strcmp(sets[i]->env.commit, sets[0]->env.commit) != 0)
            return qk_fail(err, QK_ERR_INVALID, "launches",
                           "launch %zu is of fingerprint %s, commit %s; launch 1 of %s, %s", i + 1,
                           sets[i]->env.fingerprint, sets[i]->env.commit, sets[0]->env.fingerprint,
                           sets[0]->env.commit);
    if (bd && strcmp(bd->env.fingerprint, sets[0]->env.fingerprint) != 0)
        return qk_fail(err, QK_ERR_INVALID, "breakdown", "it is of fingerprint %s, the run of %s",
                       bd->env.fingerprint, sets[0]->env.fingerprint);
    return 0;
}

int baseline_make(struct baseline *b, const char *name, const struct bench_sample_set *const *sets,
                  size_t count, const struct bench_breakdown *bd, const char *no_breakdown,
                  struct qk_error *err)
{
    struct launches all = {.sets = sets, .bd = bd, .no_breakdown = no_breakdown};
    *b = (struct baseline){0};
    int code = baseline_check_name(name, err);
    if (!code)
        code = check_launches(sets, count, bd, err);
    if (code)
        return code;
    snprintf(b->name, sizeof b->name, "%s", name);
    b->env = sets[0]->env;
    b->abi = QK_KERNELS_ABI;
    b->quick = sets[0]->quick;
    b->launches = count;
    snprintf(b->shapes, sizeof b->shapes, "%s", sets[0]->source);
    all.sums = calloc(count, sizeof *all.sums);
    all.values = calloc(count, 2 * sizeof *all.values);
    if (!all.sums || !all.values)
        code = qk_fail(err, QK_ERR_MEMORY, name, "no memory for %zu launches", count);
    for (; all.count < count && !code; all.count += !code)
        code = bench_summary_make(&all.sums[all.count], sets[all.count], err);
    for (size_t i = 0; i < all.count; i++)
        qsort(all.sums[i].rows, all.sums[i].count, sizeof *all.sums[i].rows, by_case);
    if (!code)
        code = take_all(b, &all, err);
    for (size_t i = 0; i < all.count; i++)
        bench_summary_free(&all.sums[i]);
    free(all.sums);
    free(all.values);
    if (code)
        baseline_free(b);
    return code;
}
