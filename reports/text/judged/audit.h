/* SPDX-License-Identifier: MIT */
/* Claims beside what was measured of them: for text, markdown and pages. */
#pragma once

#include "reports/text/result.h"
#include "reports/text/table.h"

enum { REPORT_AUDIT_SOURCE = 330, REPORT_AUDIT = 900 };
/*
 * Each writes to to[REPORT_AUDIT] and returns it: "projected step: 1 over baseline"; "1.304x [1.302, 1.306]"
 * or "-"; one sentence.
 */
char *report_audit_what(const struct baseline_audit_row *row, char *to);
char *report_audit_measured(const struct baseline_audit_row *row, char *to);
char *report_audit_why(const struct baseline_audit_row *row, char *to);
/* The source and where it is, to to[REPORT_AUDIT_SOURCE]. Returns it. */
char *report_audit_source(const struct baseline_audit *audit, char *to);
/* "Audit: 1 confirmed, 2 refuted. Claims of: SOURCE" */
char *report_audit_title(const struct baseline_audit *audit, char *to);

/* Fills a table with a line for each row. */
void report_add_audit(struct report_table *t, const struct baseline_audit *audit);
/* Writes the machine and the results, then a table for each audit. QK_ERR_IO, QK_ERR_MEMORY. */
int report_audits(const struct report_results *all, bool markdown, FILE *to, struct qk_error *err);

/* audit_fields.c: the same as JSON, which is written only. QK_ERR_IO, QK_ERR_MEMORY. */
extern const struct bench_fields report_audits_fields;
int report_audits_json(const struct report_results *all, FILE *to, struct qk_error *err);
