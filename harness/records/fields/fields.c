/* SPDX-License-Identifier: MIT */
#include "harness/records/fields/fields.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void no_value(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                     const char *expected)
{
    char text[300];
    snprintf(text, sizeof text, "%s%s", f->expected ? f->expected : expected,
             f->flags & BENCH_OR_NULL && !f->expected ? " or null" : "");
    bench_refuse(r, at->path, at->json, text);
}

static void hold_text(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f)
{
    const struct bench_text_bounds bounds = bench_field_text_bounds(f);
    const size_t length = json_string_length(at->json);
    char expected[64] = "a string";
    if (bounds.most != SIZE_MAX)
        snprintf(expected, sizeof expected, "a string of at most %zu bytes", bounds.most);
    if (!json_is_string(at->json) || length > bounds.most)
        no_value(r, at, f, expected);
    else if (length < bounds.least)
        no_value(r, at, f, "a text that is not empty");
    else if (f->pattern) {
        const int matches = bench_text_matches(f->pattern, json_string_value(at->json));
        if (matches < 0)
            bench_reader_no_memory(r);
        else if (!matches)
            no_value(r, at, f, f->pattern);
    }
}

static void hold_number(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f)
{
    const bool whole = f->kind == BENCH_FIELD_INTEGER || f->kind == BENCH_FIELD_WHOLE;
    const bool exact = f->kind == BENCH_FIELD_INTEGER || f->flags & BENCH_WHOLES;
    const bool number = exact ? json_is_integer(at->json) : json_is_number(at->json);
    const double most = bench_field_most(f);
    const long double x = json_is_integer(at->json) /* all 64 bits of it */
                              ? (long double)json_integer_value(at->json)
                              : (long double)json_number_value(at->json);
    char expected[96];
    if (number && x >= f->low && x <= most && (!whole || x == floorl(x)))
        return;
    snprintf(expected, sizeof expected, whole ? "an integer from %.0f to %.0f" : "a number from %.7g to %.7g",
             f->low, most);
    no_value(r, at, f, expected);
}

static int word_of(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f)
{
    char expected[300] = "";
    size_t n = 0;
    for (int i = 0; f->words[i]; i++) {
        if (json_is_string(at->json) && !strcmp(json_string_value(at->json), f->words[i]))
            return i;
        if (n < sizeof expected)
            n +=
                (size_t)snprintf(expected + n, sizeof expected - n, "%s\"%s\"", i ? " or " : "", f->words[i]);
    }
    no_value(r, at, f, expected);
    return 0;
}

static void hold_const(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f)
{
    char expected[96];
    if (f->expected) {
        const char *text = json_string_value(at->json);
        if (text && !strcmp(text, f->expected))
            return;
        snprintf(expected, sizeof expected, "\"%s\"", f->expected);
    } else {
        if (json_is_integer(at->json) && (double)json_integer_value(at->json) == f->low)
            return;
        snprintf(expected, sizeof expected, "an integer from %.0f to %.0f", f->low, f->low);
    }
    bench_refuse(r, at->path, at->json, expected);
}

static void keep_integer(const struct bench_field *f, void *to, json_int_t x)
{
    if (f->size == 1)
        *(uint8_t *)to = (uint8_t)x;
    else if (f->size == sizeof(int32_t))
        memcpy(to, &(int32_t){(int32_t)x}, sizeof(int32_t));
    else if (f->size == sizeof(int64_t))
        memcpy(to, &(int64_t){x}, sizeof(int64_t));
}

static void keep_none(const struct bench_field *f, void *to)
{
    switch (f->kind) {
    case BENCH_FIELD_TEXT:
        *(char *)to = '\0';
        break;
    case BENCH_FIELD_COPY:
        memcpy(to, &(char *){NULL}, sizeof(char *));
        break;
    case BENCH_FIELD_INTEGER:
        keep_integer(f, to, f->is_signed ? -1 : 0);
        break;
    case BENCH_FIELD_WHOLE:
    case BENCH_FIELD_REAL:
    case BENCH_FIELD_FIGURE:
        memcpy(to, &(double){NAN}, sizeof(double));
        break;
    default:
        break;
    }
}

/* Where the rule allows more than fits a char[]: as many whole characters as fit. */
static void keep_text(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                      void *to)
{
    const char *text = json_string_value(at->json);
    size_t length = json_string_length(at->json);
    if (f->kind == BENCH_FIELD_COPY) {
        free(*(char **)to);
        if (!(*(char **)to = strdup(text)))
            bench_reader_no_memory(r);
        return;
    }
    if (length >= f->size)
        for (length = f->size - 1; length && (text[length] & 0xc0) == 0x80;)
            length--;
    memcpy(to, text, length);
    ((char *)to)[length] = '\0';
}

