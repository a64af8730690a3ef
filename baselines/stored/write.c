/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include "harness/records/json_writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t LINE = JSON_REAL_PRECISION(6) | JSON_SORT_KEYS;

/*
 * Whole numbers up to 2^53 exactly, others to six digits, and without a ".0" where those make a whole number: whatever
 * is read back is written as the same bytes.
 */
static json_t *number(double x)
{
    char text[32];
    if (isnan(x))
        return json_null();
    if (x != floor(x) || fabs(x) > 0x1p53) {
        snprintf(text, sizeof text, "%.6g", x);
        x = strtod(text, NULL);
    }
    return x == floor(x) && fabs(x) <= 0x1p53 ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *text_or_null(const char *s)
{
    return s ? bench_json_text(s) : json_null();
}

static json_t *interval(const struct bench_interval *x)
{
    json_t *o = json_object();
    bench_json_put(&o, "high", number(x->high));
    bench_json_put(&o, "low", number(x->low));
    bench_json_put(&o, "value", number(x->value));
    return o;
}

/* A counter that no case has, and all for the same reason. */
static bool is_uncounted(const struct baseline *b, const struct bench_metric *m)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct bench_metric *other = baseline_find_counter(&b->cases[i], m->name);
        if (!other || !isnan(other->value) || strcmp(other->reason, m->reason) != 0 ||
            strcmp(other->unit, m->unit) != 0)
            return false;
    }
    return true;
}

/* Those of the first case are all that there may be. */
static json_t *uncounted(const struct baseline *b)
{
    json_t *o = json_object();
    for (size_t i = 0; b->count && i < b->cases[0].counter_count; i++) {
        const struct bench_metric *m = &b->cases[0].counters[i];
        if (!isnan(m->value) || !is_uncounted(b, m))
            continue;
        json_t *row = json_object();
        bench_json_put(&row, "reason", bench_json_text(m->reason));
        bench_json_put(&row, "unit", bench_json_text(m->unit));
        bench_json_put(&o, m->name, row);
    }
    return o;
}

static json_t *counters(const struct baseline_case *c, const json_t *elsewhere)
{
    json_t *o = json_object();
    for (size_t i = 0; i < c->counter_count; i++) {
        if (json_object_get(elsewhere, c->counters[i].name))
            continue;
        json_t *row = json_object();
        bench_json_put(&row, "reason", text_or_null(c->counters[i].reason));
        bench_json_put(&row, "unit", bench_json_text(c->counters[i].unit));
        bench_json_put(&row, "value", number(c->counters[i].value));
        bench_json_put(&o, c->counters[i].name, row);
    }
    return o;
}

static json_t *instructions(const struct baseline_case *c)
{
    json_t *o = json_object(), *kinds = json_object();
    for (size_t i = 0; i < c->kind_count; i++)
        bench_json_put(&kinds, c->kinds[i].name, number(c->kinds[i].value));
    bench_json_put(&o, "count", number(c->instructions));
    bench_json_put(&o, "kinds", kinds);
    bench_json_put(&o, "reason", text_or_null(c->instructions_why));
    return o;
}

/* In the order of the stages. */
static json_t *components(const struct baseline_case *c)
{
    json_t *o = json_object(), *list = c->component_count ? json_array() : json_null();
    for (size_t i = 0; i < c->component_count; i++) {
        json_t *part = json_object();
        bench_json_put(&part, "name", bench_json_text(c->components[i].name));
        bench_json_put(&part, "ns", interval(&c->components[i].ns));
        bench_json_put(&part, "share_percent", number(c->components[i].share));
        bench_json_append(&list, part);
    }
    bench_json_put(&o, "parts", list);
    bench_json_put(&o, "reason", text_or_null(c->components_why));
    return o;
}

