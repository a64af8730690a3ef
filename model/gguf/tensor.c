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
    [41] = {"Q1_0", 0, 0},
    [MODEL_GGUF_TYPE_Q2_0] = {"Q2_0", 64, 18},
    [135] = {"IQ2_BN", 0, 0},
    [MODEL_GGUF_TYPE_PQ2_0] = {"PQ2_0", 128, 34},
    [143] = {"PTQ1_0", 0, 0},
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

/* Name, dimensions, type and offset, as the file says them. */
static int take_info(struct model_gguf_cursor *c, struct model_gguf_tensor *t)
{
    uint32_t type;
    t->info_at = c->at;
    int rc = take_name(c, t);
    if (rc == 0)
        rc = take_dims(c, t);
    if (rc == 0)
        rc = model_gguf_take_u32(c, "tensor type", &type);
    if (rc)
        return rc;
    t->type = (enum model_gguf_type)type;
    return model_gguf_take_u64(c, "tensor offset", &t->offset);
}

/* Where the parts of an info are in the file. */
static size_t dims_at(const struct model_gguf_tensor *t)
{
    return t->info_at + 8 + strlen(t->name) + 4;
}

static size_t type_at(const struct model_gguf_tensor *t)
{
    return dims_at(t) + 8 * (size_t)t->n_dims;
}

static size_t offset_at(const struct model_gguf_tensor *t)
{
    return type_at(t) + 4;
}

static bool has_size(const struct model_gguf_tensor *t)
{
    return t->type < sizeof types / sizeof *types && types[t->type].bytes;
}

/* The size that follows from type and dimensions. */
static int take_size(const struct model_gguf *g, struct model_gguf_tensor *t, struct qk_error *err)
{
    const enum model_gguf_type type = t->type;
    if (!has_size(t)) {
        const char *name = model_gguf_type_name(type);
        return model_gguf_fail(g, type_at(t), err,
                               "tensor \"%s\" has type %u (%s), supported are F32, F16, BF16, Q8_0, Q6_K, "
                               "I2_S, Q2_0, PQ2_0, TQ1_0 and TQ2_0",
                               shown_name(t).text, (unsigned)type, name ? name : "unknown");
    }
    if (t->dims[0] % types[type].block)
        return model_gguf_fail(
            g, dims_at(t), err, "dimension 0 of tensor \"%s\" is %llu, type %s needs a multiple of %u",
            shown_name(t).text, (unsigned long long)t->dims[0], types[type].name, types[type].block);
    const uint64_t blocks = t->elements / types[type].block;
    const size_t tail = type == MODEL_GGUF_TYPE_I2_S ? I2S_TAIL : 0;
    if (blocks > SIZE_MAX || !qk_mul_size((size_t)blocks, types[type].bytes, &t->size) ||
        !qk_add_size(t->size, tail, &t->size))
        return model_gguf_fail(g, dims_at(t), err,
                               "the size of tensor \"%s\" overflows: %llu elements of type %s",
                               shown_name(t).text, (unsigned long long)t->elements, types[type].name);
    return 0;
}

static int no_tail(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err)
{
    return model_gguf_fail(
        g, t->info_at, err,
        "tensor \"%s\" of type I2_S has %zu bytes of codes and nothing behind them; a tail "
        "of %d bytes, which begins with the scale, expected",
        shown_name(t).text, t->size - I2S_TAIL, I2S_TAIL);
}

/* Would this offset be right if the tensor before were I2_S without its tail? */
static bool misses_tail(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    const struct model_gguf_tensor *const before = t - 1;
    size_t padded;
    return t > g->tensors && before->type == MODEL_GGUF_TYPE_I2_S &&
           qk_align_size(before->size - I2S_TAIL, g->alignment, &padded) &&
           t->offset - before->offset == padded;
}

/*
 * Offset, against *end: the padded end of all tensors before. As in llama.cpp it must be equal: less is an
 * overlap, more means that the writer knew another size for a tensor before this one than we do.
 */
static int check_offset(const struct model_gguf *g, const struct model_gguf_tensor *t, size_t *end,
                        struct qk_error *err)
{
    size_t padded;
    if (t->offset % g->alignment)
        return model_gguf_fail(g, offset_at(t), err,
                               "offset of tensor \"%s\" is %llu, a multiple of %zu expected",
                               shown_name(t).text, (unsigned long long)t->offset, g->alignment);
    if (t->offset != *end && misses_tail(g, t))
        return no_tail(g, t - 1, err);
    if (t->offset != *end)
        return model_gguf_fail(
            g, offset_at(t), err,
            "offset of tensor \"%s\" is %llu, %zu expected: the padded end of the tensors before",
            shown_name(t).text, (unsigned long long)t->offset, *end);
    if (!qk_align_size(t->size, g->alignment, &padded) || !qk_add_size(*end, padded, end))
        return model_gguf_fail(g, offset_at(t), err,
                               "the end of tensor \"%s\" overflows: %zu bytes from offset %llu",
                               shown_name(t).text, t->size, (unsigned long long)t->offset);
    return 0;
}

