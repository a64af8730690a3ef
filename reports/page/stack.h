/* SPDX-License-Identifier: MIT */
/* Rows of bars that are made of parts, each part with a colour that a legend names. */
#pragma once

#include "reports/page/svg.h"

enum { PAGE_PARTS = 24, PAGE_COLOURS = 7 };

struct report_page_stack_row {
    char name[200];
    double part[PAGE_PARTS]; /* what is below 0 or not known is left out of the bar */
    double total;
};

/*
 * Parts that are nowhere among the PAGE_COLOURS largest are one, "other". `unit` is of the axis, and `value`
 * follows each total.
 */
void report_page_stack(FILE *to, const char *const *names, size_t parts,
                       const struct report_page_stack_row *rows, size_t count, const char *unit,
                       const char *value);
