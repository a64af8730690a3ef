/* SPDX-License-Identifier: MIT */
#include "reports/text/compare.h"

#include "harness/records/json_writer.h"

#include <errno.h>
#include <math.h>

static json_t *interval(const struct bench_interval *x)
{
    json_t *o = json_object();
    bench_json_put(&o, "value", bench_json_real(x->value));
    bench_json_put(&o, "low", bench_json_real(x->low));
    bench_json_put(&o, "high", bench_json_real(x->high));
    return o;
}

static json_t *text_or_null(const char *s)
{
    return s ? bench_json_text(s) : json_null();
}

static json_t *metrics(const struct bench_metric *list, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *o = json_object();
        bench_json_put(&o, "name", bench_json_text(list[i].name));
        bench_json_put(&o, "unit", bench_json_text(list[i].unit));
        bench_json_put(&o, "value", bench_json_real(list[i].value));
        bench_json_put(&o, "reason", text_or_null(list[i].reason));
        bench_json_append(&rows, o);
    }
    return rows;
}

static json_t *components(const struct baseline_case *c)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < c->component_count; i++) {
        json_t *o = json_object();
        bench_json_put(&o, "name", bench_json_text(c->components[i].name));
        bench_json_put(&o, "ns", interval(&c->components[i].ns));
        bench_json_put(&o, "share_percent", bench_json_real(c->components[i].share));
        bench_json_append(&rows, o);
    }
    return rows;
}

static json_t *one_side(const struct baseline_case *c)
{
    if (!c)
        return json_null();
    json_t *o = json_object();
    bench_json_put(&o, "speedup", interval(&c->speedup));
    bench_json_put(&o, "spread", bench_json_real(c->spread));
    bench_json_put(&o, "ns", bench_json_real(c->ns));
    bench_json_put(&o, "reference", json_boolean(c->reference));
    bench_json_put(&o, "instructions", bench_json_real(c->instructions));
    bench_json_put(&o, "kinds", metrics(c->kinds, c->kind_count));
    bench_json_put(&o, "counters", metrics(c->counters, c->counter_count));
    bench_json_put(&o, "components", components(c));
    bench_json_put(&o, "components_reason", text_or_null(c->components_why));
    return o;
}

static json_t *case_row(const struct baseline_difference *d)
{
    json_t *o = json_object(), *grown = json_array(), *kinds = json_array();
    for (size_t i = 0; i < d->component_count; i++)
        if (d->components[i].grew)
            bench_json_append(&grown, bench_json_text(d->components[i].name));
    for (size_t i = 0; i < d->kind_count; i++)
        bench_json_append(&kinds, bench_json_text(d->kinds[i].name));
    bench_json_put(&o, "name", bench_json_text(d->name));
    bench_json_put(&o, "differs", json_boolean(baseline_differs(d)));
    bench_json_put(&o, "ln_slower", interval(&d->slower));
    bench_json_put(&o, "instructions_changed", json_boolean(d->instructions_changed));
    bench_json_put(&o, "kinds_changed", kinds);
    bench_json_put(&o, "components_grown", grown);
    bench_json_put(&o, "old", one_side(d->old_case));
    bench_json_put(&o, "new", one_side(d->new_case));
    bench_json_put(&o, "reason", text_or_null(d->why_not ? d->why_not->reason : NULL));
    return o;
}

static json_t *fields(const struct baseline_field *list, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *o = json_object();
        bench_json_put(&o, "name", bench_json_text(list[i].name));
        bench_json_put(&o, "old", bench_json_text(list[i].old_value));
        bench_json_put(&o, "new", bench_json_text(list[i].new_value));
        bench_json_append(&rows, o);
    }
    return rows;
}

static json_t *source(const struct baseline *b)
{
    json_t *o = json_object();
    bench_json_put(&o, "name", bench_json_text(b->name));
    bench_json_put(&o, "commit", bench_json_text(b->env.commit));
    bench_json_put(&o, "date", bench_json_text(b->env.date));
    bench_json_put(&o, "fingerprint", bench_json_text(b->env.fingerprint));
    bench_json_put(&o, "launches", json_integer((json_int_t)b->launches));
    bench_json_put(&o, "mode", json_string(b->quick ? "quick" : "full"));
    return o;
}

int report_comparison_json(const struct baseline_comparison *c, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    json_t *head = json_object();
    errno = 0;
    bench_json_put(&head, "schema_version", json_integer(REPORT_COMPARISON_VERSION));
    bench_json_put(&head, "kind", json_string("comparison"));
    bench_json_put(&head, "comparable", json_boolean(!c->identity_count));
    bench_json_put(&head, "component_share_points", bench_json_real(c->component_share));
    bench_json_put(&head, "old", source(c->old_side));
    bench_json_put(&head, "new", source(c->new_side));
    bench_json_put(&head, "identity", fields(c->identity, c->identity_count));
    bench_json_put(&head, "shown", fields(c->shown, c->shown_count));
    bench_json_emit_members(&out, "{\n", head, JSON_REAL_PRECISION(7));
    bench_json_emit_text(&out, ",\n\"cases\": [");
    for (size_t i = 0; i < c->count && out.code == QK_OK; i++)
        bench_json_emit(&out, i ? ",\n" : "\n", case_row(&c->rows[i]), JSON_REAL_PRECISION(7));
    bench_json_emit_text(&out, "\n]\n}\n");
    return bench_json_finish(&out, "the comparison", err);
}
