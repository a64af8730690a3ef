/* SPDX-License-Identifier: MIT */
/*
 * GGUF container, versions 2 and 3, little endian, read only. Source of layout and checks: ggml's GGUF
 * specification (ggml docs/gguf.md) and llama.cpp ggml/src/gguf.cpp.
 *
 *     OFFSET  SIZE  DESCRIPTION
 *          0     4  "GGUF"
 *          4     4  version
 *          8     8  number of tensors
 *         16     8  number of metadata entries
 *         24        entries:  key string, u32 kind, value
 *                   tensors:  name string, u32 n_dims, n_dims x u64 (fastest first), u32 type, u64 offset
 *                   padding to general.alignment (32 when absent), then the data section
 *     string = u64 length, bytes, no terminator;  array = u32 element kind, u64 count, elements
 *
 * A tensor's offset counts from the start of the data section.
 *
 * Nothing in the file is trusted: whatever a parsed struct points to lies inside the file. Strings, arrays
 * and tensor data are views into the caller's bytes or the map. Only the index of entries and tensors is
 * allocated.
 *
 * Do not write to a model file while it is in use. When another program makes a mapped file shorter, the next
 * access beyond its new end raises SIGBUS. No check at open can prevent that.
 */
#pragma once

#include "kernels/support.h"

enum model_gguf_kind {
    MODEL_GGUF_U8 = 0,
    MODEL_GGUF_I8 = 1,
    MODEL_GGUF_U16 = 2,
    MODEL_GGUF_I16 = 3,
    MODEL_GGUF_U32 = 4,
    MODEL_GGUF_I32 = 5,
    MODEL_GGUF_F32 = 6,
    MODEL_GGUF_BOOL = 7,
    MODEL_GGUF_STRING = 8,
    MODEL_GGUF_ARRAY = 9,
    MODEL_GGUF_U64 = 10,
    MODEL_GGUF_I64 = 11,
    MODEL_GGUF_F64 = 12,
    MODEL_GGUF_KINDS
};

/* The ggml types whose size is known here. With a tensor of any other type no tensor can be used. */
enum model_gguf_type {
    MODEL_GGUF_TYPE_F32 = 0,
    MODEL_GGUF_TYPE_F16 = 1,
    MODEL_GGUF_TYPE_Q8_0 = 8,
    MODEL_GGUF_TYPE_Q6_K = 14,
    MODEL_GGUF_TYPE_BF16 = 30,
    MODEL_GGUF_TYPE_TQ1_0 = 34,
    MODEL_GGUF_TYPE_TQ2_0 = 35,
    MODEL_GGUF_TYPE_I2_S = 36,
    MODEL_GGUF_TYPE_Q2_0 = 42,   /* 64 weights a scale */
    MODEL_GGUF_TYPE_PQ2_0 = 142, /* 128; also what type 42 of older writers is read as */
};

#define MODEL_GGUF_MAX_DIMS 4
#define MODEL_GGUF_MAX_NAME 63

/* Not terminated. May hold any bytes, NUL included. Borrowed. */
struct model_gguf_string {
    const char *bytes;
    size_t length;
};

/* A metadata value, where it lies in the file: little endian, unaligned. Borrowed. */
struct model_gguf_value {
    enum model_gguf_kind kind;
    enum model_gguf_kind element; /* kind of an array's elements; otherwise equal to kind */
    uint64_t count;               /* elements of an array; otherwise 1 */
    const unsigned char *bytes;   /* the encoded value, or an array's first element */
    size_t size;                  /* number of bytes there */
};

struct model_gguf_entry {
    struct model_gguf_string key; /* 1..65535 printable ASCII characters, unique in the file */
    struct model_gguf_value value;
};

struct model_gguf_tensor {
    char name[MODEL_GGUF_MAX_NAME +
              1];    /* terminated, 1..63 bytes, no control characters, unique in the file */
    uint32_t n_dims; /* 1..4 */
    uint64_t dims[MODEL_GGUF_MAX_DIMS]; /* dims[0] varies fastest; each >= 1; unused ones are 1 */
    enum model_gguf_type type;          /* in a file with a fault it may be any number */
    bool type_42;                       /* the file says 42, whichever of two types that is here */
    uint64_t elements;                  /* product of dims, at most INT64_MAX */
    uint64_t offset;                    /* from the start of the data section, a multiple of the alignment */
    size_t size;                        /* in bytes, without padding */
    size_t info_at;                     /* where this tensor's info is in the file, for messages */
    const unsigned char *data; /* borrowed; promises no alignment, so multi-byte values go through memcpy */
};

struct model_gguf {
    char *name; /* owned; the path, or what the caller of model_gguf_parse gave; used in messages */
    const unsigned char *bytes;
    size_t size;
    bool mapped; /* model_gguf_close must unmap bytes */
    uint32_t version;
    size_t alignment;   /* power of two, at most 65536 */
    size_t infos_end;   /* where the infos of tensors end in the file */
    size_t data_offset; /* of the data section in the file */
    size_t entry_count;
    struct model_gguf_entry *entries; /* owned, in file order */
    size_t *entry_order;              /* owned; indices of entries, sorted by key */
    size_t tensor_count;
    struct model_gguf_tensor *tensors; /* owned, in file order, which is also the order of their data */
    size_t *tensor_order;              /* owned; indices of tensors, sorted by name */
    /*
     * Owned; why no tensor can be used, of a file that was opened to be listed. Then the tensors' data is
     * NULL, their offsets are as the file has them, and sizes may be a guess. NULL: all is well.
     */
    struct qk_error *fault;
    /*
     * For a model that makes its layers' matrices when they are wanted (model/synth/synth.h). NULL: all data
     * is there.
     */
    void (*make)(const void *maker, size_t tensor, unsigned char *to);
    void *maker; /* owned, from malloc */
};

