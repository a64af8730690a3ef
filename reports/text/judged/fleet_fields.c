/* SPDX-License-Identifier: MIT */
/* A merged fleet as JSON. */
#include "reports/text/judged/fleet.h"

enum { OR_NONE = BENCH_OR_NULL | BENCH_FILLED };
#define SHOWN 0, 4 * 4096

#define FIELD_OF       struct baseline_fleet_node
#define COUNT(verdict) FIELD(INTEGER, #verdict, counts[BASELINE_##verdict], "")
static const struct bench_field count_fields[] = {
    COUNT(PASS),    COUNT(WARN), COUNT(REGRESSION), COUNT(INCONCLUSIVE),
    COUNT(INVALID), COUNT(NEW),  COUNT(MISSING),    COUNT(REMOVED),
};
static const struct bench_fields counts = {FIELDS(struct baseline_fleet_node, count_fields), .closed = true};

static const char *reason_of(const struct baseline_fleet_node *n)
{
    return *n->answer.reason ? n->answer.reason : n->report.reason;
}

static json_t *node_reason(const void *node)
{
    return bench_json_text_or_null(reason_of(node));
}

/* Where another command than a gate answered, there is no verdict. */
static json_t *node_verdict(const void *record)
{
    const struct baseline_fleet_node *const n = record;
    return n->answer.state == BASELINE_FLEET_ANSWERED && !n->judged
               ? json_null()
               : json_string(baseline_verdict_names[n->verdict]);
}

static json_t *node_seconds(const void *record)
{
    const struct baseline_fleet_node *const n = record;
    return n->answer.state == BASELINE_FLEET_ANSWERED ? json_real(n->answer.seconds) : json_null();
}

static json_t *node_fingerprint(const void *record)
{
    const struct baseline_fleet_node *const n = record;
    return n->report.count ? bench_fields_json(&bench_fingerprint_fields, &n->report.env) : json_null();
}

