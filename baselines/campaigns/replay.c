/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/replay.h"

#include "baselines/campaigns/rules.h"
#include "baselines/gate/duet.h"
#include "harness/duet/trace.h"
#include "harness/records/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const baseline_rule_names[BASELINE_RULE_COUNT + 1] = {"ours", "gbench-utest", "welch",
                                                                  "min",  "signed-rank",  NULL};

/* The blocks of one case. */
struct blocks {
    size_t count, room;
    struct bench_duet_block *list;
};

struct replaying {
    const char *path;
    const struct baseline_replay_config *cfg;
    struct baseline_replay *to;
    struct baseline_policy policy; /* of the trace that is being read, or the one that cfg names */
    size_t case_count;
    struct bench_duet_case *cases; /* copies; they borrow no text */
    struct blocks *blocks;         /* [case_count] */
};

static bool is_rule(const struct bench_duet_case *c)
{
    return c->arm[0].side == BENCH_SIDE_CANDIDATE;
}

static bool is_control(const struct bench_duet_case *c)
{
    return c->arm[1].side != BENCH_SIDE_CANDIDATE;
}

/* One of the other shapes that a gate times for a second each; they share alpha among themselves. */
static bool is_shape(const struct replaying *p, const struct bench_duet_case *c)
{
    return c->budget_ns == 1e9 * BASELINE_SHAPE_SECONDS &&
           p->policy.budget_s[c->memory] != BASELINE_SHAPE_SECONDS;
}

static int margins_of(const struct replaying *p, const struct bench_duet_case *c, struct baseline_margins *to,
                      struct qk_error *err)
{
    char name[BENCH_DUET_NAME];
    snprintf(name, sizeof name, "%s", c->name);
    name[strcspn(name, " ")] = '\0'; /* a control's has its role behind it */
    const struct baseline_margins *const m =
        baseline_policy_margins(&p->policy, name, qk_memory_names[c->memory]);
    if (!m)
        return qk_fail(err, QK_ERR_INVALID, p->path, "no margin of the policy is for the case %s", name);
    *to = *m;
    if (isnan(to->mean)) /* as a policy that was read from its own file has it */
        to->mean = fmax(c->memory ? BASELINE_MEAN_DRAM : BASELINE_MEAN_CACHE, to->must_catch);
    if (is_control(c))
        to->mean = 0;
    return 0;
}

static int init_ours(const struct replaying *p, size_t index, struct baseline_decision *d,
                     struct qk_error *err)
{
    struct baseline_margins m;
    size_t shapes = 0;
    for (size_t i = 0; i < p->case_count; i++)
        shapes += is_shape(p, &p->cases[i]);
    const int code = margins_of(p, &p->cases[index], &m, err);
    return code
               ? code
               : baseline_decision_init(d, &m, shapes ? p->policy.alpha / 2 : p->policy.alpha,
                                        is_shape(p, &p->cases[index]) ? shapes : p->case_count - shapes, err);
}

static int decide_ours(const struct replaying *p, size_t index, const struct bench_duet_block *list,
                       size_t count, struct baseline_decided *to, struct qk_error *err)
{
    double base_ns[BENCH_DUET_PAIRS_MAX], cand_ns[BENCH_DUET_PAIRS_MAX];
    struct baseline_decision d;
    bool decided = false;
    const int code = init_ours(p, index, &d, err);
    for (size_t i = 0; i < count && !code; i++) {
        const struct bench_duet_block *const b = &list[i];
        to->blocks = decided ? to->blocks : i + 1;
        for (size_t k = 0; k < b->pairs; k++) { /* as the gate does (duet_measure.c) */
            base_ns[k] = b->base_ns[k] - b->base_wait_ns[k];
            cand_ns[k] = b->cand_ns[k] - b->cand_wait_ns[k];
        }
        decided =
            baseline_decision_add(&d, &(struct baseline_block){b->log_ratio, b->pairs, base_ns, cand_ns});
    }
    to->verdict = code ? BASELINE_INVALID : d.verdict;
    return code;
}

/* All slices of an arm, or their means over `parts` parts of the blocks. `to` has room for all slices. */
static size_t slices_of(const struct bench_duet_block *list, size_t count, bool cand, size_t parts,
                        double *to)
{
    size_t n = 0, in_part = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < list[i].pairs; k++) {
            const double ns = cand ? list[i].cand_ns[k] : list[i].base_ns[k];
            sum += ns;
            in_part++;
            if (!parts)
                to[n++] = ns;
        }
        if (parts && (i + 1) * parts / count > i * parts / count) {
            to[n++] = sum / (double)in_part;
            sum = 0;
            in_part = 0;
        }
    }
    return n;
}

static enum baseline_verdict flag(double p, double level, bool slower)
{
    return isnan(p) ? BASELINE_INCONCLUSIVE : p < level && slower ? BASELINE_REGRESSION : BASELINE_PASS;
}