static void get_seed(struct bench_reader *r, const struct bench_place *at, uint64_t *to)
{
    const char *digits = json_is_string(at->json) ? json_string_value(at->json) : "";
    const unsigned long long seed = strtoull(digits, NULL, 10);
    char again[24];
    snprintf(again, sizeof again, "%llu", seed);
    if (strcmp(again, digits) != 0)
        bench_refuse(r, at->path, at->json, "decimal digits of a number below 2^64");
    if (to)
        *to = seed;
}

size_t bench_field_list_count(struct bench_reader *r, const struct bench_place *at,
                              const struct bench_field *f)
{
    const bool map = f->kind == BENCH_FIELD_MAP;
    const struct bench_list_bounds bounds = bench_field_list_bounds(f);
    const size_t count = map ? json_object_size(at->json) : json_array_size(at->json);
    char expected[96];
    bench_expect(r, at, map ? JSON_OBJECT : JSON_ARRAY, map ? "an object" : "an array");
    if (r->code || ((double)count >= bounds.least && (double)count <= bounds.most))
        return r->code ? 0 : count;
    if (isinf(bounds.most))
        snprintf(expected, sizeof expected, "at least %.0f", bounds.least);
    else if (bounds.least > 0)
        snprintf(expected, sizeof expected, "%.0f to %.0f", bounds.least, bounds.most);
    else
        snprintf(expected, sizeof expected, "at most %.0f", bounds.most);
    no_value(r, at, f, expected);
    return 0;
}

/* An owned list of so many elements, or the one in place. NULL with record NULL, and after an error. */
static char *list_room(struct bench_reader *r, const struct bench_field *f, size_t count, size_t size,
                       void *record)
{
    char *room = NULL;
    if (!record || r->code)
        return NULL;
    if (bench_field_in_place(f))
        return (char *)record + f->at;
    room = calloc(count ? count : 1, size);
    if (!room)
        bench_reader_no_memory(r);
    memcpy((char *)record + f->at, &room, sizeof room);
    return room;
}

static void set_count(const struct bench_field *f, void *record, size_t count)
{
    if (!record)
        return;
    if (f->count_size == sizeof count)
        memcpy((char *)record + f->count_at, &count, sizeof count);
    else
        memcpy((char *)record + f->count_at, &(int){(int)count}, sizeof(int));
}

static void get_numbers(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                        void *record)
{
    const size_t count = bench_field_list_count(r, at, f);
    double *numbers = (double *)(void *)list_room(r, f, count, sizeof *numbers, record);
    const bool whole = f->flags & BENCH_WHOLES;
    char expected[64];
    for (size_t i = 0; i < count && !r->code; i++) {
        const json_t *one = json_array_get(at->json, i);
        const double x = json_number_value(one);
        if (!(whole ? json_is_integer(one) : json_is_number(one)) || !(x >= f->low && x <= f->high)) {
            snprintf(expected, sizeof expected, "%s from %.7g to %.7g", whole ? "an integer" : "a number",
                     f->low, f->high);
            bench_refuse(r, bench_element(at, i).path, one, f->expected ? f->expected : expected);
        }
        if (numbers)
            numbers[i] = x;
    }
    set_count(f, record, r->code ? 0 : count);
}

/* In an element of a list, which nobody has prepared: what is not there is none. */
static void set_none(const struct bench_fields *type, char *element)
{
    for (size_t i = 0; element && i < type->count; i++) {
        const struct bench_field *f = &type->fields[i];
        if (f->kind == BENCH_FIELD_OBJECT)
            set_none(f->of, element + f->at);
        else if (f->size && f->flags & BENCH_OPTIONAL)
            keep_none(f, element + f->at);
    }
}

static void get_field(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                      void *record, const void *whole);

static void get_map(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                    void *record, const void *whole)
{
    const size_t count = bench_field_list_count(r, at, f);
    char *room = list_room(r, f, count, f->of->size, record);
    const struct bench_field *key_field = bench_fields_key(f->of);
    const char *key;
    json_t *value;
    size_t i = 0;
    set_count(f, record, 0);
    json_object_foreach((json_t *)at->json, key, value)
    {
        struct bench_place one = bench_member(at, key);
        char *const element = room ? room + i * f->of->size : NULL;
        if (r->code)
            return;
        json_t *name = json_string(key);
        if (!name)
            bench_reader_no_memory(r);
        one.json = name;
        set_count(f, record, ++i); /* counted as soon as it owns anything */
        set_none(f->of, element);
        get_field(r, &one, key_field, element, whole);
        json_decref(name);
        one.json = value;
        bench_fields_get(r, &one, f->of, element, whole);
    }
    for (const char *const *word = f->words; word && *word && !r->code; word++) {
        const struct bench_place one = bench_member(at, *word);
        bench_fields_get(r, &one, f->of, NULL, NULL);
    }
}

static void take_rows(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                      void *record, const void *whole)
{
    const size_t count = bench_field_list_count(r, at, f);
    void *const row = calloc(1, f->of->size);
    if (!row)
        bench_reader_no_memory(r);
    for (size_t i = 0; i < count && !r->code; i++) {
        const struct bench_place one = bench_element(at, i);
        bench_fields_get(r, &one, f->of, row, whole);
        f->take(r, &one, record, row);
    }
    free(row);
}