/* Points t->data into the file. */
static int place(const struct model_gguf *g, struct model_gguf_tensor *t, struct qk_error *err)
{
    const size_t section = g->size - g->data_offset;
    const bool ternary = t->type == MODEL_GGUF_TYPE_I2_S;
    if (ternary && t->offset <= section && section - (size_t)t->offset >= t->size - I2S_TAIL &&
        section - (size_t)t->offset < t->size - I2S_TAIL + sizeof(float))
        return no_tail(g, t, err);
    if (t->offset > section || t->size > section - (size_t)t->offset)
        return model_gguf_fail(g, t->info_at, err,
                               "tensor \"%s\" needs %zu bytes from offset %llu, the data section has %zu",
                               shown_name(t).text, t->size, (unsigned long long)t->offset, section);
    t->data = g->bytes + g->data_offset + (size_t)t->offset;
    if (ternary) {
        const unsigned char *at = t->data + t->size - I2S_TAIL;
        const uint32_t bits = (uint32_t)model_gguf_decode(at, 4);
        float scale;
        memcpy(&scale, &bits, 4);
        if (!isfinite(scale) || scale <= 0)
            return model_gguf_fail(g, (size_t)(at - g->bytes), err,
                                   "scale of tensor \"%s\" is %g, a finite value above 0 expected",
                                   shown_name(t).text, (double)scale);
    }
    return 0;
}

int model_gguf_take_tensors(struct model_gguf *g, struct model_gguf_cursor *c)
{
    for (size_t i = 0; i < g->tensor_count; i++) {
        const int rc = take_info(c, &g->tensors[i]);
        if (rc)
            return rc;
    }
    g->infos_end = c->at;
    return 0;
}

static int find_section(struct model_gguf *g, struct qk_error *err)
{
    if (qk_align_size(g->infos_end, g->alignment, &g->data_offset) && g->data_offset <= g->size)
        return 0;
    g->data_offset = g->size;
    /* gguf-py ends a file without tensors (a vocabulary) right behind its metadata */
    if (g->tensor_count == 0 && g->infos_end == g->size)
        return 0;
    return model_gguf_fail(g, g->infos_end, err,
                           "the file ends at byte %zu, before the data section: padding to a multiple of %zu",
                           g->size, g->alignment);
}

/* Sizes, offsets and places, with type 42 read as `of_42`. */
static int lay_out(struct model_gguf *g, enum model_gguf_type of_42, struct qk_error *err)
{
    size_t end = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < g->tensor_count; i++) {
        struct model_gguf_tensor *t = &g->tensors[i];
        if (t->type_42)
            t->type = of_42;
        rc = take_size(g, t, err);
        if (rc == 0)
            rc = check_offset(g, t, &end, err);
    }
    if (rc == 0)
        rc = find_section(g, err);
    for (size_t i = 0; rc == 0 && i < g->tensor_count; i++)
        rc = place(g, &g->tensors[i], err);
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

/*
 * Type 42 is two layouts: 64 weights a scale, or 128 by older writers. Nothing says which, but the sizes of
 * all tensors must give their offsets, and the end of the file.
 */
int model_gguf_lay_out(struct model_gguf *g, struct qk_error *err)
{
    bool any_42 = false;
    for (size_t i = 0; i < g->tensor_count; i++) {
        g->tensors[i].type_42 = g->tensors[i].type == MODEL_GGUF_TYPE_Q2_0;
        any_42 = any_42 || g->tensors[i].type_42;
    }
    const int rc = lay_out(g, MODEL_GGUF_TYPE_Q2_0, err);
    if (!any_42 || (rc == 0 && ends_there(g)))
        return rc;
    /* The next offset shows a tensor's size. That of the last one only the file's end shows. */
    if (lay_out(g, MODEL_GGUF_TYPE_PQ2_0, NULL) == 0 &&
        (ends_there(g) || (rc && !last_is(g, MODEL_GGUF_TYPE_PQ2_0))))
        return 0;
    return lay_out(g, MODEL_GGUF_TYPE_Q2_0, err); /* neither is better */
}

/*
 * What can be said of tensors that cannot be used: none has data, and one of unknown size has the bytes up to
 * the next, or to the end of the file.
 */
void model_gguf_lay_out_roughly(struct model_gguf *g)
{
    if (!qk_align_size(g->infos_end, g->alignment, &g->data_offset) || g->data_offset > g->size)
        g->data_offset = g->size;
    for (size_t i = 0; i < g->tensor_count; i++) {
        struct model_gguf_tensor *const t = &g->tensors[i];
        const uint64_t end = i + 1 < g->tensor_count ? t[1].offset : g->size - g->data_offset;
        t->data = NULL;
        if (!has_size(t) || take_size(g, t, NULL))
            t->size = end > t->offset && end - t->offset <= SIZE_MAX ? (size_t)(end - t->offset) : 0;
    }
}
