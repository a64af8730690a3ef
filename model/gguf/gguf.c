/* SPDX-License-Identifier: MIT */
#include "model/gguf/gguf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/gguf/cursor.h"
#include "model/gguf/tensor.h"

/* Fewest bytes an entry takes: key length and one character, kind, one byte of value. */
#define MIN_ENTRY (8 + 1 + 4 + 1)
/* And a tensor info: name length and one character, n_dims, one dimension, type, offset. */
#define MIN_TENSOR (8 + 1 + 4 + 8 + 4 + 8)

#define MAX_KEY           65535
#define DEFAULT_ALIGNMENT 32
#define MAX_ALIGNMENT     65536

static int out_of_memory(const struct model_gguf *g, const char *what, size_t count, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %zu %s", count, what);
}

/* calloc's zeroes keep half-filled structs harmless; NULL only on failure, also for count 0. */
static void *allocate(size_t count, size_t size)
{
    size_t bytes;
    if (!qk_mul_size(count, size, &bytes))
        return NULL;
    return calloc(1, bytes ? bytes : 1);
}

static int take_header(struct model_gguf *g, struct model_gguf_cursor *c)
{
    const unsigned char *magic;
    uint64_t tensors, entries;
    int rc = model_gguf_take(c, 4, "magic", &magic);
    if (rc)
        return rc;
    if (memcmp(magic, "GGUF", 4) != 0)
        return model_gguf_fail(g, 0, c->err, "not a GGUF file: begins with \"%s\", \"GGUF\" expected",
                               model_gguf_show((struct model_gguf_string){(const char *)magic, 4}).text);
    rc = model_gguf_take_u32(c, "version", &g->version);
    if (rc)
        return rc;
    if (g->version && (g->version & 0xffff) == 0)
        return model_gguf_fail(
            g, 4, c->err, "big-endian GGUF file (version reads 0x%08x), little-endian expected", g->version);
    if (g->version != 2 && g->version != 3)
        return model_gguf_fail(g, 4, c->err, "GGUF version %u, 2 or 3 expected", g->version);
    rc = model_gguf_take_u64(c, "tensor count", &tensors);
    if (rc == 0)
        rc = model_gguf_take_u64(c, "metadata count", &entries);
    if (rc)
        return rc;
    const size_t left = model_gguf_left(c);
    if (entries > left / MIN_ENTRY)
        return model_gguf_fail(g, 16, c->err,
                               "%llu metadata entries cannot fit into the %zu bytes that follow",
                               (unsigned long long)entries, left);
    if (tensors > (left - entries * MIN_ENTRY) / MIN_TENSOR)
        return model_gguf_fail(
            g, 8, c->err, "%llu tensors and %llu metadata entries cannot fit into the %zu bytes that follow",
            (unsigned long long)tensors, (unsigned long long)entries, left);
    g->tensor_count = (size_t)tensors;
    g->entry_count = (size_t)entries;
    return 0;
}

static int check_bools(struct model_gguf_cursor *c, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] > 1)
            return model_gguf_fail(c->g, (size_t)(bytes + i - c->g->bytes), c->err,
                                   "bool is %u, 0 or 1 expected", bytes[i]);
    return 0;
}

/* The value whose kind, element kind and count are already in *v; arrays come here with the cursor at element
 * 0. */
static int take_elements(struct model_gguf_cursor *c, struct model_gguf_value *v)
{
    const size_t at = c->at;
    if (v->element == MODEL_GGUF_STRING) {
        /* each has a length of 8 bytes: stops a huge count before the loop, and bounds the loop by the file
         */
        if (v->count > model_gguf_left(c) / 8)
            return model_gguf_fail(c->g, at, c->err, "%llu strings cannot fit into the %zu bytes left",
                                   (unsigned long long)v->count, model_gguf_left(c));
        v->bytes = c->g->bytes + at;
        for (uint64_t i = 0; i < v->count; i++) {
            struct model_gguf_string string;
            const int rc = model_gguf_take_string(c, "string", &string);
            if (rc)
                return rc;
        }
        v->size = c->at - at;
        return 0;
    }
    const size_t size = model_gguf_kind_size(v->element);
    if (v->count > model_gguf_left(c) / size)
        return model_gguf_fail(c->g, at, c->err, "%llu values of kind %s need more than the %zu bytes left",
                               (unsigned long long)v->count, model_gguf_kind_name(v->element),
                               model_gguf_left(c));
    v->size = (size_t)v->count * size;
    const int rc = model_gguf_take(c, v->size, "value", &v->bytes);
    if (rc == 0 && v->element == MODEL_GGUF_BOOL)
        return check_bools(c, v->bytes, v->size);
    return rc;
}

