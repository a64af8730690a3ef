/* SPDX-License-Identifier: MIT */
/* Reports of gates made by hand. Nothing here is measured. */
#pragma once

#include "reports/forms/verdicts.h"

/*
 * The kinds of report; false when there is no such kind. Verdicts of the run are those of
 * baseline_report_judge, but for hostile and many.
 *   good     a full suite of 70 cases that passes
 *   bad      every verdict, a component that grew, changed instruction counts, rules, a control judged
 *            wrongly
 *   warn     one WARN
 *   strict   refused, and another INCONCLUSIVE
 *   unsure   not decided in time
 *   hostile  texts that each form has to escape
 *   empty    no cases
 *   ended    interrupted before it could judge
 *   many     20000 cases with long names and reasons
 */
bool report_verdicts_fixture(struct baseline_report *r, const char *kind);
void report_verdicts_fixture_free(struct baseline_report *r);

/* The writers by name: "text", and those of verdicts.def; NULL when there is none. */
report_verdicts_writer *report_verdicts_writer_of(const char *form);
