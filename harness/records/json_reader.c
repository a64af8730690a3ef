/* SPDX-License-Identifier: MIT */
#include "harness/records/json_reader.h"

#include "harness/records/files/infile.h"
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
#include <xxhash.h>

/* Ten times the largest run foreseen. The limit keeps a wrong file from filling the memory. */
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

bool bench_has(const struct bench_place *object, const char *key)
{
    return json_object_get(object->json, key) != NULL;
}

void bench_demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                  const char *expected)
{
    if (condition || r->code != QK_OK)
        return;
    const struct bench_place p = bench_member(object, key);
    bench_refuse(r, p.path, p.json, expected);
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
        /*
         * A large file is a million small pieces. Kept in fast bins, they are merged again and again as they
         * are freed.
         */
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
    XXH3_state_t *hash;
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
    XXH3_64bits_update(in->hash, to, (size_t)n);
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

json_t *bench_json_load_hashed(const char *path, char hash[BENCH_JSON_HASH], int *code, struct qk_error *err)
{
    struct input in = {.hash = XXH3_createState()};
    json_error_t bad = {.text = ""};
    struct stat st = {0};
    json_t *json = NULL;
    if (!in.hash) {
        *code = qk_fail(err, QK_ERR_MEMORY, path, "%s: out of memory while reading it", path);
        return NULL;
    }
    XXH3_64bits_reset(in.hash);
    in.fd = bench_infile_open(path, &st);
    if (in.fd < 0)
        in.number = errno;
    else if (S_ISREG(st.st_mode) && st.st_size > (off_t)BYTES_MAX)
        in.bytes = (size_t)st.st_size;
    else
        json = load_counted(&in, &bad);
    if (!json)
        *code = explain(&in, path, S_ISFIFO(st.st_mode) ? "pipe" : "file", &bad, err);
    snprintf(hash, BENCH_JSON_HASH, "%016llx", (unsigned long long)XXH3_64bits_digest(in.hash));
    XXH3_freeState(in.hash);
    if (in.fd >= 0)
        close(in.fd);
    return json;
}

json_t *bench_json_load(const char *path, int *code, struct qk_error *err)
{
    char hash[BENCH_JSON_HASH];
    return bench_json_load_hashed(path, hash, code, err);
}
