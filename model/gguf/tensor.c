/* SPDX-License-Identifier: MIT */
#include "model/gguf/tensor.h"

#include <math.h>
#include <string.h>

/* Numbers of ggml's enum ggml_type; 36..39 as bitnet.cpp gives them. bytes is 0 where no size rule is known
 * here. */
static const struct {
    const char *name;
    unsigned block; /* dims[0] must be a multiple of it */
    unsigned bytes; /* per block */
} types[] = {
    [MODEL_GGUF_TYPE_F32] = {"F32", 1, 4},
    [MODEL_GGUF_TYPE_F16] = {"F16", 1, 2},
    [2] = {"Q4_0", 0, 0},
    [3] = {"Q4_1", 0, 0},
    [6] = {"Q5_0", 0, 0},
    [7] = {"Q5_1", 0, 0},
    [MODEL_GGUF_TYPE_Q8_0] = {"Q8_0", 32, 34},
    [9] = {"Q8_1", 0, 0},
    [10] = {"Q2_K", 0, 0},
    [11] = {"Q3_K", 0, 0},
    [12] = {"Q4_K", 0, 0},
    [13] = {"Q5_K", 0, 0},
    [MODEL_GGUF_TYPE_Q6_K] = {"Q6_K", 256, 210},
    [15] = {"Q8_K", 0, 0},
    [16] = {"IQ2_XXS", 0, 0},
    [17] = {"IQ2_XS", 0, 0},
    [18] = {"IQ3_XXS", 0, 0},
    [19] = {"IQ1_S", 0, 0},
    [20] = {"IQ4_NL", 0, 0},
    [21] = {"IQ3_S", 0, 0},
    [22] = {"IQ2_S", 0, 0},
    [23] = {"IQ4_XS", 0, 0},
    [24] = {"I8", 0, 0},
    [25] = {"I16", 0, 0},
    [26] = {"I32", 0, 0},
    [27] = {"I64", 0, 0},
    [28] = {"F64", 0, 0},
    [29] = {"IQ1_M", 0, 0},
    [MODEL_GGUF_TYPE_BF16] = {"BF16", 1, 2},
    [MODEL_GGUF_TYPE_TQ1_0] = {"TQ1_0", 256, 54},
    [MODEL_GGUF_TYPE_TQ2_0] = {"TQ2_0", 256, 66},
    [MODEL_GGUF_TYPE_I2_S] = {"I2_S", 128, 32},
    [37] = {"I8_S", 0, 0},
    [38] = {"TL1", 0, 0},
    [39] = {"TL2", 0, 0},
    [MODEL_GGUF_TYPE_Q2_0] = {"Q2_0", 64, 18},
    [MODEL_GGUF_TYPE_PQ2_0] = {"PQ2_0", 128, 34},
};

/*
 * Type 42 is two layouts: 64 weights a scale, or 128 by older writers. Nothing says which, but the sizes of
 * all tensors must give their offsets, and the end of the file.
 */
struct reading {
    struct model_gguf_cursor c;
    enum model_gguf_type of_42; /* what type 42 is read as */
    bool any_42;
};

/* The scale and its padding, behind the codes of an I2_S tensor. */
#define I2S_TAIL 32

const char *model_gguf_type_name(uint32_t type)
{
    return type < sizeof types / sizeof *types ? types[type].name : NULL;
}

static int take_name(struct model_gguf_cursor *c, struct model_gguf_tensor *t)
{
    const size_t at = c->at;
    struct model_gguf_string name;
    const int rc = model_gguf_take_string(c, "tensor name", &name);
    if (rc)
        return rc;
    if (name.length < 1 || name.length > MODEL_GGUF_MAX_NAME)
        return model_gguf_fail(c->g, at, c->err, "tensor name has %zu bytes, 1 to %d expected", name.length,
                               MODEL_GGUF_MAX_NAME);
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.bytes[i] < 0x20 || name.bytes[i] == 0x7f)
            return model_gguf_fail(c->g, at, c->err, "tensor name \"%s\" holds a control character",
                                   model_gguf_show(name).text);
    memcpy(t->name, name.bytes, name.length);
    t->name[name.length] = '\0';
    return 0;
}

static struct model_gguf_shown shown_name(const struct model_gguf_tensor *t)
{
    return model_gguf_show((struct model_gguf_string){t->name, strlen(t->name)});
}

