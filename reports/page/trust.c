/* SPDX-License-Identifier: MIT */
/* Why to believe the page, how to do it again, and how to read it. */
#include "reports/page/private.h"

#include "reports/forms/private.h"
#include "reports/text/judged/campaign.h"

#include <math.h>
#include <string.h>

/* Blocks of a run, each once though all cases of a group share them. */
struct blocks {
    size_t count, disturbed;
    double steal_ns;
    struct report_svg_range ghz;
};

static void add_blocks(struct blocks *b, const struct bench_record *rec)
{
    for (size_t i = 0; i < rec->block_count; i++) {
        const struct bench_events *e = &rec->blocks[i].events;
        b->count++;
        b->disturbed += e->recorded && e->disturbed;
        b->steal_ns += e->recorded && !isnan(e->value[BENCH_EVENT_STEAL]) ? e->value[BENCH_EVENT_STEAL] : 0;
        report_svg_range_add(&b->ghz, rec->blocks[i].core_ghz);
    }
}

static void trust_clock(FILE *to, double ghz, const char *why, const struct bench_dropped *dropped,
                        bool quick)
{
    if (isfinite(ghz))
        fprintf(to, "<li>The core ran at %.2f GHz.</li>", ghz);
    else
        report_page_in(to, "<li>No core clock was estimated: ", why, ".</li>");
    if (dropped->count) {
        fprintf(to, "<li>%llu blocks were dropped, because the clock could not be believed: ",
                (unsigned long long)dropped->count);
        report_page_in(to, "", dropped->why, "</li>");
    }
    if (quick)
        fputs("<li>A quick run has few and short blocks. Its intervals can be wide: measure without "
              "<code>--quick</code> before quoting.</li>",
              to);
}

static void trust_run(FILE *to, const struct report_result *r)
{
    const struct bench_sample_set *set = r->run->set;
    const struct bench_summary *sum = r->run->summary;
    struct blocks b = {.ghz = {INFINITY, -INFINITY}};
    for (size_t first = 0, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        size_t ok = first;
        while (ok < end && sum->rows[ok].rec->status != BENCH_OK)
            ok++;
        if (ok < end)
            add_blocks(&b, sum->rows[ok].rec);
    }
    fprintf(to, "<li>%zu of %zu blocks were disturbed.", b.disturbed, b.count);
    if (b.steal_ns > 0)
        fprintf(to, " The hypervisor took %.0f ms.", 1e-6 * b.steal_ns);
    if (set->waited_ms || set->repeated_blocks)
        fprintf(to, " The run waited %.1f s for the core and measured %llu blocks again.",
                1e-3 * (double)set->waited_ms, (unsigned long long)set->repeated_blocks);
    fputs("</li>", to);
    trust_clock(to, set->clock_ghz, set->clock_why, &set->dropped, set->quick);
    if (b.ghz.low <= b.ghz.high)
        fprintf(to,
                "<li>Its clock in single blocks: from %.2f to %.2f GHz, estimated beside the samples.</li>",
                b.ghz.low, b.ghz.high);
    if (*set->events_why)
        report_page_in(to, "<li>Events of the system: ", set->events_why, ".</li>");
}

static void trust_gate(FILE *to, const struct report_result *r)
{
    size_t right = 0, wrong = 0, blocks = 0, disturbed = 0;
    char quote[REPORT_QUOTE];
    for (size_t i = 0; i < r->gate->count; i++) {
        const struct baseline_result *res = &r->gate->results[i];
        if (!report_is_control(res))
            continue;
        right += baseline_control_right(res);
        wrong += !baseline_control_right(res);
        if (!baseline_control_right(res)) {
            report_page_in(to, "<li class=\"v b\">The control ", res->name, "");
            report_page_say(to, " (%s) was judged %s. %s</li>", baseline_role_names[res->role],
                            baseline_verdict_names[res->verdict], report_should_be(res));
        }
    }
    if (right + wrong)
        fprintf(to,
                "<li>%zu of %zu controls were judged right: a copy of the base must pass, and a slowed one "
                "must be caught.</li>",
                right, right + wrong);
    else
        fputs("<li>There were no controls.</li>", to);
    for (size_t i = 0; r->evidence && i < r->gate->count; i++)
        for (size_t b = 0; b < r->evidence[i].count; b++) {
            blocks++;
            disturbed += r->evidence[i].looks[b].disturbed;
        }
    if (blocks)
        fprintf(to, "<li>%zu of %zu blocks were disturbed.</li>", disturbed, blocks);
    if (*report_campaign_quote(r->gate, quote))
        report_page_in(to, "<li>", quote, ".</li>");
    if (r->gate->alpha > 0)
        fprintf(to, "<li>At most %g of such suites call an ignorable change slower.</li>", r->gate->alpha);
}

