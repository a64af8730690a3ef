/* SPDX-License-Identifier: MIT */
#include "reports/page/cases.h"

#include "kernels/table/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_interval nothing = {NAN, NAN, NAN};

static const struct qk_variant *row_of(const struct report_page_case *c)
{
    return qk_table_find(qk_table_builtin(), c->op, c->variant);
}

static void judge_run(struct report_page_case *c, const struct bench_record *rec)
{
    static const struct {
        const char *word;
        enum report_page_tone tone;
    } said[] = {{"slower", PAGE_BAD}, {"not told apart", PAGE_PLAIN}, {"faster", PAGE_GOOD}};
    const struct qk_variant *const v = row_of(c);
    const int side = c->ratio.low > 1 ? 2 : c->ratio.high < 1 ? 0 : 1;
    c->rank = side == 0;
    c->ranked = true;
    c->word = said[side].word;
    c->tone = said[side].tone;
    if (rec->status != BENCH_OK) {
        c->word = rec->status == BENCH_ERROR ? "error" : "skipped";
        c->tone = rec->status == BENCH_ERROR ? PAGE_BAD : PAGE_GREY;
        c->rank = rec->status == BENCH_ERROR ? 2 : 0;
        c->ranked = c->rank > 0;
        c->why = rec->reason ? rec->reason : "";
    } else if (rec->reference || (v && v->kind == QK_CEILING)) {
        c->word = rec->reference ? "reference" : "limit";
        c->tone = PAGE_GREY;
        c->rank = 0;
        c->ranked = false;
    } else if (isnan(c->ratio.low)) {
        c->word = "no interval";
        c->tone = PAGE_GREY;
        c->why = isnan(c->ratio.value) ? "the reference was not measured" : "too few blocks for 95 %";
    }
}

static void from_run(struct report_page_cases *cases, const struct report_input *run)
{
    for (size_t i = 0; i < cases->count; i++) {
        struct report_page_case *c = &cases->list[i];
        const struct bench_summary_row *row = &run->summary->rows[i];
        const struct bench_record *rec = row->rec;
        *c = (struct report_page_case){.op = rec->op,
                                       .variant = rec->variant,
                                       .shape = rec->shape,
                                       .isa = rec->isa,
                                       .phase = rec->phase,
                                       .ratio = row->speedup,
                                       .at = i,
                                       .why = ""};
        c->worse = -log(row->speedup.value);
        c->ignorable = c->must_catch = NAN;
        judge_run(c, rec);
        c->drawn = c->ranked && rec->block_count > 0;
        cases->measured += rec->status == BENCH_OK;
        cases->failed += rec->status == BENCH_ERROR;
    }
}

static enum report_page_tone tone_of(enum baseline_verdict verdict)
{
    static const enum report_page_tone tones[BASELINE_VERDICTS] = {
        [BASELINE_PASS] = PAGE_GOOD,      [BASELINE_WARN] = PAGE_WARN,
        [BASELINE_REGRESSION] = PAGE_BAD, [BASELINE_INCONCLUSIVE] = PAGE_WARN,
        [BASELINE_INVALID] = PAGE_GREY,   [BASELINE_NEW] = PAGE_PLAIN,
        [BASELINE_MISSING] = PAGE_BAD,    [BASELINE_REMOVED] = PAGE_PLAIN,
    };
    return tones[verdict];
}

/* Cuts the copy of a name at its first two slashes. A rule's shape is followed by what it demands. */
static void name_result(struct report_page_case *c, const char *name)
{
    const char **const parts[] = {&c->op, &c->variant, &c->shape};
    char *rest = c->name;
    snprintf(c->name, sizeof c->name, "%s", name);
    for (int i = 0; i < 3; i++) {
        *parts[i] = rest;
        char *const slash = i < 2 ? strchr(rest, '/') : NULL;
        rest = slash ? slash + 1 : rest + strlen(rest);
        if (slash)
            *slash = '\0';
    }
}

