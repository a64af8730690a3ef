/* SPDX-License-Identifier: MIT */
#include "reports/plots/private.h"

#include "harness/records/files/outfile.h"

#include <errno.h>
#include <stdlib.h>

const struct report_plot report_plots[] = {{"forest", report_plot_rows, false, report_plot_forest},
                                           {"phases", report_plot_rows, true, report_plot_phases},
                                           {"scaling", report_plot_xy, true, report_plot_scaling},
                                           {"roofline", report_plot_xy, true, report_plot_roofline},
                                           {"tokens", report_plot_rows, true, report_plot_tokens},
                                           {"breakdown", report_plot_rows, true, report_plot_breakdown},
                                           {"waterfall", report_plot_rows, true, report_plot_waterfall},
                                           {"instructions", report_plot_rows, true, report_plot_instructions},
                                           {0}};

int report_plot_tsv(const struct report_plot *p, const struct report_results *all, size_t of, size_t n,
                    char **text, struct qk_error *err)
{
    size_t size = 0;
    *text = NULL;
    FILE *to = open_memstream(text, &size);
    if (!to)
        return qk_fail(err, QK_ERR_MEMORY, p->name, "no memory for a plot");
    p->write(all, of, n, to);
    errno = 0;
    int code = bench_written(to, "the numbers of a plot", err);
    if (fclose(to) != 0 && !code)
        code = qk_fail(err, QK_ERR_MEMORY, p->name, "no memory for a plot");
    if (code || !size) {
        free(*text);
        *text = NULL;
    }
    return code;
}

int report_plot_script(const struct report_plot *p, const char *name, FILE *to, struct qk_error *err)
{
    errno = 0;
    fprintf(to, "this = \"%s\"\n%s\n%s", name, report_plot_common, p->script);
    return bench_written(to, "the script of a plot", err);
}
