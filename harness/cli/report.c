/* SPDX-License-Identifier: MIT */
#include "harness/cli/options.h"
#include "harness/cli/page.h"
#include "harness/cli/products.h"
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

/* The index of name in list[count]. If it is not there, cli_wrong names what there is. */
static int choose(const struct argp_state *state, const char *option, const char *name,
                  const char *const *list, int count)
{
    char there[80] = "";
    for (int i = 0; i < count; i++) {
        if (!strcmp(name, list[i]))
            return i;
        snprintf(there + strlen(there), sizeof there - strlen(there), " %s", list[i]);
    }
    cli_wrong(state, "%s: unknown '%s'; expected one of:%s", option, name, there);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case 'n':
        o->products.want[choose(state, "--only", arg, cli_product_names, CLI_PRODUCTS)] = true;
        return 0;
    case 'f':
        o->products.format[choose(state, "--format", arg, cli_format_names, CLI_FORMATS)] = true;
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
        if (o->count > 1 && o->products.out)
            cli_wrong(state, "unexpected argument '%s'; with --out, report takes one result", o->results[1]);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The whole model's times beside the claims, into *in. */
static int add_model(const struct options *o, const char *claims, struct bench_e2e *e,
                     struct baseline_e2e_audit *audit, struct report_input *in, struct qk_error *err)
{
    int code = bench_e2e_read_json(e, o->model, err);
    if (code)
        return code;
    code = baseline_e2e_audit_make(audit, claims, e, err);
    if (code)
        bench_e2e_free(e);
    in->e2e = code ? NULL : e;
    in->e2e_audit = code ? NULL : audit;
    return code;
}

static int write_all(const struct options *o, const char *claims, struct report_input *in,
                     struct qk_error *err)
{
    struct bench_e2e e;
    struct baseline_e2e_audit audit;
    int code = o->model ? add_model(o, claims, &e, &audit, in, err) : 0;
    if (!code)
        code = cli_products_write(&o->products, in, err);
    if (in->e2e) {
        baseline_e2e_audit_free(&audit);
        bench_e2e_free(&e);
    }
    return code;
}

/* Everything, where nothing was named. */
static void complete(struct cli_products *p)
{
    bool any = false;
    for (int i = 0; i < CLI_PRODUCTS; i++)
        any |= p->want[i];
    for (int i = 0; i < CLI_PRODUCTS; i++)
        p->want[i] |= !any;
    if (!p->format[0] && !p->format[1] && !p->format[2])
        p->format[0] = p->format[1] = true;
}

/* The folder of tables and pictures, of the one result. */
static int write_folder(struct options *o, const char *claims, struct qk_error *err)
{
    struct bench_sample_set set;
    struct bench_summary sum;
    struct baseline_audit audit;
    complete(&o->products);
    int code = bench_sample_set_read_json(&set, o->results[0], err);
    if (code)
        return code;
    code = bench_summary_make(&sum, &set, err);
    if (!code) {
        struct report_input in = {.set = &set, .summary = &sum, .audit = &audit};
        code = baseline_audit_make(&audit, claims, &sum, err);
        if (!code) {
            code = write_all(o, claims, &in, err);
            baseline_audit_free(&audit);
        }
        bench_summary_free(&sum);
    }
    bench_sample_set_free(&set);
    return code;
}

static int report(void *options, struct qk_error *err)
{
    struct options *o = options;
    const char *files[RESULTS_MAX + 1];
    char claims[4096];
    memcpy(files, o->results, sizeof o->results);
    files[o->count] = o->model;
    int code = bench_data_path("reports/roadmap.json", claims, sizeof claims, err);
    /* The page first: it is there also when gnuplot fails. */
    o->page.files = files;
    o->page.count = o->count + (o->model != NULL);
    if (!code && (o->page.html || o->page.comment))
        code = cli_page(&o->page, claims, err);
    if (!code && o->products.out)
        code = write_folder(o, claims, err);
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
         "Add the end-to-end table of a whole model, from model bench --out", 0},
        {"only", 'n', "NAME", CLI_OTHER,
         "text, markdown or phases (the plot); may be repeated (default: all)", 0},
        {"format", 'f', "FORMAT", CLI_OTHER, "svg, png or pdf; may be repeated (default: svg and png)", 0},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "RESULT...",
        "Makes tables (report.txt, also printed; report.md), the phase plot (phases.svg and .png, drawn by "
        "gnuplot from phases.tsv) and the audit of the roadmap's claims from a result of run --out.\vWithout "
        "gnuplot the tables are written and say why there is no plot. Examples:\n  qkbench report "
        "result.json --out report/\n"
        "  qkbench report result.json --out report/ --only phases --format pdf\n"
        "  qkbench report result.json --html report.html"};
    struct options o = {0};
    return cli_main(&usage, argc, argv, &o, report);
}
