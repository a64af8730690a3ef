/* SPDX-License-Identifier: MIT */
/*
 * The cases of a result with what is said of each, in the order and with the words that all parts of a page
 * share.
 */
#pragma once

#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/text/content.h"

struct report_page_case {
    char name[BENCH_NAME_MAX];        /* of a gate: what the next three point into */
    const char *op, *variant, *shape; /* what a name has no slash for is empty */
    const char *isa, *phase;          /* "-" where nobody knows; borrowed */
    const char *word;                 /* "faster", "REGRESSION" */
    enum report_page_tone tone;
    int rank;    /* 0: nothing that a reviewer must look at; the worst is highest */
    bool ranked; /* has a place in the forest: no control, reference or limit */
    bool drawn, control;
    struct bench_interval ratio; /* of a run the speed-up, of a gate the time as a multiple of the base's */
    double worse; /* ln of the effect, above 0 is slower; NaN where it has no place on a scale */
    double ignorable, must_catch; /* margins of a gate's ratio, in ln; NaN: none */
    size_t at;                    /* of its record or result */
    const char *why;              /* may be empty; borrowed */
};

struct report_page_cases {
    const struct report_result *of;
    size_t index; /* of the result on the page */
    size_t count, drawn, measured, failed, controls;
    struct report_page_case *list;    /* owned; in the result's order */
    struct report_page_case **ranked; /* owned; those that are, the worst first */
    size_t ranked_count;
};

/* Of a run or a gate; none of other results. QK_ERR_MEMORY. Free in any case. */
int report_page_cases_make(struct report_page_cases *cases, const struct report_result *of, size_t index,
                           struct qk_error *err);
void report_page_cases_free(struct report_page_cases *cases);

/* " data-f='op|isa|word|tone'", by which the script filters. */
void report_page_case_keys(FILE *to, const struct report_page_case *c);
/* "op/<b>variant</b>/shape", which may be broken behind each slash. `op` false leaves the op out. */
void report_page_case_name(FILE *to, const struct report_page_case *c, bool op);
/* "c0-12": the id of its block, or of its row in the table where it has no block. */
void report_page_case_link(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c);

/* "+1.5 % [+1.4, +1.6]", "1.04x [1.01, 1.07]", or why there is none. */
void report_page_case_effect(FILE *to, const struct report_page_cases *cases,
                             const struct report_page_case *c);
/* Rows of the `most` worst on one scale, with a link to each one's block. */
void report_page_forest(FILE *to, const struct report_page_cases *cases, size_t most);
/* What its bars and lines are. */
const char *report_page_forest_about(const struct report_page_cases *cases);
void report_page_case_table(FILE *to, const struct report_page_cases *cases);
/* The blocks of the drawn cases. QK_ERR_MEMORY. */
int report_page_case_blocks(FILE *to, const struct report_page_cases *cases, struct qk_error *err);
