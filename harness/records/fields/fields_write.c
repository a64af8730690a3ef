/* SPDX-License-Identifier: MIT */
#include "harness/records/fields/fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Makes JSON of records. When it has a reader, it also checks what it made against the rules. */
struct maker {
    struct bench_reader *r;
    const void *whole;
    size_t json; /* jansson's flags: how many digits a real has */
};

static const struct bench_place nowhere = {NULL, ""};

static json_t *make_record(const struct maker *m, const struct bench_fields *type, const void *record,
                           const struct bench_place *at);

static json_int_t integer_at(const struct bench_field *f, const char *from)
{
    int32_t narrow;
    int64_t wide;
    if (f->size == 1)
        return *(const uint8_t *)from;
    if (f->size == sizeof narrow) {
        memcpy(&narrow, from, sizeof narrow);
        return f->is_signed ? narrow : (json_int_t)(uint32_t)narrow;
    }
    memcpy(&wide, from, sizeof wide);
    return wide;
}

static double real_at(const char *from)
{
    double x;
    memcpy(&x, from, sizeof x);
    return x;
}

static const char *copy_at(const char *from)
{
    const char *text;
    memcpy(&text, from, sizeof text);
    return text;
}

static size_t count_of(const struct bench_field *f, const char *record)
{
    size_t wide;
    int narrow;
    if (f->count_size == sizeof wide) {
        memcpy(&wide, record + f->count_at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, record + f->count_at, sizeof narrow);
    return (size_t)narrow;
}

static const char *elements_of(const struct bench_field *f, const char *record)
{
    return bench_field_in_place(f) ? record + f->at : copy_at(record + f->at);
}

/* Walks the elements of a list. */
struct walk {
    const struct bench_field *f;
    const char *record;
    void *row; /* of next */
    size_t i;
};

static bool walk_begin(struct walk *w, const struct bench_field *f, const char *record)
{
    *w = (struct walk){.f = f, .record = record, .row = f->next ? calloc(1, f->of->size) : NULL};
    return w->row || !f->next;
}

static const void *walk_next(struct walk *w)
{
    const size_t i = w->i++;
    if (w->f->next)
        return w->f->next(w->record, w->row) ? w->row : NULL;
    return i < count_of(w->f, w->record) ? elements_of(w->f, w->record) + i * w->f->of->size : NULL;
}

/* JSON has no infinity. Rules are told of it by a text, which no number's rule allows. */
static json_t *real(const struct maker *m, double x)
{
    if (isinf(x) && m->r)
        return json_string(x > 0 ? "inf" : "-inf");
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *bench_json_figure(double x, size_t json)
{
    char text[40];
    const int digits = json / JSON_REAL_PRECISION(1) & 0x1F;
    if (x != floor(x) || fabs(x) > BENCH_WHOLE_MOST) {
        snprintf(text, sizeof text, "%.*g", digits ? digits : 7, x);
        x = strtod(text, NULL);
    }
    return x == floor(x) && fabs(x) <= BENCH_WHOLE_MOST ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *make_numbers(const struct maker *m, const struct bench_field *f, const char *record)
{
    const char *numbers = elements_of(f, record);
    const size_t count = count_of(f, record);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const double x = real_at(numbers + i * sizeof(double));
        bench_json_append(&list, f->flags & BENCH_WHOLES ? json_integer((json_int_t)x) : real(m, x));
    }
    return list;
}

static json_t *make_list(const struct maker *m, const struct bench_field *f, const char *record,
                         const struct bench_place *at)
{
    const bool map = f->kind == BENCH_FIELD_MAP;
    json_t *list = map ? json_object() : json_array();
    const struct bench_field *const key = map ? bench_fields_key(f->of) : NULL;
    json_t *seen = NULL;
    const void *element;
    struct walk w;
    if (!walk_begin(&w, f, record)) {
        json_decref(list);
        return NULL;
    }
    while (list && !(m->r && m->r->code) && (element = walk_next(&w)) != NULL) {
        const char *const name = !map                            ? NULL
                                 : key->kind == BENCH_FIELD_COPY ? copy_at((const char *)element + key->at)
                                                                 : (const char *)element + key->at;
        struct bench_place one = !m->r ? nowhere : map ? bench_member(at, name) : bench_element(at, w.i - 1);
        json_t *made = make_record(m, f->of, element, &one);
        one.json = made;
        if (m->r && !map)
            bench_fields_hold_once(m->r, &one, f->of, &seen);
        if (m->r && made && f->flags & BENCH_ON_LINES) {
            json_decref(made); /* was held against its rules; memory is for one of them */
            made = json_null();
        }
        if (map)
            bench_json_put(&list, name, made);
        else
            bench_json_append(&list, made);
    }
    json_decref(seen);
    free(w.row);
    if (list && m->r) {
        struct bench_place made = *at;
        made.json = list;
        bench_field_list_count(m->r, &made, f);
    }
    return list;
}

static json_t *make_value(const struct maker *m, const struct bench_field *f, const char *record,
                          const struct bench_place *at)
{
    const char *from = record + f->at;
    const bool nullable = f->flags & BENCH_OR_NULL;
    if (f->put)
        return f->put(record);
    switch (f->kind) {
    case BENCH_FIELD_TEXT:
        return nullable ? bench_json_text_or_null(from) : bench_json_text(from);
    case BENCH_FIELD_COPY:
        return nullable && !copy_at(from) ? json_null() : bench_json_text(copy_at(from));
    case BENCH_FIELD_SEED:
        return bench_json_seed((uint64_t)integer_at(f, from));
    case BENCH_FIELD_BOOLEAN:
        return json_boolean(*(const bool *)from);
    case BENCH_FIELD_WORD:
        return json_string(f->words[integer_at(f, from)]);
    case BENCH_FIELD_INTEGER:
        return nullable && integer_at(f, from) == (f->is_signed ? -1 : 0) ? json_null()
                                                                          : json_integer(integer_at(f, from));
    case BENCH_FIELD_WHOLE:
    case BENCH_FIELD_FIGURE:
        return isfinite(real_at(from)) ? bench_json_figure(real_at(from), m->json) : real(m, real_at(from));
    case BENCH_FIELD_REAL:
        return real(m, real_at(from));
    case BENCH_FIELD_NUMBERS:
        return nullable && !count_of(f, record) ? json_null() : make_numbers(m, f, record);
    case BENCH_FIELD_CONST:
        return f->expected ? json_string(f->expected) : json_integer((json_int_t)f->low);
    case BENCH_FIELD_OBJECT:
        from = f->flags & BENCH_BORROWED ? copy_at(from) : from;
        return from ? make_record(m, f->of, from, at) : json_null();
    case BENCH_FIELD_LIST:
    case BENCH_FIELD_ARRAY:
    case BENCH_FIELD_MAP:
        return nullable && !f->next && !count_of(f, record) ? json_null() : make_list(m, f, record, at);
    case BENCH_FIELD_JSON:
        return json_incref((json_t *)(void *)(uintptr_t)copy_at(from));
    }
    return json_null();
}

static bool is_there(const struct bench_field *f, const char *record)
{
    const char *const from = record + f->at;
    if (f->flags & (BENCH_KEY | BENCH_ACCEPTED))
        return false;
    if (!(f->flags & BENCH_OPTIONAL))
        return true;
    if (f->there)
        return f->there(record);
    switch (f->kind) {
    case BENCH_FIELD_TEXT:
        return *from;
    case BENCH_FIELD_COPY:
        return copy_at(from);
    case BENCH_FIELD_JSON:
        return f->put || copy_at(from);
    case BENCH_FIELD_INTEGER:
        return integer_at(f, from) != (f->is_signed ? -1 : 0);
    case BENCH_FIELD_WHOLE:
    case BENCH_FIELD_FIGURE:
    case BENCH_FIELD_REAL:
        return !isnan(real_at(from));
    case BENCH_FIELD_BOOLEAN:
        return *(const bool *)from;
    case BENCH_FIELD_LIST:
    case BENCH_FIELD_ARRAY:
    case BENCH_FIELD_MAP:
        return count_of(f, record);
    default:
        return true;
    }
}

static bool is_made_of_records(const struct bench_field *f)
{
    return f->of && !f->put;
}

static json_t *make_record(const struct maker *m, const struct bench_fields *type, const void *record,
                           const struct bench_place *at)
{
    const struct bench_field *const last = &type->fields[type->count - 1];
    json_t *o = type->bare ? make_value(m, last, record, at) : json_object();
    for (size_t i = 0; i < type->count && o && !type->bare; i++) {
        const struct bench_field *f = &type->fields[i];
        if (!is_there(f, record))
            continue;
        const struct bench_place p = m->r ? bench_member(at, f->name) : nowhere;
        bench_json_put(&o, f->name, make_value(m, f, record, &p));
    }
    if (!m->r || !o)
        return o;
    struct bench_place made = *at;
    made.json = o;
    for (size_t i = 0; i < type->count && !m->r->code; i++) {
        const struct bench_field *f = &type->fields[i];
        const struct bench_fields one = {.fields = f, .count = 1, .bare = type->bare};
        if (is_there(f, record) && !is_made_of_records(f))
            bench_fields_get(m->r, &made, &one, NULL, NULL);
    }
    if (type->check && !m->r->code)
        type->check(m->r, &made, record, m->whole);
    return o;
}

json_t *bench_fields_json(const struct bench_fields *type, const void *record)
{
    return make_record(&(struct maker){.json = type->json}, type, record, &nowhere);
}

int bench_fields_check(const struct bench_fields *type, const void *record, struct qk_error *err)
{
    struct bench_reader r = {.file = "", .err = err, .failure = QK_ERR_INVALID};
    json_t *made =
        make_record(&(struct maker){&r, record, type->json}, type, record, &(struct bench_place){NULL, "$"});
    if (!made && !r.code)
        bench_reader_no_memory(&r);
    json_decref(made);
    return r.code;
}

static void emit_members(struct bench_json_output *out, const struct bench_fields *type, const void *record,
                         size_t json);

static void emit_list(struct bench_json_output *out, const struct bench_field *f, const void *record,
                      size_t json)
{
    const char *before = "\n";
    const void *element;
    struct walk w;
    if (!walk_begin(&w, f, record))
        out->code = QK_ERR_MEMORY;
    bench_json_emit_text(out, "[");
    while (out->code == QK_OK && (element = walk_next(&w)) != NULL) {
        bench_json_emit_text(out, before);
        before = ",\n";
        if (f->of->lines)
            emit_members(out, f->of, element, json);
        else
            bench_json_emit(out, "", make_record(&(struct maker){.json = json}, f->of, element, &nowhere),
                            json);
    }
    bench_json_emit_text(out, "\n]");
    free(w.row);
}

static void emit_members(struct bench_json_output *out, const struct bench_fields *type, const void *record,
                         size_t json)
{
    const char *before = "{\n";
    for (size_t i = 0; i < type->count && out->code == QK_OK; i++) {
        const struct bench_field *f = &type->fields[i];
        const size_t flags = f->json ? f->json : json;
        if (!is_there(f, record))
            continue;
        bench_json_emit(out, before, json_string(f->name), flags);
        bench_json_emit_text(out, ": ");
        before = ",\n";
        if (!(f->flags & BENCH_ON_LINES))
            bench_json_emit(out, "", make_value(&(struct maker){.json = flags}, f, record, &nowhere), flags);
        else if (f->kind == BENCH_FIELD_OBJECT)
            emit_members(out, f->of, (const char *)record + f->at, flags);
        else
            emit_list(out, f, record, flags);
    }
    bench_json_emit_text(out, "\n}");
}

int bench_fields_write(const struct bench_fields *type, const void *record, const char *what, FILE *to,
                       struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    errno = 0;
    if (type->lines)
        emit_members(&out, type, record, type->json);
    else
        bench_json_emit(&out, "", bench_fields_json(type, record), type->json);
    bench_json_emit_text(&out, "\n");
    return bench_json_finish(&out, what, err);
}
