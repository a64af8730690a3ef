/* SPDX-License-Identifier: MIT */
#include "harness/records/fields/fields.h"

#include <math.h>
#include <string.h>

static json_t *record_schema(const struct bench_fields *type, bool nullable);

static void put_number(json_t **o, const char *key, double x)
{
    const bool whole = x == floor(x) && fabs(x) <= BENCH_WHOLE_MOST;
    bench_json_put(o, key, whole ? json_integer((json_int_t)x) : json_real(x));
}

static void put_bounds(json_t **o, double low, double high)
{
    put_number(o, "minimum", low);
    put_number(o, "maximum", high);
}

/* A value of that type, or null if the field allows it. */
static json_t *typed(const char *type, bool nullable)
{
    json_t *o = json_object();
    bench_json_put(&o, "type", nullable ? json_pack("[s, s]", type, "null") : json_string(type));
    return o;
}

static json_t *text_schema(const struct bench_field *f, bool nullable)
{
    json_t *o = typed("string", nullable);
    const struct bench_text_bounds bounds = bench_field_text_bounds(f);
    if (bounds.least > 0)
        put_number(&o, "minLength", (double)bounds.least);
    if (bounds.most < SIZE_MAX)
        put_number(&o, "maxLength", (double)bounds.most);
    if (f->pattern)
        bench_json_put(&o, "pattern", json_string(f->pattern));
    return o;
}

static json_t *number_schema(const struct bench_field *f, bool nullable)
{
    const bool whole =
        f->kind == BENCH_FIELD_INTEGER || f->kind == BENCH_FIELD_WHOLE || f->flags & BENCH_WHOLES;
    json_t *o = typed(whole ? "integer" : "number", nullable);
    put_bounds(&o, f->low, bench_field_most(f));
    return o;
}

static json_t *words_list(const struct bench_field *f)
{
    json_t *words = json_array();
    for (const char *const *word = f->words; *word; word++)
        bench_json_append(&words, json_string(*word));
    return words;
}

static json_t *words_schema(const struct bench_field *f, bool nullable)
{
    json_t *o = json_object(), *words = words_list(f);
    if (nullable)
        bench_json_append(&words, json_null());
    bench_json_put(&o, "enum", words);
    return o;
}

static void put_counts(json_t **o, const struct bench_field *f, const char *least, const char *most)
{
    const struct bench_list_bounds bounds = bench_field_list_bounds(f);
    if (bounds.least > 0)
        put_number(o, least, bounds.least);
    if (isfinite(bounds.most))
        put_number(o, most, bounds.most);
}

static json_t *list_schema(const struct bench_field *f, json_t *items, bool nullable)
{
    json_t *o = typed("array", nullable);
    put_counts(&o, f, "minItems", "maxItems");
    if (f->of && f->of->bare && f->of->fields[f->of->count - 1].flags & BENCH_ONCE)
        bench_json_put(&o, "uniqueItems", json_true());
    bench_json_put(&o, "items", items);
    return o;
}

static json_t *map_schema(const struct bench_field *f, bool nullable)
{
    json_t *o = typed("object", nullable);
    put_counts(&o, f, "minProperties", "maxProperties");
    if (f->words)
        bench_json_put(&o, "required", words_list(f));
    bench_json_put(&o, "propertyNames", text_schema(bench_fields_key(f->of), false));
    bench_json_put(&o, "additionalProperties", record_schema(f->of, false));
    return o;
}

static json_t *field_schema(const struct bench_field *f)
{
    const bool nullable = f->flags & BENCH_OR_NULL;
    if (f->schema)
        return json_loads(f->schema, 0, NULL);
    switch (f->kind) {
    case BENCH_FIELD_TEXT:
    case BENCH_FIELD_COPY:
        return text_schema(f, nullable);
    case BENCH_FIELD_SEED:
        return text_schema(&bench_seed_rule, nullable);
    case BENCH_FIELD_BOOLEAN:
        return typed("boolean", nullable);
    case BENCH_FIELD_WORD:
        return words_schema(f, nullable);
    case BENCH_FIELD_INTEGER:
    case BENCH_FIELD_WHOLE:
    case BENCH_FIELD_REAL:
    case BENCH_FIELD_FIGURE:
        return number_schema(f, nullable);
    case BENCH_FIELD_NUMBERS:
        return list_schema(f, number_schema(f, false), nullable);
    case BENCH_FIELD_CONST:
        return f->expected ? json_pack("{s:s}", "const", f->expected)
                           : json_pack("{s:I}", "const", (json_int_t)f->low);
    case BENCH_FIELD_OBJECT:
        return record_schema(f->of, nullable);
    case BENCH_FIELD_LIST:
    case BENCH_FIELD_ARRAY:
        return list_schema(f, record_schema(f->of, false), nullable);
    case BENCH_FIELD_MAP:
        return map_schema(f, nullable);
    case BENCH_FIELD_JSON:
        break;
    }
    return json_object();
}

static json_t *described(const struct bench_field *f)
{
    json_t *o = field_schema(f);
    if (f->about && *f->about)
        bench_json_put(&o, "description", json_string(f->about));
    return o;
}

static json_t *record_schema(const struct bench_fields *type, bool nullable)
{
    if (type->bare)
        return described(&type->fields[type->count - 1]);
    json_t *o = typed("object", nullable), *required = json_array(), *members = json_object();
    for (size_t i = 0; i < type->count; i++) {
        const struct bench_field *f = &type->fields[i];
        if (f->flags & BENCH_KEY)
            continue;
        bench_json_put(&members, f->name, described(f));
        if (!(f->flags & (BENCH_OPTIONAL | BENCH_WRITTEN)))
            bench_json_append(&required, json_string(f->name));
    }
    if (type->about)
        bench_json_put(&o, "description", json_string(type->about));
    if (type->closed)
        bench_json_put(&o, "additionalProperties", json_false());
    bench_json_put(&o, "required", required);
    bench_json_put(&o, "properties", members);
    return o;
}

json_t *bench_fields_schema(const struct bench_fields *type)
{
    json_t *o = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                          type->title);
    json_t *rest = record_schema(type, false);
    if (type->rows) {
        json_t *list = typed("array", false);
        put_number(&list, "minItems", 1);
        bench_json_put(&list, "items", rest);
        rest = list;
    }
    if (!o || !rest || json_object_update(o, rest)) {
        json_decref(o);
        o = NULL;
    }
    json_decref(rest);
    return o;
}
