/* SPDX-License-Identifier: MIT */
/* Reports of gates made by hand. Nothing here is measured. */
#pragma once

#include "reports/forms/verdicts.h"

/*
 * Makes a report of that kind; false when there is no such kind. baseline_report_judge gives the verdict of
 * the run, except for hostile and many.
 *   - good: a full suite of 70 cases that passes
 *   - bad: every verdict, a component that grew, changed instruction counts, rules, a control judged wrongly
 *   - warn: one WARN
 *   - strict: one WARN, refused because the run is strict, and one INCONCLUSIVE
 *   - unsure: not decided in time
 *   - hostile: texts that each form has to escape
 *   - empty: no cases
 *   - ended: interrupted before it could judge
 *   - many: 20000 cases with long names and reasons
 */
bool report_verdicts_fixture(struct baseline_report *r, const char *kind);
void report_verdicts_fixture_free(struct baseline_report *r);

/* The writer with that name: "text", or one of verdicts.def. NULL when there is none. */
report_verdicts_writer *report_verdicts_writer_of(const char *form);
