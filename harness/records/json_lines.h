/* SPDX-License-Identifier: MIT */
/* Files with one JSON object on each line. Each line is read, handed over and released before the next. */
#pragma once

#include "harness/records/json_reader.h"

enum { BENCH_LINE_MOST = 1 << 20 }; /* bytes of a line */

/*
 * Gets one line. r->file names the file and the line. Refusals go to *r, which ends the reading; so does a
 * code other than 0 that it returns, with *r->err filled in.
 */
typedef int bench_line_take(void *ctx, struct bench_reader *r, const struct bench_place *line);

/*
 * Calls `take` for each line of the file. With `torn`, a last line without a line feed that is no JSON is
 * left out: whoever appends to the file was killed in the midst of it. *torn then says so.
 *   QK_ERR_IO, QK_ERR_MEMORY
 *   QK_ERR_FORMAT   a line that is no JSON, or is too long; names file, line and column
 *   codes of `take`
 */
int bench_json_lines(const char *path, bench_line_take *take, void *ctx, bool *torn, struct qk_error *err);
