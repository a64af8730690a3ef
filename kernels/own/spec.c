/* SPDX-License-Identifier: MIT */
#include "kernels/own/spec.h"

#include "kernels/table/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* [enum qk_own_type] */
static const struct {
    size_t bytes;
    double low, high; /* of integers; floats may be anything finite */
    bool real;
} types[] = {[QK_U8] = {1, 0, UINT8_MAX, false},
             [QK_I8] = {1, INT8_MIN, INT8_MAX, false},
             [QK_U16] = {2, 0, UINT16_MAX, false},
             [QK_I16] = {2, INT16_MIN, INT16_MAX, false},
             [QK_I32] = {4, INT32_MIN, INT32_MAX, false},
             [QK_F16] = {2, -65504, 65504, true},
             [QK_F32] = {4, -0x1.fffffep127, 0x1.fffffep127, true}};
enum { TYPES = sizeof types / sizeof *types };

size_t qk_own_type_bytes(uint32_t type)
{
    return types[type].bytes;
}

static bool is_name(const char *text)
{
    return *text &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!text[i])
            return i > 0;
        else if (text[i] < ' ' || text[i] > '~')
            return false;
    return false;
}

static bool is_count(const struct qk_own_spec *spec, const struct qk_own_count *count)
{
    return count->times && count->per && count->dims < 1u << spec->dims;
}

static const char *buffer_flaw(const struct qk_own_spec *spec, const struct qk_own_spec_buffer *b)
{
    if (!is_text(b->name, sizeof b->name) || !is_name(b->name))
        return "its name is no word of letters, digits and _";
    for (const struct qk_own_spec_buffer *other = spec->buffers; other < b; other++)
        if (!strcmp(other->name, b->name))
            return "an earlier buffer has the same name";
    if (b->role < QK_IN || b->role > QK_OUT)
        return "its role is neither QK_IN nor QK_VARIED nor QK_OUT";
    if (b->type < QK_U8 || b->type >= TYPES)
        return "its type is unknown";
    if (b->align & (b->align - 1) || (b->align && b->align < types[b->type].bytes) || b->align > QK_OWN_ALIGN)
        return "its alignment is no power of two from its type's to 64";
    if (!is_count(spec, &b->elements))
        return "its number of elements has a 0, or a size that shapes have not";
    if (b->role != QK_OUT &&
        !(b->low >= types[b->type].low && b->low <= b->high && b->high <= types[b->type].high))
        return "its values are no range of its type";
    if (b->role == QK_VARIED && b->low == b->high)
        return "it is VARIED, but can have only one value";
    if (b->role == QK_OUT &&
        !(b->absolute >= 0 && isfinite(b->absolute) && b->relative >= 0 && isfinite(b->relative)))
        return "its tolerance is negative or not finite";
    if (b->role == QK_OUT && !types[b->type].real && (b->absolute > 0 || b->relative > 0))
        return "it has a tolerance, but holds integers";
    return NULL;
}

static bool buffers_sound(const struct qk_own_spec *spec, char *why, size_t size)
{
    bool varied = false, output = false;
    for (uint32_t i = 0; i < spec->buffer_count; i++) {
        const char *const flaw = buffer_flaw(spec, &spec->buffers[i]);
        if (flaw) {
            snprintf(why, size, "buffer %u: %s", i, flaw);
            return false;
        }
        varied |= spec->buffers[i].role == QK_VARIED;
        output |= spec->buffers[i].role == QK_OUT;
    }
    if (!varied || !output)
        snprintf(why, size, "it has no %s buffer", output ? "VARIED" : "OUT");
    return varied && output;
}

/* A list of shapes; `most` bytes on each. */
static bool shapes_sound(const struct qk_own_spec *spec, const char *list, size_t most, char *why,
                         size_t size)
{
    char text[QK_SHAPE_TEXT];
    size_t count = 0;
    for (const char *rest = list; (rest = qk_shape_word(rest, text)); count++) {
        struct qk_shape shape;
        struct qk_plan plan;
        struct qk_error err;
        size_t bytes = 0;
        if (qk_shape_parse(text, &shape, &err) || qk_own_plan(spec, &shape, &plan, &err)) {
            snprintf(why, size, "%s", err.text);
            return false;
        }
        for (int i = 0; i < plan.buffer_count; i++)
            bytes += plan.buffers[i].bytes; /* qk_own_plan has added them before */
        if (bytes > most) {
            snprintf(why, size, "on the shape %s its buffers take %zu bytes; expected at most %zu", text,
                     bytes, most);
            return false;
        }
    }
    if (!count)
        snprintf(why, size, "a list of its shapes is empty");
    return count > 0;
}

static const char *const built_in[] = {
#define OP(op, stages, what) #op,
#include "kernels/ops.def"
#undef OP
    NULL};

static const char *head_flaw(const struct qk_own_spec *spec)
{
    if (!is_text(spec->name, sizeof spec->name) || !is_name(spec->name))
        return "its name is no word of letters, digits and _";
    for (const char *const *name = built_in; *name; name++)
        if (!strcmp(*name, spec->name))
            return "its name is that of a built-in op";
    if (!is_text(spec->what, sizeof spec->what))
        return "it does not say in a line what it computes";
    if (spec->dims < 1 || spec->dims > QK_OWN_DIMS)
        return "its shapes have no 1 to 4 sizes";
    if (spec->buffer_count < 2 || spec->buffer_count > QK_OWN_BUFFERS)
        return "it has no 2 to 8 buffers";
    for (int i = 0; i < QK_OWN_DIMS; i++)
        if (spec->multiple[i] > QK_OWN_MULTIPLE)
            return "a size is to be a multiple of more than 64";
    if (!is_count(spec, &spec->results) || !is_count(spec, &spec->operations))
        return "its work has a 0, or a size that shapes have not";
    if (!is_text(spec->shapes, sizeof spec->shapes) ||
        !is_text(spec->check_shapes, sizeof spec->check_shapes) ||
        !is_text(spec->touch_shape, sizeof spec->touch_shape))
        return "a list of its shapes is empty";
    return NULL;
}

