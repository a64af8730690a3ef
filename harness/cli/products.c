/* SPDX-License-Identifier: MIT */
#include "harness/cli/products.h"

#include "harness/cli/cli.h"
#include "harness/machine/datafile.h"
#include "harness/records/outfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_product_names[] = {"text", "markdown", "phases"};
const char *const cli_format_names[] = {"svg", "png", "pdf"};

static char *in_folder(const struct cli_products *o, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", o->out, name) < 0 ? NULL : path;
}

/* One product into DIR/name, whole or not at all; its path goes to stderr. */
static int write_product(const struct cli_products *o, const char *name,
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
        cli_say("wrote %s", path);
    bench_outfile_abort(&file);
    free(path);
    return code;
}

static int draw(const struct cli_products *o, const char *script, const char *format, struct qk_error *err)
{
    char name[16];
    snprintf(name, sizeof name, "phases.%s", format);
    char *tsv = in_folder(o, "phases.tsv"), *image = in_folder(o, name);
    int code = tsv && image ? report_gnuplot(script, tsv, image, format, err)
                            : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        cli_say("wrote %s", image);
    free(tsv);
    free(image);
    return code;
}

/* The plot; when it cannot be drawn the tables still are, and say why: in no_plot[size]. */
static int plot(const struct cli_products *o, const struct report_input *in, char *no_plot, size_t size,
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
    for (int i = 0; i < CLI_FORMATS && !code; i++)
        if (o->format[i])
            code = cli_stop() ? qk_fail(&why, QK_ERR_INTERRUPTED, NULL, "interrupted")
                              : draw(o, script, cli_format_names[i], &why);
    if (code == QK_ERR_UNAVAILABLE) {
        snprintf(no_plot, size, "%s", why.text);
        cli_say("no plot: %s", why.text);
        return 0;
    }
    return code ? qk_fail(err, code, why.where, "%s", why.text) : 0;
}

int cli_products_write(const struct cli_products *o, const struct report_input *all, struct qk_error *err)
{
    struct report_input in = *all;
    char no_plot[480] = "";
    int code = bench_make_folder(o->out, err);
    if (!code && o->want[CLI_PHASES])
        code = plot(o, &in, no_plot, sizeof no_plot, err);
    in.no_plot = *no_plot ? no_plot : NULL;
    if (!code && o->want[CLI_TEXT])
        code = write_product(o, "report.txt", report_text, &in, err);
    if (!code && o->want[CLI_MARKDOWN])
        code = write_product(o, "report.md", report_markdown, &in, err);
    if (!code && o->want[CLI_TEXT])
        code = report_text(&in, stdout, err);
    return code;
}
