/* SPDX-License-Identifier: MIT */
/* The bounds that a field's rules give, for its reader and its schema. */
#include "harness/records/fields/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct bench_text_bounds bench_field_text_bounds(const struct bench_field *f)
{
    const bool fits = f->kind == BENCH_FIELD_TEXT && f->size;
    return (struct bench_text_bounds){f->low > 0                ? (size_t)f->low
                                      : f->flags & BENCH_FILLED ? 1
                                                                : 0,
                                      f->high > 0 ? (size_t)f->high
                                      : fits      ? f->size - 1
                                                  : SIZE_MAX};
}

struct bench_list_bounds bench_field_list_bounds(const struct bench_field *f)
{
    const double least = f->flags & BENCH_FILLED ? 1 : 0;
    if (f->kind == BENCH_FIELD_NUMBERS) /* low and high are of a number */
        return (struct bench_list_bounds){least, INFINITY};
    if (bench_field_in_place(f))
        return (struct bench_list_bounds){fmax(least, f->low), (double)(f->size / f->of->size)};
    return (struct bench_list_bounds){fmax(least, f->low), f->high > 0 ? f->high : INFINITY};
}

bool bench_field_in_place(const struct bench_field *f)
{
    return f->kind == BENCH_FIELD_ARRAY || (f->kind == BENCH_FIELD_MAP && f->size > sizeof(void *));
}

double bench_field_most(const struct bench_field *f)
{
    const bool whole = f->kind == BENCH_FIELD_INTEGER || f->kind == BENCH_FIELD_WHOLE;
    const bool wide = f->kind == BENCH_FIELD_WHOLE || f->size == sizeof(uint64_t);
    return f->high != 0 || !whole ? f->high : wide ? BENCH_WHOLE_MOST : INT_MAX;
}

const struct bench_field *bench_fields_key(const struct bench_fields *type)
{
    const struct bench_field *key = type->fields;
    while (!(key->flags & BENCH_KEY))
        key++;
    return key;
}

int bench_text_matches(const char *pattern, const char *text)
{
    int error;
    PCRE2_SIZE where;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_DOLLAR_ENDONLY | PCRE2_DOTALL, &error, &where, NULL);
    pcre2_match_data *match = code ? pcre2_match_data_create(1, NULL) : NULL;
    const int found =
        match ? pcre2_match(code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, PCRE2_NO_UTF_CHECK, match, NULL)
              : PCRE2_ERROR_NOMEMORY;
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return found >= 0 ? 1 : found == PCRE2_ERROR_NOMEMORY ? QK_ERR_MEMORY : 0;
}

void bench_fields_hold_once(struct bench_reader *r, const struct bench_place *at,
                            const struct bench_fields *type, json_t **seen)
{
    struct bench_place first = *at;
    char names[180] = "", expected[200], *key;
    json_t *values = NULL;
    for (size_t i = 0; i < type->count && !r->code; i++) {
        const struct bench_field *f = &type->fields[i];
        const size_t n = strlen(names);
        if (!(f->flags & BENCH_ONCE))
            continue;
        const struct bench_place p = type->bare ? *at : bench_member(at, f->name);
        snprintf(names + n, sizeof names - n, "%s%s", n ? " and " : "", type->bare ? "of them" : f->name);
        if (!n) {
            first = p;
            values = json_array();
        }
        bench_json_append(&values, p.json ? json_incref((json_t *)p.json) : json_null());
    }
    if (r->code || !*names)
        return;
    if (!*seen)
        *seen = json_object();
    key = json_dumps(values, JSON_COMPACT);
    snprintf(expected, sizeof expected, "each %s once", names);
    if (key && json_object_get(*seen, key))
        bench_refuse(r, first.path, first.json, expected);
    else if (!key || json_object_set_new(*seen, key, json_true()))
        bench_reader_no_memory(r);
    json_decref(values);
    free(key);
}

const struct bench_field bench_seed_rule = {.kind = BENCH_FIELD_COPY, .pattern = "^(0|[1-9][0-9]{0,19})$"};