bool qk_own_sound(const struct qk_own_spec *spec, char *why, size_t size)
{
    const char *const flaw = head_flaw(spec);
    char text[QK_SHAPE_TEXT];
    if (flaw) {
        snprintf(why, size, "%s", flaw);
        return false;
    }
    if (!buffers_sound(spec, why, size) || !shapes_sound(spec, spec->shapes, SIZE_MAX, why, size) ||
        !shapes_sound(spec, spec->check_shapes, (size_t)1 << 24, why, size) ||
        !shapes_sound(spec, spec->touch_shape, QK_OWN_TOUCH_BYTES, why, size))
        return false;
    const char *const rest = qk_shape_word(spec->touch_shape, text);
    if (qk_shape_word(rest, text)) {
        snprintf(why, size, "its touch_shape is more than one shape");
        return false;
    }
    return true;
}

const char *qk_own_differs(const struct qk_own_spec *a, const struct qk_own_spec *b)
{
    for (uint32_t i = 0; i < QK_OWN_BUFFERS; i++) {
        const struct qk_own_spec_buffer *x = &a->buffers[i], *y = &b->buffers[i];
        if (strcmp(x->name, y->name) != 0 || x->role != y->role || x->type != y->type ||
            x->align != y->align || memcmp(&x->elements, &y->elements, sizeof x->elements) != 0)
            return "its buffers";
        if (x->low != y->low || x->high != y->high)
            return "the range of an input";
        if (x->absolute != y->absolute || x->relative != y->relative)
            return "the tolerance of an output";
    }
    if (a->dims != b->dims || memcmp(a->multiple, b->multiple, sizeof a->multiple) != 0 ||
        strcmp(a->shapes, b->shapes) != 0 || strcmp(a->check_shapes, b->check_shapes) != 0 ||
        strcmp(a->touch_shape, b->touch_shape) != 0)
        return "its shapes";
    if (memcmp(&a->results, &b->results, sizeof a->results) != 0 ||
        memcmp(&a->operations, &b->operations, sizeof a->operations) != 0)
        return "its work";
    return a->fills == b->fills ? NULL : "how its inputs are filled";
}

static bool count_of(const struct qk_own_count *count, const struct qk_shape *shape, size_t *to)
{
    size_t product = count->times;
    for (int i = 0; i < shape->dims; i++)
        if (count->dims >> i & 1 && !qk_mul_size(product, shape->dim[i], &product))
            return false;
    *to = product / count->per + (product % count->per != 0);
    return true;
}

static int plan_buffer(const struct qk_own_spec_buffer *b, const struct qk_shape *shape, struct qk_plan *plan,
                       size_t *total, struct qk_error *err)
{
    const size_t element = types[b->type].bytes, align = b->align ? b->align : element;
    struct qk_buffer *to = &plan->buffers[plan->buffer_count++];
    size_t count;
    *to = (struct qk_buffer){.name = b->name, .output = b->role == QK_OUT, .align = align};
    if (!count_of(&b->elements, shape, &count) || !qk_mul_size(count, element, &to->bytes) ||
        !qk_add_size(*total, to->bytes, total))
        return qk_fail(err, QK_ERR_MEMORY, b->name, "the size of buffer %s overflows", b->name);
    if (to->bytes % align)
        return qk_fail(err, QK_ERR_ARG, b->name,
                       "buffer %s has %zu bytes, which is no multiple of its alignment, %zu", b->name,
                       to->bytes, align);
    *(to->output ? &plan->bytes_written : &plan->bytes_read) += to->bytes;
    return 0;
}

int qk_own_plan(const struct qk_own_spec *spec, const struct qk_shape *shape, struct qk_plan *plan,
                struct qk_error *err)
{
    char text[QK_SHAPE_TEXT];
    size_t total = 0, results, operations;
    memset(plan, 0, sizeof *plan);
    qk_shape_print(shape, text);
    if (shape->dims != (int)spec->dims)
        return qk_fail(err, QK_ERR_ARG, text, "shape %s: found %d sizes, expected %u", text, shape->dims,
                       spec->dims);
    for (int i = 0; i < shape->dims; i++)
        if (spec->multiple[i] && shape->dim[i] % spec->multiple[i])
            return qk_fail(err, QK_ERR_ARG, text, "shape %s: size %d is %zu, expected a multiple of %u", text,
                           i + 1, shape->dim[i], spec->multiple[i]);
    plan->count = shape->dim[0];
    memcpy(plan->dims, shape->dim, sizeof plan->dims);
    for (uint32_t i = 0; i < spec->buffer_count; i++) {
        struct qk_error why;
        const int code = plan_buffer(&spec->buffers[i], shape, plan, &total, &why);
        if (code)
            return qk_fail(err, code, text, "shape %s: %s", text, why.text);
    }
    if (!count_of(&spec->results, shape, &results) || !count_of(&spec->operations, shape, &operations))
        return qk_fail(err, QK_ERR_MEMORY, text, "shape %s: the work overflows", text);
    plan->elements = results;
    plan->ops = operations;
    return 0;
}
