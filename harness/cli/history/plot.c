/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"
#include "harness/cli/out.h"
#include "reports/plots/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct cli_history_options at;
    struct cli_history_choice rows;
    const char *out;
    uint64_t limit;
};

static const char *const formats[] = {"svg", "png", "pdf", NULL};

/* The format that the name ends in; NULL for none. */
static const char *format_of(const char *out)
{
    const char *const dot = strrchr(out, '.');
    for (size_t i = 0; formats[i]; i++)
        if (dot && dot > out && dot[-1] != '/' && !strcmp(dot + 1, formats[i]))
            return formats[i];
    return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (o->rows.pattern)
            cli_wrong(state, "unexpected argument '%s'; plot takes one case", arg);
        o->rows.pattern = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->rows.pattern)
            cli_wrong(state, "CASE is missing");
        if (!format_of(o->out))
            cli_wrong(state, "--out: '%s' does not end in .svg, .png or .pdf", o->out);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What gnuplot draws from stands beside the picture, so that anyone can draw it anew. */
struct files {
    char *stem, *tsv, *script; /* owned */
    struct cli_out out[2];
};

static int open_files(struct files *f, const char *image, struct qk_error *err)
{
    f->stem = strndup(image, (size_t)(strrchr(image, '.') - image));
    if (!f->stem || asprintf(&f->tsv, "%s.tsv", f->stem) < 0)
        f->tsv = NULL;
    if (!f->tsv || asprintf(&f->script, "%s.gp", f->stem) < 0)
        f->script = NULL;
    if (!f->script)
        return qk_fail(err, QK_ERR_MEMORY, image, "no memory for a path");
    f->out[0] = (struct cli_out){.option = "the plot's numbers", .path = f->tsv};
    f->out[1] = (struct cli_out){.option = "the plot's script", .path = f->script};
    return cli_out_open(f->out, 2, err);
}

static int draw(const struct options *o, const struct baseline_trend *t, struct qk_error *err)
{
    struct files f = {.stem = NULL};
    int code = open_files(&f, o->out, err);
    if (!code)
        code = report_history_tsv(t, f.out[0].file.stream, err);
    if (!code) {
        const char *const slash = strrchr(f.stem, '/');
        code =
            report_plot_script(&report_history_plot, slash ? slash + 1 : f.stem, f.out[1].file.stream, err);
    }
    if (!code)
        code = cli_out_commit(f.out, 2, err);
    cli_out_abort(f.out, 2);
    if (!code) {
        cli_say("wrote %s and %s", f.tsv, f.script);
        const struct report_drawing d = {
            .script = f.script, .tsv = f.tsv, .image = o->out, .format = format_of(o->out), .stop = cli_stop};
        code = report_gnuplot(&d, err);
    }
    if (!code)
        cli_say("wrote %s", o->out);
    free(f.stem);
    free(f.tsv);
    free(f.script);
    return code;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *const o = options;
    struct baseline_trend t = {0};
    struct cli_history h;
    int code = cli_history_open(&h, &o->at, false, err);
    if (!code)
        code = baseline_trend_make(&t, h.store, o->rows.pattern, o->rows.machine, NAN, o->limit, err);
    cli_history_close(&h); /* nobody waits for gnuplot */
    if (!code)
        code = draw(o, &t, err);
    baseline_trend_free(&t);
    return code;
}

int cli_history_plot(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"out", 'o', "FILE", CLI_STRING(options, out),
         "The picture: FILE ends in .svg, .png or .pdf (default: history.svg)", 0},
        {"limit", 'n', "N", CLI_UINT64(options, limit, 1, REPORT_POINTS_MAX),
         "Draw the N newest runs (default: 300)", 0},
        CLI_HISTORY_MACHINE(options, rows),
        CLI_HISTORY_OPTIONS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "CASE",
        "Draws the ratios of one case over time: to the pinned release, with what was expected, and to the "
        "parents.\vCASE is a case, or a pattern that matches one. The numbers and gnuplot's script are "
        "written beside the picture, as .tsv and .gp. Without gnuplot they alone are, and the exit code is "
        "77. Examples:\n"
        "  qkbench history plot 'qk256_dequant/p4*/256' --out p4.svg\n"
        "  qkbench history plot 'qk256_dequant/p4*/256' --out p4.png"};
    struct options o = {.at = CLI_HISTORY_DEFAULTS, .out = "history.svg", .limit = 300};
    return cli_main(&usage, argc, argv, &o, run);
}