static void from_gate(struct report_page_cases *cases, const struct baseline_report *gate,
                      const struct baseline_evidence *evidence)
{
    static const int ranks[BASELINE_VERDICTS] = {[BASELINE_WARN] = 1,
                                                 [BASELINE_INCONCLUSIVE] = 2,
                                                 [BASELINE_REGRESSION] = 3,
                                                 [BASELINE_MISSING] = 4,
                                                 [BASELINE_INVALID] = 5};
    for (size_t i = 0; i < cases->count; i++) {
        struct report_page_case *c = &cases->list[i];
        const struct baseline_result *res = &gate->results[i];
        const bool control = res->role == BASELINE_AA || res->role == BASELINE_SLOWED;
        *c = (struct report_page_case){.isa = "-",
                                       .phase = "-",
                                       .ratio = res->timed ? res->ratio : nothing,
                                       .at = i,
                                       .why = res->reason};
        name_result(c, res->name);
        const struct qk_variant *const v = row_of(c);
        if (v) {
            c->isa = v->isa_name;
            c->phase = v->phase;
        }
        c->worse = res->role == BASELINE_RULE ? NAN : log(c->ratio.value);
        c->ignorable = res->timed && res->role != BASELINE_RULE ? res->ignorable : NAN;
        c->must_catch = res->timed && res->role != BASELINE_RULE ? res->must_catch : NAN;
        c->word = !control                      ? baseline_verdict_names[res->verdict]
                  : baseline_control_right(res) ? "control: right"
                                                : "control: wrong";
        c->tone = control && baseline_control_right(res) ? PAGE_GREY : tone_of(res->verdict);
        c->control = control;
        cases->controls += control;
        c->rank = control ? 0 : ranks[res->verdict];
        c->ranked = !control && (!isnan(c->worse) || c->rank);
        c->drawn = c->ranked && evidence && evidence[i].count > 0;
        cases->measured += res->timed;
    }
}

/* By rank, then the larger effect; what has none stands before those. */
static int worst_first(const void *a, const void *b)
{
    const struct report_page_case *x = *(struct report_page_case *const *)a,
                                  *y = *(struct report_page_case *const *)b;
    if (x->rank != y->rank)
        return y->rank - x->rank;
    if (isnan(x->worse) != isnan(y->worse))
        return isnan(x->worse) ? -1 : 1;
    if (x->worse != y->worse && !isnan(x->worse))
        return x->worse < y->worse ? 1 : -1;
    return (x > y) - (x < y);
}

static int largest_first(const void *a, const void *b)
{
    const struct report_page_case *x = *(struct report_page_case *const *)a,
                                  *y = *(struct report_page_case *const *)b;
    const double p = isnan(x->worse) ? 0 : fabs(x->worse), q = isnan(y->worse) ? 0 : fabs(y->worse);
    return p != q ? (p < q) - (p > q) : (x > y) - (x < y);
}

/* Of many cases those that did not pass and those with the largest effects keep their blocks. */
static void choose_drawn(struct report_page_cases *cases)
{
    size_t left = REPORT_DRAWN - REPORT_LARGEST;
    struct report_page_case **const r = cases->ranked;
    const size_t n = cases->ranked_count;
    qsort(r, n, sizeof *r, largest_first);
    for (size_t i = REPORT_LARGEST; i < n && n > REPORT_DRAWN; i++) {
        const bool keep = r[i]->rank && left > 0;
        left -= keep && r[i]->drawn;
        r[i]->drawn &= keep;
    }
    qsort(r, n, sizeof *r, worst_first);
    for (size_t i = 0; i < n; i++)
        cases->drawn += r[i]->drawn;
}

int report_page_cases_make(struct report_page_cases *cases, const struct report_result *of, size_t index,
                           struct qk_error *err)
{
    const bool run = of->run && of->run->set;
    *cases = (struct report_page_cases){.of = of, .index = index};
    cases->count = run ? of->run->summary->count : of->gate ? of->gate->count : 0;
    cases->list = calloc(cases->count + 1, sizeof *cases->list);
    cases->ranked = calloc(cases->count + 1, sizeof(struct report_page_case *));
    if (!cases->list || !cases->ranked)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the page's %zu cases", cases->count);
    if (run)
        from_run(cases, of->run);
    else if (of->gate)
        from_gate(cases, of->gate, of->evidence);
    for (size_t i = 0; i < cases->count; i++)
        if (cases->list[i].ranked)
            cases->ranked[cases->ranked_count++] = &cases->list[i];
    choose_drawn(cases);
    return 0;
}

void report_page_cases_free(struct report_page_cases *cases)
{
    free(cases->list);
    free(cases->ranked);
    *cases = (struct report_page_cases){0};
}

void report_page_case_keys(FILE *to, const struct report_page_case *c)
{
    fputs(" data-f=\"", to);
    report_page_say(to, "%s|%s|%s|%s", c->op, c->isa, c->word, report_page_tone_class[c->tone]);
    fputs("\"", to);
}

void report_page_case_name(FILE *to, const struct report_page_case *c, bool op)
{
    if (op)
        report_page_in(to, "", c->op, *c->variant ? "/<wbr>" : "");
    if (*c->variant)
        report_page_in(to, "<b>", c->variant, "</b>/<wbr>");
    report_page_text(to, c->shape);
}

void report_page_case_link(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c)
{
    fprintf(to, "c%zu-%zu", cases->index, c->at);
}
