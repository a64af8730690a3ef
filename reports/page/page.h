/* SPDX-License-Identifier: MIT */
/*
 * The page: one HTML file with all that results say, for a reviewer. It holds style, script and pictures and
 * loads nothing. Its order is that of the questions: what is the verdict, how large are the effects, can it
 * be trusted, how is it done again. What a result does not have leaves its section out, and one sentence says
 * so.
 */
#pragma once

#include "reports/page/pictures.h"

enum { REPORT_DRAWN = 200, REPORT_LARGEST = 50 };

/* A comment on GitHub has at most 65536 characters. */
enum { REPORT_COMMENT = 60000 };

/*
 * The same as markdown for a pull request: the verdict, the worst five, and the rest folded away. The same
 * errors.
 */
int report_comment(const struct report_results *page, FILE *to, struct qk_error *err);
/* Of results and their overview plots. QK_ERR_IO when the stream fails, QK_ERR_MEMORY. */
int report_page(const struct report_results *page, const struct report_pictures *pictures, FILE *to,
                struct qk_error *err);
