/* SPDX-License-Identifier: MIT */
#include "harness/cli/products.h"

#include "harness/cli/cli.h"
#include "harness/machine/datafile.h"
#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const cli_product_names[] = {"text", "markdown", "phases"};
const char *const cli_format_names[] = {"svg", "png", "pdf"};

static char *in_folder(const struct cli_products *o, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", o->out, name) < 0 ? NULL : path;
}

/* Files of one call: where they go, what they are of, and whether each is said. */
struct products {
    const struct cli_products *o;
    struct report_input in;
    bool quiet;
};

/* One product into DIR/name, whole or not at all; its path goes to stderr. */
static int write_product(const struct products *p, const char *name,
                         int (*write)(const struct report_input *, FILE *, struct qk_error *),
                         struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *path = in_folder(p->o, name);
    int code = path ? bench_outfile_open(&file, path, err)
                    : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        code = write(&p->in, file.stream, err);
    if (!code)
        code = bench_outfile_commit(&file, err);
    if (!code && !p->quiet)
        cli_say("wrote %s", path);
    bench_outfile_abort(&file);
    free(path);
    return code;
}

static int write_tables(const struct products *p, struct qk_error *err)
{
    int code = p->o->want[CLI_TEXT] ? write_product(p, "report.txt", report_text, err) : 0;
    if (!code && p->o->want[CLI_MARKDOWN])
        code = write_product(p, "report.md", report_markdown, err);
    return code;
}

/* What an earlier call left under this name would be taken for a picture of the tables beside it. */
static void remove_old(const struct products *p, const char *name)
{
    char *path = in_folder(p->o, name);
    if (path && unlink(path) == 0)
        cli_say("removed %s, which was of an earlier result", path);
    else if (path && errno != ENOENT && errno != EISDIR)
        cli_say("qkbench: %s: is of an earlier result, and cannot be removed: %s", path, strerror(errno));
    free(path);
}

static int draw(const struct products *p, const char *script, const char *format, struct qk_error *err)
{
    char name[16];
    snprintf(name, sizeof name, "phases.%s", format);
    char *tsv = in_folder(p->o, "phases.tsv"), *image = in_folder(p->o, name);
    const struct report_drawing d = {
        .script = script, .tsv = tsv, .image = image, .format = format, .stop = cli_stop};
    int code =
        tsv && image ? report_gnuplot(&d, err) : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        cli_say("wrote %s", image);
    free(tsv);
    free(image);
    return code;
}

/* All pictures, or none from the first that failed on; *passed says how many formats were. */
static int draw_all(const struct products *p, int *passed, struct qk_error *err)
{
    char script[4096];
    int code = bench_data_path("reports/plots/phases.gp", script, sizeof script, err);
    for (*passed = 0; *passed < CLI_FORMATS && !code; *passed += !code) {
        if (!p->o->format[*passed])
            continue;
        code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted")
                          : draw(p, script, cli_format_names[*passed], err);
    }
    return code;
}

/*
 * The pictures, when the tables are there already. Where there are none the tables are written again and say
 * why. No gnuplot is no failure.
 */
static int add_pictures(struct products *p, struct qk_error *err)
{
    struct qk_error why;
    char name[16];
    int passed = 0, code = p->in.no_plot ? 0 : draw_all(p, &passed, err);
    for (int i = passed; i < CLI_FORMATS && (code || p->in.no_plot); i++) {
        snprintf(name, sizeof name, "phases.%s", cli_format_names[i]);
        if (p->o->format[i])
            remove_old(p, name);
    }
    if (!code || code == QK_ERR_INTERRUPTED)
        return code;
    p->in.no_plot = err->text;
    p->quiet = true;
    const int again = write_tables(p, &why);
    if (code == QK_ERR_UNAVAILABLE) {
        cli_say("no plot: %s", err->text);
        code = again;
        *err = again ? why : *err;
    }
    return code;
}

int cli_products_write(const struct cli_products *o, const struct report_input *all, struct qk_error *err)
{
    struct products p = {.o = o, .in = *all};
    struct qk_error nothing;
    int code = bench_make_folder(o->out, err);
    if (!code && o->want[CLI_PHASES])
        code = write_product(&p, "phases.tsv", report_phases_tsv, err);
    if (code == QK_ERR_INVALID) {
        nothing = *err;
        p.in.no_plot = nothing.text;
        remove_old(&p, "phases.tsv");
        code = 0;
    }
    if (!code)
        code = write_tables(&p, err);
    if (!code && o->want[CLI_TEXT])
        code = report_text(&p.in, stdout, err);
    if (!code && o->want[CLI_PHASES])
        code = add_pictures(&p, err);
    return code;
}
