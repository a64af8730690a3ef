/* SPDX-License-Identifier: MIT */
#include "model/forward/kernel_set.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <string.h>

static struct qk_cpu all, base_only, avx2_only;

static int parse(struct model_kernels *k, const char *set, enum model_act act, struct qk_error *err)
{
    return model_kernels_parse(k, qk_table_builtin(), set, act, &all, err);
}

/* A CPU with every level, so that the tests say the same on every machine; nothing is run. */
UNIT_FIXTURE(make_cpus)
{
    for (int i = 0; i < QK_ISA_COUNT; i++)
        all.present[i] = true;
    base_only.present[QK_ISA_BASE] = true;
    for (int i = QK_ISA_BASE + 1; i < QK_ISA_COUNT; i++)
        strcpy(base_only.why[i], "not here");
    avx2_only = base_only;
    avx2_only.present[QK_ISA_AVX2] = true;
    return 0;
}

UNIT_TEST(sets_choose_variants_and_path)
{
    static const struct {
        const char *set;
        enum model_act act;
        enum model_path path;
        enum qk_op op;
        const char *variant;
    } sets[] = {
        {"best", MODEL_ACT_ANY, MODEL_PATH_I2S16, QK_OP_i2s16_gemv, "avx512_mask"},
        {"best", MODEL_ACT_INT8, MODEL_PATH_I2S16, QK_OP_i2s16_gemm, "amx_tile"},
        {"best", MODEL_ACT_F32, MODEL_PATH_QK256, QK_OP_qk256_gemv, "avx512_best"},
        {"baseline", MODEL_ACT_ANY, MODEL_PATH_DEQUANT, QK_OP_qk256_dequant, "scalar"},
        {"p1_unpack", MODEL_ACT_F32, MODEL_PATH_DEQUANT, QK_OP_qk256_dequant, "p1_unpack"},
        {"p4_permute", MODEL_ACT_ANY, MODEL_PATH_DEQUANT, QK_OP_qk256_dequant, "p4_permute"},
        {"i2s_gemv/avx2_madd", MODEL_ACT_ANY, MODEL_PATH_I2S, QK_OP_i2s_gemv, "avx2_madd"},
        {"i2s16_gem?/avx2_madd", MODEL_ACT_ANY, MODEL_PATH_I2S16, QK_OP_i2s16_gemm, "avx2_madd"},
        {"qk256_gemv/p*", MODEL_ACT_ANY, MODEL_PATH_QK256, QK_OP_qk256_gemv, "p4_permute"},
        {"rmsnorm/scalar+rope/avx2", MODEL_ACT_ANY, MODEL_PATH_I2S16, QK_OP_rope, "avx2"},
        {"rmsnorm/scalar+rope/avx2", MODEL_ACT_F32, MODEL_PATH_QK256, QK_OP_rmsnorm, "scalar"},
        {"qk256_dequant/avx2_best+f32_dot/scalar", MODEL_ACT_F32, MODEL_PATH_DEQUANT, QK_OP_f32_dot,
         "scalar"},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct model_kernels k;
        struct qk_error err;
        if (parse(&k, sets[i].set, sets[i].act, &err))
            fail_msg("%s: %s", sets[i].set, err.text);
        if (k.path != sets[i].path || strcmp(k.of[sets[i].op]->name, sets[i].variant) != 0)
            fail_msg("%s: path %d, %s", sets[i].set, (int)k.path, k.of[sets[i].op]->name);
        assert_string_equal(k.name, sets[i].set);
        for (int op = 0; op < QK_OP_COUNT; op++)
            assert_true(k.of[op] && (int)k.of[op]->op == op && k.of[op]->kind != QK_CEILING);
    }
}