static void get_list(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                     void *record, const void *whole)
{
    const size_t count = bench_field_list_count(r, at, f);
    char *room = list_room(r, f, count, f->of->size, record);
    json_t *seen = NULL;
    set_count(f, record, 0);
    for (size_t i = 0; i < count && !r->code; i++) {
        const struct bench_place one = bench_element(at, i);
        char *const element = room ? room + i * f->of->size : NULL;
        set_count(f, record, i + 1);
        set_none(f->of, element);
        bench_fields_get(r, &one, f->of, element, whole);
        bench_fields_hold_once(r, &one, f->of, &seen);
    }
    json_decref(seen);
}

/* `at` is the value's own place. */
static void get_field(struct bench_reader *r, const struct bench_place *at, const struct bench_field *f,
                      void *record, const void *whole)
{
    const bool kept = record && (f->size || (f->kind == BENCH_FIELD_OBJECT && !f->put)) &&
                      !(f->flags & (BENCH_ACCEPTED | BENCH_BORROWED));
    char *const to = kept ? (char *)record + f->at : NULL;
    int word = 0;
    if (f->flags & BENCH_OR_NULL && json_is_null(at->json)) {
        if (to)
            keep_none(f, to);
        if (f->get)
            f->get(r, at, record);
        return;
    }
    switch (f->kind) {
    case BENCH_FIELD_TEXT:
    case BENCH_FIELD_COPY:
        hold_text(r, at, f);
        if (to && !r->code)
            keep_text(r, at, f, to);
        break;
    case BENCH_FIELD_SEED:
        get_seed(r, at, (uint64_t *)(void *)to);
        break;
    case BENCH_FIELD_BOOLEAN:
        if (!json_is_boolean(at->json))
            no_value(r, at, f, "true or false");
        if (to)
            *(bool *)to = json_is_true(at->json);
        break;
    case BENCH_FIELD_WORD:
        word = word_of(r, at, f);
        if (to)
            keep_integer(f, to, word);
        break;
    case BENCH_FIELD_INTEGER:
        hold_number(r, at, f);
        if (to)
            keep_integer(f, to, json_integer_value(at->json));
        break;
    case BENCH_FIELD_WHOLE:
    case BENCH_FIELD_REAL:
    case BENCH_FIELD_FIGURE:
        hold_number(r, at, f);
        if (to)
            memcpy(to, &(double){json_number_value(at->json)}, sizeof(double));
        break;
    case BENCH_FIELD_CONST:
        hold_const(r, at, f);
        break;
    case BENCH_FIELD_NUMBERS:
        get_numbers(r, at, f, kept ? record : NULL);
        break;
    case BENCH_FIELD_OBJECT:
        bench_fields_get(r, at, f->of, to, whole);
        break;
    case BENCH_FIELD_LIST:
    case BENCH_FIELD_ARRAY:
        (f->take && record ? take_rows : get_list)(r, at, f, kept || f->take ? record : NULL, whole);
        break;
    case BENCH_FIELD_MAP:
        get_map(r, at, f, kept ? record : NULL, whole);
        break;
    case BENCH_FIELD_JSON:
        break;
    }
    if (f->get && !r->code)
        f->get(r, at, record);
}

static void refuse_others(struct bench_reader *r, const struct bench_place *at,
                          const struct bench_fields *type)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)at->json, key, value)
    {
        size_t i = 0;
        while (i < type->count && strcmp(type->fields[i].name, key) != 0)
            i++;
        if (i == type->count || type->fields[i].flags & BENCH_KEY)
            bench_refuse(r, bench_member(at, key).path, value, "no such member");
    }
}

void bench_fields_get(struct bench_reader *r, const struct bench_place *at, const struct bench_fields *type,
                      void *record, const void *whole)
{
    if (type->bare) {
        if (!r->code)
            get_field(r, at, &type->fields[type->count - 1], record, whole);
        return;
    }
    bench_expect(r, at, JSON_OBJECT, "an object");
    if (type->closed && !r->code)
        refuse_others(r, at, type);
    for (size_t i = 0; i < type->count && !r->code; i++) {
        const struct bench_field *f = &type->fields[i];
        const struct bench_place p = bench_member(at, f->name);
        if (!(f->flags & (BENCH_KEY | BENCH_WRITTEN)) && (p.json || !(f->flags & BENCH_OPTIONAL)))
            get_field(r, &p, f, record, whole);
    }
    if (type->check && record && !r->code)
        type->check(r, at, record, whole);
}

int bench_fields_take(const struct bench_fields *type, const json_t *json, const char *path, void *record,
                      struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    bench_fields_get(&r, &(struct bench_place){json, "$"}, type, record, record);
    return r.code;
}

int bench_fields_read(const struct bench_fields *type, const char *path, void *record, struct qk_error *err)
{
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = bench_fields_take(type, json, path, record, err);
    json_decref(json);
    return code;
}
