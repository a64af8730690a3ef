/* SPDX-License-Identifier: MIT */
/* What the writers of verdicts.h share: an order, words, and the tables for text and markdown. */
#pragma once

#include "harness/records/files/outfile.h"
#include "reports/forms/verdicts.h"
#include "reports/text/table.h"

enum { REPORT_SAID = 1600 }; /* enough for report_say of any result */

struct report_verdicts {
    const struct baseline_report *r; /* borrowed */
    size_t *worst_first; /* owned; [r->count] indices of results; those that passed keep their order */
    size_t counts[BASELINE_VERDICTS]; /* of cases and rules */
    size_t cases, rules, controls, wrong_controls;
};

/* QK_ERR_MEMORY. Sets errno to 0, so that bench_written at the end finds the errno of a failed write. */
int report_verdicts_make(struct report_verdicts *v, const struct baseline_report *r, struct qk_error *err);
void report_verdicts_free(struct report_verdicts *v);

bool report_is_control(const struct baseline_result *res);
/* A result in the words of test reports. What was not judged is skipped. */
enum report_outcome { REPORT_PASSED, REPORT_FAILED, REPORT_ERRORED, REPORT_SKIPPED, REPORT_OUTCOMES };
enum report_outcome report_outcome_of(const struct baseline_report *r, const struct baseline_result *res);
/* Result number i, the worst first. */
const struct baseline_result *report_nth(const struct report_verdicts *v, size_t i);

/* "REGRESSION". A WARN that stops the run gets " (strict)" behind it. */
const char *report_word(const struct baseline_report *r, enum baseline_verdict verdict);
/* A ratio as a change: "+1.52"; "-" when it is not a number. */
const char *report_percent(char to[16], double ratio);
/* "12.34 us": four digits; "-" when it is not a number. */
const char *report_time(char to[24], double ns);
/* "+1.52 % [+1.40, +1.63]"; for a rule "3.412x [3.405, 3.420]"; empty when it was not timed. */
const char *report_change(char to[64], const struct baseline_result *res);
/* "2 REGRESSION, 67 PASS", in the order of worst_first. */
const char *report_counts(char to[160], const struct report_verdicts *v);
/* All there is to say about a result but its name, on one line. */
const char *report_say(char to[REPORT_SAID], const struct baseline_result *res);
/* What a control that was judged wrongly should have been. */
const char *report_should_be(const struct baseline_result *res);

/*
 * The tables. Each has at most `most` rows, and no cells where there is nothing to say. The titles say what
 * was cut.
 */
void report_add_run(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_judged(struct report_table *t, const struct report_verdicts *v, size_t most); /* not PASS */
void report_add_passed(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_untimed(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_rules(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_controls(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_grown(struct report_table *t, const struct report_verdicts *v, size_t most);
void report_add_instructions(struct report_table *t, const struct report_verdicts *v, size_t most);
/* Adds the verdict of the run and what to do about it. */
void report_add_outcome(struct report_table *t, const struct report_verdicts *v, size_t most);
