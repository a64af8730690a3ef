/* SPDX-License-Identifier: MIT */
#include "harness/tune/tests/tune_fixture.h"

#include "harness/engine/matrix.h"
#include "harness/machine/pinning.h"
#include "harness/records/kept.h"
#include "harness/records/tests/fixture.h"
#include "kernels/cases/case.h"
#include "kernels/relu2_mul/op.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct bench_tune t;

UNIT_FIXTURE(set_up)
{
    bench_test_tune(&t);
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    bench_tune_free(&t);
    return 0;
}

/* Three rows in table order, 8 blocks of 3 rounds. In one of the blocks all take twice their times. */
static int decide(const double *times, struct bench_interval *gain)
{
    enum { BLOCKS = 8, ROUNDS = 3 };
    double ns[BLOCKS][3][ROUNDS];
    for (int b = 0; b < BLOCKS; b++)
        for (int a = 0; a < 3; a++)
            for (int r = 0; r < ROUNDS; r++)
                ns[b][a][r] = times[a] * (b == 3 ? 2 : 1) * (1 + 1e-4 * ((7 * b + 3 * a + r) % 5));
    return bench_tune_decide(&ns[0][0][0], BLOCKS, 3, ROUNDS, gain, NULL);
}

UNIT_TEST(ties_keep_the_tables_order)
{
    static const struct {
        double times[3];
        int taken;
    } cases[] = {
        {{100, 100, 100}, 2},                         /* all alike */
        {{99.5, 99.4, 100}, 2},                       /* faster by less than counts */
        {{100, 90, 100}, 1},    {{90, 90.2, 100}, 1}, /* both are faster, and alike */
        {{80, 90, 100}, 0},     {{90, 100, 100}, 0},  {{200, 100, 1000}, 1}, {{50, 100, 20}, 2},
    };
    struct bench_interval gain[3];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int taken = decide(cases[i].times, gain);
        if (taken != cases[i].taken)
            fail_msg("case %zu: row %d is taken, expected %d", i, taken, cases[i].taken);
        assert_true(isnan(gain[2].value));
        assert_true(fabs(gain[0].value - cases[i].times[2] / cases[i].times[0]) < 0.01 * gain[0].value);
    }
}

UNIT_TEST(an_interval_that_contains_one_proves_nothing)
{
    enum { BLOCKS = 8 };
    struct bench_interval gain[2];
    double ns[BLOCKS][2];
    for (int b = 0; b < BLOCKS; b++) {
        ns[b][0] = 50;
        ns[b][1] = 100;
    }
    assert_int_equal(bench_tune_decide(&ns[0][0], BLOCKS, 2, 1, gain, NULL), 0);
    ns[1][0] = 110; /* twice as fast in all blocks but one: at 95 % eight are too few for an exception */
    assert_int_equal(bench_tune_decide(&ns[0][0], BLOCKS, 2, 1, gain, NULL), 1);
    assert_true(gain[0].low <= 1 && gain[0].value > 1.9);
    /* Five blocks are too few for any interval. */
    assert_int_equal(bench_tune_decide(&ns[2][0], 5, 2, 1, gain, NULL), 1);
    assert_true(isnan(gain[0].low));
}

/* The reference's results, five times as slowly. */
static void slow_relu2_mul(float *restrict out, const float *restrict gate, const float *restrict up,
                           size_t n)
{
    const struct qk_variant *const v = qk_reference(QK_OP_relu2_mul);
    for (int i = 0; i < 5; i++)
        QK_FN(relu2_mul, v->fn)(out, gate, up, n);
}

/* Those of many elements after a sleep of 1 ms, which takes no CPU time. The checker's calls are short. */
static void sleepy_relu2_mul(float *restrict out, const float *restrict gate, const float *restrict up,
                             size_t n)
{
    const struct timespec wait = {0, 1000000};
    if (n > 8192)
        nanosleep(&wait, NULL);
    QK_FN(relu2_mul, qk_reference(QK_OP_relu2_mul)->fn)(out, gate, up, n);
}

