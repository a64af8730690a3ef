/* SPDX-License-Identifier: MIT */
/* Looks up and converts what the parser found. */
#include "model/gguf/gguf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/gguf/cursor.h"

/* Tensors and entries are looked up alike. */
struct names {
    const struct model_gguf *g;
    bool tensors;
};

static struct model_gguf_string name_at(const struct names *n, size_t i)
{
    const char *const tensor = n->tensors ? n->g->tensors[i].name : NULL;
    return tensor ? (struct model_gguf_string){tensor, strlen(tensor)} : n->g->entries[i].key;
}

static int compare(struct model_gguf_string a, struct model_gguf_string b)
{
    const int order = memcmp(a.bytes, b.bytes, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* Equal ones by position, so that the later of two is the one found to be a duplicate. */
static int by_name(const void *left, const void *right, void *names)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    const int order = compare(name_at(names, a), name_at(names, b));
    return order ? order : (a > b) - (a < b);
}

int model_gguf_index(const struct model_gguf *g, bool tensors, struct qk_error *err)
{
    struct names names = {g, tensors};
    size_t *const order = tensors ? g->tensor_order : g->entry_order;
    const size_t count = tensors ? g->tensor_count : g->entry_count;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, by_name, &names);
    for (size_t i = 1; i < count; i++) {
        const struct model_gguf_string name = name_at(&names, order[i]);
        if (compare(name, name_at(&names, order[i - 1])) != 0)
            continue;
        const size_t at = tensors ? g->tensors[order[i]].info_at
                                  : (size_t)((const unsigned char *)name.bytes - 8 - g->bytes);
        return model_gguf_fail(g, at, err, "%s \"%s\" is there twice", tensors ? "tensor" : "key",
                               model_gguf_show(name).text);
    }
    return 0;
}