static enum baseline_verdict decide_samples(enum baseline_rule rule, struct baseline_sample base,
                                            struct baseline_sample cand)
{
    static const double least_change = 1.01;
    const double means = baseline_mean(cand) / baseline_mean(base);
    switch (rule) {
    case BASELINE_RULE_GBENCH:
        return flag(baseline_mann_whitney(base, cand), 0.05, means > 1);
    case BASELINE_RULE_WELCH:
        return flag(baseline_welch(base, cand), 0.05, means > least_change);
    default:
        return flag(base.count && cand.count ? 0 : NAN, 1,
                    baseline_least(cand) / baseline_least(base) > least_change);
    }
}

/* Rules that take an arm's times as a sample. */
static int decide_tool(const struct bench_duet_block *list, size_t count, struct baseline_decided *to,
                       struct qk_error *err)
{
    const size_t half = to->apart ? count / 2 : count;
    const size_t parts = to->rule == BASELINE_RULE_GBENCH ? BASELINE_REPETITIONS : 0;
    double *const base = calloc(2 * half * BENCH_DUET_PAIRS_MAX + 1, sizeof *base);
    double *const cand = base + half * BENCH_DUET_PAIRS_MAX;
    if (!base)
        return qk_fail(err, QK_ERR_MEMORY, to->name, "no memory for the slices of %zu blocks", count);
    const struct baseline_sample b = {base, slices_of(list, half, false, parts, base)},
                                 c = {cand, slices_of(list + count - half, half, true, parts, cand)};
    to->verdict = decide_samples(to->rule, b, c);
    free(base);
    return 0;
}

static int decide_ranks(const struct replaying *p, size_t index, const struct bench_duet_block *list,
                        size_t count, struct baseline_decided *to, struct qk_error *err)
{
    struct baseline_margins m;
    double *const x = calloc(count, sizeof *x);
    int code = x ? margins_of(p, &p->cases[index], &m, err)
                 : qk_fail(err, QK_ERR_MEMORY, to->name, "no memory for %zu blocks", count);
    for (size_t i = 0; i < count && !code; i++)
        x[i] = list[i].log_ratio - log1p(m.ignorable);
    if (!code)
        to->verdict = flag(baseline_signed_rank((struct baseline_sample){x, count}), 0.01, true);
    free(x);
    return code;
}

/* What the blocks say that a rule took. */
static int describe(const struct bench_duet_block *list, struct baseline_decided *d, struct qk_error *err)
{
    double *const x = calloc(2 * d->blocks, sizeof *x);
    if (!x)
        return qk_fail(err, QK_ERR_MEMORY, d->name, "no memory for %zu blocks", d->blocks);
    for (size_t i = 0; i < d->blocks; i++) {
        x[i] = list[i].log_ratio;
        d->seconds += list[i].wall_ns * 1e-9;
        d->extra = list[i].extra;
    }
    d->ratio = exp(bench_median(x, d->blocks, x + d->blocks));
    free(x);
    return 0;
}

static int append(struct baseline_replay *r, const struct baseline_decided *one, struct qk_error *err)
{
    if (r->count == r->room) {
        const size_t room = r->room ? 2 * r->room : 64;
        struct baseline_decided *const more = reallocarray(r->list, room, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, one->name, "no memory for %zu decisions", room);
        r->list = more;
        r->room = room;
    }
    r->list[r->count++] = *one;
    return 0;
}

/* One window of one case, by every rule that is asked for. */
static int decide_window(struct replaying *p, size_t index, size_t window, size_t count, struct qk_error *err)
{
    const struct bench_duet_case *const c = &p->cases[index];
    const struct bench_duet_block *const list = p->blocks[index].list + window * p->cfg->blocks;
    int code = 0;
    for (int k = 0; k < 2 * BASELINE_RULE_COUNT && !code; k++) {
        struct baseline_decided d = {.memory = c->memory,
                                     .asked = c->extra,
                                     .window = window,
                                     .rule = (enum baseline_rule)(k / 2),
                                     .apart = k % 2,
                                     .blocks = count};
        const bool paired = d.rule == BASELINE_RULE_OURS || d.rule == BASELINE_RULE_SIGNED_RANK;
        if (!(p->cfg->rules >> d.rule & 1) || (paired && d.apart))
            continue;
        memcpy(d.name, c->name, sizeof d.name);
        code = d.rule == BASELINE_RULE_OURS ? decide_ours(p, index, list, count, &d, err)
               : paired                     ? decide_ranks(p, index, list, count, &d, err)
                                            : decide_tool(list, count, &d, err);
        if (!code)
            code = describe(list, &d, err);
        if (!code)
            code = append(p->to, &d, err);
    }
    return code;
}

