/* SPDX-License-Identifier: MIT */
/* A plug-in with one fault, FAULT (bad_plugin_test.sh). */
#include <qkbench/plugin.h>
#include <stdlib.h>
#include <unistd.h>

enum { NONE, ABI, TWICE, ROW_BYTES, ROW_COUNT, UNKNOWN_OP, LEAVES, WRONG, PREPARE, NO_FORM = 10, FORM_SIZE };

static void sum(float *out, const float *a, const float *b, size_t n)
{
    float s[8] = {0};
    for (size_t i = 0; i < n; i++)
        s[i % 8] += a[i] * b[i];
    out[0] =
        ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + (FAULT == WRONG ? 1e6f : 0.0f);
}

/* A semantic row that does not come as far as its kernel. */
static size_t bytes(const struct qk_ternary *t)
{
    return FAULT == FORM_SIZE ? SIZE_MAX : t->rows * t->columns;
}
static void prepare(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    (void)weights, (void)w, (void)scale, (void)t;
    abort();
}
static void activations(void *to, const float *x, const struct qk_ternary *t)
{
    (void)to, (void)x, (void)t;
}
static void product(float *y, const void *weights, const void *x, const struct qk_ternary *t)
{
    (void)y, (void)weights, (void)x, (void)t;
}
static const struct qk_form form = {.bytes = sizeof form,
                                    .align = 64,
                                    .bound = QK_BOUND_PRODUCTS,
                                    .scales = QK_SCALE_PER_ROW,
                                    .rows_of = 1,
                                    .columns_of = 32,
                                    .weight_bytes = bytes,
                                    .activation_bytes = bytes,
                                    .prepare_weights = prepare,
                                    .prepare_activations = activations};

#define OF(op, fn)                                                                                           \
    {                                                                                                        \
        op, "mine", "BASE", "-", "PLAIN", "HAND", "ALL", "", (qk_fn *)(fn), NULL, NULL                       \
    }
static const struct qk_module_row rows[] = {
#if FAULT == 5
    OF("f64_dot", sum),
#elif FAULT == 8 || FAULT == 11
    QK_ROW_PREPARED(ternary_gemv, mine, BASE, product, form),
#elif FAULT == 10
    {"ternary_gemv", "mine", "BASE", "-", "PREPARED", "HAND", "ALL", "", (qk_fn *)product, NULL, NULL},
#else
    OF("f32_dot", sum),
#endif
#if FAULT == 2
    OF("f32_dot", sum),
#endif
};

#if FAULT == 6
__attribute__((constructor)) static void leave(void)
{
    _exit(0);
}
#endif

const struct qk_module *qk_kernels_module(void)
{
    static const struct qk_module module = {.magic = QK_MODULE_MAGIC,
                                            .abi = QK_MODULE_ABI + (FAULT == ABI),
                                            .row_bytes = sizeof *rows + (FAULT == ROW_BYTES ? 8 : 0),
                                            .row_count =
                                                FAULT == ROW_COUNT ? 5000 : sizeof rows / sizeof *rows,
                                            .rows = rows,
                                            .compiler = "cc",
                                            .version = "0",
                                            .name = "bad"};
    return &module;
}
