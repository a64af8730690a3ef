/* SPDX-License-Identifier: MIT */
/*
 * Overview plots, drawn by gnuplot. Each plot writes what it shows as a .tsv (tsv.h), and a script draws
 * that. Names and texts reach gnuplot as data and never as commands.
 */
#pragma once

#include "reports/text/result.h"

/* Of one result there may be several pictures: one for each op, say. */
struct report_plot {
    const char *name;   /* of its files: "phases" */
    const char *script; /* the text of a gnuplot script, but for common.gp */
    bool on_pages;      /* false: a page has its own */
    /* Writes number `n` of the result `of`; nothing where there is none. */
    void (*write)(const struct report_results *all, size_t of, size_t n, FILE *to);
};
enum { REPORT_PICTURES_MAX = 12 };              /* of one plot of one result */
extern const struct report_plot report_plots[]; /* ends with a name that is NULL */

/*
 * The picture's .tsv. QK_ERR_IO, QK_ERR_MEMORY; *text is NULL where there is no number `n`. The caller frees
 * it.
 */
int report_plot_tsv(const struct report_plot *p, const struct report_results *all, size_t of, size_t n,
                    char **text, struct qk_error *err);
/*
 * The script of the picture `name`, which gnuplot also runs by hand: `gnuplot phases.gp` makes phases.svg of
 * phases.tsv. QK_ERR_IO.
 */
int report_plot_script(const struct report_plot *p, const char *name, FILE *to, struct qk_error *err);

/*
 * How long gnuplot may take for a picture: a full one takes a second, the first one of a machine looks for
 * fonts.
 */
enum { REPORT_DRAWING_MS = 30000 };
struct report_drawing {
    const char *script, *tsv, *image; /* any file names will do */
    const char *format;               /* "svg", "png" or "pdf" */
    unsigned width;     /* in pixels, of a picture whose title and caption stand beside it; 0: neither */
    bool (*stop)(void); /* may be NULL */
    unsigned limit_ms;  /* 0: REPORT_DRAWING_MS */
};
/*
 * Draws the gnuplot script from the .tsv into the image. The script gets the names as QKBENCH_TSV,
 * QKBENCH_IMAGE, QKBENCH_FORMAT and QKBENCH_WIDTH in its environment, which has none of the user's settings.
 * The image appears whole or not at all. No process is left, and the caller has no children of its own.
 *   QK_ERR_ARG          another format
 *   QK_ERR_UNAVAILABLE  there is no gnuplot; err says how to get it
 *   QK_ERR_IO           gnuplot failed, in its own words, or did not end
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int report_gnuplot(const struct report_drawing *d, struct qk_error *err);
