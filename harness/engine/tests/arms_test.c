/* SPDX-License-Identifier: MIT */
/*
 * Rounds and blocks, and what becomes of their times. Calls alternate between two values, and rows are right
 * on both.
 */
#include "harness/engine/arms.h"
#include "harness/engine/group.h"
#include "harness/machine/pinning.h"
#include "kernels/cases/case_tools.h"
#include "kernels/qk256_dequant/op.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct bench_job job;
static struct bench_rounds rounds;
static struct bench_arms set;

UNIT_FIXTURE(begin)
{
    job = (struct bench_job){.table = qk_table_builtin(), .seed = 5, .cpu = bench_pin(-1, NULL)};
    rounds = (struct bench_rounds){.job = &job, .sets = 1};
    bench_rounds_open(&rounds);
    return bench_arms_make(&set, "set", 4, &err);
}

UNIT_FIXTURE(end)
{
    bench_arms_free(&set);
    bench_rounds_close(&rounds);
    return 0;
}

/* Arms whose times are written down beforehand: what slice number `at` of arm *ctx took. */
enum { ARMS = 3, ROUNDS = 5, BLOCKS = 4 };
static size_t taken[ARMS], total;
static size_t orders; /* rounds that did not begin with arm 0 */
static double (*script)(size_t arm, size_t at);
static int ends_at = -1;

static int scripted(void *ctx, uint64_t units, struct bench_took *took, struct qk_error *e)
{
    const size_t arm = *(const size_t *)ctx;
    if (units == 1) /* before the block */
        return 0;
    assert_int_equal(units, 1000);
    /* Each arm once in a round: none is ahead of another by more than one. */
    for (size_t a = 0; a < ARMS; a++)
        assert_true(taken[arm] <= taken[a]);
    orders += total % ARMS == 0 && arm != 0;
    *took = (struct bench_took){script(arm, taken[arm]), 2 * script(arm, taken[arm])};
    taken[arm]++;
    return (int)total++ == ends_at ? qk_fail(e, QK_ERR_CHECK, "arm", "made to fail") : 0;
}

static double ordinary(size_t arm, size_t at)
{
    return 1e5 * (double)(arm + 1) + (double)at * 1.23456789;
}

static int time_scripted(double (*times)(size_t arm, size_t at))
{
    static size_t index[ARMS] = {0, 1, 2};
    script = times;
    total = orders = 0;
    memset(taken, 0, sizeof taken);
    for (set.count = 0; set.count < ARMS; set.count++)
        set.arm[set.count] = (struct bench_arm){
            .time = scripted, .ctx = &index[set.count], .units = 1000, .slice_ns = times(set.count, 0)};
    set.schedule = (struct bench_schedule){ROUNDS, BLOCKS, 1e9};
    return bench_arms_time(&rounds, &set, 1, &err);
}

UNIT_TEST_WITH(every_time_is_where_it_belongs, begin, end)
{
    assert_int_equal(time_scripted(ordinary), 0);
    assert_int_equal(set.blocks, BLOCKS);
    assert_true(orders > 0);
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t a = 0; a < ARMS; a++) {
            for (size_t r = 0; r < ROUNDS; r++) {
                char digits[32];
                snprintf(digits, sizeof digits, "%.7g", ordinary(a, b * ROUNDS + r) / 1000);
                assert_true(set.ns[(b * ARMS + a) * ROUNDS + r] == strtod(digits, NULL));
            }
            assert_float_equal(set.cpu_ns[b * ARMS + a], 2 * ordinary(a, b * ROUNDS + ROUNDS / 2) / 1000,
                               1e-3);
            assert_true(set.events[b].recorded);
        }
    assert_true(isnan(set.ghz[0]) || (rounds.ghz_count == BLOCKS && bench_rounds_clock(&rounds) > 0));
}

/* The second block has a slice for which the clock stood still. */
static double once_bad(size_t arm, size_t at)
{
    return arm == 1 && at == ROUNDS + 1 ? 0 : ordinary(arm, at);
}

static double always_bad(size_t arm, size_t at)
{
    return arm == 2 && at >= ROUNDS && at % ROUNDS == 3 ? -1 : ordinary(arm, at);
}

