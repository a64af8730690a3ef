/* SPDX-License-Identifier: MIT */
#include "harness/records/json_reader.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Ten times the largest run foreseen; keeps a wrong file from filling the memory. */
static const size_t BYTES_MAX = (size_t)256 << 20;

void bench_refuse(struct bench_reader *r, const char *path, const json_t *found, const char *expected)
{
    char what[64] = "nothing";
    switch (found ? (int)json_typeof(found) : -1) {
    case JSON_OBJECT:
        snprintf(what, sizeof what, "an object");
        break;
    case JSON_ARRAY:
        snprintf(what, sizeof what, "an array of %zu", json_array_size(found));
        break;
    case JSON_STRING:
        snprintf(what, sizeof what, "\"%.40s%s", json_string_value(found),
                 json_string_length(found) > 40 ? "..." : "\"");
        break;
    case JSON_INTEGER:
        snprintf(what, sizeof what, "%lld", (long long)json_integer_value(found));
        break;
    case JSON_REAL:
        snprintf(what, sizeof what, "%.7g", json_real_value(found));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(what, sizeof what, "%s", json_is_true(found) ? "true" : "false");
        break;
    case JSON_NULL:
        snprintf(what, sizeof what, "null");
        break;
    }
    for (char *p = what; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = '?';
    if (r->code == QK_OK)
        r->code = qk_fail(r->err, QK_ERR_FORMAT, path, "%s: found %s, expected %s", r->file, what, expected);
}

void bench_reader_no_memory(struct bench_reader *r)
{
    if (r->code == QK_OK)
        r->code = qk_fail(r->err, QK_ERR_MEMORY, NULL, "%s: out of memory while reading it", r->file);
}

struct bench_place bench_member(const struct bench_place *parent, const char *key)
{
    struct bench_place p = {.json = json_object_get(parent->json, key)};
    snprintf(p.path, sizeof p.path, "%.120s.%s", parent->path, key);
    return p;
}

struct bench_place bench_element(const struct bench_place *parent, size_t i)
{
    struct bench_place p = {.json = json_array_get(parent->json, i)};
    snprintf(p.path, sizeof p.path, "%.120s[%zu]", parent->path, i);
    return p;
}

void bench_expect(struct bench_reader *r, const struct bench_place *p, json_type type, const char *expected)
{
    if (r->code == QK_OK && (!p->json || json_typeof(p->json) != type))
        bench_refuse(r, p->path, p->json, expected);
}

struct bench_place bench_get_object(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    const struct bench_place p = bench_member(parent, key);
    bench_expect(r, &p, JSON_OBJECT, "an object");
    return p;
}

struct bench_place bench_get_array(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    const struct bench_place p = bench_member(parent, key);
    bench_expect(r, &p, JSON_ARRAY, "an array");
    return p;
}

/* Valid until the JSON goes; "" after an error. */
const char *bench_get_text(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    const struct bench_place p = bench_member(parent, key);
    bench_expect(r, &p, JSON_STRING, "a string");
    return r->code == QK_OK ? json_string_value(p.json) : "";
}

void bench_get_fixed_text(struct bench_reader *r, const struct bench_place *parent, const char *key, char *to,
                          size_t size, bool nullable)
{
    const struct bench_place p = bench_member(parent, key);
    char expected[64];
    snprintf(expected, sizeof expected, "a string of at most %zu bytes%s", size - 1,
             nullable ? " or null" : "");
    to[0] = '\0';
    if (nullable && json_is_null(p.json))
        return;
    bench_expect(r, &p, JSON_STRING, expected);
    if (r->code != QK_OK)
        return;
    if (json_string_length(p.json) >= size)
        bench_refuse(r, p.path, p.json, expected);
    else
        memcpy(to, json_string_value(p.json), json_string_length(p.json) + 1);
}

json_int_t bench_get_integer(struct bench_reader *r, const struct bench_place *parent, const char *key,
                             json_int_t low, json_int_t high)
{
    const struct bench_place p = bench_member(parent, key);
    char expected[80];
    snprintf(expected, sizeof expected, "an integer from %lld to %lld", (long long)low, (long long)high);
    bench_expect(r, &p, JSON_INTEGER, expected);
    if (r->code != QK_OK)
        return low;
    const json_int_t value = json_integer_value(p.json);
    if (value < low || value > high)
        bench_refuse(r, p.path, p.json, expected);
    return value;
}

int bench_get_integer_or_null(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    return json_is_null(json_object_get(parent->json, key))
               ? -1
               : (int)bench_get_integer(r, parent, key, 0, INT_MAX);
}

double bench_get_real(struct bench_reader *r, const struct bench_place *parent, const char *key,
                      bool nullable)
{
    const struct bench_place p = bench_member(parent, key);
    if (nullable && json_is_null(p.json))
        return NAN;
    if (!json_is_number(p.json))
        bench_refuse(r, p.path, p.json, nullable ? "a number or null" : "a number");
    return json_number_value(p.json);
}

bool bench_has(const struct bench_place *object, const char *key)
{
    return json_object_get(object->json, key) != NULL;
}

bool bench_get_boolean(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    const struct bench_place p = bench_member(parent, key);
    if (!json_is_boolean(p.json))
        bench_refuse(r, p.path, p.json, "true or false");
    return json_is_true(p.json);
}

void bench_known_members(struct bench_reader *r, const struct bench_place *object, const char *const *known)
{
    const char *key;
    json_t *value;
    if (r->code != QK_OK)
        return;
    json_object_foreach((json_t *)object->json, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            bench_refuse(r, bench_member(object, key).path, value, "no such member");
    }
}

void bench_demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                  const char *expected)
{
    const struct bench_place p = bench_member(object, key);
    if (r->code == QK_OK && !condition)
        bench_refuse(r, p.path, p.json, expected);
}

