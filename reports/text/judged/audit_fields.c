/* SPDX-License-Identifier: MIT */
/* Verdicts on claims as JSON. It is written only. */
#include "reports/text/judged/audit.h"

#include <string.h>

struct line {
    size_t next; /* rows before this one, of all audits */
    const char *source, *url, *there, *unit;
    char what[REPORT_AUDIT], claimed[BASELINE_CLAIM_FIGURE], why[REPORT_AUDIT];
    struct bench_interval measured;
    enum baseline_audit_verdict verdict;
};

static bool next_line(const void *results, void *to)
{
    const struct report_results *all = results;
    struct line *line = to;
    size_t at = line->next++, i = 0;
    while (i < all->audit_count && at >= all->audits[i].count)
        at -= all->audits[i++].count;
    if (i == all->audit_count)
        return false;
    const struct baseline_audit *audit = &all->audits[i];
    const struct baseline_audit_row *row = &audit->rows[at];
    line->source = audit->claims.source;
    line->url = *audit->claims.url ? audit->claims.url : NULL;
    line->there = *row->claim->there ? row->claim->there : NULL;
    line->measured = row->measured;
    line->verdict = row->verdict;
    report_audit_what(row, line->what);
    report_audit_why(row, line->why);
    baseline_claim_figure(row->claim, line->claimed);
    line->unit = baseline_claim_unit(row->claim);
    return true;
}

static json_t *cpu(const void *results)
{
    const struct report_results *all = results;
    for (size_t i = 0; i < all->count; i++)
        if (report_result_environment(&all->results[i]))
            return json_string(report_result_environment(&all->results[i])->cpu_name);
    return json_string("");
}

#define FIELD_OF struct line
static const struct bench_field line_fields[] = {
    FIELD(COPY, "source", source, "", BENCH_FILLED),
    FIELD(COPY, "url", url, "", BENCH_OR_NULL),
    FIELD(TEXT, "claim", what, "", BENCH_FILLED),
    FIELD(COPY, "there", there, "How it was measured there.", BENCH_OR_NULL),
    FIELD(TEXT, "claimed", claimed, "As people say it.", BENCH_FILLED),
    FIELD(COPY, "unit", unit, "Of what was measured.", BENCH_FILLED),
    FIELD(REAL, "measured", measured.value, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "measured_low", measured.low, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "measured_high", measured.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(WORD, "verdict", verdict, "", 0, .words = baseline_audit_words),
    FIELD(TEXT, "why", why, "", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields line_table = {FIELDS(struct line, line_fields), .closed = true};

#define FIELD_OF struct report_results
static const struct bench_field fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "audit"),
    FIELD_MADE(TEXT, "cpu", cpu, "Of the first result that says it."),
    FIELD_MADE(LIST, "verdicts", NULL, "", BENCH_ON_LINES | BENCH_FILLED, .of = &line_table,
               .next = next_line),
};
#undef FIELD_OF
const struct bench_fields report_audits_fields = {
    FIELDS(struct report_results, fields),
    .title = "qkbench audit",
    .about = "Claims beside measurements, as `qkbench audit --out` writes them.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7),
};

int report_audits_json(const struct report_results *all, FILE *to, struct qk_error *err)
{
    return bench_fields_write(&report_audits_fields, all, "the verdicts", to, err);
}