static int take_dims(struct model_gguf_cursor *c, struct model_gguf_tensor *t)
{
    size_t at = c->at;
    int rc = model_gguf_take_u32(c, "number of dimensions", &t->n_dims);
    if (rc)
        return rc;
    if (t->n_dims < 1 || t->n_dims > MODEL_GGUF_MAX_DIMS)
        return model_gguf_fail(c->g, at, c->err, "tensor \"%s\" has %u dimensions, 1 to %d expected",
                               shown_name(t).text, t->n_dims, MODEL_GGUF_MAX_DIMS);
    t->elements = 1;
    for (unsigned i = 0; i < MODEL_GGUF_MAX_DIMS; i++) {
        t->dims[i] = 1;
        if (i >= t->n_dims)
            continue;
        at = c->at;
        rc = model_gguf_take_u64(c, "dimension", &t->dims[i]);
        if (rc)
            return rc;
        if (t->dims[i] < 1 || t->dims[i] > INT64_MAX)
            return model_gguf_fail(c->g, at, c->err,
                                   "dimension %u of tensor \"%s\" is %llu, 1 to 2^63-1 expected", i,
                                   shown_name(t).text, (unsigned long long)t->dims[i]);
        if (t->dims[i] > (uint64_t)INT64_MAX / t->elements)
            return model_gguf_fail(c->g, at, c->err,
                                   "tensor \"%s\" has more than 2^63-1 elements: dimension %u is %llu",
                                   shown_name(t).text, i, (unsigned long long)t->dims[i]);
        t->elements *= t->dims[i];
    }
    return 0;
}

/* Type, and the size that follows from it; dims_at is where dims[0] lies in the file. */
static int take_type(struct reading *r, size_t dims_at, struct model_gguf_tensor *t)
{
    struct model_gguf_cursor *c = &r->c;
    const size_t at = c->at;
    uint32_t type;
    const int rc = model_gguf_take_u32(c, "tensor type", &type);
    if (rc)
        return rc;
    if (type == MODEL_GGUF_TYPE_Q2_0) {
        r->any_42 = true;
        type = r->of_42;
    }
    if (type >= sizeof types / sizeof *types || types[type].bytes == 0) {
        const char *name = model_gguf_type_name(type);
        return model_gguf_fail(c->g, at, c->err,
                               "tensor \"%s\" has type %u (%s), supported are F32, F16, BF16, Q8_0, Q6_K, "
                               "I2_S, Q2_0, PQ2_0, TQ1_0 "
                               "and TQ2_0",
                               shown_name(t).text, type, name ? name : "unknown");
    }
    t->type = (enum model_gguf_type)type;
    if (t->dims[0] % types[type].block)
        return model_gguf_fail(
            c->g, dims_at, c->err, "dimension 0 of tensor \"%s\" is %llu, type %s needs a multiple of %u",
            shown_name(t).text, (unsigned long long)t->dims[0], types[type].name, types[type].block);
    const uint64_t blocks = t->elements / types[type].block;
    const size_t tail = type == MODEL_GGUF_TYPE_I2_S ? I2S_TAIL : 0;
    if (blocks > SIZE_MAX || !qk_mul_size((size_t)blocks, types[type].bytes, &t->size) ||
        !qk_add_size(t->size, tail, &t->size))
        return model_gguf_fail(c->g, dims_at, c->err,
                               "the size of tensor \"%s\" overflows: %llu elements of type %s",
                               shown_name(t).text, (unsigned long long)t->elements, types[type].name);
    return 0;
}

/*
 * Offset, against *end: the padded end of all tensors before. As in llama.cpp it must be equal: less is an
 * overlap, more means that the writer knew another size for a tensor before this one than we do.
 */
static int take_offset(struct model_gguf_cursor *c, struct model_gguf_tensor *t, size_t *end)
{
    const size_t at = c->at;
    size_t padded;
    const int rc = model_gguf_take_u64(c, "tensor offset", &t->offset);
    if (rc)
        return rc;
    if (t->offset % c->g->alignment)
        return model_gguf_fail(c->g, at, c->err,
                               "offset of tensor \"%s\" is %llu, a multiple of %zu expected",
                               shown_name(t).text, (unsigned long long)t->offset, c->g->alignment);
    if (t->offset != *end)
        return model_gguf_fail(
            c->g, at, c->err,
            "offset of tensor \"%s\" is %llu, %zu expected: the padded end of the tensors before",
            shown_name(t).text, (unsigned long long)t->offset, *end);
    if (!qk_align_size(t->size, c->g->alignment, &padded) || !qk_add_size(*end, padded, end))
        return model_gguf_fail(c->g, at, c->err,
                               "the end of tensor \"%s\" overflows: %zu bytes from offset %llu",
                               shown_name(t).text, t->size, (unsigned long long)t->offset);
    return 0;
}

