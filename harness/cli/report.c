/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "harness/cli/cli.h"
#include "harness/datafile.h"
#include "harness/outfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const products[] = {"text", "markdown", "phases"};
static const char *const formats[] = {"svg", "png", "pdf"};
enum { TEXT, MARKDOWN, PHASES, PRODUCTS, FORMATS = 3 };

struct options {
    const char *result, *out;
    bool want[PRODUCTS];
    bool format[FORMATS];
};

/* Index of name in list[count], or argp_error naming what there is. */
static int choose(const struct argp_state *state, const char *option, const char *name,
                  const char *const *list, int count)
{
    char there[80] = "";
    for (int i = 0; i < count; i++) {
        if (!strcmp(name, list[i]))
            return i;
        snprintf(there + strlen(there), sizeof there - strlen(there), " %s", list[i]);
    }
    argp_error(state, "%s: unknown '%s'; expected one of:%s", option, name, there);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'o':
        o->out = arg;
        return 0;
    case 'n':
        o->want[choose(state, "--only", arg, products, PRODUCTS)] = true;
        return 0;
    case 'f':
        o->format[choose(state, "--format", arg, formats, FORMATS)] = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->result)
            argp_error(state, "unexpected argument '%s'; report takes one result", arg);
        o->result = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->result || !o->out)
            argp_error(state, "%s is missing",
                       o->result ? "--out DIR" : "RESULT, a file written by run --out,");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static char *in_folder(const struct options *o, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", o->out, name) < 0 ? NULL : path;
}

/* One product into DIR/name, whole or not at all; its path goes to stdout. */
static int write_product(const struct options *o, const char *name,
                         int (*write)(const struct report_input *, FILE *, struct qk_error *),
                         const struct report_input *in, struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *path = in_folder(o, name);
    int code = path ? bench_outfile_open(&file, path, err)
                    : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        code = write(in, file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    if (!code)
        fprintf(stderr, "wrote %s\n", path);
    bench_outfile_abort(&file);
    free(path);
    return code;
}

static int draw(const struct options *o, const char *script, const char *format, struct qk_error *err)
{
    char name[16];
    snprintf(name, sizeof name, "phases.%s", format);
    char *tsv = in_folder(o, "phases.tsv"), *image = in_folder(o, name);
    int code = tsv && image ? report_gnuplot(script, tsv, image, format, err)
                            : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        fprintf(stderr, "wrote %s\n", image);
    free(tsv);
    free(image);
    return code;
}

/* The plot; when it cannot be drawn the tables still are, and say why: in no_plot[size]. */
static int plot(const struct options *o, const struct report_input *in, char *no_plot, size_t size,
                struct qk_error *err)
{
    struct qk_error why;
    char script[4096];
    int code = write_product(o, "phases.tsv", report_phases_tsv, in, &why);
    if (code == QK_ERR_INVALID) {
        snprintf(no_plot, size, "%s", why.text);
        return 0;
    }
    if (code)
        return qk_fail(err, code, why.where, "%s", why.text);
    code = bench_data_path("reports/plots/phases.gp", script, sizeof script, &why);
    for (int i = 0; i < FORMATS && !code; i++)
        if (o->format[i])
            code = cli_stop() ? qk_fail(&why, QK_ERR_INTERRUPTED, NULL, "interrupted")
                              : draw(o, script, formats[i], &why);
    if (code == QK_ERR_UNAVAILABLE) {
        snprintf(no_plot, size, "%s", why.text);
        fprintf(stderr, "no plot: %s\n", why.text);
        return 0;
    }
    return code ? qk_fail(err, code, why.where, "%s", why.text) : 0;
}

static int write_all(const struct options *o, const struct report_input *all, struct qk_error *err)
{
    struct report_input in = *all;
    char no_plot[480] = "";
    int code = bench_make_folder(o->out, err);
    if (!code && o->want[PHASES])
        code = plot(o, &in, no_plot, sizeof no_plot, err);
    in.no_plot = *no_plot ? no_plot : NULL;
    if (!code && o->want[TEXT])
        code = write_product(o, "report.txt", report_text, &in, err);
    if (!code && o->want[MARKDOWN])
        code = write_product(o, "report.md", report_markdown, &in, err);
    if (!code && o->want[TEXT])
        code = report_text(&in, stdout, err);
    return code;
}

static int report(const struct options *o, struct qk_error *err)
{
    struct bench_sample_set set;
    struct bench_summary sum;
    struct baseline_audit audit;
    char claims[4096];
    int code = bench_sample_set_read_json(&set, o->result, err);
    if (code)
        return code;
    code = bench_summary_make(&sum, &set, err);
    if (!code) {
        code = bench_data_path("reports/roadmap.json", claims, sizeof claims, err);
        if (!code)
            code = baseline_audit_make(&audit, claims, &sum, err);
        if (!code) {
            code = write_all(o, &(struct report_input){.set = &set, .summary = &sum, .audit = &audit}, err);
            baseline_audit_free(&audit);
        }
        bench_summary_free(&sum);
    }
    bench_sample_set_free(&set);
    return code;
}

int cli_report(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", 'o', "DIR", 0, "Folder to write to; made when missing", 0},
        {"only", 'n', "NAME", 0, "text, markdown or phases (the plot); may be repeated (default: all)", 0},
        {"format", 'f', "FORMAT", 0, "svg, png or pdf; may be repeated (default: svg and png)", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "RESULT",
                                     "Makes tables (report.txt, also printed; report.md), the phase plot "
                                     "(phases.svg and .png, drawn by gnuplot "
                                     "from phases.tsv) and the audit of the roadmap's claims from a result "
                                     "of run --out.\vWithout gnuplot the "
                                     "tables are written and say why there is no plot. Examples:\n  qkbench "
                                     "report result.json --out report/\n"
                                     "  qkbench report result.json --out report/ --only phases --format pdf",
                                     NULL,
                                     NULL,
                                     NULL};
    struct options o = {0};
    struct qk_error err;
    bool any = false;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    for (int i = 0; i < PRODUCTS; i++)
        any |= o.want[i];
    for (int i = 0; i < PRODUCTS; i++)
        o.want[i] |= !any;
    if (!o.format[0] && !o.format[1] && !o.format[2])
        o.format[0] = o.format[1] = true;
    cli_catch_interrupts();
    const int code = report(&o, &err);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
