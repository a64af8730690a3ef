/* SPDX-License-Identifier: MIT */
#include "harness/records/json_reader.h"

#include "harness/records/infile.h"
#include "harness/records/shown.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ten times the largest run foreseen; keeps a wrong file from filling the memory. */
static const size_t BYTES_MAX = (size_t)256 << 20;
/* A value takes up to a hundred times what its text does. All samples of a file of that size fit. */
static const size_t MEMORY_MAX = (size_t)2 << 30;

void bench_refuse(struct bench_reader *r, const char *path, const json_t *found, const char *expected)
{
    char what[128] = "nothing", text[41];
    bool whole;
    switch (found ? (int)json_typeof(found) : -1) {
    case JSON_OBJECT:
        snprintf(what, sizeof what, "an object");
        break;
    case JSON_ARRAY:
        snprintf(what, sizeof what, "an array of %zu", json_array_size(found));
        break;
    case JSON_STRING:
        whole = bench_show(text, sizeof text, json_string_value(found), "") < sizeof text;
        snprintf(what, sizeof what, "\"%s%s", text, whole ? "\"" : "...");
        break;
    case JSON_INTEGER:
        snprintf(what, sizeof what, "%lld", (long long)json_integer_value(found));
        break;
    case JSON_REAL:
        snprintf(what, sizeof what, "%.7g", json_real_value(found));
        if (strtod(what, NULL) != json_real_value(found))
            snprintf(what, sizeof what, "%.17g", json_real_value(found));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(what, sizeof what, "%s", json_is_true(found) ? "true" : "false");
        break;
    case JSON_NULL:
        snprintf(what, sizeof what, "null");
        break;
    }
    if (r->code == QK_OK)
        r->code = qk_fail(r->err, r->failure ? r->failure : QK_ERR_FORMAT, path, "%s%sfound %s, expected %s",
                          r->file, *r->file ? ": " : "", what, expected);
}

void bench_reader_no_memory(struct bench_reader *r)
{
    if (r->code == QK_OK)
        r->code = qk_fail(r->err, QK_ERR_MEMORY, NULL, "%s%sout of memory while reading it", r->file,
                          *r->file ? ": " : "");
}

/* Of a parent's path: the rest is for its member. */
enum { PATH_KEPT = 120 };

struct bench_place bench_member(const struct bench_place *parent, const char *key)
{
    struct bench_place p;
    p.json = json_object_get(parent->json, key);
    /* Not snprintf: a large file has a million members. */
    char *end = stpncpy(p.path, parent->path, PATH_KEPT);
    *end++ = '.';
    *stpncpy(end, key, (size_t)(p.path + sizeof p.path - end) - 1) = '\0';
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
    to[0] = '\0';
    if (r->code != QK_OK || (nullable && json_is_null(p.json)))
        return;
    if (json_is_string(p.json) && json_string_length(p.json) < size) {
        memcpy(to, json_string_value(p.json), json_string_length(p.json) + 1);
        return;
    }
    snprintf(expected, sizeof expected, "a string of at most %zu bytes%s", size - 1,
             nullable ? " or null" : "");
    bench_refuse(r, p.path, p.json, expected);
}

json_int_t bench_get_integer(struct bench_reader *r, const struct bench_place *parent, const char *key,
                             json_int_t low, json_int_t high)
{
    const struct bench_place p = bench_member(parent, key);
    const json_int_t value = json_integer_value(p.json);
    char expected[80];
    if (r->code == QK_OK && (!json_is_integer(p.json) || value < low || value > high)) {
        snprintf(expected, sizeof expected, "an integer from %lld to %lld", (long long)low, (long long)high);
        bench_refuse(r, p.path, p.json, expected);
    }
    return r->code == QK_OK ? value : low;
}

int bench_get_integer_or_null(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    return json_is_null(json_object_get(parent->json, key))
               ? -1
               : (int)bench_get_integer(r, parent, key, 0, INT_MAX);
}

double bench_get_real(struct bench_reader *r, const struct bench_place *parent, const char *key, double low,
                      double high, bool nullable)
{
    const struct bench_place p = bench_member(parent, key);
    const double value = json_number_value(p.json);
    char expected[80];
    if (nullable && json_is_null(p.json))
        return NAN;
    if (r->code == QK_OK && (!json_is_number(p.json) || !(value >= low && value <= high))) {
        snprintf(expected, sizeof expected, "a number from %.7g to %.7g%s", low, high,
                 nullable ? " or null" : "");
        bench_refuse(r, p.path, p.json, expected);
    }
    return r->code == QK_OK ? value : 0;
}

double bench_get_time(struct bench_reader *r, const struct bench_place *parent, const char *key,
                      bool nullable)
{
    return bench_get_real(r, parent, key, BENCH_NS_LEAST, BENCH_NS_MOST, nullable);
}

uint64_t bench_get_seed(struct bench_reader *r, const struct bench_place *parent, const char *key)
{
    const char *digits = bench_get_text(r, parent, key);
    char again[24];
    errno = 0;
    const unsigned long long seed = strtoull(digits, NULL, 10);
    snprintf(again, sizeof again, "%llu", seed);
    bench_demand(r, !errno && !strcmp(again, digits), parent, key, "decimal digits of a number below 2^64");
    return seed;
}

