/* SPDX-License-Identifier: MIT */
#include "reports/forms/private.h"
#include "reports/page/private.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/*
 * Appends; what does not fit is cut at the end of the room, which no sentence of ours reaches but for long
 * names.
 */
static void say(struct report_page_verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct report_page_verdict *v, const char *fmt, ...)
{
    const size_t used = strlen(v->sentence);
    va_list args;
    va_start(args, fmt);
    vsnprintf(v->sentence + used, sizeof v->sentence - used, fmt, args);
    va_end(args);
}

static void judge_gate(struct report_page_verdict *v, const struct report_page_cases *cases)
{
    static const enum report_page_tone tones[BASELINE_VERDICTS] = {
        [BASELINE_PASS] = PAGE_GOOD,    [BASELINE_WARN] = PAGE_WARN,   [BASELINE_REGRESSION] = PAGE_BAD,
        [BASELINE_INVALID] = PAGE_GREY, [BASELINE_MISSING] = PAGE_BAD, [BASELINE_INCONCLUSIVE] = PAGE_WARN,
    };
    static const char *const said[BASELINE_VERDICTS] = {
        [BASELINE_PASS] = "No case is slower by its must-catch margin",
        [BASELINE_WARN] = "Slower than the ignorable margin, not beyond must-catch",
        [BASELINE_REGRESSION] = "Slower beyond the must-catch margin",
        [BASELINE_INCONCLUSIVE] = "Not decided in time",
        [BASELINE_INVALID] = "Nothing here is to be trusted",
        [BASELINE_MISSING] = "Not in the candidate",
    };
    const struct baseline_report *gate = cases->of->gate;
    char percent[16];
    size_t judged = 0, alike = 0;
    for (size_t i = 0; i < cases->count; i++) {
        judged += !cases->list[i].control;
        alike += !cases->list[i].control && gate->results[i].verdict == gate->verdict;
    }
    v->word = report_word(gate, gate->verdict);
    v->tone = gate->verdict == BASELINE_WARN && gate->strict ? PAGE_BAD : tones[gate->verdict];
    say(v, "%s", said[gate->verdict] ? said[gate->verdict] : "");
    if (*gate->reason)
        say(v, ": %s", gate->reason);
    else if (gate->verdict != BASELINE_PASS)
        say(v, ": %zu of %zu cases", alike, judged);
    say(v, ".");
    const struct report_page_case *worst = cases->ranked_count ? cases->ranked[0] : NULL;
    if (worst && worst->rank && v->tone != PAGE_GREY && !isnan(worst->worse))
        say(v, " The worst is %s/%s/%s, %s %%.", worst->op, worst->variant, worst->shape,
            report_percent(percent, worst->ratio.value));
}

/* Verdicts on the goal at each size: how many were reached. */
static void judge_claims(struct report_page_verdict *v, const struct baseline_audit *audit)
{
    size_t goals[BASELINE_AUDIT_VERDICTS] = {0}, all = 0;
    struct report_svg_range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < audit->count; i++) {
        const struct baseline_audit_row *row = &audit->rows[i];
        if (!row->claim->goal)
            continue;
        goals[row->verdict]++;
        all++;
        report_svg_range_add(&range, row->measured.value);
    }
    if (all) {
        const bool met = goals[BASELINE_CONFIRMED] == all, none = goals[BASELINE_REFUTED] == all;
        v->word = met ? "REACHED" : none ? "MISSED" : "UNDECIDED";
        v->tone = met ? PAGE_GOOD : none ? PAGE_BAD : PAGE_WARN;
        say(v, "The goal of %.2fx is reached at %zu of %zu sizes", audit->goal, goals[BASELINE_CONFIRMED],
            all);
        if (range.low < range.high)
            say(v, "; the last phase measures %.2fx to %.2fx", range.low, range.high);
        else if (range.low == range.high)
            say(v, "; the last phase measures %.2fx", range.low);
        say(v, ". ");
    }
    if (audit->count)
        say(v, "Of %zu claims %zu are confirmed, %zu refuted, %zu not resolved. ", audit->count,
            audit->verdicts[BASELINE_CONFIRMED], audit->verdicts[BASELINE_REFUTED],
            audit->verdicts[BASELINE_NOT_RESOLVED]);
}

static void judge_run(struct report_page_verdict *v, const struct report_page_cases *cases)
{
    const struct report_input *run = cases->of->run;
    if (run->audit)
        judge_claims(v, run->audit);
    if (cases->measured == 0) {
        v->word = "INVALID";
        v->tone = PAGE_GREY;
        say(v, "Nothing was measured. ");
    } else if (cases->failed) {
        v->word = "FAILED";
        v->tone = PAGE_BAD;
        say(v, "%zu of %zu cases ended in an error. ", cases->failed, cases->count);
    }
    if (run->set->quick)
        say(v, "This was a quick run: do not quote its figures.");
}

/* Figures alone, unless a row is not to be trusted. */
static void judge_model(struct report_page_verdict *v, const struct bench_e2e *e)
{
    struct qk_error err;
    if (!bench_e2e_check(e, &err))
        return;
    v->word = "INVALID";
    v->tone = PAGE_GREY;
    say(v, "%s, %s. ", err.where, err.text);
}