UNIT_TEST_WITH(a_block_that_is_not_believed_is_taken_again, begin, end)
{
    assert_int_equal(time_scripted(once_bad), 0);
    assert_int_equal(set.blocks, BLOCKS);
    assert_int_equal(set.dropped, 1);
    assert_null(set.odd);
    assert_int_equal(rounds.dropped.count, 1);
    assert_says(rounds.dropped.why, "stood still");
    assert_float_equal(set.ns[(ARMS + 1) * ROUNDS], ordinary(1, 2 * ROUNDS) / 1000, 1e-3);
}

UNIT_TEST_WITH(but_not_for_ever, begin, end)
{
    assert_int_equal(time_scripted(always_bad), 0);
    assert_int_equal(set.blocks, 1);
    assert_int_equal(set.dropped, BLOCKS);
    assert_says(set.odd, "went back");
}

UNIT_TEST_WITH(an_arm_that_fails_ends_it, begin, end)
{
    ends_at = 20;
    assert_int_equal(time_scripted(ordinary), QK_ERR_CHECK);
    ends_at = -1;
    assert_int_equal(total, 21);
    assert_string_equal(err.text, "made to fail");
}

/* Which of the two values did the call before have? */
static const void *before;
static size_t calls, repeated;

static void note(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                 const float *restrict lut, size_t blocks)
{
    (void)out, (void)codes, (void)lut, (void)blocks;
    repeated += scale == before;
    before = scale;
    calls++;
}

/* Another function, so that there are two arms. */
static void note_too(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                     const float *restrict lut, size_t blocks)
{
    note(out, codes, scale, lut, blocks);
}

UNIT_TEST_WITH(calls_alternate_from_slice_to_slice, begin, end)
{
    const struct bench_group group = {.op = QK_OP_qk256_dequant, .name = "256", .shape = {1, {256}}};
    struct bench_buffers buffers;
    assert_int_equal(bench_buffers_fill(&buffers, &group, 7, &err), 0);
    calls = repeated = 0;
    before = NULL;
    assert_null(bench_arms_add(&set, bench_time_gbench, &buffers, (qk_fn *)note));
    assert_null(bench_arms_add(&set, bench_time_own, &buffers, (qk_fn *)note_too));
    set.arm[0].units = 3; /* an odd number: a slice that always began with one value would repeat it */
    set.arm[1].units = 5;
    set.schedule = (struct bench_schedule){40, 1, 1e6};
    const size_t found = calls;
    assert_int_equal(bench_arms_time(&rounds, &set, 1, &err), 0);
    assert_int_equal(calls - found, 2 + 40 * (3 + 5));
    assert_int_equal(repeated, 0);
    bench_buffers_free(&buffers);
}

/* Computes once, and gives that result to all that call it. */
static void remember(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                     const float *restrict lut, size_t blocks)
{
    static float kept[256];
    static bool known;
    assert_int_equal(blocks, 1);
    if (!known)
        QK_FN(qk256_dequant, qk_reference(QK_OP_qk256_dequant)->fn)(kept, codes, scale, lut, blocks);
    known = true;
    memcpy(out, kept, sizeof kept);
}

UNIT_TEST_WITH(a_row_must_be_right_on_both_values, begin, end)
{
    struct qk_variant rows[] = {*qk_reference(QK_OP_qk256_dequant), *qk_reference(QK_OP_qk256_dequant)};
    struct qk_table table = *qk_table_builtin();
    bool wanted[] = {true, true};
    char texts[2][400] = {""};
    const struct bench_group group = {
        .op = QK_OP_qk256_dequant, .name = "256", .shape = {1, {256}}, .wanted = wanted};
    struct bench_verdicts verdicts = {.text = texts};
    struct bench_ready ready;
    struct qk_cpu isa;
    assert_int_equal(qk_cpu_detect(&isa, NULL, &err), 0);
    rows[1].fn = (qk_fn *)remember;
    table.rows = rows;
    table.count = 2;
    job.table = &table;
    job.isa = &isa;
    assert_int_equal(bench_ready_make(&ready, &group, &job, &verdicts, &err), 0);
    assert_int_equal(ready.count, 2);
    assert_int_equal(ready.stands[0].status, BENCH_OK);
    assert_int_equal(ready.stands[1].status, BENCH_ERROR);
    assert_says(ready.stands[1].reason, "differs from the reference's on these inputs");
    assert_true(verdicts.failed);
    bench_ready_free(&ready);
}

UNIT_TESTS(arms, NULL, NULL)