/* Index of the text among words[count]. */
int bench_get_word(struct bench_reader *r, const struct bench_place *parent, const char *key,
                   const char *const *words, int count)
{
    const struct bench_place p = bench_member(parent, key);
    char expected[96] = "";
    for (int i = 0; i < count; i++) {
        if (json_is_string(p.json) && !strcmp(json_string_value(p.json), words[i]))
            return i;
        const size_t n = strlen(expected);
        snprintf(expected + n, sizeof expected - n, "%s\"%s\"", i ? " or " : "", words[i]);
    }
    bench_refuse(r, p.path, p.json, expected);
    return 0;
}

void bench_get_identity(struct bench_reader *r, const struct bench_place *identity,
                        struct bench_environment *env)
{
    const struct bench_place caches = bench_get_array(r, identity, "caches");
    bench_get_fixed_text(r, identity, "cpu_vendor", env->cpu_vendor, sizeof env->cpu_vendor, true);
    env->cpu_family = bench_get_integer_or_null(r, identity, "cpu_family");
    env->cpu_model = bench_get_integer_or_null(r, identity, "cpu_model");
    env->cpu_stepping = bench_get_integer_or_null(r, identity, "cpu_stepping");
    bench_get_fixed_text(r, identity, "isa_levels", env->isa_levels, sizeof env->isa_levels, true);
    bench_get_fixed_text(r, identity, "compiler", env->compiler, sizeof env->compiler, true);
    env->cache_count = 0;
    if (json_array_size(caches.json) > BENCH_CACHES_MAX)
        bench_refuse(r, caches.path, caches.json, "at most 8 caches");
    for (size_t i = 0; i < json_array_size(caches.json) && r->code == QK_OK; i++) {
        const struct bench_place p = bench_element(&caches, i);
        struct bench_cache *cache = &env->caches[env->cache_count++];
        bench_expect(r, &p, JSON_OBJECT, "an object");
        bench_get_fixed_text(r, &p, "type", cache->type, sizeof cache->type, false);
        cache->level = (int)bench_get_integer(r, &p, "level", 1, 9);
        cache->bytes = (uint64_t)bench_get_integer(r, &p, "size", 1, (json_int_t)1 << 53);
        cache->sharing = (int)bench_get_integer(r, &p, "num_sharing", 1, INT_MAX);
    }
}

struct input {
    FILE *from;
    size_t bytes;
    int number; /* errno of a failed read */
};

static size_t read_some(void *to, size_t size, void *context)
{
    struct input *in = context;
    if (in->bytes > BYTES_MAX)
        return (size_t)-1;
    errno = 0;
    const size_t n = fread(to, 1, size, in->from);
    if (n == 0 && ferror(in->from)) {
        in->number = errno ? errno : EIO;
        return (size_t)-1;
    }
    in->bytes += n;
    return n;
}

/* NULL with *code set and *err filled. */
json_t *bench_json_load(const char *path, int *code, struct qk_error *err)
{
    struct input in = {.from = fopen(path, "re")};
    if (!in.from) {
        *code = qk_fail(err, QK_ERR_IO, path, "cannot read '%s': %s", path, strerror(errno));
        return NULL;
    }
    json_error_t bad;
    json_t *json = json_load_callback(read_some, &in, JSON_REJECT_DUPLICATES, &bad);
    fclose(in.from);
    if (json)
        return json;
    char where[64];
    snprintf(where, sizeof where, "line %d, column %d", bad.line, bad.column);
    for (char *p = bad.text; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '?';
    /* jansson gives no text when memory was refused it. */
    if (in.number)
        *code = qk_fail(err, QK_ERR_IO, path, "cannot read '%s': %s", path, strerror(in.number));
    else if (in.bytes > BYTES_MAX)
        *code = qk_fail(err, QK_ERR_FORMAT, path,
                        "%s: found more than 256 MiB, expected results of at most that", path);
    else if (!*bad.text)
        *code = qk_fail(err, QK_ERR_MEMORY, path, "%s: out of memory while reading it", path);
    else if (in.bytes == 0)
        *code =
            qk_fail(err, QK_ERR_FORMAT, path, "%s: found an empty file, expected qkbench's results", path);
    else
        *code = qk_fail(err, QK_ERR_FORMAT, where, "%s: not JSON: %s", path, bad.text);
    return NULL;
}