static void wrong_relu2_mul(float *restrict out, const float *restrict gate, const float *restrict up,
                            size_t n)
{
    memset(out, 0, n * sizeof *out);
    (void)gate, (void)up;
}

/* Rows of one op that are all its reference, but for the last, which is `last`. */
static struct qk_table planted(struct qk_variant *rows, size_t count, qk_fn *last)
{
    static const char *const names[] = {"scalar", "second", "last"};
    for (size_t i = 0; i < count; i++) {
        rows[i] = *qk_reference(QK_OP_relu2_mul);
        rows[i].name = names[i];
    }
    rows[count - 1].fn = last ? last : rows[count - 1].fn;
    rows[count - 1].name = "last";
    return (struct qk_table){.rows = rows, .count = count, .compiler = "gcc 12.2.0", .path = ""};
}

static int tune_from(size_t dram_bytes, const struct qk_table *table, const struct qk_cpu *cpu, double budget,
                     struct qk_error *err)
{
    static bool ops[QK_OP_COUNT];
    for (int op = 0; op < QK_OP_COUNT; op++)
        ops[op] = true;
    const int on = bench_pin(-1, err);
    const struct bench_tune_config cfg = {
        .job = {.table = table, .isa = cpu, .cpu = on, .seed = 1, .quick = true, .budget_s = budget},
        .ops = ops,
        .dram_bytes = dram_bytes};
    assert_true(on >= 0);
    bench_tune_free(&t);
    bench_environment_init(&t.env);
    return bench_tune_measure(&t, &cfg, err);
}

static int tune(const struct qk_table *table, const struct qk_cpu *cpu, double budget, struct qk_error *err)
{
    return tune_from(1 << 20, table, cpu, budget, err);
}

UNIT_TEST(a_planted_slow_last_row_is_not_chosen)
{
    struct qk_variant rows[3];
    struct qk_cpu cpu;
    struct qk_error err;
    struct qk_choices choices;
    size_t stale;
    const struct qk_table table = planted(rows, 3, (qk_fn *)slow_relu2_mul);
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    if (tune(&table, &cpu, 0, &err))
        fail_msg("%s: %s", err.where, err.text);
    assert_int_equal(t.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(strcmp(t.ops[i].chosen, "last") != 0);
        assert_true(bench_tuned_chosen(&t.ops[i])->gain.low > 1 + BENCH_TUNE_IGNORABLE);
    }
    assert_int_equal(bench_fields_check(&bench_tune_fields, &t, &err), 0);
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 0);
    assert_ptr_not_equal(qk_table_choice(&table, &choices, QK_OP_relu2_mul, 0, &cpu), &rows[2]);
    choices = (struct qk_choices){.cache_bytes = 1000, .of[QK_OP_relu2_mul] = {&rows[0], &rows[1]}};
    assert_ptr_equal(qk_table_choice(&table, &choices, QK_OP_relu2_mul, 1000, &cpu), &rows[0]);
    assert_ptr_equal(qk_table_choice(&table, &choices, QK_OP_relu2_mul, 1001, &cpu), &rows[1]);
    assert_ptr_equal(qk_table_choice(&table, NULL, QK_OP_relu2_mul, 1001, &cpu), &rows[2]);
    bench_tune_free(&t);
}

UNIT_TEST(a_wrong_row_is_no_candidate)
{
    struct qk_variant rows[3];
    struct qk_cpu cpu;
    struct qk_error err;
    const struct qk_table table = planted(rows, 3, (qk_fn *)wrong_relu2_mul);
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    assert_int_equal(tune(&table, &cpu, 0, &err), QK_ERR_CHECK);
    assert_string_equal(t.ops[0].chosen, "last"); /* nothing was chosen */
    bench_tune_free(&t);
}

UNIT_TEST(a_spent_budget_leaves_the_rest_out)
{
    struct qk_variant rows[2];
    struct qk_cpu cpu;
    struct qk_error err;
    struct bench_tune old = {.count = 0};
    const struct qk_table table = planted(rows, 2, NULL);
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    if (tune(&table, &cpu, 1e-9, &err))
        fail_msg("%s: %s", err.where, err.text);
    for (size_t i = 0; i < t.count; i++) {
        assert_true(t.ops[i].left_out && !t.ops[i].blocks);
        assert_says(t.ops[i].reason, "budget");
    }
    assert_int_equal(bench_tune_add(&t, &old, &err), 0);
    assert_int_equal(t.count, 0);
    bench_tune_free(&t);
}

