/* SPDX-License-Identifier: MIT */
#include "baselines/gate/timed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many times those that a decision took: to say the ratio well, to choose the right verdict. */
enum { MOST_BLOCKS = 3, MOST_TORN = 6 };

static bool grow(struct timed *t)
{
    const size_t room = t->room ? 2 * t->room : 32;
    double **columns[] = {&t->log_ratio, &t->base_ns, &t->cand_ns};
    for (int i = 0; i < 3; i++) {
        double *more = reallocarray(*columns[i], room, sizeof *more);
        if (!more)
            return false;
        *columns[i] = more;
    }
    t->room = room;
    return true;
}

bool baseline_timed_keep(struct timed *t, const struct baseline_timed_block *b)
{
    if (t->count == t->room && !grow(t))
        return false;
    t->log_ratio[t->count] = b->log_ratio;
    t->base_ns[t->count] = b->base_ns;
    t->cand_ns[t->count] = b->cand_ns;
    t->count++;
    t->dropped += b->dropped;
    t->result->timed = true;
    t->result->blocks = t->count;
    t->result->seconds += b->wall_ns * 1e-9;
    t->result->injected = b->extra;
    if (b->launch + 1 > t->result->launches)
        t->result->launches = b->launch + 1;
    return true;
}

bool baseline_timed_precise(const struct timed *t, double half_width)
{
    const struct baseline_decision *const d = &t->decision;
    double *scratch = t->count < MOST_TORN * d->blocks ? calloc(t->count, sizeof *scratch) : NULL;
    if (!scratch) /* also without memory: it was a wish */
        return true;
    const struct bench_interval found = bench_sign_interval(t->log_ratio, t->count, 0.95, scratch);
    free(scratch);
    const bool estimated = d->slower && !d->beyond && !d->within;
    if (estimated && found.low < d->must_catch && d->must_catch < found.high)
        return false;
    return t->count >= MOST_BLOCKS * d->blocks || found.high - found.low <= 2 * half_width;
}

/* Why it is not as the medians alone would have it, or not known, and what else is another. */
static void explain(const struct timed *t)
{
    struct baseline_result *r = t->result;
    char undecided[100] = "", stalls[100] = "", dropped[100] = "";
    const enum baseline_verdict by_median = t->decision.by_median;
    if (r->verdict == BASELINE_INCONCLUSIVE && r->role == BASELINE_SHAPE)
        snprintf(undecided, sizeof undecided, "undecided in %d s", BASELINE_SHAPE_SECONDS);
    else if (r->verdict == BASELINE_INCONCLUSIVE)
        snprintf(undecided, sizeof undecided, "%zu blocks in %.1f s did not decide", r->blocks, r->seconds);
    if (t->decision.by_sums != BASELINE_PASS && by_median != BASELINE_REGRESSION)
        snprintf(stalls, sizeof stalls, "rare stalls: mean %+.2f %%, median %+.2f %%",
                 100 * (r->mean_ratio - 1), 100 * (r->ratio.value - 1));
    if (t->dropped)
        snprintf(dropped, sizeof dropped,
                 "blocks dropped because the clock went back, jumped or stood still: %zu", t->dropped);
    const char *const parts[] = {undecided, stalls, dropped, t->changed, t->note ? t->note : ""};
    *r->reason = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t used = strlen(r->reason);
        if (*parts[i])
            snprintf(r->reason + used, sizeof r->reason - used, "%s%s", used ? "; " : "", parts[i]);
    }
    if (r->verdict == BASELINE_INVALID)
        snprintf(r->reason, sizeof r->reason, "a block gave no number");
}

int baseline_timed_conclude(struct timed *t, struct qk_error *err)
{
    struct baseline_result *r = t->result;
    double *scratch = calloc(t->count + 1, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, r->name, "no memory for %zu blocks", t->count);
    if (t->count) {
        const struct bench_interval log_ratio = bench_sign_interval(t->log_ratio, t->count, 0.95, scratch);
        r->ratio = (struct bench_interval){exp(log_ratio.value), exp(log_ratio.low), exp(log_ratio.high)};
        r->base_ns = bench_median(t->base_ns, t->count, scratch);
        r->cand_ns = bench_median(t->cand_ns, t->count, scratch);
        r->mean_ratio = baseline_decision_mean(&t->decision);
    }
    free(scratch);
    if (t->refused)
        return 0;
    if (!t->count) {
        snprintf(r->reason, sizeof r->reason, "no block was measured");
        return 0; /* and so it stays INVALID */
    }
    r->verdict = t->decision.verdict;
    explain(t);
    return 0;
}

void baseline_timed_free(struct timed *t)
{
    free(t->log_ratio);
    free(t->base_ns);
    free(t->cand_ns);
}
