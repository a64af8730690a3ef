/* SPDX-License-Identifier: MIT */
#include "kernels/own/ops.h"

#include "kernels/cases/case_tools.h"
#include "kernels/f16.h"
#include "kernels/table/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct own {
    struct qk_own_spec spec;
    size_t users;
    qk_own_fill_fn *fill;
    struct qk_op_row row;
    struct qk_case on;
    struct qk_shape_set sets[2];
    struct qk_variant reference;
} owns[QK_OWN_OPS];

/* An element of a type as a double, and back. */
static double get(uint32_t type, const void *at)
{
    float real;
    int32_t whole;
    int16_t half;
    switch (type) {
    case QK_U8:
        return *(const uint8_t *)at;
    case QK_I8:
        return *(const int8_t *)at;
    case QK_U16:
    case QK_I16:
        memcpy(&half, at, sizeof half);
        return type == QK_I16 ? half : (uint16_t)half;
    case QK_I32:
        memcpy(&whole, at, sizeof whole);
        return whole;
    case QK_F16:
        memcpy(&half, at, sizeof half);
        return (double)qk_f16_to_f32((uint16_t)half);
    default:
        memcpy(&real, at, sizeof real);
        return (double)real;
    }
}

static void put(uint32_t type, void *at, double value)
{
    const float real = (float)value;
    const int64_t whole = type == QK_F16 || type == QK_F32 ? 0 : (int64_t)value;
    const uint16_t half = type == QK_F16 ? qk_f32_to_f16(real) : (uint16_t)whole;
    const int32_t word = (int32_t)whole;
    if (type == QK_F32)
        memcpy(at, &real, sizeof real);
    else if (type == QK_I32)
        memcpy(at, &word, sizeof word);
    else if (qk_own_type_bytes(type) == 1)
        *(uint8_t *)at = (uint8_t)whole;
    else
        memcpy(at, &half, sizeof half);
}

static bool is_real(uint32_t type)
{
    return type == QK_F16 || type == QK_F32;
}

static double draw(const struct qk_own_spec_buffer *b, struct qk_rng *rng)
{
    if (is_real(b->type))
        return b->low + (double)qk_rng_unit(rng) * (b->high - b->low);
    return b->low + (double)qk_rng_below(rng, (uint64_t)(b->high - b->low) + 1);
}

/* The ends of the range, and of floats what lies around 0, where the range has it. */
static double extreme(const struct qk_own_spec_buffer *b, struct qk_rng *rng)
{
    static const double around[] = {0.0, -0.0, 0x1p-149, -0x1p-149, 0x1p-24, -0x1p-24};
    const double other = around[qk_rng_below(rng, is_real(b->type) ? 6 : 1)];
    switch (qk_rng_below(rng, 3)) {
    case 0:
        return b->low;
    case 1:
        return b->high;
    default:
        return other >= b->low && other <= b->high ? other : b->high;
    }
}

static void fill_buffer(const struct qk_own_spec_buffer *b, size_t bytes, enum qk_fill kind,
                        struct qk_rng *rng, void *to)
{
    const size_t unit = qk_own_type_bytes(b->type);
    const double one = draw(b, rng), values = b->high - b->low + 1;
    for (size_t i = 0; i < bytes / unit; i++) {
        double value = one;
        if (kind == QK_FILL_EXTREME)
            value = extreme(b, rng);
        else if (kind == QK_FILL_ORDINARY || (kind == QK_FILL_CODES && is_real(b->type)))
            value = draw(b, rng);
        else if (kind == QK_FILL_CODES)
            value = b->low + fmod((double)i, values);
        put(b->type, (char *)to + i * unit, value);
    }
}