static const struct bench_field node_fields[] = {
    FIELD(TEXT, "name", answer.node, "", BENCH_FILLED),
    FIELD_MADE(TEXT, "verdict", node_verdict, "MISSING: no answer. Null: it answered, and was no gate.",
               BENCH_OR_NULL, 0, 20),
    FIELD_MADE(TEXT, "reason", node_reason, "", BENCH_OR_NULL, SHOWN),
    FIELD(INTEGER, "exit_code", answer.exit_code, "Of the command there.", BENCH_OR_NULL, 0, 255),
    FIELD_MADE(REAL, "seconds", node_seconds, "From its launch to its answer.", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD(TEXT, "host", report.env.host, "", OR_NONE),
    FIELD_MADE(JSON, "fingerprint", node_fingerprint, "Of a gate, as in a sample set; null: it has none.",
               .schema =
                   "{\"type\": [\"object\", \"null\"], \"required\": [\"identity\", \"hash\", \"shown\"]}"),
    FIELD(INTEGER, "controls", controls, ""),
    FIELD(INTEGER, "controls_right", right, ""),
    FIELD_PART("counts", &counts, "Without controls."),
};
#undef FIELD_OF
static const struct bench_fields node = {FIELDS(struct baseline_fleet_node, node_fields), .closed = true};

/* A cell with the name of its node. */
struct cell {
    const struct baseline_fleet_cell *of;
    size_t next;
};

static json_t *cell_verdict(const void *record)
{
    const struct cell *const c = record;
    return c->of->unavailable ? json_null() : json_string(baseline_verdict_names[c->of->verdict]);
}

static json_t *real_of(const struct baseline_fleet_cell *c, double x)
{
    return c->result && c->result->timed ? bench_json_real(x) : json_null();
}

static json_t *cell_ratio(const void *record)
{
    const struct baseline_fleet_cell *const c = ((const struct cell *)record)->of;
    return real_of(c, c->result ? c->result->ratio.value : 0);
}

static json_t *cell_low(const void *record)
{
    const struct baseline_fleet_cell *const c = ((const struct cell *)record)->of;
    return real_of(c, c->result ? c->result->ratio.low : 0);
}

static json_t *cell_high(const void *record)
{
    const struct baseline_fleet_cell *const c = ((const struct cell *)record)->of;
    return real_of(c, c->result ? c->result->ratio.high : 0);
}

static json_t *cell_reason(const void *record)
{
    const struct baseline_fleet_cell *const c = ((const struct cell *)record)->of;
    return bench_json_text_or_null(c->result ? c->result->reason : "");
}

static const struct bench_field cell_fields[] = {
    FIELD_MADE(TEXT, "verdict", cell_verdict, "Null: not available on that machine.", BENCH_OR_NULL, 0, 20),
    FIELD_MADE(REAL, "ratio", cell_ratio, "Candidate's time over the base's.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD_MADE(REAL, "ratio_low", cell_low, "95 %; null: too few blocks.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD_MADE(REAL, "ratio_high", cell_high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD_MADE(TEXT, "reason", cell_reason, "", BENCH_OR_NULL, SHOWN),
};
static const struct bench_fields cell = {FIELDS(struct cell, cell_fields), .closed = true};

/* A case with the fleet, because its cells do not know how many they are. */
struct one_case {
    const struct baseline_fleet *fleet;
    const struct baseline_fleet_case *of;
    size_t next;
};

static bool next_cell(const void *record, void *row)
{
    const struct one_case *const c = record;
    struct cell *const to = row;
    if (to->next == c->fleet->plan->node_count)
        return false;
    to->of = &c->of->cells[to->next++];
    return true;
}

static json_t *case_name(const void *c)
{
    return bench_json_text(((const struct one_case *)c)->of->name);
}

static json_t *case_role(const void *c)
{
    return json_string(baseline_role_names[((const struct one_case *)c)->of->role]);
}

static json_t *case_verdict(const void *c)
{
    return json_string(baseline_verdict_names[((const struct one_case *)c)->of->verdict]);
}

static const struct bench_field case_fields[] = {
    FIELD_MADE(TEXT, "name", case_name, "op/variant/shape", BENCH_FILLED, SHOWN),
    FIELD_MADE(TEXT, "role", case_role, "case, shape or rule", 0, 0, 20),
    FIELD_MADE(TEXT, "verdict", case_verdict, "The worst of its nodes'.", 0, 0, 20),
    FIELD_MADE(LIST, "nodes", NULL, "In the order of the nodes above.", .of = &cell, .next = next_cell),
};
static const struct bench_fields one_case = {FIELDS(struct one_case, case_fields), .closed = true};

static bool next_case(const void *record, void *row)
{
    const struct baseline_fleet *const f = record;
    struct one_case *const to = row;
    if (to->next == f->case_count)
        return false;
    to->fleet = f;
    to->of = &f->cases[to->next++];
    return true;
}

static json_t *plan_hash(const void *f)
{
    return json_string(((const struct baseline_fleet *)f)->plan->hash);
}

static json_t *base_name(const void *f)
{
    return bench_json_text_or_null(((const struct baseline_fleet *)f)->plan->base.name);
}

static json_t *candidate_name(const void *f)
{
    return bench_json_text_or_null(((const struct baseline_fleet *)f)->plan->candidate.name);
}

static json_t *is_gate(const void *f)
{
    return json_boolean(((const struct baseline_fleet *)f)->plan->gate);
}

static json_t *is_strict(const void *f)
{
    return json_boolean(((const struct baseline_fleet *)f)->plan->strict);
}

static json_t *fleet_verdict(const void *record)
{
    const struct baseline_fleet *const f = record;
    return f->plan->gate ? json_string(baseline_verdict_names[f->verdict]) : json_null();
}

static json_t *alpha(const void *f)
{
    return bench_json_real(((const struct baseline_fleet *)f)->plan->alpha);
}

#define FIELD_OF struct baseline_fleet
static const struct bench_field fleet_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "fleet"),
    FIELD_MADE(TEXT, "plan", plan_hash, "XXH3-64 of all that was sent.", 0, FIELD_HASH),
    FIELD_MADE(BOOLEAN, "gate", is_gate, "False: another command, so without verdicts."),
    FIELD_MADE(TEXT, "base", base_name, "", BENCH_OR_NULL, SHOWN),
    FIELD_MADE(TEXT, "candidate", candidate_name, "", BENCH_OR_NULL, SHOWN),
    FIELD_MADE(BOOLEAN, "strict", is_strict, "WARN counts as REGRESSION."),
    FIELD_MADE(REAL, "alpha", alpha, "Of each node's gate.", BENCH_OR_NULL, BENCH_RATIO_LEAST, 1),
    FIELD_MADE(TEXT, "verdict", fleet_verdict, "The worst of all nodes. Null: these were no gates.",
               BENCH_OR_NULL, 0, 20),
    FIELD(INTEGER, "exit_code", exit_code, "", 0, 0, 255),
    FIELD_LIST(LIST, "nodes", nodes, node_count, &node, "", BENCH_ON_LINES),
    FIELD_MADE(LIST, "cases", NULL, "", BENCH_ON_LINES, .of = &one_case, .next = next_case),
};
#undef FIELD_OF
const struct bench_fields report_fleet_fields = {
    FIELDS(struct baseline_fleet, fleet_fields),
    .title = "qkbench campaign",
    .about = "What the nodes of a campaign found, merged, as `qkbench campaign --out` writes it.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7),
};