/* Which one has that name, or SIZE_MAX. */
static size_t find(const struct model_gguf *g, bool tensors, const char *name)
{
    const struct names names = {g, tensors};
    const struct model_gguf_string want = {name, strlen(name)};
    const size_t *const order = tensors ? g->tensor_order : g->entry_order;
    size_t low = 0, high = tensors ? g->tensor_count : g->entry_count;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int is = compare(name_at(&names, order[mid]), want);
        if (is == 0)
            return order[mid];
        if (is < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return SIZE_MAX;
}

const struct model_gguf_value *model_gguf_find(const struct model_gguf *g, const char *key)
{
    const size_t i = find(g, false, key);
    return i == SIZE_MAX ? NULL : &g->entries[i].value;
}

const struct model_gguf_tensor *model_gguf_find_tensor(const struct model_gguf *g, const char *name)
{
    const size_t i = find(g, true, name);
    return i == SIZE_MAX ? NULL : &g->tensors[i];
}

static bool is_signed(enum model_gguf_kind kind)
{
    return kind == MODEL_GGUF_I8 || kind == MODEL_GGUF_I16 || kind == MODEL_GGUF_I32 ||
           kind == MODEL_GGUF_I64;
}

static bool is_integer(enum model_gguf_kind kind)
{
    return is_signed(kind) || kind == MODEL_GGUF_U8 || kind == MODEL_GGUF_U16 || kind == MODEL_GGUF_U32 ||
           kind == MODEL_GGUF_U64;
}

/* Two's complement in 64 bits; only the signed kinds can have the top bit mean a sign. */
static bool integer(const struct model_gguf_value *v, uint64_t *bits, bool *negative)
{
    if (!is_integer(v->kind))
        return false;
    *bits = model_gguf_decode(v->bytes, v->size);
    *negative = is_signed(v->kind) && *bits >> (8 * v->size - 1);
    if (*negative && v->size < 8)
        *bits |= UINT64_MAX << (8 * v->size);
    return true;
}

bool model_gguf_value_u64(const struct model_gguf_value *value, uint64_t *to)
{
    uint64_t bits;
    bool negative;
    if (!integer(value, &bits, &negative) || negative)
        return false;
    *to = bits;
    return true;
}

bool model_gguf_value_i64(const struct model_gguf_value *value, int64_t *to)
{
    uint64_t bits;
    bool negative;
    if (!integer(value, &bits, &negative) || (!negative && bits > INT64_MAX))
        return false;
    memcpy(to, &bits, 8);
    return true;
}

bool model_gguf_value_f64(const struct model_gguf_value *value, double *to)
{
    if (value->kind == MODEL_GGUF_F32) {
        const uint32_t bits = (uint32_t)model_gguf_decode(value->bytes, 4);
        float single;
        memcpy(&single, &bits, 4);
        *to = (double)single;
        return true;
    }
    if (value->kind == MODEL_GGUF_F64) {
        const uint64_t bits = model_gguf_decode(value->bytes, 8);
        memcpy(to, &bits, 8);
        return true;
    }
    return false;
}

bool model_gguf_value_bool(const struct model_gguf_value *value, bool *to)
{
    if (value->kind != MODEL_GGUF_BOOL)
        return false;
    *to = value->bytes[0] == 1;
    return true;
}

bool model_gguf_value_string(const struct model_gguf_value *value, struct model_gguf_string *to)
{
    if (value->kind != MODEL_GGUF_STRING)
        return false;
    *to = (struct model_gguf_string){(const char *)value->bytes + 8, value->size - 8};
    return true;
}

struct model_gguf_value model_gguf_element(const struct model_gguf_value *array, uint64_t i)
{
    const size_t size = model_gguf_kind_size(array->element);
    assert(array->kind == MODEL_GGUF_ARRAY && size && i < array->count);
    return (struct model_gguf_value){
        .kind = array->element,
        .element = array->element,
        .count = 1,
        .bytes = array->bytes + (size_t)i * size,
        .size = size,
    };
}

bool model_gguf_next_string(const struct model_gguf_value *array, size_t *at, struct model_gguf_string *to)
{
    assert(array->kind == MODEL_GGUF_ARRAY && array->element == MODEL_GGUF_STRING && *at <= array->size);
    if (*at == array->size)
        return false;
    const size_t length = (size_t)model_gguf_decode(array->bytes + *at, 8);
    *to = (struct model_gguf_string){(const char *)array->bytes + *at + 8, length};
    *at += 8 + length;
    return true;
}

/* The value of a key that must be there; NULL with *err filled when it is not. */
static const struct model_gguf_value *required(const struct model_gguf *g, const char *key,
                                               struct qk_error *err)
{
    const struct model_gguf_value *v = model_gguf_find(g, key);
    if (!v)
        qk_fail(err, QK_ERR_FORMAT, g->name, "key \"%s\" is missing", key);
    return v;
}

static size_t offset_of(const struct model_gguf *g, const struct model_gguf_value *v)
{
    return (size_t)(v->bytes - g->bytes);
}

static int wrong_kind(const struct model_gguf *g, const char *key, const struct model_gguf_value *v,
                      const char *expected, struct qk_error *err)
{
    return model_gguf_fail(g, offset_of(g, v), err, "key \"%s\" is of kind %s%s%s, %s expected", key,
                           model_gguf_kind_name(v->kind), v->kind == MODEL_GGUF_ARRAY ? " of " : "",
                           v->kind == MODEL_GGUF_ARRAY ? model_gguf_kind_name(v->element) : "", expected);
}

int model_gguf_get_u64(const struct model_gguf *g, const char *key, uint64_t min, uint64_t max, uint64_t *to,
                       struct qk_error *err)
{
    const struct model_gguf_value *v = required(g, key, err);
    uint64_t bits;
    bool negative;
    if (!v)
        return QK_ERR_FORMAT;
    if (!integer(v, &bits, &negative))
        return wrong_kind(g, key, v, "an integer", err);
    if (negative)
        return model_gguf_fail(g, offset_of(g, v), err, "key \"%s\" is -%llu, %llu to %llu expected", key,
                               (unsigned long long)(0 - bits), (unsigned long long)min,
                               (unsigned long long)max);
    if (bits < min || bits > max)
        return model_gguf_fail(g, offset_of(g, v), err, "key \"%s\" is %llu, %llu to %llu expected", key,
                               (unsigned long long)bits, (unsigned long long)min, (unsigned long long)max);
    *to = bits;
    return 0;
}

int model_gguf_get_f64(const struct model_gguf *g, const char *key, double min, double max, double *to,
                       struct qk_error *err)
{
    const struct model_gguf_value *v = required(g, key, err);
    double x;
    if (!v)
        return QK_ERR_FORMAT;
    if (!model_gguf_value_f64(v, &x))
        return wrong_kind(g, key, v, "f32 or f64", err);
    if (!(x >= min && x <= max))
        return model_gguf_fail(g, offset_of(g, v), err, "key \"%s\" is %g, %g to %g expected", key, x, min,
                               max);
    *to = x;
    return 0;
}

int model_gguf_get_bool(const struct model_gguf *g, const char *key, bool *to, struct qk_error *err)
{
    const struct model_gguf_value *v = required(g, key, err);
    if (!v)
        return QK_ERR_FORMAT;
    return model_gguf_value_bool(v, to) ? 0 : wrong_kind(g, key, v, "bool", err);
}

int model_gguf_get_string(const struct model_gguf *g, const char *key, struct model_gguf_string *to,
                          struct qk_error *err)
{
    const struct model_gguf_value *v = required(g, key, err);
    if (!v)
        return QK_ERR_FORMAT;
    return model_gguf_value_string(v, to) ? 0 : wrong_kind(g, key, v, "string", err);
}

int model_gguf_get_array(const struct model_gguf *g, const char *key, enum model_gguf_kind element,
                         struct model_gguf_value *to, struct qk_error *err)
{
    const struct model_gguf_value *v = required(g, key, err);
    if (!v)
        return QK_ERR_FORMAT;
    if (v->kind != MODEL_GGUF_ARRAY || v->element != element) {
        char expected[32] = "array of ";
        return wrong_kind(g, key, v, strcat(expected, model_gguf_kind_name(element)), err);
    }
    *to = *v;
    return 0;
}
