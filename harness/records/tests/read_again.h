/* SPDX-License-Identifier: MIT */
/* Readers of records, as tests of their tables use them (fields_test.py). */
#pragma once

#include "harness/records/fields/fields.h"

/* Reads what was loaded; with `to` it writes the record again. */
typedef int bench_test_take(const json_t *json, FILE *to, struct qk_error *err);

/*
 * With a file among the arguments: reads it and writes it again to stdout. Without: reads a document from
 * each line of stdin, and writes a line for each, "ok" or the message.
 */
int bench_test_read_again(int argc, char **argv, bench_test_take *take);
