/* SPDX-License-Identifier: MIT */
/* The sections of a page. Each writes nothing where its result has nothing for it. */
#pragma once

#include "reports/page/cases.h"

struct report_page_parts {
    const struct report_results *page;
    const struct report_pictures *pictures; /* NULL in a comment */
    struct report_page_cases *cases;        /* [page->count] */
    size_t first;                           /* the result that the first screen is of */
    FILE *to;
};

/* frame.c. Opens a section with its head; the caller closes it with "</section>". */
void report_page_section(FILE *to, const char *id, const char *head);
/* A caption: what the caller says, then report_result_caption. */
void report_page_caption(FILE *to, const struct report_result *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Overview plots of that result; and a sentence about those that are missing. */
void report_page_pictures(const struct report_page_parts *p, size_t of);
void report_page_missing(const struct report_page_parts *p);

/* verdict.c: the first screen. report_page_verdict writes the word and returns the result that it is of. */
struct report_page_verdict {
    size_t of; /* result */
    const char *word;
    enum report_page_tone tone;
    char sentence[900];
};
void report_page_verdict_make(struct report_page_verdict *v, const struct report_page_parts *p);
void report_page_first_screen(const struct report_page_parts *p, const struct report_page_verdict *v);

/*
 * comment.c: the verdict and the first `most` cases as markdown of at most REPORT_COMMENT bytes, through
 * `put`. QK_ERR_MEMORY.
 */
int report_page_markdown(FILE *to, const struct report_page_cases *cases, const struct report_page_verdict *v,
                         size_t most, void (*put)(FILE *to, const char *text), struct qk_error *err);

/* One result each. */
void report_page_sizes(FILE *to, const struct report_page_cases *cases);
void report_page_breakdown(FILE *to, const struct report_result *r);
void report_page_ceilings(FILE *to, const struct report_result *r);
void report_page_model(FILE *to, const struct report_result *r);
/* All results. */
void report_page_beside(const struct report_page_parts *p);
void report_page_claims(const struct report_page_parts *p);
void report_page_trust(const struct report_page_parts *p);
/* QK_ERR_MEMORY. */
int report_page_campaign(const struct report_page_parts *p, struct qk_error *err);
/* QK_ERR_MEMORY. */
int report_page_again(const struct report_page_parts *p, const struct report_page_verdict *v,
                      struct qk_error *err);
void report_page_guide(const struct report_page_parts *p);

extern const char report_page_style[], report_page_script[]; /* assets/ */