/* Decides what has been read, and forgets it. */
static int flush(struct replaying *p, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < p->case_count; i++) {
        const struct blocks *const b = &p->blocks[i];
        const size_t size = p->cfg->blocks ? p->cfg->blocks : b->count, windows = size ? b->count / size : 0;
        for (size_t w = 0; w < windows && !code && !is_rule(&p->cases[i]); w++)
            code = decide_window(p, i, w, size, err);
        p->to->left_out += b->count - windows * size;
        free(b->list);
    }
    free(p->blocks);
    free(p->cases);
    p->case_count = 0;
    p->blocks = NULL;
    p->cases = NULL;
    if (!p->cfg->policy)
        baseline_policy_free(&p->policy);
    return code;
}

static int begin(void *ctx, const struct bench_trace *trace, struct qk_error *err)
{
    struct replaying *const p = ctx;
    int code = flush(p, err);
    if (code)
        return code;
    p->to->traces++;
    if (p->cfg->policy)
        p->policy = *p->cfg->policy;
    else
        code = bench_fields_take(&baseline_policy_fields, trace->policy, p->path, &p->policy, err);
    if (code)
        return code;
    p->cases = calloc(trace->cfg.case_count + 1, sizeof *p->cases);
    p->blocks = calloc(trace->cfg.case_count + 1, sizeof *p->blocks);
    if (!p->cases || !p->blocks)
        return qk_fail(err, QK_ERR_MEMORY, p->path, "no memory for %zu cases", trace->cfg.case_count);
    p->case_count = trace->cfg.case_count;
    for (size_t i = 0; i < p->case_count; i++) {
        p->cases[i] = trace->cfg.cases[i];
        p->cases[i].arm[0].variant = p->cases[i].arm[1].variant = NULL;
    }
    return 0;
}

static int take(void *ctx, const struct bench_trace *trace, const struct bench_duet_block *block,
                struct qk_error *err)
{
    struct replaying *const p = ctx;
    struct blocks *const b = &p->blocks[block->index];
    (void)trace;
    if (b->count == b->room) {
        const size_t room = b->room ? 2 * b->room : 32;
        struct bench_duet_block *const more = reallocarray(b->list, room, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, p->path, "no memory for %zu blocks", room);
        b->list = more;
        b->room = room;
    }
    b->list[b->count++] = *block;
    return 0;
}

int baseline_replay(const char *path, const struct baseline_replay_config *cfg, struct baseline_replay *to,
                    struct qk_error *err)
{
    struct replaying p = {.path = path, .cfg = cfg, .to = to};
    struct qk_error unused;
    int code = bench_trace_read(path, &(struct bench_trace_reader){begin, take, &p}, err);
    if (!code)
        return flush(&p, err);
    for (size_t i = 0; i < p.case_count; i++)
        p.blocks[i].count = 0; /* nothing of a bad file is decided */
    flush(&p, &unused);
    return code;
}

void baseline_replay_free(struct baseline_replay *r)
{
    free(r->list);
    *r = (struct baseline_replay){0};
}

static int by_kind(const void *a, const void *b)
{
    const struct baseline_decided *const x = a, *const y = b;
    const double keys[][2] = {
        {x->memory, y->memory}, {x->asked, y->asked}, {x->rule, y->rule}, {x->apart, y->apart}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

static struct baseline_replay_row row_of(const struct baseline_decided *list, size_t count)
{
    struct baseline_replay_row row = {.memory = list->memory,
                                      .asked = list->asked,
                                      .rule = list->rule,
                                      .apart = list->apart,
                                      .longest_s = list[count - 1].seconds};
    size_t slower = 0;
    for (size_t i = 0; i < count; i++) {
        row.extra += list[i].extra / (double)count;
        row.must += list[i].verdict == BASELINE_REGRESSION;
        slower += list[i].verdict == BASELINE_REGRESSION || list[i].verdict == BASELINE_WARN;
        row.undecided += list[i].verdict == BASELINE_INCONCLUSIVE || list[i].verdict == BASELINE_INVALID;
    }
    row.slower = baseline_rate(slower, count);
    row.median_s = (list[(count - 1) / 2].seconds + list[count / 2].seconds) / 2;
    return row;
}

int baseline_replay_rows(const struct baseline_replay *r, struct baseline_replay_row **rows, size_t *count,
                         struct qk_error *err)
{
    struct baseline_decided *const sorted = calloc(r->count + 1, sizeof *sorted);
    *rows = calloc(r->count + 1, sizeof **rows);
    *count = 0;
    if (!sorted || !*rows) {
        free(sorted);
        free(*rows);
        *rows = NULL;
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu decisions", r->count);
    }
    if (r->count)
        memcpy(sorted, r->list, r->count * sizeof *sorted);
    qsort(sorted, r->count, sizeof *sorted, by_kind);
    for (size_t i = 0, next; i < r->count; i = next) {
        for (next = i + 1; next < r->count; next++) {
            struct baseline_decided same = sorted[next];
            same.seconds = sorted[i].seconds;
            if (by_kind(&sorted[i], &same) != 0)
                break;
        }
        (*rows)[(*count)++] = row_of(sorted + i, next - i);
    }
    free(sorted);
    return 0;
}