static void fill(const struct own *own, const struct qk_plan *plan, enum qk_fill kind, struct qk_rng *rng,
                 void *const *buffers)
{
    static const uint32_t kinds[] = {[QK_FILL_ORDINARY] = QK_OWN_ORDINARY,
                                     [QK_FILL_EXTREME] = QK_OWN_EXTREME,
                                     [QK_FILL_CODES] = QK_OWN_COUNTING,
                                     [QK_FILL_CONSTANT] = QK_OWN_CONSTANT};
    if (own->fill) {
        void *inputs[QK_OWN_BUFFERS] = {NULL};
        for (int i = 0; i < plan->buffer_count; i++)
            inputs[i] = plan->buffers[i].output ? NULL : buffers[i];
        own->fill(inputs, plan->dims, kinds[kind], qk_rng_next(rng));
        return;
    }
    for (int i = 0; i < plan->buffer_count; i++)
        if (!plan->buffers[i].output && buffers[i])
            fill_buffer(&own->spec.buffers[i], plan->buffers[i].bytes, kind, rng, buffers[i]);
}

/* Elements within the tolerance. */
static bool near(const struct qk_own_spec_buffer *b, size_t bytes, const void *expected, const void *found,
                 char *why, size_t size)
{
    const size_t unit = qk_own_type_bytes(b->type);
    for (size_t i = 0; i < bytes / unit; i++) {
        const double want = get(b->type, (const char *)expected + i * unit);
        const double got = get(b->type, (const char *)found + i * unit);
        const double bound = b->absolute + b->relative * fabs(want);
        if (want == got || (isnan(want) && isnan(got)) || fabs(got - want) <= bound)
            continue;
        snprintf(why, size, "%s[%zu]: found %.10g, expected %.10g", b->name, i, got, want);
        if (bound > 0)
            snprintf(why + strlen(why), size - strlen(why), " within %.3g", bound);
        return false;
    }
    return true;
}

static bool same(const struct own *own, const struct qk_plan *plan, void *const *expected, void *const *found,
                 char *why, size_t size)
{
    bool is = true;
    for (int i = 0; i < plan->buffer_count && is; i++) {
        const struct qk_own_spec_buffer *b = &own->spec.buffers[i];
        if (b->role != QK_OUT)
            continue;
        if (b->absolute > 0 || b->relative > 0 || !is_real(b->type))
            is = near(b, plan->buffers[i].bytes, expected[i], found[i], why, size);
        else if (b->type == QK_F32)
            is = qk_same_f32(plan, i, expected, found, why, size);
        else
            is = qk_same_bytes(plan, i, expected, found, why, size);
    }
    return is;
}

/* All rows of all such ops have this one form, so the loop is not the plug-in's. */
static void call(qk_fn *fn, const struct qk_plan *plan, void *const *even, void *const *odd, uint64_t calls)
{
    qk_own_fn *const kernel = (qk_own_fn *)(void (*)(void))fn;
    size_t dims[QK_SHAPE_DIMS];
    memcpy(dims, plan->dims, sizeof dims);
    dims[0] = plan->count;
    for (uint64_t i = 0; i < calls; i++)
        kernel(i & 1 ? odd : even, dims);
}

/* The functions of a struct qk_case do not know their op, so each place has its own. */
#define PLACES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define PLACE(n)                                                                                             \
    static int plan_##n(const struct qk_shape *shape, struct qk_plan *plan, struct qk_error *err)            \
    {                                                                                                        \
        return qk_own_plan(&owns[n].spec, shape, plan, err);                                                 \
    }                                                                                                        \
    static void fill_##n(const struct qk_plan *plan, enum qk_fill kind, struct qk_rng *rng,                  \
                         void *const *buffers)                                                               \
    {                                                                                                        \
        fill(&owns[n], plan, kind, rng, buffers);                                                            \
    }                                                                                                        \
    static bool same_##n(const struct qk_plan *plan, void *const *expected, void *const *found, char *why,   \
                         size_t size)                                                                        \
    {                                                                                                        \
        return same(&owns[n], plan, expected, found, why, size);                                             \
    }
PLACES(PLACE)
#define FUNCTIONS(n) {.plan = plan_##n, .fill = fill_##n, .same = same_##n, .call = call},
static const struct qk_case functions[] = {PLACES(FUNCTIONS)};
_Static_assert(sizeof functions / sizeof *functions == QK_OWN_OPS, "a place for each op");

