/* SPDX-License-Identifier: MIT */
#include "model/forward/load/keys.h"

#include "model/forward/forward.h"
#include "model/gguf/cursor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum does { APPLIED, IDLE, UNLESS, YARN, SCALE, WINDOW, TRUE, NEVER };

struct row {
    const char *name;
    enum does does;
    double a, b;
    const char *what;
};

static const struct row rows[] = {
#define KEY(name, does, a, b, what) {name, does, a, b, what},
#define ANYWHERE(name, what)
#include "model/forward/load/keys.def"
#undef KEY
#undef ANYWHERE
};

static const struct row anywhere[] = {
#define KEY(name, does, a, b, what)
#define ANYWHERE(name, what) {name, NEVER, 0, 0, what},
#include "model/forward/load/keys.def"
#undef KEY
#undef ANYWHERE
};

static const struct row *find(const struct row *in, size_t count, struct model_gguf_string key)
{
    for (size_t i = 0; i < count; i++) {
        const size_t n = strlen(in[i].name);
        const bool all = in[i].name[n - 1] == '*';
        if (all ? key.length >= n - 1 && !memcmp(key.bytes, in[i].name, n - 1)
                : key.length == n && !memcmp(key.bytes, in[i].name, n))
            return &in[i];
    }
    return NULL;
}

/* Cuts "ARCH." off. False for a key of another namespace. */
static bool in_namespace(const struct model_config *c, struct model_gguf_string *key)
{
    const size_t n = strlen(c->arch);
    if (key->length <= n || memcmp(key->bytes, c->arch, n) != 0 || key->bytes[n] != '.')
        return false;
    key->bytes += n + 1;
    key->length -= n + 1;
    return true;
}

enum model_key model_key_does(const struct model_config *c, const struct model_gguf_entry *entry)
{
    struct model_gguf_string key = entry->key;
    if (!in_namespace(c, &key))
        return MODEL_KEY_ELSEWHERE;
    const struct row *const row = find(rows, sizeof rows / sizeof *rows, key);
    if (!row)
        return MODEL_KEY_UNKNOWN;
    return row->does == APPLIED ? MODEL_KEY_APPLIED : MODEL_KEY_IDLE;
}

static bool number_of(const struct model_gguf_value *v, double *to)
{
    uint64_t u;
    int64_t i;
    if (model_gguf_value_u64(v, &u))
        *to = (double)u;
    else if (model_gguf_value_i64(v, &i))
        *to = (double)i;
    else
        return model_gguf_value_f64(v, to);
    return true;
}

/* Does this number mean that nothing is to be done? *expected says which ones do. */
static bool neutral(const struct model_config *c, const struct row *row, double x, char *expected,
                    size_t size)
{
    const double usual = 1 / sqrt((double)c->head_dim);
    switch (row->does) {
    case SCALE:
        snprintf(expected, size, "0 or %.7g expected", usual);
        return x == 0 || fabs(x - usual) <= 1e-6 * usual;
    case WINDOW:
        snprintf(expected, size, "0 or at least the context of %zu expected", c->context);
        return x == 0 || x >= (double)c->context;
    default:
        snprintf(expected, size, row->a == row->b ? "%g expected" : "%g or %g expected", row->a, row->b);
        return x == row->a || x == row->b;
    }
}

static int refuse(const struct model_gguf *g, const struct model_gguf_entry *e, const struct row *row,
                  const char *found, const char *expected, struct qk_error *err)
{
    model_gguf_fail(g, (size_t)(e->value.bytes - g->bytes), err, "key \"%s\"%s%s: %s, not done here%s%s",
                    model_gguf_show(e->key).text, *found ? " is " : "", found, row->what,
                    *expected ? "; " : "", expected);
    return QK_ERR_UNAVAILABLE;
}