/* The pattern's 0 stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *text && *pattern; text++, pattern++)
        if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
            return false;
    return !*text && !*pattern;
}

static bool is_date(const char *text)
{
    int month, day, hour, minute, second;
    if (!looks_like(text, "0000-00-00T00:00:00Z") && !looks_like(text, "0000-00-00T00:00:00+00:00") &&
        !looks_like(text, "0000-00-00T00:00:00-00:00"))
        return false;
    return sscanf(text + 5, "%d-%dT%d:%d:%d", &month, &day, &hour, &minute, &second) == 5 && month >= 1 &&
           month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 60;
}

void bench_get_date(struct bench_reader *r, const struct bench_place *parent, const char *key, char *to,
                    size_t size)
{
    bench_get_fixed_text(r, parent, key, to, size, false);
    bench_demand(r, !*to || is_date(to), parent, key, "a date and time as 2026-01-02T03:04:05+00:00");
}

void bench_get_dropped(struct bench_reader *r, const struct bench_place *parent, const char *key,
                       struct bench_dropped *to)
{
    if (!bench_has(parent, key))
        return;
    to->count = (uint64_t)bench_get_integer(r, parent, key, 1, (json_int_t)BENCH_WHOLE_MOST);
    bench_get_fixed_text(r, parent, "dropped_reason", to->why, sizeof to->why, false);
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
        cache->bytes = (uint64_t)bench_get_integer(r, &p, "size", 1, (json_int_t)BENCH_WHOLE_MOST);
        cache->sharing = (int)bench_get_integer(r, &p, "num_sharing", 1, INT_MAX);
    }
}

/* What jansson allocated since reading began. What it gave back is not known, so this is an upper bound. */
static _Thread_local struct {
    size_t left;
    bool spent, refused;
} heap;

/* jansson allocates through one function for all threads: counted for as long as any of them reads. */
static struct {
    pthread_mutex_t lock;
    size_t readers;
    json_malloc_t take;
    json_free_t give;
} jansson = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *take_counted(size_t size)
{
    if (size + 16 > heap.left) {
        heap.spent = true;
        return NULL;
    }
    heap.left -= size + 16;
    void *const piece = jansson.take(size);
    heap.refused |= !piece;
    return piece;
}

static void count_allocations(bool begin)
{
    pthread_mutex_lock(&jansson.lock);
    if (begin && jansson.readers++ == 0) {
        json_get_alloc_funcs(&jansson.take, &jansson.give);
        json_set_alloc_funcs(take_counted, jansson.give);
        /* A large file is a million small pieces. Kept in fast bins, they are merged again and again as they are freed. */
        mallopt(M_MXFAST, 0);
    }
    if (!begin && --jansson.readers == 0)
        json_set_alloc_funcs(jansson.take, jansson.give);
    pthread_mutex_unlock(&jansson.lock);
}

struct input {
    int fd;
    bool marked;
    size_t bytes;
    int number; /* errno of a failed read */
};

static size_t read_some(void *to, size_t size, void *context)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
    struct input *in = context;
    ssize_t n;
    if (in->bytes > BYTES_MAX)
        return (size_t)-1;
    do
        n = read(in->fd, to, size);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        in->number = errno;
        return (size_t)-1;
    }
    in->marked |= in->bytes == 0 && n >= 3 && !memcmp(to, mark, 3);
    in->bytes += (size_t)n;
    return (size_t)n;
}

static json_t *load_counted(struct input *in, json_error_t *bad)
{
    heap.left = MEMORY_MAX;
    heap.spent = heap.refused = false;
    count_allocations(true);
    json_t *json = json_load_callback(read_some, in, JSON_REJECT_DUPLICATES, bad);
    count_allocations(false);
    return json;
}

static int explain(const struct input *in, const char *path, const char *kind, json_error_t *bad,
                   struct qk_error *err)
{
    if (in->number)
        return qk_fail(err, QK_ERR_IO, path, "cannot read '%s': %s", path, strerror(in->number));
    if (in->bytes > BYTES_MAX)
        return qk_fail(err, QK_ERR_FORMAT, path,
                       "%s: found more than 256 MiB, expected results of at most that", path);
    if (heap.spent)
        return qk_fail(err, QK_ERR_FORMAT, path, "%s: found values that take more than 2 GiB of memory",
                       path);
    /* jansson may call the place where it got no memory a wrong token. */
    if (heap.refused)
        return qk_fail(err, QK_ERR_MEMORY, path, "%s: out of memory while reading it", path);
    if (in->bytes == 0)
        return qk_fail(err, QK_ERR_FORMAT, path, "%s: found an empty %s, expected qkbench's results", path,
                       kind);
    if (in->marked)
        return qk_fail(err, QK_ERR_FORMAT, "line 1, column 1",
                       "%s: found a byte order mark, expected JSON, which has none", path);
    char where[64], text[2 * sizeof bad->text];
    snprintf(where, sizeof where, "line %d, column %d", bad->line, bad->column);
    bench_show(text, sizeof text, bad->text, "");
    return qk_fail(err, QK_ERR_FORMAT, where, "%s: not JSON: %s", path, text);
}

json_t *bench_json_load(const char *path, int *code, struct qk_error *err)
{
    struct input in = {0};
    json_error_t bad = {.text = ""};
    struct stat st = {0};
    json_t *json = NULL;
    in.fd = bench_infile_open(path, &st);
    if (in.fd < 0)
        in.number = errno;
    else if (S_ISREG(st.st_mode) && st.st_size > (off_t)BYTES_MAX)
        in.bytes = (size_t)st.st_size;
    else
        json = load_counted(&in, &bad);
    if (!json)
        *code = explain(&in, path, S_ISFIFO(st.st_mode) ? "pipe" : "file", &bad, err);
    if (in.fd >= 0)
        close(in.fd);
    return json;
}
