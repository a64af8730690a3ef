/* SPDX-License-Identifier: MIT */
/* Results of all kinds, for what shows several of them: a page, and plots. */
#pragma once

#include "baselines/claims/components.h"
#include "baselines/gate/evidence.h"
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

struct report_results {
    size_t count;
    const struct report_result *results; /* at least one */
    size_t audit_count;
    const struct baseline_audit *audits;              /* of the claims that were named, over all results */
    const struct baseline_campaign_summary *campaign; /* of the campaigns that were named; NULL: none was */
};

/* Machine, compiler, commit and date; NULL where a kind keeps none. */
const struct bench_environment *report_result_environment(const struct report_result *r);
/* When it was measured, of a whole model when that began; empty when not known. */
const char *report_result_date(const struct report_result *r);
/* "Run", "Gate", ... */
const char *report_result_kind(const struct report_result *r);

enum { REPORT_CAPTION = 1200 };
/* Machine, compiler, commit, date, and how much was measured, for below a picture. Returns `to`. */
const char *report_result_caption(char to[REPORT_CAPTION], const struct report_result *r);

enum { REPORT_NUMBER = 48 };
/* Four digits, "-" for what is not known: 1234, 12.35, 0.01234. Returns `to`. */
const char *report_number(char to[REPORT_NUMBER], double x);
