/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON, one row per line. A value is NULL when memory for it was refused. Putting NULL into an object
 * or array makes that NULL, too. So the failure reaches bench_json_emit, which reports it.
 */
#pragma once

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"

#include <jansson.h>
#include <stdio.h>

/* Add a member or an element, and take over `value`. */
void bench_json_put(json_t **object, const char *key, json_t *value);
void bench_json_append(json_t **array, json_t *value);

/*
 * A text as JSON, which is UTF-8. Bytes that are not UTF-8, as in some file names, are written as
 * harness/records/shown.h shows them. NULL becomes the empty text.
 */
json_t *bench_json_text(const char *s);
json_t *bench_json_text_or_null(const char *s); /* null when empty */
json_t *bench_json_real(double x);              /* null when not finite */
/* Rounds to the seven digits that files keep, so that values derived from it survive a round trip. */
double bench_stored(double x);
json_t *bench_json_seed(uint64_t seed); /* as text: most readers lose bits of integers above 2^53 */

/*
 * Writes a value of any kind, as json_dumpf does, but in printable ASCII. Some other characters are commands
 * to a terminal, wherever they stand.
 */
int bench_json_dump(const json_t *value, FILE *to, size_t flags);

struct bench_json_output {
    FILE *to;
    int code; /* QK_OK, QK_ERR_IO or QK_ERR_MEMORY; after a failure nothing more is written */
};

/*
 * Writes the text `before`, then `value`, which may be of any kind, with jansson's flags. Takes over `value`.
 */
void bench_json_emit(struct bench_json_output *out, const char *before, json_t *value, size_t flags);
/* Writes punctuation. */
void bench_json_emit_text(struct bench_json_output *out, const char *s);
/* Returns out->code. After a failure *err says that `what` could not be written, and why. */
int bench_json_finish(const struct bench_json_output *out, const char *what, struct qk_error *err);
