/* SPDX-License-Identifier: MIT */
#include "reports/page/private.h"

#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static void write_head(const struct report_page_parts *p, const struct report_page_verdict *v)
{
    const struct report_result *const r = &p->page->results[v->of];
    const struct bench_environment *env = report_result_environment(r);
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\">"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'\"><link rel=\"icon\" "
          "href=\"data:,\">\n<title>",
          p->to);
    report_page_say(p->to, "%s: qkbench", v->word);
    const char *const known[] = {env ? env->cpu_name : "", env ? env->compiler : "", env ? env->commit : "",
                                 report_result_date(r)};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (*known[i])
            report_page_in(p->to, ", ", known[i], "");
    fprintf(p->to, "</title>\n<style>\n%s</style></head>\n<body%s>\n", report_page_style,
            v->tone == PAGE_GREY ? " class=\"invalid\"" : "");
}

/* Filled and shown by the script, which is what it is for. */
static void write_filter(FILE *to)
{
    fputs("<form id=\"filter\" hidden><label>op <select name=\"op\"></select></label>"
          "<label>ISA <select name=\"isa\"></select></label>"
          "<label>verdict <select name=\"verdict\"></select></label>"
          "<label><input type=\"checkbox\" name=\"only\"> only what got slower</label>"
          "<output id=\"shown\"></output></form>\n",
          to);
}

static int write_cases(const struct report_page_parts *p, const struct report_page_cases *cases,
                       struct qk_error *err)
{
    FILE *to = p->to;
    const struct report_result *r = cases->of;
    const size_t most = cases->ranked_count < REPORT_DRAWN ? cases->ranked_count : REPORT_DRAWN;
    if (most > 5 || (most && cases->index != p->first)) { /* else the first screen has them all */
        fputs("<figure><h3>Effects, the worst first</h3>\n", to);
        report_page_forest(to, cases, most);
        report_page_caption(to, r, "%zu of %zu cases%s. %s", most, cases->count - cases->controls,
                            r->gate ? "" : "; references and limits have no place here",
                            report_page_forest_about(cases));
        fputs("</figure>\n", to);
    }
    report_page_pictures(p, cases->index);
    report_page_sizes(to, cases);
    fprintf(to, "<h3>All %zu cases", cases->count - cases->controls);
    fprintf(to, cases->controls ? " and %zu controls</h3>" : "</h3>", cases->controls);
    report_page_case_table(to, cases);
    if (r->gate && r->gate->count && !r->evidence)
        fputs(
            "<p>How the evidence grew is not here: the gate keeps it with <code>--trace</code>, and so does "
            "this page.</p>",
            to);
    if (!cases->drawn)
        return 0;
    fputs("<h3>Case by case</h3><p>The band is the 95 % interval of the median over the blocks. Orange "
          "diamonds are blocks that were disturbed: the system took the core away or a neighbour worked on "
          "it. At the "
          "right is how the blocks are spread. ",
          to);
    if (r->gate)
        fputs(
            "Below is how the evidence grew. The dashed line is the bound that decides: <i class=\"line "
            "e-slower\"></i> "
            "slower than ignorable, <i class=\"line e-beyond\"></i> slower than must-catch, <i class=\"line "
            "e-within\"></i> not slower than must-catch.</p>",
            to);
    else
        report_page_in(to, "The samples are in ", r->file, ", under the name above each plot.</p>");
    if (cases->drawn < cases->ranked_count)
        fprintf(to, "<p>%zu of %zu cases are drawn: those that did not pass, and the %d largest effects.</p>",
                cases->drawn, cases->ranked_count, REPORT_LARGEST);
    return report_page_case_blocks(to, cases, err);
}

static int write_result(const struct report_page_parts *p, size_t i, struct qk_error *err)
{
    const struct report_result *r = &p->page->results[i];
    char id[32];
    int code = 0;
    if (r->doctor) /* what it found is a matter of trust */
        return 0;
    snprintf(id, sizeof id, "r%zu", i);
    report_page_section(p->to, id, report_result_kind(r));
    report_page_in(p->to, "<p class=\"file\"><code>", r->file, "</code>");
    if (*r->hash)
        fprintf(p->to, ", XXH3-64 %s", r->hash);
    fputs("</p>\n", p->to);
    if (p->cases[i].count)
        code = write_cases(p, &p->cases[i], err);
    else if (r->gate || (r->run && r->run->set))
        fputs("<p>It has no cases.</p>", p->to);
    if (!p->cases[i].count)
        report_page_pictures(p, i);
    report_page_breakdown(p->to, r);
    report_page_ceilings(p->to, r);
    report_page_model(p->to, r);
    fputs("</section>\n", p->to);
    return code;
}

static int write_page(struct report_page_parts *p, struct qk_error *err)
{
    struct report_page_verdict v;
    int code = 0;
    report_page_verdict_make(&v, p);
    p->first = v.of;
    write_head(p, &v);
    report_page_first_screen(p, &v);
    fputs("<main>\n", p->to);
    write_filter(p->to);
    report_page_missing(p);
    report_page_beside(p);
    for (size_t i = 0; i < p->page->count && !code; i++)
        code = write_result(p, i, err);
    report_page_claims(p);
    report_page_trust(p);
    if (!code)
        code = report_page_campaign(p, err);
    if (!code)
        code = report_page_again(p, &v, err);
    report_page_guide(p);
    fprintf(p->to, "</main>\n<script>\n%s</script>\n</body></html>\n", report_page_script);
    return code;
}

static void put_text(FILE *to, const char *text)
{
    fputs(text, to);
}

static int write_comment(struct report_page_parts *p, struct qk_error *err)
{
    struct report_page_verdict v;
    report_page_verdict_make(&v, p);
    return report_page_markdown(p->to, &p->cases[v.of], &v, SIZE_MAX, put_text, err);
}

/* Either of the two, with the cases of all results. */
static int write_with_cases(const struct report_results *page, const struct report_pictures *pictures,
                            FILE *to, const char *what,
                            int (*write)(struct report_page_parts *p, struct qk_error *err),
                            struct qk_error *err)
{
    struct report_page_parts p = {.page = page, .pictures = pictures, .to = to};
    int code = 0;
    p.cases = calloc(page->count, sizeof *p.cases);
    if (!p.cases)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a page of %zu results", page->count);
    for (size_t i = 0; i < page->count && !code; i++)
        code = report_page_cases_make(&p.cases[i], &page->results[i], i, err);
    errno = 0;
    if (!code)
        code = write(&p, err);
    for (size_t i = 0; i < page->count; i++)
        report_page_cases_free(&p.cases[i]);
    free(p.cases);
    return code ? code : bench_written(to, what, err);
}

int report_page(const struct report_results *page, const struct report_pictures *pictures, FILE *to,
                struct qk_error *err)
{
    return write_with_cases(page, pictures, to, "the page", write_page, err);
}

int report_comment(const struct report_results *page, FILE *to, struct qk_error *err)
{
    return write_with_cases(page, NULL, to, "the comment", write_comment, err);
}
