/* SPDX-License-Identifier: MIT */
/*
 * Tests the checker on rows of semantic ops. Forms and kernels that are broken on purpose, one fault each,
 * must fail with a text that names the function and the fault. The same form without a fault must pass.
 */
#include "kernels/check/check.h"
#include "kernels/rows/ternary_plain.h"
#include "kernels/ternary_gemv/op.h"
#include "kernels/tests/tap.h"

#include <stdio.h>
#include <string.h>

#define KERNEL_ARGS                                                                                          \
    float *restrict y, const void *restrict weights, const void *restrict activations,                       \
        const struct qk_ternary *t
#define WEIGHTS_ARGS     void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t
#define ACTIVATIONS_ARGS void *activations, const float *x, const struct qk_ternary *t

static void whole(KERNEL_ARGS)
{
    multiply(y, weights, activations, t);
}

static void one_scale(KERNEL_ARGS)
{
    struct qk_ternary other = *t;
    whole(y, weights, activations, t);
    other.group = t->columns;
    if (t->group < t->columns)
        *y = row_times(weights, (const uint8_t *)weights + code_bytes(t), activations, &other);
}

static void off_by_little(KERNEL_ARGS)
{
    whole(y, weights, activations, t);
    y[t->rows - 1] *= 1 + 0x1p-10f;
}

/* Off by 6 * 2^-24 times the sum of d |x|, as a kernel may be that sums codes. */
static void off_by_codes(KERNEL_ARGS)
{
    const uint8_t *scales = (const uint8_t *)weights + code_bytes(t);
    float x[1 << 13];
    whole(y, weights, activations, t);
    dequantise_activations(x, activations, t);
    for (size_t r = 0; r < t->rows; r++) {
        float sum = 0;
        for (size_t c = 0; c < t->columns; c++) {
            uint16_t scale;
            memcpy(&scale, scales + 2 * (r * (t->columns / t->group) + c / t->group), sizeof scale);
            sum += qk_f16_to_f32(scale) * fabsf(x[c]);
        }
        y[r] += sum * 6 * 0x1p-24f;
    }
}

static void keeps_in_weights(KERNEL_ARGS)
{
    whole(y, weights, activations, t);
    *(volatile uint8_t *)(uintptr_t)weights = 1;
}

static void keeps_in_activations(KERNEL_ARGS)
{
    whole(y, weights, activations, t);
    *(volatile uint8_t *)(uintptr_t)activations = 1;
}

static void forgets_a_row(KERNEL_ARGS)
{
    const float was = y[t->rows - 1];
    whole(y, weights, activations, t);
    y[t->rows - 1] = was;
}

static void too_many_weights(WEIGHTS_ARGS)
{
    prepare_weights(weights, w, scale, t);
    ((volatile uint8_t *)weights)[(weight_bytes(t) + 3) / 4 * 4] = 0;
}

static void changes_w(WEIGHTS_ARGS)
{
    prepare_weights(weights, w, scale, t);
    *(volatile int8_t *)(uintptr_t)w = 0;
}

static void crashes_at_load(WEIGHTS_ARGS)
{
    (void)weights, (void)w, (void)scale, (void)t;
    __builtin_trap();
}

static void forgets_scales(WEIGHTS_ARGS)
{
    struct qk_ternary other = *t;
    other.group = t->columns;
    prepare_weights(weights, w, scale, t->columns > 512 ? &other : t);
}

static void too_many_activations(ACTIVATIONS_ARGS)
{
    prepare_activations(activations, x, t);
    ((volatile uint8_t *)activations)[activation_bytes(t)] = 0;
}

static void crashes_in_a_call(ACTIVATIONS_ARGS)
{
    (void)activations, (void)x, (void)t;
    __builtin_trap();
}

/* Does nothing where something is there already. */
static void lazy(ACTIVATIONS_ARGS)
{
    if (*(const uint8_t *)activations != 0xa5)
        prepare_activations(activations, x, t);
}

static void seven_bits(ACTIVATIONS_ARGS)
{
    prepare_activations(activations, x, t);
    for (size_t c = 0; c < t->columns; c++)
        ((uint8_t *)activations)[sizeof(float) + c] &= 0xfe;
}

static void sees_nothing(float *x, const void *activations, const struct qk_ternary *t)
{
    (void)activations;
    memset(x, 0, t->columns * sizeof *x);
}

static void sees_a_little_more(float *x, const void *activations, const struct qk_ternary *t)
{
    dequantise_activations(x, activations, t);
    for (size_t c = 0; c < t->columns; c++)
        x[c] *= 1 + 0x1p-12f;
}

static size_t none(const struct qk_ternary *t)
{
    (void)t;
    return 0;
}

static size_t far_too_many(const struct qk_ternary *t)
{
    return 17 * t->rows * t->columns;
}

static const struct qk_form good = {.bytes = sizeof(struct qk_form),
                                    .align = sizeof(float),
                                    .bound = QK_BOUND_PRODUCTS,
                                    .tolerance = 4,
                                    .block = 32,
                                    .scales = QK_SCALE_PER_ANY,
                                    .rows_of = 1,
                                    .columns_of = 32,
                                    .weight_bytes = weight_bytes,
                                    .activation_bytes = activation_bytes,
                                    .prepare_weights = prepare_weights,
                                    .prepare_activations = prepare_activations,
                                    .dequantise_activations = dequantise_activations};

/* Whether an access that faulted was a write is known on x86 only. */
#if defined __x86_64__
#define WROTE "wrote"
#else
#define WROTE "touched"
#endif