static int take_value(struct model_gguf_cursor *c, struct model_gguf_value *v)
{
    size_t at = c->at;
    uint32_t kind;
    int rc = model_gguf_take_u32(c, "value kind", &kind);
    if (rc)
        return rc;
    if (kind >= MODEL_GGUF_KINDS)
        return model_gguf_fail(c->g, at, c->err, "value kind %u, 0 to %d expected", kind,
                               MODEL_GGUF_KINDS - 1);
    v->kind = v->element = (enum model_gguf_kind)kind;
    v->count = 1;
    if (kind == MODEL_GGUF_ARRAY) {
        at = c->at;
        rc = model_gguf_take_u32(c, "element kind", &kind);
        if (rc)
            return rc;
        if (kind >= MODEL_GGUF_KINDS)
            return model_gguf_fail(c->g, at, c->err, "element kind %u, 0 to %d expected", kind,
                                   MODEL_GGUF_KINDS - 1);
        if (kind == MODEL_GGUF_ARRAY)
            return model_gguf_fail(c->g, at, c->err, "array of arrays, which is not accepted");
        v->element = (enum model_gguf_kind)kind;
        rc = model_gguf_take_u64(c, "element count", &v->count);
        if (rc)
            return rc;
    }
    return take_elements(c, v);
}

static int take_key(struct model_gguf_cursor *c, struct model_gguf_string *key)
{
    const size_t at = c->at;
    const int rc = model_gguf_take_string(c, "key", key);
    if (rc)
        return rc;
    if (key->length < 1 || key->length > MAX_KEY)
        return model_gguf_fail(c->g, at, c->err, "key has %zu bytes, 1 to %d expected", key->length, MAX_KEY);
    for (size_t i = 0; i < key->length; i++)
        if (key->bytes[i] < 0x20 || key->bytes[i] > 0x7e)
            return model_gguf_fail(c->g, at, c->err, "key \"%s\" is not printable ASCII",
                                   model_gguf_show(*key).text);
    return 0;
}

static int set_alignment(struct model_gguf *g, struct qk_error *err)
{
    const struct model_gguf_value *v = model_gguf_find(g, "general.alignment");
    g->alignment = DEFAULT_ALIGNMENT;
    if (!v)
        return 0;
    const size_t at = (size_t)(v->bytes - g->bytes);
    if (v->kind != MODEL_GGUF_U32)
        return model_gguf_fail(g, at, err, "general.alignment is of kind %s, u32 expected",
                               model_gguf_kind_name(v->kind));
    const uint32_t alignment = (uint32_t)model_gguf_decode(v->bytes, 4);
    if (alignment == 0 || (alignment & (alignment - 1)) || alignment > MAX_ALIGNMENT)
        return model_gguf_fail(g, at, err, "general.alignment is %u, a power of two up to %d expected",
                               alignment, MAX_ALIGNMENT);
    g->alignment = alignment;
    return 0;
}

/* What is wrong with the data of tensors does not keep anyone from listing them. */
static int lay_out(struct model_gguf *g, struct qk_error *err)
{
    struct qk_error why;
    const int rc = model_gguf_lay_out(g, &why);
    if (rc == 0)
        return 0;
    model_gguf_lay_out_roughly(g);
    g->fault = malloc(sizeof *g->fault);
    if (!g->fault)
        return qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %zu bytes", sizeof *g->fault);
    *g->fault = why;
    return 0;
}

static int parse(struct model_gguf *g, struct qk_error *err)
{
    struct model_gguf_cursor c = {.g = g, .err = err};
    if (g->size == 0)
        return model_gguf_fail(g, 0, err, "the file is empty, a GGUF file expected");
    int rc = take_header(g, &c);
    if (rc)
        return rc;
    g->entries = allocate(g->entry_count, sizeof *g->entries);
    g->entry_order = allocate(g->entry_count, sizeof *g->entry_order);
    if (!g->entries || !g->entry_order)
        return out_of_memory(g, "metadata entries", g->entry_count, err);
    for (size_t i = 0; rc == 0 && i < g->entry_count; i++) {
        rc = take_key(&c, &g->entries[i].key);
        if (rc == 0)
            rc = take_value(&c, &g->entries[i].value);
    }
    if (rc == 0)
        rc = model_gguf_index(g, false, err);
    if (rc == 0)
        rc = set_alignment(g, err);
    if (rc)
        return rc;
    g->tensors = allocate(g->tensor_count, sizeof *g->tensors);
    g->tensor_order = allocate(g->tensor_count, sizeof *g->tensor_order);
    if (!g->tensors || !g->tensor_order)
        return out_of_memory(g, "tensors", g->tensor_count, err);
    rc = model_gguf_take_tensors(g, &c);
    if (rc == 0)
        rc = model_gguf_index(g, true, err);
    return rc ? rc : lay_out(g, err);
}

