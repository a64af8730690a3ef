/* SPDX-License-Identifier: MIT */
#include "harness/cli/options.h"
#include "harness/cli/report/page.h"
#include "harness/cli/report/products.h"
#include "harness/cli/report/results.h"
#include "harness/machine/datafile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS_MAX = 32 };

struct options {
    const char *results[RESULTS_MAX], *model;
    struct cli_page page;
    size_t count;
    struct cli_products products;
};

/* Index of name in the list, or cli_wrong naming what there is. */
static int choose(const struct argp_state *state, const char *option, const char *name,
                  const char *(*list)(int))
{
    char there[160] = "";
    for (int i = 0; list(i); i++) {
        if (!strcmp(name, list(i)))
            return i;
        snprintf(there + strlen(there), sizeof there - strlen(there), " %s", list(i));
    }
    cli_wrong(state, "%s: unknown '%s'; expected one of:%s", option, name, there);
    return 0;
}

static const char *format_name(int i)
{
    return i < CLI_FORMATS ? cli_format_names[i] : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case 'n':
        o->products.want[choose(state, "--only", arg, cli_product_name)] = true;
        return 0;
    case 'f':
        o->products.format[choose(state, "--format", arg, format_name)] = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->count == RESULTS_MAX)
            cli_wrong(state, "unexpected argument '%s'; report takes at most %d results", arg, RESULTS_MAX);
        o->results[o->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->count || (!o->products.out && !o->page.html && !o->page.comment))
            cli_wrong(state, "%s is missing",
                      o->count ? "--out DIR, --html FILE or --comment FILE"
                               : "RESULT, a file written by run --out,");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Everything, where nothing was named. */
static void complete(struct cli_products *p)
{
    bool any = false;
    for (int i = 0; cli_product_name(i); i++)
        any |= p->want[i];
    for (int i = 0; cli_product_name(i); i++)
        p->want[i] |= !any;
    if (!p->format[0] && !p->format[1] && !p->format[2])
        p->format[0] = p->format[1] = true;
}

/* Tables are of the first run, and of the first model beside it. */
static bool find_tables(const struct report_results *all, struct report_input *tables)
{
    *tables = (struct report_input){
        .audits = all->audits, .audit_count = all->audit_count, .campaign = all->campaign};
    for (size_t i = 0; i < all->count; i++) {
        const struct report_input *in = all->results[i].run;
        if (in && in->set && !tables->set) {
            tables->set = in->set;
            tables->summary = in->summary;
            tables->audit = in->audit;
        } else if (in && in->e2e && !tables->e2e) {
            tables->e2e = in->e2e;
            tables->e2e_audit = in->e2e_audit;
        }
    }
    return tables->set != NULL;
}

static int write_folder(struct options *o, const struct report_results *all, struct qk_error *err)
{
    struct report_input tables;
    const bool there = find_tables(all, &tables);
    if (!there && (o->products.want[CLI_TEXT] || o->products.want[CLI_MARKDOWN]))
        return qk_fail(err, QK_ERR_ARG, "--only", "tables are of a result of run, and none was named");
    complete(&o->products);
    return cli_products_write(&o->products, all, there ? &tables : NULL, err);
}

static int report(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct cli_results results = {0};
    const char *files[RESULTS_MAX + 1];
    char claims[4096];
    memcpy(files, o->results, sizeof o->results);
    files[o->count] = o->model;
    int code = bench_data_path("reports/claims/roadmap.json", claims, sizeof claims, err);
    if (!code)
        code = cli_results_read(&results, files, o->count + (o->model != NULL), o->page.trace, claims, err);
    /* The page first: it is there also when gnuplot fails. */
    if (!code && (o->page.html || o->page.comment))
        code = cli_page(&o->page, &results.all, err);
    if (!code && o->products.out)
        code = write_folder(o, &results.all, err);
    cli_results_free(&results);
    return code;
}

int cli_report(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"out", 'o', "DIR", CLI_STRING(options, products.out), "Folder to write to; made when missing", 0},
        {"html", 'H', "FILE", CLI_STRING(options, page.html),
         "Write one self-contained page, also of several results and of those of breakdown, ceilings, gate, "
         "doctor and model bench; - is standard output",
         0},
        {"comment", 'c', "FILE", CLI_STRING(options, page.comment),
         "Write markdown for a pull request: the verdict, the worst five, the rest folded away", 0},
        {"trace", 't', "FILE", CLI_STRING(options, page.trace),
         "With --html: how the evidence of a gate grew, from gate --trace", 0},
        {"model", 'm', "FILE", CLI_STRING(options, model),
         "Another RESULT: times of a whole model, from model bench --out", 0},
        {"only", 'n', "NAME", CLI_OTHER,
         "text, markdown, or a plot: forest, phases, scaling, roofline, tokens, breakdown, waterfall, "
         "instructions; "
         "may be repeated (default: all)",
         0},
        {"format", 'f', "FORMAT", CLI_OTHER, "svg, png or pdf; may be repeated (default: svg and png)", 0},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "RESULT...",
        "Makes tables (report.txt, also printed; report.md) and plots of results of run, breakdown, "
        "ceilings, gate, "
        "doctor and model bench. Tables are of the first run, with the audit of the roadmap's claims. Each "
        "plot is "
        "NAME.tsv, NAME.gp, which gnuplot draws from it, and NAME.svg and .png. A RESULT may also be a file "
        "of "
        "claims (reports/claims/), which is held against all results, or a campaign (FILE.jsonl, of "
        "calibrate "
        "--into).\vWithout "
        "gnuplot the tables are written and say why there is no plot. Examples:\n  qkbench report "
        "result.json --out report/\n"
        "  qkbench report result.json --out report/ --only phases --format pdf\n"
        "  qkbench report result.json --html report.html\n"
        "  qkbench report result.json model.json reports/claims/bitnet-cpp.json --html report.html"};
    struct options o = {0};
    return cli_main(&usage, argc, argv, &o, report);
}
