/* SPDX-License-Identifier: MIT */
/* A comparison as JSON. Nobody reads it back. */
#include "reports/text/judged/compare.h"

#include <string.h>

#define FIELD_OF struct bench_interval
static const struct bench_field interval_fields[] = {
    FIELD(REAL, "value", value, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "low", low, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "high", high, "", BENCH_OR_NULL, FIELD_ANY),
};
#undef FIELD_OF
static const struct bench_fields interval = {FIELDS(struct bench_interval, interval_fields), .closed = true};

#define FIELD_OF struct bench_metric
static const struct bench_field metric_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_FILLED),
    FIELD(COPY, "unit", unit, ""),
    FIELD(REAL, "value", value, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(COPY, "reason", reason, "", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields metric = {FIELDS(struct bench_metric, metric_fields), .closed = true};

#define FIELD_OF struct baseline_part
static const struct bench_field part_fields[] = {
    FIELD(TEXT, "name", name, ""),
    FIELD(OBJECT, "ns", ns, "", .of = &interval),
    FIELD(REAL, "share_percent", share, "", 0, FIELD_ANY),
};
#undef FIELD_OF
static const struct bench_fields part = {FIELDS(struct baseline_part, part_fields), .closed = true};

#define FIELD_OF struct baseline_case
static const struct bench_field side_fields[] = {
    FIELD(OBJECT, "speedup", speedup, "", .of = &interval),
    FIELD(REAL, "spread", spread, "Largest less smallest ln speed-up of the launches.", BENCH_OR_NULL, 0,
          100),
    FIELD(REAL, "ns", ns, "", 0, FIELD_NS),
    FIELD(BOOLEAN, "reference", reference, ""),
    FIELD(REAL, "instructions", instructions, "", BENCH_OR_NULL, 1, BENCH_WHOLE_MOST),
    FIELD_LIST(LIST, "kinds", kinds, kind_count, &metric, ""),
    FIELD_LIST(LIST, "counters", counters, counter_count, &metric, ""),
    FIELD_LIST(ARRAY, "components", components, component_count, &part, ""),
    FIELD(COPY, "components_reason", components_why, "", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields side = {FIELDS(struct baseline_case, side_fields), .closed = true};

/* Texts alone. */
#define FIELD_OF struct baseline_kind_change
static const struct bench_field change_fields[] = {FIELD(COPY, "", name, "")};
static const struct bench_fields change = {FIELDS(struct baseline_kind_change, change_fields), .bare = true};
#undef FIELD_OF
#define FIELD_OF struct baseline_component
static const struct bench_field grown_fields[] = {FIELD(TEXT, "", name, "")};
static const struct bench_fields grown = {FIELDS(struct baseline_component, grown_fields), .bare = true};
#undef FIELD_OF
#define FIELD_OF struct baseline_absent
static const struct bench_field absent_fields[] = {FIELD(TEXT, "", reason, "", BENCH_OR_NULL)};
static const struct bench_fields absent = {FIELDS(struct baseline_absent, absent_fields), .bare = true};
#undef FIELD_OF

static bool next_grown(const void *record, void *row)
{
    const struct baseline_difference *d = record;
    struct baseline_component *to = row;
    bool after = !*to->name;
    for (size_t i = 0; i < d->component_count; i++)
        if (after && d->components[i].grew) {
            *to = d->components[i];
            return true;
        } else
            after |= !strcmp(to->name, d->components[i].name);
    return false;
}

static json_t *differs(const void *difference)
{
    return json_boolean(baseline_differs(difference));
}

#define FIELD_OF struct baseline_difference
static const struct bench_field case_fields[] = {
    FIELD(COPY, "name", name, "", 0, .pattern = "^[^/]+/[^/]+/[^/]+$"),
    FIELD_MADE(BOOLEAN, "differs", differs, "On both sides and more than noise apart."),
    FIELD(OBJECT, "ln_slower", slower, "ln of the old speed-up less ln of the new one.", .of = &interval),
    FIELD(BOOLEAN, "instructions_changed", instructions_changed, ""),
    FIELD_LIST(LIST, "kinds_changed", kinds, kind_count, &change, ""),
    FIELD_MADE(LIST, "components_grown", NULL, "", .of = &grown, .next = next_grown),
    FIELD(OBJECT, "old", old_case, "Null: not on this side.", BENCH_OR_NULL | BENCH_BORROWED, .of = &side),
    FIELD(OBJECT, "new", new_case, "Null: not on this side.", BENCH_OR_NULL | BENCH_BORROWED, .of = &side),
    FIELD(OBJECT, "reason", why_not, "Why it is not on a side.", BENCH_BORROWED, .of = &absent),
};
#undef FIELD_OF
static const struct bench_fields row = {FIELDS(struct baseline_difference, case_fields), .closed = true};

#define FIELD_OF struct baseline_field
static const struct bench_field difference_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(TEXT, "old", old_value, ""),
    FIELD(TEXT, "new", new_value, ""),
};
#undef FIELD_OF
static const struct bench_fields difference = {FIELDS(struct baseline_field, difference_fields),
                                               .closed = true};

#define FIELD_OF struct baseline
static const struct bench_field source_fields[] = {
    FIELD(TEXT, "name", name, ""),
    FIELD(TEXT, "commit", env.commit, ""),
    FIELD(TEXT, "date", env.date, ""),
    FIELD(TEXT, "fingerprint", env.fingerprint, "", 0, FIELD_HASH),
    FIELD(INTEGER, "launches", launches, "", 0, 1, 1000),
    FIELD(WORD, "mode", quick, "", .words = bench_mode_words),
};
#undef FIELD_OF
static const struct bench_fields source = {FIELDS(struct baseline, source_fields), .closed = true};

static json_t *comparable(const void *comparison)
{
    return json_boolean(!((const struct baseline_comparison *)comparison)->identity_count);
}

#define FIELD_OF struct baseline_comparison
static const struct bench_field fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "comparison"),
    FIELD_MADE(BOOLEAN, "comparable", comparable, "False when a field of the identity differs."),
    FIELD(REAL, "component_share_points", component_share,
          "Growth of a share from which it is named, per cent points.", 0, FIELD_AMOUNT),
    FIELD(OBJECT, "old", old_side, "", BENCH_BORROWED, .of = &source),
    FIELD(OBJECT, "new", new_side, "", BENCH_BORROWED, .of = &source),
    FIELD_LIST(LIST, "identity", identity, identity_count, &difference, ""),
    FIELD_LIST(LIST, "shown", shown, shown_count, &difference, ""),
    FIELD_LIST(LIST, "cases", rows, count, &row, "", BENCH_ON_LINES),
};
#undef FIELD_OF
const struct bench_fields report_comparison_fields = {
    FIELDS(struct baseline_comparison, fields),
    .title = "qkbench comparison",
    .about = "Two baselines or results case by case, as `qkbench compare --out` writes them.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7),
};
