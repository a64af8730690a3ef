/* SPDX-License-Identifier: MIT */
#include "harness/machine/pinning.h"
#include "harness/tune/streams.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/synth/synth.h"

#include <math.h>
#include <string.h>

static struct model_weights weights;
static struct qk_cpu cpu;

UNIT_FIXTURE(load)
{
    struct model_gguf g = {0};
    struct qk_error err;
    return qk_cpu_detect(&cpu, NULL, &err) || model_synth_open("tiny", MODEL_SYNTH_SEED, &g, &err) ||
           model_weights_load(&weights, &g, MODEL_LAYOUT_I2S16, &err);
}

UNIT_FIXTURE(unload)
{
    model_weights_free(&weights);
    return 0;
}

/* Slow by much, but not so much that a first look would do. */
static void slow(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q, int32_t q_sum,
                 size_t rows, size_t columns)
{
    for (int i = 0; i < 5; i++)
        QK_CALL(i2s16_gemv, qk_reference(QK_OP_i2s16_gemv)->fn, y, codes, q, q_sum, rows, columns);
}

/* Two rows of i2s16_gemv, of which the last is slow, and one of f16_gemv. */
static struct qk_table planted(struct qk_variant rows[3])
{
    rows[0] = rows[1] = *qk_reference(QK_OP_i2s16_gemv);
    rows[1].name = "last";
    rows[1].fn = (qk_fn *)slow;
    rows[2] = *qk_reference(QK_OP_f16_gemv);
    return (struct qk_table){.rows = rows, .count = 3, .compiler = "", .path = ""};
}

static struct model_kernels usual(const struct qk_variant rows[3])
{
    return (struct model_kernels){.path = MODEL_PATH_I2S16,
                                  .of = {[QK_OP_i2s16_gemv] = &rows[1], [QK_OP_f16_gemv] = &rows[2]}};
}

static int tune(const struct qk_table *table, struct model_kernels *k, struct bench_stream_choice *choices)
{
    struct qk_error err;
    double ms = 0;
    const int code = bench_tune_streams(choices, k, &weights, table, &cpu, NULL, 0, &ms, &err);
    if (code)
        fail_msg("%s: %s", err.where, err.text);
    assert_true(ms > 0);
    return code;
}

UNIT_TEST(a_planted_slow_last_row_is_not_taken)
{
    struct qk_variant rows[3];
    const struct qk_table table = planted(rows);
    struct model_kernels k = usual(rows);
    struct bench_stream_choice choices[BENCH_STREAMS];
    struct bench_cpus before, after;
    assert_int_equal(bench_cpus_allowed(&before, NULL), 0);
    tune(&table, &k, choices);
    assert_ptr_equal(k.of[QK_OP_i2s16_gemv], &rows[0]);
    assert_ptr_equal(choices[0].usual, &rows[1]);
    assert_true(choices[0].gain.low > 1);
    /* One row is no choice. */
    assert_says(choices[1].why, "does not use");
    assert_says(choices[2].why, "no other row");
    assert_ptr_equal(k.of[QK_OP_f16_gemv], &rows[2]);
    /* The pool's threads get the CPUs that the caller has. */
    assert_int_equal(bench_cpus_allowed(&after, NULL), 0);
    assert_memory_equal(&before, &after, sizeof before);
}

UNIT_TEST(what_a_set_names_or_does_not_use_stays)
{
    struct qk_variant rows[3];
    const struct qk_table table = planted(rows);
    struct model_kernels k = usual(rows);
    k.named[QK_OP_i2s16_gemv] = true;
    struct bench_stream_choice choices[BENCH_STREAMS];
    tune(&table, &k, choices);
    assert_says(choices[0].why, "names");
    assert_ptr_equal(k.of[QK_OP_i2s16_gemv], &rows[1]);
    k.path = MODEL_PATH_DEQUANT;
    tune(&table, &k, choices);
    assert_says(choices[0].why, "does not use");
    assert_ptr_equal(k.of[QK_OP_i2s16_gemv], &rows[1]);
    /* What is kept of an earlier measuring is the usual row then, wherever it stands in the table. */
    k = usual(rows);
    k.of[QK_OP_i2s16_gemv] = &rows[0];
    tune(&table, &k, choices);
    assert_ptr_equal(k.of[QK_OP_i2s16_gemv], &rows[0]);
    assert_ptr_equal(choices[0].usual, &rows[0]);
}

UNIT_TESTS(streams, load, unload)
