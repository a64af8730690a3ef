/* SPDX-License-Identifier: MIT */
/*
 * What a gate found (baselines/gate/verdict.h), in the forms that its readers take. All writers write to an
 * open stream and return 0, QK_ERR_IO or QK_ERR_MEMORY. They borrow the report and compute nothing.
 */
#pragma once

#include "baselines/gate/verdict.h"
#include "harness/records/fields/fields.h"

#include <stdio.h>

typedef int report_verdicts_writer(const struct baseline_report *r, FILE *to, struct qk_error *err);

/* The JSON that report_verdicts_json writes. */
extern const struct bench_fields report_verdicts_fields;
/*
 * Reads and validates that JSON, loaded already; `path` is for messages. QK_ERR_FORMAT with the JSON path,
 * QK_ERR_MEMORY. Free with baseline_report_free on success.
 */
int report_verdicts_take_json(struct baseline_report *r, const json_t *json, const char *path,
                              struct qk_error *err);
/*
 * Text for a terminal: facts, a table of all cases, the verdict and what to do about it. At most 120
 * columns.
 */
report_verdicts_writer report_verdicts_text;

/* A writer for each row of verdicts.def, which says what it writes. */
#define REPORT_FORM(name, option, argument, help) report_verdicts_writer report_verdicts_##name;
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
enum report_form {
#define REPORT_FORM(name, option, argument, help) REPORT_FORM_##name,
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
    REPORT_FORMS
};