UNIT_TEST(what_is_wrong_is_named)
{
    static const struct {
        const char *set;
        enum model_act act;
        const char *text;
    } bad[] = {
        {"", MODEL_ACT_ANY, "no such set"},
        {"p9", MODEL_ACT_ANY, "baseline, p1_unpack"},
        {"scalar", MODEL_ACT_ANY, "no such set"},    /* the set's name is baseline */
        {"avx2_best", MODEL_ACT_ANY, "no such set"}, /* no phase */
        {"i2s_gemv/none", MODEL_ACT_ANY, "matches no variant"},
        {"qk256_dequant/ceiling*", MODEL_ACT_ANY, "matches no variant"},
        {"i2s_gemv/scalar+i2s_gemv/avx*", MODEL_ACT_ANY, "named twice"},
        {"i2s_gemv/scalar+qk256_gemv/scalar", MODEL_ACT_ANY, "two ways"},
        {"*/scalar", MODEL_ACT_ANY, "two ways"},
        {"rope/avx2+", MODEL_ACT_ANY, "0 characters"},
        {"+rope/avx2", MODEL_ACT_ANY, "0 characters"},
        {"baseline", MODEL_ACT_INT8, "f32 activations, and int8"},
        {"i2s_gemv/scalar", MODEL_ACT_F32, "int8 activations, and f32"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct model_kernels k = {.name = "untouched"};
        struct qk_error err;
        if (parse(&k, bad[i].set, bad[i].act, &err) != QK_ERR_ARG || !strstr(err.text, bad[i].text))
            fail_msg("\"%s\": \"%s\", \"%s\" expected", bad[i].set, err.text, bad[i].text);
        assert_string_equal(k.name, "untouched");
    }
    char long_set[400];
    struct model_kernels k;
    struct qk_error err;
    memset(long_set, 'x', sizeof long_set);
    long_set[200] = '/';
    long_set[sizeof long_set - 1] = '\0';
    assert_int_equal(parse(&k, long_set, MODEL_ACT_ANY, &err), QK_ERR_ARG);
}

UNIT_TEST(what_is_not_here_is_unavailable)
{
    struct model_kernels k;
    struct qk_error err;
    assert_int_equal(model_kernels_parse(&k, qk_table_builtin(), "best", MODEL_ACT_ANY, &base_only, &err), 0);
    for (int op = 0; op < QK_OP_COUNT; op++)
        assert_ptr_equal(k.of[op], qk_reference((enum qk_op)op));
    assert_int_equal(
        model_kernels_parse(&k, qk_table_builtin(), "i2s_gemv/*", MODEL_ACT_ANY, &base_only, &err), 0);
    assert_string_equal(k.of[QK_OP_i2s_gemv]->name, "scalar");
    assert_int_equal(
        model_kernels_parse(&k, qk_table_builtin(), "p4_permute", MODEL_ACT_ANY, &base_only, &err),
        QK_ERR_UNAVAILABLE);
    assert_says(err.text, "p4_permute");
    assert_int_equal(
        model_kernels_parse(&k, qk_table_builtin(), "i2s_gemv/avx*", MODEL_ACT_ANY, &base_only, &err),
        QK_ERR_UNAVAILABLE);
}

/* A glob names several ops: i2s16_repack/avx2_gather is here, but of i2s16_gemm only the tiles are meant. */
UNIT_TEST(one_op_of_a_glob_that_is_not_here_is_unavailable)
{
    struct model_kernels k;
    struct qk_error err;
    assert_int_equal(
        model_kernels_parse(&k, qk_table_builtin(), "i2s16_*/av*_[gt]*", MODEL_ACT_ANY, &all, &err), 0);
    assert_string_equal(k.of[QK_OP_i2s16_gemm]->name, "avx512_tile");
    assert_int_equal(
        model_kernels_parse(&k, qk_table_builtin(), "i2s16_*/av*_[gt]*", MODEL_ACT_ANY, &avx2_only, &err),
        QK_ERR_UNAVAILABLE);
    assert_says(err.text, "i2s16_gemm");
}

UNIT_TEST(layouts_belong_to_paths)
{
    static const struct {
        const char *set;
        unsigned layout;
        bool int8;
    } sets[] = {{"best", MODEL_LAYOUT_I2S16, true},
                {"i2s_gemv/scalar", MODEL_LAYOUT_I2S, true},
                {"qk256_gemv/scalar", MODEL_LAYOUT_QK256, false},
                {"baseline", MODEL_LAYOUT_QK256, false}};
    for (size_t i = 0; i < 4; i++) {
        struct model_kernels k;
        assert_int_equal(parse(&k, sets[i].set, MODEL_ACT_ANY, NULL), 0);
        assert_int_equal(model_kernels_layout(&k), sets[i].layout);
        assert_int_equal(model_kernels_int8(&k), sets[i].int8);
    }
}

UNIT_TEST(every_path_has_an_op_that_takes_its_layout)
{
    struct model_kernels k;
    for (int path = 0; path < MODEL_PATHS; path++) {
        const struct model_tensor_op *row = model_path_op((enum model_path)path);
        char set[64];
        snprintf(set, sizeof set, "%s/scalar", qk_op_row(row->op)->name);
        assert_int_equal(parse(&k, set, MODEL_ACT_ANY, NULL), 0);
        assert_int_equal(k.path, path);
        assert_int_equal(model_kernels_layout(&k), row->layout);
        assert_int_equal(model_kernels_int8(&k), row->int8);
    }
}

/*
 * A head is walked over in calls that fit the cache, but no call finds there what the one before has read.
 * Nor does attention find keys and values there, after all weights of a token went by.
 */
UNIT_TEST(what_walks_over_weights_takes_the_row_for_dram)
{
    static const enum qk_op walks[] = {QK_OP_i2s16_gemv, QK_OP_f16_gemv, QK_OP_head4_gemv,
                                       QK_OP_attention_f16, QK_OP_attention_f32};
    const struct qk_table *table = qk_table_builtin();
    struct qk_choices choices = {.cache_bytes = 1000};
    struct model_kernels k;
    for (int op = 0; op < QK_OP_COUNT; op++) {
        choices.of[op][QK_MEMORY_CACHE] = qk_table_best(table, (enum qk_op)op, &all);
        choices.of[op][QK_MEMORY_DRAM] = qk_reference((enum qk_op)op);
    }
    assert_int_equal(parse(&k, "best", MODEL_ACT_ANY, NULL), 0);
    model_kernels_choose(&k, table, &choices, 1001, &all);
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        assert_string_equal(k.of[walks[i]]->name, "scalar");
    assert_string_not_equal(k.of[QK_OP_rmsnorm]->name, "scalar");
}

UNIT_TESTS(kernel_set, make_cpus, NULL)