static json_t *history(const struct baseline_case *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->history_count; i++) {
        const struct baseline_accepted *h = &c->history[i];
        json_t *o = json_object(), *old = json_object();
        bench_json_put(&old, "instructions", number(h->instructions));
        bench_json_put(&old, "speedup", interval(&h->speedup));
        bench_json_put(&o, "commit", bench_json_text(h->commit));
        bench_json_put(&o, "date", bench_json_text(h->date));
        bench_json_put(&o, "old", old);
        bench_json_put(&o, "reason", bench_json_text(h->reason));
        bench_json_append(&list, o);
    }
    return list;
}

/* Members in the order of their names: jansson keeps the order they were put in. */
static json_t *case_members(const struct baseline_case *c, const json_t *elsewhere)
{
    json_t *o = json_object(), *spread = json_object();
    bench_json_put(&spread, "reason", text_or_null(c->spread_why));
    bench_json_put(&spread, "value", number(c->spread));
    bench_json_put(&o, "components", components(c));
    bench_json_put(&o, "counters", counters(c, elsewhere));
    bench_json_put(&o, "flags", bench_json_text(c->flags));
    bench_json_put(&o, "history", history(c));
    bench_json_put(&o, "instructions", instructions(c));
    bench_json_put(&o, "isa", bench_json_text(c->isa));
    bench_json_put(&o, "name", bench_json_text(c->name));
    bench_json_put(&o, "ns", number(c->ns));
    bench_json_put(&o, "phase", bench_json_text(c->phase));
    bench_json_put(&o, "reference", json_boolean(c->reference));
    bench_json_put(&o, "speedup", interval(&c->speedup));
    bench_json_put(&o, "spread", spread);
    return o;
}

static json_t *shown(const struct bench_environment *env)
{
    json_t *o = json_object(), *load = json_array();
    for (int i = 0; i < 3 && env->load[i] >= 0; i++)
        bench_json_append(&load, number(env->load[i]));
    bench_json_put(&o, "cpu_name", bench_json_text(env->cpu_name));
    bench_json_put(&o, "cpus", json_integer(env->cpus));
    bench_json_put(&o, "governor", bench_json_text(env->governor));
    bench_json_put(&o, "kernel", bench_json_text(env->kernel));
    bench_json_put(&o, "load", load);
    bench_json_put(&o, "microcode", bench_json_text(env->microcode));
    bench_json_put(&o, "virtualised", bench_json_text(env->virtualised));
    return o;
}

/* What comes behind the cases. */
static json_t *tail(const struct baseline *b, json_t *none)
{
    json_t *o = json_object();
    bench_json_put(&o, "commit", bench_json_text(b->env.commit));
    bench_json_put(&o, "date", bench_json_text(b->env.date));
    bench_json_put(&o, "hash", bench_json_text(b->env.fingerprint));
    bench_json_put(&o, "identity", bench_json_identity(&b->env));
    bench_json_put(&o, "kind", json_string("baseline"));
    bench_json_put(&o, "launches", json_integer((json_int_t)b->launches));
    bench_json_put(&o, "mode", json_string(b->quick ? "quick" : "full"));
    bench_json_put(&o, "name", bench_json_text(b->name));
    bench_json_put(&o, "schema_version", json_integer(BASELINE_FILE_VERSION));
    bench_json_put(&o, "shapes", bench_json_text(b->shapes));
    bench_json_put(&o, "shown", shown(&b->env));
    bench_json_put(&o, "uncounted", json_incref(none));
    bench_json_put(&o, "version", bench_json_text(b->env.version));
    return o;
}

int baseline_write(const struct baseline *b, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    json_t *none = uncounted(b);
    errno = 0;
    bench_json_emit(&out, "{\n\"abi\": ", json_integer(b->abi), LINE);
    bench_json_emit_text(&out, ",\n\"cases\": [\n");
    for (size_t i = 0; i < b->count && out.code == QK_OK; i++) {
        bench_json_emit_members(&out, i ? ",\n{\n" : "{\n", case_members(&b->cases[i], none), LINE);
        bench_json_emit_text(&out, "\n}");
    }
    bench_json_emit_members(&out, "\n],\n", tail(b, none), LINE);
    json_decref(none);
    bench_json_emit_text(&out, "\n}\n");
    return bench_json_finish(&out, "the baseline", err);
}
