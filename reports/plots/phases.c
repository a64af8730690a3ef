/* SPDX-License-Identifier: MIT */
/* The ladder of a roadmap at each size, beside what was claimed of it, and the limits of the op as lines. */
#include "kernels/table/table.h"
#include "reports/plots/private.h"
#include "reports/text/content.h"

#include <string.h>

enum { ROWS = 80 };

static bool same_op(const struct bench_summary *sum, size_t a, size_t b)
{
    return !strcmp(sum->rows[a].rec->op, sum->rows[b].rec->op);
}

static bool is_limit(const struct bench_record *rec)
{
    const struct qk_variant *v = qk_table_find(qk_table_builtin(), rec->op, rec->variant);
    return v && v->kind == QK_CEILING;
}

/* The first row of the n-th op of which two rungs have a speed-up; sum->count when there is none. */
static size_t find_op(const struct bench_summary *sum, size_t n)
{
    for (size_t i = 0; i < sum->count; i++) {
        size_t rungs = 0;
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = !same_op(sum, i, k);
        for (size_t k = i; k < sum->count && first; k++)
            rungs += same_op(sum, i, k) && strcmp(sum->rows[k].rec->phase, "-") != 0 &&
                     !isnan(sum->rows[k].speedup.value);
        if (rungs > 1 && n-- == 0)
            return i;
    }
    return sum->count;
}

static double claim_of(const struct baseline_audit *audit, const struct bench_record *rec)
{
    for (size_t i = 0; audit && i < audit->count; i++) {
        const struct baseline_audit_row *row = &audit->rows[i];
        if (row->claim->kind == BASELINE_CLAIM_TOTAL && !strcmp(row->op, rec->op) &&
            !strcmp(row->shape, rec->shape) && !strcmp(row->claim->phase, rec->phase))
            return row->claim->ratio;
    }
    return NAN;
}

static void put_row(struct report_tsv *t, const struct bench_summary_row *row,
                    const struct baseline_audit *audit)
{
    const struct bench_record *rec = row->rec;
    char name[300], brief[40], text[REPORT_RATIO];
    const bool rung = strcmp(rec->phase, "-") != 0, base = !strcmp(rec->phase, "baseline");
    snprintf(name, sizeof name, "%.100s, %s%.40s", rec->variant, rung && !base ? "phase " : "",
             rung ? rec->phase : rec->isa);
    snprintf(brief, sizeof brief, isnan(row->speedup.value) ? "-" : "%.2fx", row->speedup.value);
    report_tsv_row(t, name, &row->speedup, claim_of(audit, rec),
                   rec->reference          ? REPORT_GREY
                   : row->speedup.high < 1 ? REPORT_BAD
                                           : REPORT_PLAIN,
                   brief,
                   isnan(row->speedup.value) ? "not measured"
                   : rec->reference          ? "the reference"
                                             : report_ratio(text, &row->speedup));
}

/* One shape: its ladder, then what is outside of it, and lines across. Returns the limits it has. */
static size_t put_group(struct report_tsv *t, const struct bench_summary *sum, size_t first, size_t end,
                        const struct baseline_audit *audit)
{
    const struct bench_record *head = sum->rows[first].rec;
    size_t limits = 0;
    report_tsv_group(t, strchr(head->shape, 'x') ? "%.80s" : "%.80s elements", head->shape);
    const size_t from = t->rows;
    for (int plain = 0; plain < 2; plain++)
        for (size_t i = first; i < end; i++)
            if ((strcmp(sum->rows[i].rec->phase, "-") == 0) == plain && !is_limit(sum->rows[i].rec) &&
                (!plain || !isnan(sum->rows[i].speedup.value)))
                put_row(t, &sum->rows[i], audit);
    for (size_t i = first; i < end; i++)
        if (is_limit(sum->rows[i].rec) && !isnan(sum->rows[i].speedup.value)) {
            report_tsv_across(t, "limit", sum->rows[i].speedup.value, NAN, from);
            limits++;
        }
    return limits;
}

void report_plot_phases(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_input *run = all->results[of].run;
    struct report_tsv t;
    const struct bench_summary *sum = run && run->set ? run->summary : NULL;
    const size_t at = sum ? find_op(sum, n) : 0;
    if (!sum || at == sum->count)
        return;
    const char *op = sum->rows[at].rec->op, *reference = "the reference";
    size_t limits = 0, left_out = 0;
    for (size_t i = at; i < sum->count; i++)
        if (same_op(sum, at, i) && sum->rows[i].rec->reference)
            reference = sum->rows[i].rec->variant;
    report_tsv_begin(&t, &all->results[of], to);
    report_tsv_say(&t, "title", "Speed-up of %s over %s", op, reference);
    report_tsv_say(&t, "xlabel", "speed-up over %s, times", reference);
    report_tsv_say(&t, "measured", "measured, with its 95 %% interval");
    report_tsv_say(&t, "about", "On the logarithmic axis equal steps are equal factors.");
    t.log_x = true;
    for (size_t first = at, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        if (same_op(sum, at, first) && t.rows && t.rows + end - first > ROWS)
            left_out++;
        else if (same_op(sum, at, first))
            limits += put_group(&t, sum, first, end, run->audit);
    }
    if (run->audit && !strcmp(run->audit->claims.op, op) && isfinite(run->audit->goal)) {
        report_tsv_across(&t, "goal", run->audit->goal, NAN, 0);
        report_tsv_say(&t, "goal", "the roadmap's goal, %gx", run->audit->goal);
    }
    report_tsv_across(&t, "one", 1, NAN, 0);
    for (size_t i = at; i < sum->count; i++)
        if (same_op(sum, at, i) && !isnan(claim_of(run->audit, sum->rows[i].rec))) {
            report_tsv_say(&t, "claimed", "claimed");
            break;
        }
    if (limits)
        report_tsv_say(&t, "limit", "limit: only loads or stores");
    if (left_out)
        report_tsv_say(&t, "left", "%zu more sizes are not drawn.", left_out);
    report_tsv_end(&t);
}