/*
 * Maps the regular file `path` read-only and parses it. Never blocks on a FIFO. On success, call
 * model_gguf_close on *g later. On failure *g is all zero and owns nothing.
 *
 *     QK_ERR_IO      cannot open or map it, or it is not a regular file
 *     QK_ERR_FORMAT  with where = "path: byte N"
 *     QK_ERR_MEMORY
 */
int model_gguf_open(const char *path, struct model_gguf *g, struct qk_error *err);
/*
 * The same, but a file whose tensors cannot be used is opened too, for a person to see what is in it. This is
 * so with an unknown type, with offsets other than the sizes give, and with data that is cut off. g->fault
 * then says what open would have said.
 */
int model_gguf_open_any(const char *path, struct model_gguf *g, struct qk_error *err);

/*
 * Does the same with `size` bytes in memory, which must outlive *g and stay unchanged. `name` (copied) stands
 * for the path in messages. It reads every header byte once, in order. Of the tensor data it reads only the
 * scales of I2_S tensors.
 */
int model_gguf_parse(const void *bytes, size_t size, const char *name, struct model_gguf *g,
                     struct qk_error *err);
/* The same as model_gguf_open_any does it. */
int model_gguf_parse_any(const void *bytes, size_t size, const char *name, struct model_gguf *g,
                         struct qk_error *err);

/*
 * Call this before you read the codes of a matrix of *g. It makes t->data when that is not there yet,
 * or was given back to the system. The bytes are the same every time.
 */
void model_gguf_want(const struct model_gguf *g, const struct model_gguf_tensor *t);
/*
 * Call this when you will not read t->data soon. Its whole pages go back to the system if they can come
 * again: from a mapped file when they are read, of a model made in memory by model_gguf_want.
 */
void model_gguf_give_back(const struct model_gguf *g, const struct model_gguf_tensor *t);

/* Frees and unmaps. An all-zero or already closed *g is fine. */
void model_gguf_close(struct model_gguf *g);

/* Finds an entry by its exact name, in O(log n). NULL when there is none. */
const struct model_gguf_value *model_gguf_find(const struct model_gguf *g, const char *key);
const struct model_gguf_tensor *model_gguf_find_tensor(const struct model_gguf *g, const char *name);

/*
 * Values of required keys. QK_ERR_FORMAT, with *to untouched, when the key is missing, when its kind does not
 * convert, or when the value is out of range. For an optional key, ask model_gguf_find first.
 *
 *     u64    any integer kind, min <= value <= max
 *     f64    f32 or f64, min <= value <= max; NaN is in no range
 *     array  elements of exactly this kind
 */
int model_gguf_get_u64(const struct model_gguf *g, const char *key, uint64_t min, uint64_t max, uint64_t *to,
                       struct qk_error *err);
int model_gguf_get_f64(const struct model_gguf *g, const char *key, double min, double max, double *to,
                       struct qk_error *err);
int model_gguf_get_bool(const struct model_gguf *g, const char *key, bool *to, struct qk_error *err);
int model_gguf_get_string(const struct model_gguf *g, const char *key, struct model_gguf_string *to,
                          struct qk_error *err);
int model_gguf_get_array(const struct model_gguf *g, const char *key, enum model_gguf_kind element,
                         struct model_gguf_value *to, struct qk_error *err);

/*
 * Convert a value, or one element of an array, without naming a reason. False, with *to untouched, when the
 * kind does not convert. A non-negative integer converts to u64, an integer up to INT64_MAX to i64, and f32
 * and f64 to f64.
 */
bool model_gguf_value_u64(const struct model_gguf_value *value, uint64_t *to);
bool model_gguf_value_i64(const struct model_gguf_value *value, int64_t *to);
bool model_gguf_value_f64(const struct model_gguf_value *value, double *to);
bool model_gguf_value_bool(const struct model_gguf_value *value, bool *to);
bool model_gguf_value_string(const struct model_gguf_value *value, struct model_gguf_string *to);

/* Element i < count of an array, as a value of its own. The elements must not be strings. */
struct model_gguf_value model_gguf_element(const struct model_gguf_value *array, uint64_t i);

/*
 * Walks an array of strings, which has no index. Start with *at = 0 and call until it returns false. Each
 * call stores the next string and moves *at, a byte position inside the array.
 */
bool model_gguf_next_string(const struct model_gguf_value *array, size_t *at, struct model_gguf_string *to);

/*
 * The name of a kind ("u8", "string", ...) or type ("F16", "Q4_K", ...; also types that are not supported).
 * NULL for an unknown number.
 */
const char *model_gguf_kind_name(uint32_t kind);
const char *model_gguf_type_name(uint32_t type);

/* For further checks of this file: fails with QK_ERR_FORMAT and where = "name: byte `offset`". */
int model_gguf_fail(const struct model_gguf *g, size_t offset, struct qk_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