static void trust_doctor(FILE *to, const struct report_result *r)
{
    static const enum report_page_tone tones[] = {PAGE_GOOD, PAGE_WARN, PAGE_BAD};
    size_t ok = 0;
    for (size_t i = 0; i < r->doctor->count; i++) {
        const struct bench_finding *f = &r->doctor->findings[i];
        ok += f->health == BENCH_HEALTH_OK;
        if (f->health == BENCH_HEALTH_OK)
            continue;
        fprintf(to, "<li class=\"v %s\"><b>%s</b> ", report_page_tone_class[tones[f->health]],
                bench_health_words[f->health]);
        report_page_say(to, "%s: %s.", f->name, f->found);
        if (*f->costs)
            report_page_say(to, " It costs: %s.", f->costs);
        if (*f->mend)
            report_page_in(to, " Mend: <code>", f->mend, "</code>");
        fputs("</li>\n", to);
    }
    fprintf(to, "<li>%zu other findings of the doctor are fine.</li>", ok);
}

void report_page_trust(const struct report_page_parts *p)
{
    report_page_section(p->to, "trust", "Trust");
    bool doctor = false;
    for (size_t i = 0; i < p->page->count; i++) {
        const struct report_result *r = &p->page->results[i];
        const bool run = r->run && r->run->set;
        doctor |= r->doctor != NULL;
        if (!run && !r->gate && !r->doctor && !r->breakdown && !r->ceilings)
            continue;
        report_page_in(p->to, "<h3>", report_result_kind(r), ": ");
        report_page_in(p->to, "", r->file, "</h3><ul>\n");
        if (run)
            trust_run(p->to, r);
        if (r->gate)
            trust_gate(p->to, r);
        if (r->doctor)
            trust_doctor(p->to, r);
        if (r->breakdown)
            trust_clock(p->to, r->breakdown->clock_ghz, r->breakdown->clock_why, &r->breakdown->dropped,
                        r->breakdown->quick);
        if (r->ceilings)
            trust_clock(p->to, r->ceilings->clock_ghz, r->ceilings->clock_why,
                        &(struct bench_dropped){.count = 0}, r->ceilings->quick);
        fputs("</ul>\n", p->to);
    }
    if (!doctor)
        fputs("<p>The machine itself was not examined here. Add what <code>qkbench doctor --json</code> "
              "says.</p>",
              p->to);
    fputs("</section>\n", p->to);
}

/* A word of a shell's command line. */
static void shell_word(FILE *to, const char *word)
{
    fputs(" '", to);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            report_page_say(to, "%c", *word);
    fputs("'", to);
}

static void again_run(FILE *to, const struct report_result *r)
{
    const struct bench_sample_set *set = r->run->set;
    const char *last = "";
    fprintf(to, "qkbench run%s --seed %llu --shapes", set->quick ? " --quick" : "",
            (unsigned long long)set->seed);
    shell_word(to, *set->source ? set->source : "seed");
    for (size_t i = 0; i < set->record_count; i++) {
        if (strcmp(set->records[i].op, last) != 0)
            shell_word(to, set->records[i].op);
        last = set->records[i].op;
    }
    fputs(" --out", to);
    shell_word(to, r->file);
}

/* Of patterns only the cases are known that they matched. */
static void again_gate(FILE *to, const struct baseline_report *gate)
{
    const bool baseline = !strcmp(gate->mode, "baseline"), suite = strcmp(gate->suite, "patterns") != 0;
    const bool whole = !strcmp(gate->mode, "e2e");
    fprintf(to, "qkbench gate --%s", *gate->mode ? gate->mode : "duet");
    shell_word(to, gate->base);
    if (!baseline) {
        fputs(" --candidate", to);
        shell_word(to, gate->candidate);
    }
    fprintf(to, "%s --seed %llu", gate->strict ? " --strict" : "", (unsigned long long)gate->seed);
    if (*gate->policy && strcmp(gate->policy, "built in") != 0) {
        fputs(" --policy", to);
        shell_word(to, gate->policy);
    }
    if (suite && *gate->suite && (!whole || strcmp(gate->suite, "trained") != 0)) {
        fputs(whole ? "" : " --suite", to);
        shell_word(to, gate->suite);
    }
    for (size_t i = 0; i < gate->count && !suite; i++)
        if (gate->results[i].role == BASELINE_CASE)
            shell_word(to, gate->results[i].name);
}

