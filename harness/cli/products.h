/* SPDX-License-Identifier: MIT */
/* The files of one folder that report makes from a result. */
#pragma once

#include "reports/text/report.h"

enum { CLI_TEXT, CLI_MARKDOWN, CLI_PHASES, CLI_PRODUCTS, CLI_FORMATS = 3 };
extern const char *const cli_product_names[]; /* [CLI_PRODUCTS] */
extern const char *const cli_format_names[];  /* [CLI_FORMATS] of the plot */

struct cli_products {
    const char *out; /* folder; made when missing */
    bool want[CLI_PRODUCTS], format[CLI_FORMATS];
};

/*
 * Writes what is wanted, each file whole or not at all, and names each on stderr. The text also goes to
 * stdout. The pictures come last. Where one cannot be drawn, the tables are there and say why, and no older
 * picture is left in its place. QK_ERR_IO (also when gnuplot fails), QK_ERR_MEMORY, QK_ERR_INTERRUPTED.
 */
int cli_products_write(const struct cli_products *o, const struct report_input *all, struct qk_error *err);
