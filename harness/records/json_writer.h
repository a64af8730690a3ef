/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON, one row on a line. A value is NULL when memory for it was refused. Put into an object or
 * array it makes that NULL, and so on up to bench_json_emit, which reports it.
 */
#pragma once

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"

#include <jansson.h>
#include <stdio.h>

/* Adds a member or an element, which is taken over. */
void bench_json_put(json_t **object, const char *key, json_t *value);
void bench_json_append(json_t **array, json_t *value);

/*
 * JSON is UTF-8. A text that is not (a file name, say) is written as harness/records/shown.h shows it. NULL
 * is empty.
 */
json_t *bench_json_text(const char *s);
json_t *bench_json_text_or_null(const char *s); /* null when empty */
json_t *bench_json_real(double x);              /* null when not finite */
/* Rounded to the seven digits that files keep, so that what is derived from it survives a round trip. */
double bench_stored(double x);
json_t *bench_json_seed(uint64_t seed); /* as text: most readers lose bits of integers above 2^53 */

/*
 * As json_dumpf, a value of any kind. In printable ASCII, because a terminal obeys some other characters
 * wherever they stand.
 */
int bench_json_dump(const json_t *value, FILE *to, size_t flags);

struct bench_json_output {
    FILE *to;
    int code; /* QK_OK, QK_ERR_IO or QK_ERR_MEMORY; after a failure nothing more is written */
};

/* Writes the text `before`, then the value, of any kind, with jansson's flags. Takes the value over. */
void bench_json_emit(struct bench_json_output *out, const char *before, json_t *value, size_t flags);
/* Punctuation. */
void bench_json_emit_text(struct bench_json_output *out, const char *s);
/* out->code, with the reason in *err: `what` could not be written. */
int bench_json_finish(const struct bench_json_output *out, const char *what, struct qk_error *err);