/* The first of the timed shapes with more of its first size fills a cache. */
static void describe(struct own *own, const struct qk_case *with)
{
    const struct qk_own_spec *const spec = &own->spec;
    char first[QK_SHAPE_TEXT];
    own->on = *with;
    own->on.sets = own->sets;
    own->on.check_shapes = spec->check_shapes;
    own->on.touch_shape = spec->touch_shape;
    own->on.step = spec->multiple[0];
    qk_shape_word(spec->shapes, first);
    if (!qk_shape_parse(first, &own->on.large[0], NULL))
        own->on.large[0].dim[0] = 0;
    for (uint32_t i = 0; i < spec->buffer_count; i++) {
        own->on.alternates |= (unsigned)(spec->buffers[i].role == QK_VARIED) << i;
        own->on.bounded |= spec->buffers[i].absolute > 0 || spec->buffers[i].relative > 0;
    }
    own->sets[0] = (struct qk_shape_set){"seed", spec->shapes};
    own->row = (struct qk_op_row){.name = spec->name, .stages = "-", .what = spec->what, .on = &own->on};
}

static struct own *place_of(enum qk_op op)
{
    const int at = (int)op - QK_OP_COUNT;
    return at >= 0 && at < QK_OWN_OPS && owns[at].users ? &owns[at] : NULL;
}

int qk_own_add(const struct qk_own_spec *spec, enum qk_op *op, struct qk_error *err)
{
    int at = -1;
    for (int i = 0; i < QK_OWN_OPS; i++) {
        if (!owns[i].users) {
            at = at < 0 ? i : at;
            continue;
        }
        if (strcmp(owns[i].spec.name, spec->name) != 0)
            continue;
        const char *const differs = qk_own_differs(&owns[i].spec, spec);
        if (differs)
            return qk_fail(err, QK_ERR_FORMAT, spec->name,
                           "op %s is not what another module calls so: %s differ", spec->name, differs);
        owns[i].users++;
        *op = (enum qk_op)(QK_OP_COUNT + i);
        return 0;
    }
    if (at < 0)
        return qk_fail(err, QK_ERR_MEMORY, spec->name, "op %s is one too many: at most %d of plug-ins",
                       spec->name, QK_OWN_OPS);
    owns[at] = (struct own){.spec = *spec, .users = 1};
    describe(&owns[at], &functions[at]);
    *op = (enum qk_op)(QK_OP_COUNT + at);
    return 0;
}

void qk_own_drop(enum qk_op op)
{
    struct own *const own = place_of(op);
    if (own)
        own->users--;
}

void qk_own_give(enum qk_op op, qk_fn *reference, qk_own_fill_fn *from)
{
    struct own *const own = place_of(op);
    if (!own || own->reference.fn)
        return;
    own->reference =
        (struct qk_variant){.op = op, .op_name = own->spec.name, .name = "reference", .fn = reference};
    own->fill = from;
}

void qk_own_take(enum qk_op op, qk_fn *reference)
{
    struct own *const own = place_of(op);
    if (own && own->reference.fn == reference) {
        own->reference.fn = NULL;
        own->fill = NULL;
    }
}

int qk_own_count(void)
{
    int count = QK_OWN_OPS;
    while (count && !owns[count - 1].users)
        count--;
    return count;
}

const struct qk_op_row *qk_own_row(enum qk_op op)
{
    static const struct qk_shape_set none[] = {{"seed", ""}, {NULL, NULL}};
    static const struct qk_case nothing = {.sets = none, .check_shapes = "", .touch_shape = ""};
    static const struct qk_op_row nobody = {.name = "-", .stages = "-", .what = "", .on = &nothing};
    const struct own *const own = place_of(op);
    return own ? &own->row : &nobody;
}

const struct qk_variant *qk_own_reference(enum qk_op op)
{
    static const struct qk_variant nobody = {.op_name = "-"};
    const struct own *const own = place_of(op);
    return own ? &own->reference : &nobody;
}

const struct qk_own_spec *qk_own_spec_of(enum qk_op op)
{
    struct own *const own = place_of(op);
    return own ? &own->spec : NULL;
}
