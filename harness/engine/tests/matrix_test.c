/* SPDX-License-Identifier: MIT */
#include "harness/engine/matrix.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench_environment env = {
    .cache_count = 3,
    .caches = {{1, "Data", 32 << 10, 1}, {2, "Unified", 1 << 20, 1}, {3, "Unified", 32 << 20, 8}}};
static struct qk_error err;
static struct bench_matrix m; /* the last one made */

static int make(const char *shapes, const char *pattern)
{
    char text[128];
    char *list[] = {text};
    snprintf(text, sizeof text, "%s", pattern ? pattern : "");
    memset(&err, 0, sizeof err);
    bench_matrix_free(&m);
    return bench_matrix_make(&m, qk_table_builtin(), list, pattern ? 1 : 0, shapes, &env, &err);
}

static size_t wanted(const struct bench_group *g)
{
    size_t n = 0;
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        n += g->wanted[i];
    return n;
}

UNIT_TEST(without_a_pattern_everything)
{
    size_t variants = 0;
    assert_int_equal(make(NULL, NULL), 0);
    assert_string_equal(m.source, "seed");
    for (size_t g = 0; g < m.count; g++)
        if (!g || m.groups[g].op != m.groups[g - 1].op)
            variants += wanted(&m.groups[g]);
    assert_int_equal(variants, qk_table_builtin()->count);
    assert_int_equal(make(NULL, "qk256_dequant"), 0);
    assert_int_equal(m.count, 5);
    assert_string_equal(m.groups[3].name, "4096");
}

UNIT_TEST(the_reference_runs_along)
{
    assert_int_equal(make("seed", "qk256_dequant/p4*/4096"), 0);
    assert_int_equal(m.count, 1);
    assert_int_equal(wanted(&m.groups[0]), 2);
    assert_true(m.groups[0].wanted[0]);
    assert_false(m.groups[0].reference_asked);
    assert_int_equal(make("seed", "qk256_dequant/scalar"), 0);
    assert_true(m.groups[0].reference_asked);
}

UNIT_TEST(sets_by_name)
{
    assert_int_equal(make("blocks", NULL), 0);
    assert_int_equal(m.count, 7);
    assert_string_equal(m.groups[6].name, "16384");
    assert_int_equal(make("model", "qk256_dequant/*/6912x*"), 0);
    assert_int_equal(m.count, 1);
    assert_string_equal(m.groups[0].name, "6912x2560");
}

/* Working sets: as large as half of each cache allows, and max(256 MiB, 4 x L3) from DRAM. */
UNIT_TEST(cache_shapes_fit_the_caches)
{
    const double bytes[] = {16 << 10, 512 << 10, 16 << 20, 256 << 20};
    assert_int_equal(make("cache", "qk256_dequant"), 0);
    assert_int_equal(m.count, 4);
    for (int i = 0; i < 4; i++) {
        struct qk_plan plan;
        assert_int_equal(qk_op_row(m.groups[i].op)->on->plan(&m.groups[i].shape, &plan, &err), 0);
        const double set = (double)(plan.bytes_read + plan.bytes_written);
        assert_true(set <= bytes[i] && set > bytes[i] - 1200);
    }
    env.caches[2].bytes = 512 << 20;
    assert_int_equal(make("cache", "qk256_dequant"), 0);
    assert_true(m.groups[3].shape.dim[0] > (size_t)1 << 28);
    env.caches[2].bytes = 32 << 20;
}

static void refused(const char *shapes, const char *pattern, const char *found, const char *valid)
{
    assert_int_equal(make(shapes, pattern), QK_ERR_ARG);
    assert_non_null(strstr(err.text, found));
    assert_non_null(strstr(err.text, valid));
}

UNIT_TEST(unknown_names_are_named_with_the_valid_ones)
{
    refused("sead", NULL, "sead", "blocks");
    refused(NULL, "qk512", "no op 'qk512'", "qk256_dequant");
    refused(NULL, "qk256_dequant/p9", "no variant 'p9'", "p4_permute");
    refused(NULL, "qk256_dequant/*/4095", "no shape '4095'", "16384");
    refused(NULL, "*/*/4095", "shapes of seed", "16384");
    refused("model", "qk256_dequant/*/4096", "shapes of model", "640x2560");
}

UNIT_TEST(model_tensors_become_groups)
{
    assert_int_equal(make(MODEL_FIXTURES "/tiny.i2_s.gguf", NULL), 0);
    assert_int_equal(m.count, 22); /* 3 layers of 7, and the head */
    for (size_t g = 0; g < m.count; g++)
        assert_non_null(m.groups[g].inputs.fill);
    assert_int_equal(make(MODEL_FIXTURES "/tiny.i2_s.gguf", "*/*/*@blk.0.*"), 0);
    assert_int_equal(m.count, 7);
    assert_int_equal(make(MODEL_FIXTURES "/tiny.i2_s.gguf", "*/*/256x768@*"), 0);
    assert_int_equal(m.count, 3);
    assert_int_equal(make(MODEL_FIXTURES "/README.md", NULL), QK_ERR_FORMAT);
    assert_int_equal(make("./no-such.gguf", NULL), QK_ERR_IO);
}

/* The verification must be able to fail: one altered output is found, with its place. */
static void alter(const char *pattern, size_t at, const char *place)
{
    struct qk_plan plan;
    void *buffers[QK_BUFFERS_MAX];
    assert_int_equal(make(MODEL_FIXTURES "/tiny.i2_s.gguf", pattern), 0);
    const struct bench_group *g = &m.groups[0];
    assert_int_equal(qk_op_row(g->op)->on->plan(&g->shape, &plan, &err), 0);
    for (int i = 0; i < plan.buffer_count; i++)
        assert_non_null(buffers[i] = calloc(1, plan.buffers[i].bytes));
    assert_int_equal(g->inputs.fill(g->inputs.ctx, &plan, buffers, &err), 0);
    qk_op_row(g->op)->on->call(qk_reference(g->op)->fn, &plan, buffers, buffers, 1);
    assert_int_equal(g->inputs.verify(g->inputs.ctx, &plan, buffers, &err), 0);
    ((float *)buffers[0])[at] += 0.125f;
    assert_int_equal(g->inputs.verify(g->inputs.ctx, &plan, buffers, &err), QK_ERR_CHECK);
    assert_says(err.text, place);
    for (int i = 0; i < plan.buffer_count; i++)
        free(buffers[i]);
}

UNIT_TEST(model_verification_finds_a_wrong_value)
{
    alter("qk256_dequant/*/*@blk.0.attn_v.weight", 777, "column");
    alter("f16_gemv/*/*@token_embd.weight", 0, "row 0");
}

UNIT_FIXTURE(tear_down)
{
    bench_matrix_free(&m);
    return 0;
}

UNIT_TESTS(matrix, NULL, tear_down)