static const struct broken {
    const char *name, *says;
    qk_ternary_gemv_fn *fn;
    struct qk_form other; /* what is not as in `good` */
} broken[] = {
    {"a scale per row in place of groups", "* 2^-24 * B", one_scale, {0}},
    {"a row off by 2^-10", "* 2^-24 * B", off_by_little, {0}},
    {"a kernel that writes weights", WROTE " weights at byte 0; it is now read-only", keeps_in_weights, {0}},
    {"a kernel that writes activations",
     WROTE " activations at byte 0; it is now read-only",
     keeps_in_activations,
     {0}},
    {"a row that is not written", "row 15, token 0", forgets_a_row, {0}},
    {"weights past the end",
     "prepare_weights " WROTE " 1 bytes past the end of weights",
     whole,
     {.prepare_weights = too_many_weights}},
    {"a plain matrix that is written",
     "prepare_weights " WROTE " input w",
     whole,
     {.prepare_weights = changes_w}},
    {"a crash at load", "prepare_weights died of", whole, {.prepare_weights = crashes_at_load}},
    {"scales that are not prepared", "expected", whole, {.prepare_weights = forgets_scales}},
    {"activations past the end",
     "prepare_activations " WROTE " 1 bytes past the end of activations",
     whole,
     {.prepare_activations = too_many_activations}},
    {"a crash before the kernel",
     "prepare_activations died of",
     whole,
     {.prepare_activations = crashes_in_a_call}},
    {"activations that are not prepared again", "expected", whole, {.prepare_activations = lazy}},
    {"activations of seven bits", "expected", whole, {.prepare_activations = seven_bits}},
    {"activations that are not seen",
     "dequantised activations: column",
     whole,
     {.dequantise_activations = sees_nothing}},
    {"activations that are seen larger",
     "* 2^-24 * B",
     whole,
     {.dequantise_activations = sees_a_little_more}},
    {"no bytes for any matrix", "has none of these shapes", whole, {.weight_bytes = none}},
    {"no bytes for activations", "and 0 for", whole, {.activation_bytes = none}},
    {"seventeen bytes a weight", "at most 16", whole, {.weight_bytes = far_too_many}},
};
enum { BROKEN = sizeof broken / sizeof *broken };

static struct qk_variant variant_of(qk_ternary_gemv_fn *fn, const struct qk_form *form)
{
    return (struct qk_variant){.op = QK_OP_ternary_gemv,
                               .kind = QK_PREPARED,
                               .op_name = "ternary_gemv",
                               .name = "test",
                               .fn = (qk_fn *)fn,
                               .form = form};
}

static struct qk_form mended(const struct qk_form *other)
{
    struct qk_form f = good;
    f.weight_bytes = other->weight_bytes ? other->weight_bytes : f.weight_bytes;
    f.activation_bytes = other->activation_bytes ? other->activation_bytes : f.activation_bytes;
    f.prepare_weights = other->prepare_weights ? other->prepare_weights : f.prepare_weights;
    f.prepare_activations = other->prepare_activations ? other->prepare_activations : f.prepare_activations;
    if (other->dequantise_activations)
        f.dequantise_activations = other->dequantise_activations;
    return f;
}

/* B is larger for a kernel that sums codes. */
static void bounds(struct qk_error *err)
{
    struct qk_form form = good;
    form.tolerance = 4;
    form.block = 0;
    form.scales = QK_SCALE_PER_ROW;
    const struct qk_variant v = variant_of(off_by_codes, &form);
    tap(qk_check_variant(&v, 1, NULL, err) == QK_ERR_CHECK && strstr(err->text, "4 * 2^-24 * B"),
        "an error of codes, where products are summed", err);
    form.bound = QK_BOUND_CODES;
    tap(!qk_check_variant(&v, 1, NULL, err), "an error of codes, where codes are summed", err);
}

/* A row need not have all shapes, nor show what it makes of activations. */
static void partial(struct qk_error *err)
{
    struct qk_form rows = good, groups = good, hidden = good;
    const struct qk_form *const forms[] = {&rows, &groups, &hidden};
    rows.scales = QK_SCALE_PER_ROW;
    rows.rows_of = 16;
    rows.columns_of = 256;
    groups.scales = groups.columns_of = 64;
    hidden.dequantise_activations = NULL;
    struct qk_shape shape;
    int code = 0;
    for (int i = 0; i < 3 && !code; i++) {
        const struct qk_variant v = variant_of(whole, forms[i]);
        code = qk_check_variant(&v, 1, NULL, err);
    }
    tap(!code, "rows of few shapes, and without dequantised activations", err);
    const struct qk_variant v = variant_of(whole, &rows);
    tap(!qk_shape_parse("16x256x64", &shape, err) &&
            qk_check_on_shape(&v, &shape, 1, err) == QK_ERR_UNAVAILABLE &&
            strstr(err->text, "no scales of such groups"),
        "a shape that a form has not", err);
    tap(!qk_shape_parse("17x256", &shape, err) &&
            qk_check_on_shape(&v, &shape, 1, err) == QK_ERR_UNAVAILABLE && strstr(err->text, "rows in other"),
        "rows that a form has not", err);
}

TEST_PART(forms)
{
    struct qk_error err = {0};
    for (int i = 0; i < BROKEN; i++) {
        const struct qk_form form = mended(&broken[i].other);
        const struct qk_variant v = variant_of(broken[i].fn, &form);
        const int code = qk_check_variant(&v, 1, NULL, &err);
        tap(code == QK_ERR_CHECK && strstr(err.text, broken[i].says), broken[i].name, &err);
    }
    const struct qk_variant v = variant_of(whole, &good);
    uint64_t calls = 0;
    tap(!qk_check_variant(&v, 1, &calls, &err) && calls > 1000, "the form without a fault passes", &err);
    bounds(&err);
    partial(&err);
    return tap_end();
}