/* Points t->data into the file. */
static int place(const struct model_gguf_cursor *c, struct model_gguf_tensor *t)
{
    const struct model_gguf *g = c->g;
    const size_t section = g->size - g->data_offset;
    if (t->offset > section || t->size > section - (size_t)t->offset)
        return model_gguf_fail(g, t->info_at, c->err,
                               "tensor \"%s\" needs %zu bytes from offset %llu, the data section has %zu",
                               shown_name(t).text, t->size, (unsigned long long)t->offset, section);
    t->data = g->bytes + g->data_offset + (size_t)t->offset;
    if (t->type == MODEL_GGUF_TYPE_I2_S) {
        const unsigned char *at = t->data + t->size - I2S_TAIL;
        const uint32_t bits = (uint32_t)model_gguf_decode(at, 4);
        float scale;
        memcpy(&scale, &bits, 4);
        if (!isfinite(scale) || scale <= 0)
            return model_gguf_fail(g, (size_t)(at - g->bytes), c->err,
                                   "scale of tensor \"%s\" is %g, a finite value above 0 expected",
                                   shown_name(t).text, (double)scale);
    }
    return 0;
}

/* All infos, and where their data lies. */
static int take_all(struct model_gguf *g, struct reading *r)
{
    struct model_gguf_cursor *c = &r->c;
    size_t end = 0;
    for (size_t i = 0; i < g->tensor_count; i++) {
        struct model_gguf_tensor *t = &g->tensors[i];
        t->info_at = c->at;
        int rc = take_name(c, t);
        const size_t dims_at = c->at + 4;
        if (rc == 0)
            rc = take_dims(c, t);
        if (rc == 0)
            rc = take_type(r, dims_at, t);
        if (rc == 0)
            rc = take_offset(c, t, &end);
        if (rc)
            return rc;
    }
    if (!qk_align_size(c->at, g->alignment, &g->data_offset) || g->data_offset > g->size) {
        /* gguf-py ends a file without tensors (a vocabulary) right behind its metadata */
        if (g->tensor_count > 0 || c->at != g->size)
            return model_gguf_fail(
                g, c->at, c->err,
                "the file ends at byte %zu, before the data section: padding to a multiple of %zu", g->size,
                g->alignment);
        g->data_offset = g->size;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < g->tensor_count; i++)
        rc = place(c, &g->tensors[i]);
    return rc;
}

/* Does the file end where its last tensor does, padded or not? */
static bool ends_there(const struct model_gguf *g)
{
    const struct model_gguf_tensor *last = &g->tensors[g->tensor_count - 1];
    const size_t behind = g->size - g->data_offset - (size_t)last->offset - last->size;
    return !behind || (behind < g->alignment && (last->size + behind) % g->alignment == 0);
}

static bool last_is(const struct model_gguf *g, enum model_gguf_type type)
{
    return g->tensors[g->tensor_count - 1].type == type;
}

int model_gguf_take_tensors(struct model_gguf *g, struct model_gguf_cursor *c)
{
    struct reading first = {*c, MODEL_GGUF_TYPE_Q2_0, false}, other = {*c, MODEL_GGUF_TYPE_PQ2_0, false};
    struct qk_error why;
    const int rc = take_all(g, &first);
    const bool fits = rc == 0 && (!first.any_42 || ends_there(g));
    if (!fits && first.any_42) {
        /* The next offset shows a tensor's size. That of the last one only the file's end shows. */
        other.c.err = &why;
        if (take_all(g, &other) == 0 && (ends_there(g) || (rc && !last_is(g, MODEL_GGUF_TYPE_PQ2_0)))) {
            *c = other.c;
            return 0;
        }
        first.c.at = c->at; /* neither is better: as the first reading has it */
        take_all(g, &first);
    }
    *c = first.c;
    return rc;
}