/* By the time that the last row takes from cache, its fewest blocks from DRAM would take longer than 4 s. */
UNIT_TEST(what_its_fewest_blocks_would_overrun_is_left_out)
{
    struct qk_variant rows[2];
    struct qk_cpu cpu;
    struct qk_error err;
    const struct qk_table table = planted(rows, 2, (qk_fn *)sleepy_relu2_mul);
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    if (tune_from((size_t)256 << 20, &table, &cpu, 4, &err))
        fail_msg("%s: %s", err.where, err.text);
    assert_int_equal(t.count, 2);
    assert_true(t.ops[1].left_out && !t.ops[1].blocks);
    assert_says(t.ops[1].reason, "budget");
    bench_tune_free(&t);
}

UNIT_TEST_WITH(what_was_tuned_before_stays, set_up, tear_down)
{
    struct bench_tune old;
    struct qk_error err;
    bench_test_tune(&old);
    strcpy(old.ops[0].op, "f16_gemv");
    assert_int_equal(bench_tune_add(&t, &old, &err), 0);
    bench_tune_free(&old);
    assert_int_equal(t.count, 4);
    assert_string_equal(t.ops[3].op, "f16_gemv");
    assert_int_equal(bench_fields_check(&bench_tune_fields, &t, &err), 0);
}

UNIT_TEST_WITH(what_may_not_be_chosen_is_not_stale, set_up, tear_down)
{
    struct qk_variant row = *qk_reference(QK_OP_f32_dot);
    const struct qk_table table = {.rows = &row, .count = 1, .compiler = "", .path = ""};
    struct qk_choices choices;
    struct qk_cpu cpu;
    struct qk_error err;
    size_t stale;
    assert_int_equal(qk_cpu_detect(&cpu, "", &err), 0);
    for (size_t i = 1; i < t.count; i++)
        free(t.ops[i].rows);
    t.count = t.ops[0].count = 1;
    strcpy(t.ops[0].op, "f32_dot");
    strcpy(t.ops[0].rows[0].variant, row.name);
    strcpy(t.ops[0].chosen, row.name);
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 0);
    for (int m = 0; m < QK_MEMORIES; m++)
        assert_null(choices.of[QK_OP_f32_dot][m]);
}

/* A table of i2s16_gemv with rows row0 to row2, of which the fixture has chosen row1. */
UNIT_TEST_WITH(choices_of_other_rows_are_stale, set_up, tear_down)
{
    struct qk_variant rows[4];
    struct qk_table table = {.rows = rows, .count = 3, .compiler = "", .path = ""};
    static const char *const names[] = {"row0", "row1", "row2", "row3"};
    struct qk_choices choices;
    struct qk_cpu cpu;
    struct qk_error err;
    size_t stale;
    assert_int_equal(qk_cpu_detect(&cpu, "", &err), 0);
    for (size_t i = 0; i < 4; i++) {
        rows[i] = *qk_reference(QK_OP_i2s16_gemv);
        rows[i].name = names[i];
    }
    free(t.ops[--t.count].rows);
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 0);
    assert_ptr_equal(choices.of[QK_OP_i2s16_gemv][QK_MEMORY_DRAM], &rows[1]);
    assert_ptr_equal(choices.of[QK_OP_i2s16_gemv][QK_MEMORY_CACHE], &rows[2]);
    table.count = 4; /* a new last row, which nobody compared */
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 2);
    assert_null(choices.of[QK_OP_i2s16_gemv][QK_MEMORY_DRAM]);
    table.count = 3;
    rows[0].name = "renamed";
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 2);
    /* Rows that a mask takes away: the choice is of others, and would not be used either. */
    rows[0].name = "row0";
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    rows[1].isa = QK_ISA_AVX2;
    cpu.present[QK_ISA_AVX2] = false;
    assert_ptr_equal(qk_table_choice(&table, &choices, QK_OP_i2s16_gemv, SIZE_MAX, &cpu), &rows[2]);
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_int_equal(stale, 2);
    /* A file may not bring a choice between rows whose bits differ. */
    for (size_t i = 0; i < 3; i++) {
        rows[i] = *qk_reference(QK_OP_f32_dot);
        rows[i].name = names[i];
        rows[i].op_name = "f32_dot";
    }
    strcpy(t.ops[1].op, "f32_dot");
    bench_tune_choices(&t, &table, &cpu, &choices, &stale);
    assert_null(choices.of[QK_OP_f32_dot][QK_MEMORY_DRAM]);
}