static int check(const struct model_config *c, const struct model_gguf *g, const struct model_gguf_entry *e,
                 struct qk_error *err)
{
    struct model_gguf_string key = e->key;
    const struct row *const row = in_namespace(c, &key)
                                      ? find(rows, sizeof rows / sizeof *rows, key)
                                      : find(anywhere, sizeof anywhere / sizeof *anywhere, key);
    char found[40], expected[80];
    double x;
    bool b;
    if (!row || row->does == APPLIED || row->does == IDLE)
        return 0;
    if (row->does == YARN && c->rope.scaling != MODEL_ROPE_YARN)
        return 0;
    if (row->does == NEVER)
        return refuse(g, e, row, "", "", err);
    if (row->does == TRUE) {
        if (model_gguf_value_bool(&e->value, &b) && b)
            return 0;
        return refuse(g, e, row, "", "true expected", err);
    }
    if (!number_of(&e->value, &x))
        return model_gguf_fail(g, (size_t)(e->value.bytes - g->bytes), err,
                               "key \"%s\" is of kind %s, a number expected", model_gguf_show(e->key).text,
                               model_gguf_kind_name(e->value.kind));
    snprintf(found, sizeof found, "%.9g", x);
    return neutral(c, row, x, expected, sizeof expected) ? 0 : refuse(g, e, row, found, expected, err);
}

int model_keys_check(const struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < g->entry_count && !code; i++)
        code = check(c, g, &g->entries[i], err);
    return code;
}

struct model_key_name model_key_name(const struct model_config *c, const char *key)
{
    struct model_key_name name;
    snprintf(name.text, sizeof name.text, "%.40s.%.64s", c->arch, key);
    return name;
}

/* Reduces an array with equal elements to its first. False when it is none. */
static bool same_for_all(struct model_gguf_value *v)
{
    uint64_t first, other;
    if (v->kind != MODEL_GGUF_ARRAY || v->element == MODEL_GGUF_STRING || !v->count)
        return false;
    const struct model_gguf_value one = model_gguf_element(v, 0);
    bool same = model_gguf_value_u64(&one, &first);
    for (uint64_t i = 1; i < v->count && same; i++) {
        const struct model_gguf_value next = model_gguf_element(v, i);
        same = model_gguf_value_u64(&next, &other) && other == first;
    }
    *v = same ? one : *v;
    return same;
}

int model_key_size(const struct model_config *c, const struct model_gguf *g, const char *key, uint64_t max,
                   size_t *to, struct qk_error *err)
{
    const struct model_key_name name = model_key_name(c, key);
    const struct model_gguf_value *const found = model_gguf_find(g, name.text);
    struct model_gguf_value v = found ? *found : (struct model_gguf_value){0};
    uint64_t value;
    if (!found || found->kind != MODEL_GGUF_ARRAY) {
        const int code = model_gguf_get_u64(g, name.text, 1, max, &value, err);
        if (!code)
            *to = (size_t)value;
        return code;
    }
    if (!same_for_all(&v))
        return model_gguf_fail(g, (size_t)(v.bytes - g->bytes), err,
                               "key \"%s\" is an array; the same integer for all layers expected", name.text);
    if (!model_gguf_value_u64(&v, &value) || value < 1 || value > max)
        return model_gguf_fail(g, (size_t)(v.bytes - g->bytes), err, "key \"%s\" is %llu, 1 to %llu expected",
                               name.text, (unsigned long long)value, (unsigned long long)max);
    *to = (size_t)value;
    return 0;
}

int model_key_real(const struct model_config *c, const struct model_gguf *g, const char *key, double min,
                   double max, double *to, struct qk_error *err)
{
    const struct model_key_name name = model_key_name(c, key);
    const struct model_gguf_value *const v = model_gguf_find(g, name.text);
    double x;
    if (!v)
        return 0;
    if (v->kind == MODEL_GGUF_F32 || v->kind == MODEL_GGUF_F64 || !number_of(v, &x))
        return model_gguf_get_f64(g, name.text, min, max, to, err);
    if (!(x >= min && x <= max))
        return model_gguf_fail(g, (size_t)(v->bytes - g->bytes), err, "key \"%s\" is %g, %g to %g expected",
                               name.text, x, min, max);
    *to = x;
    return 0;
}