static void judge_doctor(struct report_page_verdict *v, const struct bench_doctor *d)
{
    static const char *const words[] = {"SOUND", "NOISY", "UNFIT"};
    static const enum report_page_tone tones[] = {PAGE_GOOD, PAGE_WARN, PAGE_BAD};
    v->word = words[bench_doctor_worst(d)];
    v->tone = tones[bench_doctor_worst(d)];
    say(v, "What the doctor found of this machine is below. ");
}

/* A gate counts before a run, that before a model, and of gates the worst. */
static int weight(const struct report_result *r)
{
    static const int worst[BASELINE_VERDICTS] = {[BASELINE_INVALID] = 6,
                                                 [BASELINE_MISSING] = 5,
                                                 [BASELINE_REGRESSION] = 4,
                                                 [BASELINE_INCONCLUSIVE] = 3,
                                                 [BASELINE_WARN] = 2};
    return r->gate                 ? 10 + worst[r->gate->verdict]
           : r->run && r->run->set ? 9
           : r->run                ? 8
           : r->doctor             ? 1
                                   : 2;
}

void report_page_verdict_make(struct report_page_verdict *v, const struct report_page_parts *p)
{
    *v = (struct report_page_verdict){.word = "MEASURED", .tone = PAGE_PLAIN};
    for (size_t i = 1; i < p->page->count; i++)
        if (weight(&p->page->results[i]) > weight(&p->page->results[v->of]))
            v->of = i;
    const struct report_result *r = &p->page->results[v->of];
    if (r->gate)
        judge_gate(v, &p->cases[v->of]);
    else if (r->run && r->run->set)
        judge_run(v, &p->cases[v->of]);
    else if (r->run)
        judge_model(v, r->run->e2e);
    else if (r->doctor)
        judge_doctor(v, r->doctor);
    if (!*v->sentence)
        say(v, "%s: figures without a verdict.", report_result_kind(r));
}

/* How many cases each word was said of, the worst words first. */
static void counts(FILE *to, const struct report_page_cases *cases)
{
    static const enum report_page_tone order[PAGE_TONES] = {PAGE_BAD, PAGE_WARN, PAGE_GOOD, PAGE_PLAIN,
                                                            PAGE_GREY};
    const struct report_page_case *first[32];
    size_t count[32] = {0}, words = 0;
    for (size_t i = 0; i < cases->count; i++) {
        size_t w = 0;
        if (cases->list[i].control)
            continue;
        while (w < words && strcmp(first[w]->word, cases->list[i].word) != 0)
            w++;
        if (w == sizeof first / sizeof *first)
            continue;
        if (w == words)
            first[words++] = &cases->list[i];
        count[w]++;
    }
    fputs("<ul class=\"counts\">", to);
    for (size_t t = 0; t < PAGE_TONES; t++)
        for (size_t w = 0; w < words; w++)
            if (first[w]->tone == order[t])
                fprintf(to, "<li class=\"v %s\"><b>%zu</b> %s</li>", report_page_tone_class[order[t]],
                        count[w], first[w]->word);
    fputs("</ul>\n", to);
}

static void fact(FILE *to, const char *name, const char *text)
{
    if (!*text)
        return;
    fprintf(to, "<div><dt>%s</dt><dd>", name);
    report_page_text(to, text);
    fputs("</dd></div>", to);
}

static void facts(FILE *to, const struct report_result *r)
{
    const struct bench_environment *env = report_result_environment(r);
    char cpus[32];
    if (!env)
        return;
    snprintf(cpus, sizeof cpus, "%d", env->cpus);
    fputs("<dl class=\"facts\">", to);
    fact(to, "machine", env->cpu_name);
    fact(to, "logical CPUs", env->cpus > 0 ? cpus : "");
    fact(to, "virtualised", env->virtualised);
    fact(to, "ISA levels", env->isa_levels);
    fact(to, "compiler", env->compiler);
    fact(to, "commit", env->commit);
    fact(to, "date", report_result_date(r));
    if (r->gate) {
        fact(to, "base", r->gate->base);
        fact(to, "candidate", r->gate->candidate);
        fact(to, "suite", r->gate->suite);
    }
    fputs("</dl>\n", to);
}

void report_page_first_screen(const struct report_page_parts *p, const struct report_page_verdict *v)
{
    const struct report_page_cases *cases = &p->cases[v->of];
    const struct report_result *r = cases->of;
    const struct bench_environment *env = report_result_environment(r);
    FILE *to = p->to;
    report_page_in(to, "<header class=\"top\"><p class=\"kick\">qkbench ", env ? env->version : "",
                   " \xC2\xB7 ");
    report_page_in(to, "", report_result_kind(r), " \xC2\xB7 ");
    report_page_in(to, "", r->file, "</p>\n");
    fprintf(to, "<h1 class=\"v %s\">%s</h1>", report_page_tone_class[v->tone], v->word);
    report_page_in(to, "<p class=\"lead\">", v->sentence, "</p>\n");
    if (cases->count)
        counts(to, cases);
    if (cases->ranked_count) {
        const size_t most = cases->ranked_count < 5 ? cases->ranked_count : 5;
        fprintf(to, "<figure><h2>The %s%s</h2>", most == 5 ? "five " : "",
                r->gate ? "worst" : "slowest, over the reference");
        report_page_forest(to, cases, 5);
        report_page_in(to, "<figcaption>", report_page_forest_about(cases), "</figcaption></figure>");
    }
    facts(to, r);
    fputs("</header>\n", to);
}