static int read_one(const char *path, struct qk_error *err)
{
    struct bench_tune again;
    const int code = bench_tune_read_json(&again, path, err);
    if (!code)
        bench_tune_free(&again);
    return code;
}

static void write_to(const char *path, const struct bench_tune *what)
{
    FILE *const f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(bench_fields_write(&bench_tune_fields, what, "", f, NULL), 0);
    assert_int_equal(fclose(f), 0);
}

UNIT_TEST_WITH(damage_is_named, set_up, tear_down)
{
    static const struct bench_test_bad bad[] = {
        {"$.schema_version", "2", "from 1 to 1", NULL},
        {"$.kind", "\"ceilings\"", "\"tune\"", NULL},
        {"$.cache_bytes", "0", "found 0", NULL},
        {"$.ops[1].op", "\"\"", "", NULL},
        {"$.ops[1].memory", "\"disk\"", "\"cache\"", NULL},
        {"$.ops[1].memory", "\"cache\"", "once", "$.ops[1].op"},
        {"$.ops[1].chosen", "\"row9\"", "the variant of a row", NULL},
        {"$.ops[1].chosen", "\"row0\"", "whose speed-up is proven", NULL},
        {"$.ops[1].rows[1].low", "1.005", "whose speed-up is proven", "$.ops[1].chosen"},
        {"$.ops[1].rows[1].low", "1.27", "a number from low to high", "$.ops[1].rows[1].speedup"},
        {"$.ops[1].rows[1].ns", "null", "why it was not timed", "$.ops[1].rows[1].reason"},
        {"$.ops[1].rows[2].variant", "\"row1\"", "once", NULL},
        {"$.ops[1].blocks", "0", "why nothing was timed", "$.ops[1].reason"},
        {"$.ops[1].rows", "[]", "", NULL},
        {"$.fingerprint.hash", "\"x\"", "16 hexadecimal digits", NULL},
    };
    const char *const path = bench_test_path("good.json");
    size_t size;
    write_to(path, &t);
    char *const good = bench_test_get(path, &size);
    bench_test_refused(good, read_one, bad, sizeof bad / sizeof *bad);
    free(good);
}

UNIT_TEST_WITH(it_is_kept_by_fingerprint, set_up, tear_down)
{
    struct bench_tune again;
    struct qk_error err;
    char *path;
    bool found = true;
    setenv("XDG_CACHE_HOME", bench_test_path("xdg"), 1);
    assert_int_equal(bench_tune_load(&again, t.env.fingerprint, &found, &err), 0);
    assert_false(found);
    if (bench_tune_store(&t, &err))
        fail_msg("%s", err.text);
    assert_int_equal(bench_tune_load(&again, t.env.fingerprint, &found, &err), 0);
    assert_true(found && again.count == t.count);
    bench_tune_free(&again);
    /* Another machine's record under this one's name. */
    bench_environment_kernels(&t.env, "BASE", "gcc 12.2.0");
    assert_int_equal(bench_kept_path("tune", t.env.fingerprint, &path, &err), 0);
    bench_test_tune(&again);
    write_to(path, &again);
    bench_tune_free(&again);
    assert_int_equal(bench_tune_load(&again, t.env.fingerprint, &found, &err), QK_ERR_FORMAT);
    assert_false(found);
    assert_string_equal(err.where, "$.fingerprint.hash");
    free(path);
}

UNIT_TESTS(tune, bench_test_dir_make, bench_test_dir_remove)
