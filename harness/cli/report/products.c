/* SPDX-License-Identifier: MIT */
#include "harness/cli/report/products.h"

#include "harness/cli/cli.h"
#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const cli_format_names[] = {"svg", "png", "pdf"};

const char *cli_product_name(int product)
{
    static const char *const tables[] = {[CLI_TEXT] = "text", [CLI_MARKDOWN] = "markdown"};
    return product < CLI_PLOT ? tables[product] : report_plots[product - CLI_PLOT].name;
}

/* A picture's files are NAME.tsv, NAME.gp and those of the formats. */
struct picture {
    const struct report_plot *plot;
    char name[40];
};

/* Files of one call: where they go, what they are of, and whether each is said. */
struct products {
    const struct cli_products *o;
    const struct report_results *all;
    const struct report_input *tables;
    struct report_input said; /* the tables with the reason for no plot */
    bool quiet;
    struct picture *pictures; /* owned */
    size_t count;
};

static char *in_folder(const struct products *p, const char *name, const char *end)
{
    char *path;
    return asprintf(&path, "%s/%s.%s", p->o->out, name, end) < 0 ? NULL : path;
}

/* One file, whole or not at all, by `write` or of that text or script; its path goes to stderr. */
struct product {
    const char *name, *end;
    int (*write)(const struct report_input *, FILE *, struct qk_error *);
    const struct report_plot *script;
    const char *text;
};

static int write_product(const struct products *p, const struct product *of, struct qk_error *err)
{
    struct bench_outfile file = {0};
    char *path = in_folder(p, of->name, of->end);
    int code = path ? bench_outfile_open(&file, path, err)
                    : qk_fail(err, QK_ERR_MEMORY, of->name, "no memory for a path");
    if (!code && of->write)
        code = of->write(&p->said, file.stream, err);
    else if (!code && of->script)
        code = report_plot_script(of->script, of->name, file.stream, err);
    else if (!code)
        fputs(of->text, file.stream);
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
    int code = 0;
    if (p->tables && p->o->want[CLI_TEXT])
        code = write_product(p, &(struct product){"report", "txt", report_text, NULL, NULL}, err);
    if (!code && p->tables && p->o->want[CLI_MARKDOWN])
        code = write_product(p, &(struct product){"report", "md", report_markdown, NULL, NULL}, err);
    return code;
}

/* What an earlier call left under this name would be taken for a picture of the tables beside it. */
static bool remove_old(const struct products *p, const char *name, const char *end)
{
    char *path = in_folder(p, name, end);
    const bool removed = path && unlink(path) == 0;
    if (removed)
        cli_say("removed %s, which was of an earlier result", path);
    else if (path && errno != ENOENT && errno != EISDIR)
        cli_say("qkbench: %s: is of an earlier result, and cannot be removed: %s", path, strerror(errno));
    free(path);
    return removed;
}

static void remove_pictures(const struct products *p, const char *name)
{
    for (int i = 0; i < CLI_FORMATS; i++)
        if (p->o->format[i])
            remove_old(p, name, cli_format_names[i]);
}

/* "phases" for the first picture of a plot, then "phases-2" and so on. */
static void name_picture(char to[40], const struct report_plot *plot, size_t number)
{
    if (number == 1)
        snprintf(to, 40, "%.20s", plot->name);
    else
        snprintf(to, 40, "%.20s-%zu", plot->name, number);
}

static int add_picture(struct products *p, const struct report_plot *plot, size_t number, const char *tsv,
                       struct qk_error *err)
{
    struct picture *more = realloc(p->pictures, (p->count + 1) * sizeof *more);
    if (!more)
        return qk_fail(err, QK_ERR_MEMORY, plot->name, "no memory for a plot");
    p->pictures = more;
    struct picture *const picture = &more[p->count++];
    picture->plot = plot;
    name_picture(picture->name, plot, number);
    const int code = write_product(p, &(struct product){picture->name, "tsv", NULL, NULL, tsv}, err);
    return code ? code : write_product(p, &(struct product){picture->name, "gp", NULL, plot, NULL}, err);
}

/* Numbers and scripts of one plot, of all results that have something for it. */
static int write_plot(struct products *p, const struct report_plot *plot, struct qk_error *err)
{
    char name[40];
    size_t number = 0;
    int code = 0;
    for (size_t of = 0; of < p->all->count && !code; of++)
        for (size_t n = 0; n < REPORT_PICTURES_MAX && !code; n++) {
            char *tsv;
            code = report_plot_tsv(plot, p->all, of, n, &tsv, err);
            if (!tsv)
                break;
            code = add_picture(p, plot, ++number, tsv, err);
            free(tsv);
        }
    for (bool old = true; old && !code;) {
        name_picture(name, plot, ++number);
        old = remove_old(p, name, "tsv");
        remove_old(p, name, "gp");
        if (old || number == 1)
            remove_pictures(p, name);
    }
    return code;
}

static int draw(const struct products *p, const struct picture *of, const char *format, struct qk_error *err)
{
    char *script = in_folder(p, of->name, "gp"), *tsv = in_folder(p, of->name, "tsv"),
         *image = in_folder(p, of->name, format);
    const struct report_drawing d = {
        .script = script, .tsv = tsv, .image = image, .format = format, .stop = cli_stop};
    int code = script && tsv && image ? report_gnuplot(&d, err)
                                      : qk_fail(err, QK_ERR_MEMORY, of->name, "no memory for a path");
    if (!code)
        cli_say("wrote %s", image);
    free(script);
    free(tsv);
    free(image);
    return code;
}

/* All pictures, or none from the first that failed on: those of an earlier call go. */
static int draw_all(const struct products *p, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < p->count; i++)
        for (int f = 0; f < CLI_FORMATS; f++) {
            if (!p->o->format[f])
                continue;
            if (!code)
                code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted")
                                  : draw(p, &p->pictures[i], cli_format_names[f], err);
            if (code)
                remove_old(p, p->pictures[i].name, cli_format_names[f]);
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
    int code = draw_all(p, err);
    if (!code || code == QK_ERR_INTERRUPTED)
        return code;
    p->said.no_plot = err->text;
    p->quiet = true;
    const int again = write_tables(p, &why);
    if (code == QK_ERR_UNAVAILABLE) {
        cli_say("no plot: %s", err->text);
        code = again;
        *err = again ? why : *err;
    }
    return code;
}

int cli_products_write(const struct cli_products *o, const struct report_results *all,
                       const struct report_input *tables, struct qk_error *err)
{
    struct products p = {.o = o, .all = all, .tables = tables};
    bool plots = false;
    if (tables)
        p.said = *tables;
    int code = bench_make_folder(o->out, err);
    for (int i = CLI_PLOT; cli_product_name(i) && !code; i++) {
        plots |= o->want[i];
        if (o->want[i])
            code = write_plot(&p, &report_plots[i - CLI_PLOT], err);
    }
    if (plots && !p.count)
        p.said.no_plot = "nothing to plot: no result has the numbers of a plot that was asked for";
    if (!code)
        code = write_tables(&p, err);
    if (!code && tables && o->want[CLI_TEXT])
        code = report_text(&p.said, stdout, err);
    if (!code)
        code = add_pictures(&p, err);
    free(p.pictures);
    return code;
}
