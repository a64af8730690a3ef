/* SPDX-License-Identifier: MIT */
/* What report makes of results, as files of one folder. */
#pragma once

#include "reports/plots/plots.h"

enum { CLI_TEXT, CLI_MARKDOWN, CLI_PLOT, CLI_FORMATS = 3, CLI_PRODUCTS = CLI_PLOT + 16 };
extern const char *const cli_format_names[]; /* [CLI_FORMATS] of the plots */

struct cli_products {
    const char *out;                              /* folder; made when missing */
    bool want[CLI_PRODUCTS], format[CLI_FORMATS]; /* plots, in the order of report_plots, begin at CLI_PLOT */
};
/* "text", "markdown", and the plots' names; NULL beyond them. */
const char *cli_product_name(int product);

/*
 * Writes what is wanted, each file whole or not at all, and names it on stderr. Tables are of `tables`, if
 * any; the text also goes to stdout. The pictures come last: where one cannot be drawn the tables are there
 * and say why, and no picture of an earlier call is left in its place. QK_ERR_IO, also of a gnuplot that
 * failed; QK_ERR_MEMORY, QK_ERR_INTERRUPTED.
 */
int cli_products_write(const struct cli_products *o, const struct report_results *all,
                       const struct report_input *tables, struct qk_error *err);