int model_gguf_parse_any(const void *bytes, size_t size, const char *name, struct model_gguf *g,
                         struct qk_error *err)
{
    *g = (struct model_gguf){.bytes = bytes, .size = size};
    g->name = allocate(strlen(name) + 1, 1);
    if (!g->name) {
        *g = (struct model_gguf){0};
        return qk_fail(err, QK_ERR_MEMORY, name, "no memory for the file name");
    }
    strcpy(g->name, name);
    const int rc = parse(g, err);
    if (rc)
        model_gguf_close(g);
    return rc;
}

/* Closes a file that has a fault, which goes to *err. */
static int refuse_fault(struct model_gguf *g, struct qk_error *err)
{
    if (!g->fault)
        return 0;
    if (err)
        *err = *g->fault;
    model_gguf_close(g);
    return QK_ERR_FORMAT;
}

int model_gguf_parse(const void *bytes, size_t size, const char *name, struct model_gguf *g,
                     struct qk_error *err)
{
    const int rc = model_gguf_parse_any(bytes, size, name, g, err);
    return rc ? rc : refuse_fault(g, err);
}

/* Maps all of fd, which is a regular file that is not empty. */
static int map(int fd, off_t length, const char *path, void **to, struct qk_error *err)
{
    if ((uintmax_t)length > SIZE_MAX)
        return qk_fail(err, QK_ERR_MEMORY, path, "%jd bytes are too many to map", (intmax_t)length);
    *to = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*to == MAP_FAILED)
        return qk_fail(err, QK_ERR_IO, path, "cannot map %jd bytes: %s", (intmax_t)length, strerror(errno));
    return 0;
}

int model_gguf_open_any(const char *path, struct model_gguf *g, struct qk_error *err)
{
    *g = (struct model_gguf){0};
    /* O_NONBLOCK: a FIFO without a writer would otherwise hold the caller here */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot open: %s", strerror(errno));
    struct stat st;
    void *bytes = NULL;
    int rc = 0;
    if (fstat(fd, &st) != 0)
        rc = qk_fail(err, QK_ERR_IO, path, "cannot stat: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        rc = qk_fail(err, QK_ERR_IO, path, "%s, a regular file expected",
                     S_ISDIR(st.st_mode)    ? "is a directory"
                     : S_ISFIFO(st.st_mode) ? "is a FIFO"
                                            : "is a device");
    else if (st.st_size > 0) /* an empty file cannot be mapped; the parser says what is wrong with it */
        rc = map(fd, st.st_size, path, &bytes, err);
    close(fd);
    if (rc)
        return rc;
    const size_t size = bytes ? (size_t)st.st_size : 0;
    rc = model_gguf_parse_any(bytes, size, path, g, err);
    if (rc == 0)
        g->mapped = true;
    else if (bytes)
        munmap(bytes, size);
    return rc;
}

int model_gguf_open(const char *path, struct model_gguf *g, struct qk_error *err)
{
    const int rc = model_gguf_open_any(path, g, err);
    return rc ? rc : refuse_fault(g, err);
}

/* The matrices of layers, in whatever type, are what a maker makes when they are wanted. */
static bool made(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    return g->make && t->n_dims == 2 && !strncmp(t->name, "blk.", 4);
}

void model_gguf_want(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    if (made(g, t))
        g->make(g->maker, (size_t)(t - g->tensors), (unsigned char *)t->data);
}

void model_gguf_give_back(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    const bool codes = t->type == MODEL_GGUF_TYPE_I2_S;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)t->data;
    const uintptr_t first = (from + page - 1) / page * page,
                    end = (from + (codes ? (size_t)(t->elements / 4) : t->size)) / page * page;
    if (g->mapped && (!g->make || made(g, t)) && first < end)
        madvise((void *)first, end - first,
                MADV_DONTNEED); /* a wish: without it there is only more memory taken */
}

void model_gguf_close(struct model_gguf *g)
{
    if (g->mapped)
        munmap((void *)g->bytes, g->size);
    free(g->entries);
    free(g->entry_order);
    free(g->tensors);
    free(g->tensor_order);
    free(g->fault);
    free(g->name);
    free(g->maker);
    *g = (struct model_gguf){0};
}
