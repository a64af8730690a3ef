/* SPDX-License-Identifier: MIT */
#include "model/fuzz/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/rows/widen.h"
#include "model/gguf/i2s.h"
#include "model/gguf/q2_0.h"

/* Not assert: it must also hold in builds without asserts. */
static void must(bool condition)
{
    if (!condition)
        abort();
}

static uint64_t sum_bytes(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t sum = size;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + p[i];
    return sum;
}

static uint64_t walk_scalar(const struct model_gguf_value *v)
{
    uint64_t u = 0, sum = 0;
    int64_t i = 0;
    double d = 0;
    bool b = false;
    struct model_gguf_string s;
    const bool is_u = model_gguf_value_u64(v, &u), is_i = model_gguf_value_i64(v, &i);
    const bool is_d = model_gguf_value_f64(v, &d), is_b = model_gguf_value_bool(v, &b);
    const bool is_s = model_gguf_value_string(v, &s);
    must((is_u || is_i) + is_d + is_b + is_s == 1);
    must(!is_u || !is_i || (uint64_t)i == u);
    must(is_u || !is_i || i < 0);
    if (is_s)
        sum = sum_bytes(s.bytes, s.length);
    return sum + u + (uint64_t)i + b + (d > 0);
}

static uint64_t walk_array(const struct model_gguf_value *v)
{
    uint64_t sum = 0, seen = 0;
    if (v->element == MODEL_GGUF_STRING) {
        struct model_gguf_string s;
        for (size_t at = 0; model_gguf_next_string(v, &at, &s); seen++)
            sum += sum_bytes(s.bytes, s.length);
        must(seen == v->count);
        return sum;
    }
    for (; seen < v->count; seen++) {
        const struct model_gguf_value element = model_gguf_element(v, seen);
        sum += walk_scalar(&element);
    }
    return sum;
}

/* Every getter on every key: exactly one of them suits. */
static void walk_getters(const struct model_gguf *g, const char *key, const struct model_gguf_value *v)
{
    struct qk_error err;
    uint64_t u;
    double d;
    bool b;
    struct model_gguf_string s;
    struct model_gguf_value array;
    const bool is_u = model_gguf_get_u64(g, key, 0, UINT64_MAX, &u, &err) == 0;
    const bool is_d = model_gguf_get_f64(g, key, -INFINITY, INFINITY, &d, &err) == 0;
    const bool is_b = model_gguf_get_bool(g, key, &b, &err) == 0;
    const bool is_s = model_gguf_get_string(g, key, &s, &err) == 0;
    const bool is_a = model_gguf_get_array(g, key, v->element, &array, NULL) == 0;
    must(is_u + is_d + is_b + is_s + is_a <= 1); /* none: a negative integer or NaN */
    must(is_a == (v->kind == MODEL_GGUF_ARRAY));
}

static uint64_t walk_i2s(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    struct qk_error err;
    size_t blocks;
    bool has_3 = false;
    const uint64_t rows = model_i2s_rows(t), cols = model_i2s_cols(t);
    const float scale = model_i2s_scale(t);
    must(isfinite(scale) && scale > 0);
    must(model_i2s_qk256_blocks(rows, cols, &blocks));
    unsigned char *codes = malloc(blocks * 64);
    must(codes && model_i2s_to_qk256(t, codes, blocks * 64, &err) == 0);
    for (uint64_t i = 0; i < t->elements; i++) {
        const uint64_t element = i / cols * (blocks / rows * 256) + i % cols;
        const unsigned code = codes[element / 4] >> 2 * (element % 4) & 3;
        const float value = scale * (float)((int)code - 1), want = model_i2s_value(t, i);
        must(memcmp(&value, &want, sizeof value) == 0);
        has_3 = has_3 || code == 3;
    }
    must((model_i2s_validate(g, t, &err) != 0) == has_3);
    const uint64_t sum = sum_bytes(codes, blocks * 64);
    free(codes);
    return sum;
}

/* All numbers of a type in blocks that the embedding may have. */
static uint64_t walk_numbers(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    const size_t n = (size_t)t->elements;
    const bool two_bits = t->type == MODEL_GGUF_TYPE_Q2_0 || t->type == MODEL_GGUF_TYPE_PQ2_0;
    float *wide = malloc(n * sizeof *wide);
    must(wide != NULL);
    if (t->type == MODEL_GGUF_TYPE_Q8_0)
        qk_widen_q8_0(wide, t->data, n);
    else if (t->type == MODEL_GGUF_TYPE_Q6_K)
        qk_widen_q6_k(wide, t->data, n);
    else
        qk_widen_q2_0(wide, t->data, n, t->type == MODEL_GGUF_TYPE_Q2_0 ? Q2_0_GROUP : Q2_0_GROUP_LARGE);
    const uint64_t sum = sum_bytes(wide, n * sizeof *wide);
    free(wide);
    return sum + (two_bits && model_q2_0_validate(g, t, NULL) == 0);
}

uint64_t model_gguf_walk(const struct model_gguf *g)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < g->entry_count; i++) {
        const struct model_gguf_entry *entry = &g->entries[i];
        char *key = malloc(entry->key.length + 1);
        must(key != NULL);
        memcpy(key, entry->key.bytes, entry->key.length);
        key[entry->key.length] = '\0';
        must(model_gguf_find(g, key) == &entry->value);
        walk_getters(g, key, &entry->value);
        free(key);
        sum += entry->value.kind == MODEL_GGUF_ARRAY ? walk_array(&entry->value) : walk_scalar(&entry->value);
    }
    for (size_t i = 0; i < g->tensor_count; i++) {
        const struct model_gguf_tensor *t = &g->tensors[i];
        must(model_gguf_find_tensor(g, t->name) == t);
        must(t->data >= g->bytes + g->data_offset && t->data + t->size <= g->bytes + g->size);
        must(i == 0 || t->data >= t[-1].data + t[-1].size);
        sum += sum_bytes(t->data, t->size);
        if (t->type == MODEL_GGUF_TYPE_I2_S)
            sum += walk_i2s(g, t);
        if (t->type == MODEL_GGUF_TYPE_Q8_0 || t->type == MODEL_GGUF_TYPE_Q6_K ||
            t->type == MODEL_GGUF_TYPE_Q2_0 || t->type == MODEL_GGUF_TYPE_PQ2_0)
            sum += walk_numbers(g, t);
    }
    return sum;
}
