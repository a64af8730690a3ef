/* SPDX-License-Identifier: MIT */
/*
 * The page: one HTML file with all that results say, for a reviewer. It holds style, script and pictures and
 * loads nothing. Its order is that of the questions: what is the verdict, how large are the effects, can it
 * be trusted, how is it done again. What a result does not have leaves its section out, and one sentence says
 * so.
 */
#pragma once

#include "baselines/gate/evidence.h"
#include "baselines/stored/components.h"
#include "harness/ceilings/ceilings.h"
#include "harness/doctor/doctor.h"
#include "reports/text/report.h"

/* One file, and the one of its contents that is not NULL. */
struct report_result {
    const char *file;               /* as it was named */
    char hash[BENCH_JSON_HASH];     /* XXH3-64 of its bytes, 16 hex digits */
    const struct report_input *run; /* or a whole model's times, which are in its e2e */
    const struct baseline_report *gate;
    const struct baseline_evidence *evidence; /* of each result of the gate; NULL: there was no trace */
    const struct bench_breakdown *breakdown;
    const struct baseline_components *claimed; /* of the breakdown's components; NULL: nothing */
    const struct bench_ceilings *ceilings;
    const struct bench_doctor *doctor;
};

struct report_page {
    size_t count;
    const struct report_result *results;  /* at least one */
    const struct baseline_claims *claims; /* whose components stand beside a breakdown's; NULL: none */
};

enum { REPORT_DRAWN = 200, REPORT_LARGEST = 50 };

/* A comment on GitHub has at most 65536 characters. */
enum { REPORT_COMMENT = 60000 };

/*
 * The same as markdown for a pull request: the verdict, the worst five, and the rest folded away. The same
 * errors.
 */
int report_comment(const struct report_page *page, FILE *to, struct qk_error *err);
/* QK_ERR_IO when the stream fails, QK_ERR_MEMORY. */
int report_page(const struct report_page *page, FILE *to, struct qk_error *err);