static void again(FILE *to, const struct report_result *r)
{
    if (r->gate) {
        again_gate(to, r->gate);
    } else if (r->run && r->run->set) {
        again_run(to, r);
    } else if (r->run) {
        fputs("qkbench model bench", to);
        shell_word(to, r->run->e2e->model);
        fprintf(to, " --seed %llu --out", (unsigned long long)r->run->e2e->seed);
        shell_word(to, r->file);
    } else if (r->breakdown) {
        const struct bench_breakdown *bd = r->breakdown;
        fprintf(to, "qkbench breakdown%s --seed %llu", bd->quick ? " --quick" : "",
                (unsigned long long)bd->seed);
        for (size_t i = 0; i < bd->count; i = bench_breakdown_group_end(bd, i)) {
            char pattern[BENCH_NAME_MAX];
            snprintf(pattern, sizeof pattern, "%s/*/%s", bd->rows[i].variant->op_name, bd->rows[i].shape);
            shell_word(to, pattern);
        }
        fputs(" --out", to);
        shell_word(to, r->file);
    } else if (r->ceilings) {
        fprintf(to, "qkbench ceilings --fresh%s --out", r->ceilings->quick ? " --quick" : "");
        shell_word(to, r->file);
    } else {
        fprintf(to, "qkbench doctor --json%s --seed %llu &gt;", r->doctor->quick ? " --quick" : "",
                (unsigned long long)r->doctor->seed);
        shell_word(to, r->file);
    }
    fputs("\n", to);
}

int report_page_again(const struct report_page_parts *p, const struct report_page_verdict *v,
                      struct qk_error *err)
{
    const struct bench_environment *env = report_result_environment(&p->page->results[v->of]);
    report_page_section(p->to, "again", "Do it again");
    fputs("<pre tabindex=\"0\">", p->to);
    if (env && *env->commit) {
        const char *const dirty = strstr(env->commit, "-dirty");
        report_page_say(p->to, "git checkout %.*s%s\n", dirty ? (int)(dirty - env->commit) : 99, env->commit,
                        dirty ? " # and then what was changed in it" : "");
    }
    for (size_t i = 0; i < p->page->count; i++)
        again(p->to, &p->page->results[i]);
    fputs("</pre>\n<h3>For a pull request</h3><p>Markdown of the verdict and the worst five. <button "
          "id=\"copy\" "
          "hidden>Copy as markdown</button></p>\n<pre id=\"markdown\" tabindex=\"0\">",
          p->to);
    const int code = report_page_markdown(p->to, &p->cases[v->of], v, 5, report_page_text, err);
    fputs("</pre></section>\n", p->to);
    return code;
}

void report_page_guide(const struct report_page_parts *p)
{
    static const char *const terms[][2] = {
        {"case", "One implementation of one op at one shape, written op/variant/shape."},
        {"speed-up",
         "How many times less time a call takes than the reference of the same op. Above 1 is faster."},
        {"interval", "Where the true median lies with 95 % confidence, by a sign test over blocks. It "
                     "assumes nothing about the "
                     "noise. An interval that contains 1 means: not told apart."},
        {"a wide interval", "Few blocks, or a busy machine. A quick run may have intervals over a factor of "
                            "ten; measure longer."},
        {"block", "Tens of milliseconds of measuring in which all cases of a group take turns. The unit of "
                  "every interval."},
        {"step", "The speed-up over the phase before. Below 1 the phase made it slower."},
        {"limit", "A row that only loads or stores what the op does. Nothing that does so can be faster."},
        {"ignorable, must-catch",
         "Margins of a gate. Slower than the first is worth a word; slower than the second is a regression."},
        {"ns, Gelem/s, GB/s", "Of one call, from the median over blocks. They drift with the machine by "
                              "several per cent, so compare "
                              "ratios, not runs."},
    };
    report_page_section(p->to, "guide", "How to read this");
    fputs("<dl class=\"guide\">\n", p->to);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        fprintf(p->to, "<dt>%s</dt><dd>%s</dd>\n", terms[i][0], terms[i][1]);
    fputs("</dl><p>Blue is faster, orange-red with a diamond is slower, grey is not judged. The page holds "
          "no samples: they are in "
          "the files it names.</p></section>\n",
          p->to);
}
