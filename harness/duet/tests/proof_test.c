/* SPDX-License-Identifier: MIT */
/*
 * Proof slices in this process. The module's rows do something else once nobody checks single calls any
 * more.
 */
#include "harness/duet/desk.h"
#include "harness/machine/pinning.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct bench_duet_desk desk;
static const struct bench_duet_proof unproven;

static struct bench_duet_work work_on(const char *base, const char *candidate, const char *shape)
{
    struct bench_duet_work w = {
        .index = 7, .op = QK_OP_qk256_dequant, .side = {BENCH_SIDE_BASE, BENCH_SIDE_CANDIDATE}};
    assert_int_equal(qk_shape_parse(shape, &w.shape, &err), 0);
    snprintf(w.variant[0], sizeof w.variant[0], "%s", base);
    snprintf(w.variant[1], sizeof w.variant[1], "%s", candidate);
    return w;
}

/*
 * Blocks of a candidate beside a base that is right. Without proof slices nothing is found, or this would be
 * no test of them. With them it is found within a few blocks: half of the calls have the value that an old
 * result fits, and a sample of rows may miss the half that is not there.
 */
static void prove(const char *base, const char *candidate, const char *shape, enum qk_memory memory,
                  const char *text)
{
    struct bench_duet_work w = work_on(base, candidate, shape);
    struct bench_duet_block b;
    struct bench_duet_proof proof = unproven;
    /*
     * Of a case in cache all inputs are looked at after the calls that plan its slices, and after every
     * block.
     */
    const bool seen = memory == QK_MEMORY_CACHE && text && !strstr(text, "reference's");
    int code;
    w.memory = memory;
    for (int tries = 0;;
         tries++) { /* interrupted, a call seemed longer: plan it again, as it is right no more */
        code = bench_duet_prepare(&desk, &w, &err);
        assert_true(!code || (seen && code == QK_ERR_CHECK));
        if (seen) /* unless the machine is so slow that it is right for longer */
            break;
        const struct bench_duet_ready_arm *const arm = &desk.ready->arm[1];
        const bool cut = memory == QK_MEMORY_DRAM;
        if (tries == 100 || (cut ? arm->rows && arm->sample_rows : arm->calls > 50))
            break;
        bench_duet_clear(&desk);
    }
    if (!seen) {
        assert_int_equal(bench_duet_measure(&desk, w.index, 0, 0, &proof, &b, &err), 0);
        assert_true(b.proof_ns == 0);
    }
    for (uint64_t number = 1; number < (text ? 20 : 4) && !code; number++) {
        proof.due = true;
        code = bench_duet_measure(&desk, w.index, number, 0, &proof, &b, &err);
        assert_true(code || (b.proof_ns > 0 && b.proof_ns < b.wall_ns));
        proof = b.proof;
    }
    if (text && (code != QK_ERR_CHECK || strncmp(err.text, "proof: ", 7) != 0 || !strstr(err.text, text) ||
                 !strstr(err.text, candidate) || !strstr(err.text, "of the candidate") ||
                 strcmp(err.where, shape) != 0))
        fail_msg("%s: %d, '%s' (%s) does not say '%s'", candidate, code, err.text, err.where, text);
    if (!text && code)
        fail_msg("%s: %d, '%s'", candidate, code, err.text);
    bench_duet_clear(&desk);
}

static const struct {
    const char *then, *text;
} turning[] = {
    {"idle", "differs from the reference's after a timed slice: "},
    {"half", "differs from the reference's after a timed slice: "},
    {"past_end", "1 bytes past the end of out: found 0x00, expected it untouched"},
    {"change_input", "input codes was changed"},
    {"by_address", "differs from the reference's after a timed slice: "},
    {"by_first_weights", "differs from the reference's after a timed slice: "},
    {"right", NULL},
};

UNIT_TEST(what_timed_calls_do_is_proven)
{
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++) {
        char candidate[BENCH_DUET_VARIANT];
        snprintf(candidate, sizeof candidate, "%s_later", turning[i].then);
        prove("right", candidate, "1280", QK_MEMORY_CACHE, turning[i].text); /* out has padding */
    }
}

UNIT_TEST(what_walks_over_rows_is_proven)
{
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++) {
        char candidate[BENCH_DUET_VARIANT];
        snprintf(candidate, sizeof candidate, "slow_%s", turning[i].then);
        prove("slow_right", candidate, "1048832", QK_MEMORY_DRAM, turning[i].text);
    }
    prove("slow_right", "slow_before_start", "1048832", QK_MEMORY_DRAM,
          "4 bytes before the start of out: found ");
}

/* Is the code at that address a part of a file, as it was loaded? */
static bool is_of_file(const void *code)
{
    FILE *const maps = fopen("/proc/self/maps", "r");
    char line[500];
    bool found = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && (uintptr_t)code >= start && (uintptr_t)code < end)
            found = strchr(line, '/') != NULL;
    }
    fclose(maps);
    return found;
}

UNIT_TEST(each_block_has_other_pages_of_code)
{
    const struct bench_duet_work w = work_on("right", "right", "1280");
    struct bench_duet_block b;
    assert_works(bench_duet_prepare(&desk, &w, &err), err);
    assert_works(bench_duet_measure(&desk, w.index, 0, 0, &unproven, &b, &err), err);
    for (int side = 0; side < 2; side++) {
        const struct qk_variant *const v = qk_table_find(&desk.table[side], "qk256_dequant", "right");
        assert_false(is_of_file((const void *)(uintptr_t)v->fn));
    }
    assert_true(is_of_file((const void *)(uintptr_t)work_on));
    bench_duet_clear(&desk);
}

/* A change that a proof slice does not make again is found as well; whose it is cannot be told. */
UNIT_TEST(what_changed_before_is_found)
{
    const struct bench_duet_work w = work_on("right", "right", "1280");
    struct bench_duet_block b;
    struct bench_duet_proof proof = {.due = true};
    assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
    const struct bench_buffers *const at = &desk.rooms->buffers;
    for (int i = 0; i < 3; i++) {
        const size_t bytes = at->plan.buffers[i].bytes;
        unsigned char *const changed = (unsigned char *)at->at[i] + (i == 1 ? bytes - 1 : bytes);
        *changed ^= 1;
        assert_int_equal(bench_duet_measure(&desk, w.index, 0, 0, &proof, &b, &err), QK_ERR_CHECK);
        assert_says(err.text, "proof: timed slices of the base or the candidate");
        assert_non_null(strstr(err.text, at->plan.buffers[i].name));
        assert_int_equal(bench_duet_measure(&desk, w.index, 0, 0, &proof, &b, &err), 0); /* it is undone */
    }
    bench_duet_clear(&desk);
}

UNIT_TEST(another_case_is_not_blamed)
{
    struct bench_duet_work w = work_on("right", "right", "1280");
    struct bench_duet_block b;
    const struct bench_duet_proof proof = {.due = true};
    for (int tries = 0;; tries++) { /* interrupted, a call seemed longer: see prove */
        w.index = 7;
        assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
        struct bench_duet_ready *const innocent = desk.ready;
        w.index = 8;
        assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
        assert_ptr_equal(innocent->room, desk.ready->room);
        if (tries == 100 || desk.ready->arm[1].calls > 50)
            break;
        bench_duet_clear(&desk);
    }
    desk.ready->arm[1].variant = *qk_table_find(&desk.table[1], "qk256_dequant", "change_input_later");
    assert_int_equal(bench_duet_measure(&desk, 7, 0, 0, &proof, &b, &err), 0);
    assert_int_equal(bench_duet_measure(&desk, 8, 0, 0, &unproven, &b, &err), QK_ERR_CHECK);
    assert_says(err.text, "change_input_later of the candidate");
    assert_int_equal(bench_duet_measure(&desk, 7, 1, 0, &proof, &b, &err), 0);
    bench_duet_clear(&desk);
}

/*
 * Every op's reference, as both arms, in cache and walked over: what proofs compare is what the op computes.
 */
UNIT_TEST(every_op_can_be_proven)
{
    struct qk_table loaded[2] = {desk.table[0], desk.table[1]};
    desk.table[0] = desk.table[1] = *qk_table_builtin();
    for (int op = 0; op < QK_OP_COUNT; op++) {
        const struct qk_case *const on = qk_op_row((enum qk_op)op)->on;
        for (int memory = 0; memory < QK_MEMORIES; memory++) {
            struct qk_shape large;
            char shape[QK_SHAPE_TEXT];
            qk_shape_word(on->sets[0].shapes, shape);
            if (memory == QK_MEMORY_DRAM) {
                assert_true(qk_shape_for_bytes(on, 512 << 10, &large));
                qk_shape_print(&large, shape);
            }
            const char *const reference = qk_reference((enum qk_op)op)->name;
            struct bench_duet_work w = work_on(reference, reference, shape);
            struct bench_duet_block b;
            struct bench_duet_proof proof = {.due = true};
            w.op = (enum qk_op)op;
            w.memory = (enum qk_memory)memory;
            assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
            for (uint64_t number = 0; number < 2; number++, proof = b.proof, proof.due = true)
                if (bench_duet_measure(&desk, w.index, number, 0, &proof, &b, &err))
                    fail_msg("%s/%s: %s", qk_op_row(w.op)->name, shape, err.text);
            /* Of slices with few rows, on a slow machine, all are compared. */
            const struct bench_duet_ready_arm *const arm = &desk.ready->arm[0];
            if (memory == QK_MEMORY_DRAM && (arm->sample_rows || arm->rows > 640))
                assert_int_equal(arm->sample_rows != 0, on->rows_apart && on->rows_apart <= w.shape.dims);
            bench_duet_clear(&desk);
        }
    }
    memcpy(desk.table, loaded, sizeof loaded);
}

UNIT_TEST(proofs_are_drawn)
{
    int at[5] = {0}, first[2] = {0}, value[2] = {0}, poison = 0;
    for (size_t number = 0; number < 1000; number++) {
        const struct bench_duet_draw d = bench_duet_draw(11, 3, number, 5);
        const struct bench_duet_draw again = bench_duet_draw(11, 3, number, 5);
        assert_true(d.pair == again.pair && d.first == again.first && d.rows == again.rows);
        assert_true(d.pair < 5 && (d.value ^ bench_duet_draw(11, 3, number ^ 1, 5).value) == 1);
        at[d.pair]++;
        first[d.first]++;
        value[number % 2 ? d.value : !d.value]++;
        poison += d.poison == 0xa5;
    }
    /* Five standard deviations of a binomial. */
    for (int i = 0; i < 5; i++)
        assert_true(abs(at[i] - 200) < 64);
    assert_true(abs(first[0] - 500) < 79 && abs(value[0] - 500) < 112 && abs(poison - 500) < 79);
}

UNIT_TEST(coins_are_fair_and_reproducible)
{
    enum { WORDS = 4096 };
    int ones = 0, place[64] = {0};
    for (size_t i = 0; i < WORDS; i++) {
        const uint64_t word = bench_duet_coins(11, i / 64, i % 64);
        assert_true(word == bench_duet_coins(11, i / 64, i % 64));
        assert_true(word != bench_duet_coins(12, i / 64, i % 64));
        assert_true(word != bench_duet_coins(11, i % 64 + 64, i / 64));
        assert_true(word != bench_duet_coins(11, i / 64, i % 64 + 1));
        ones += __builtin_popcountll(word);
        for (int bit = 0; bit < 64; bit++)
            place[bit] += (int)(word >> bit & 1);
    }
    /* Five standard deviations of a binomial: sqrt(n)/2 each. */
    assert_true(abs(ones - 32 * WORDS) < 5 * 256);
    for (int bit = 0; bit < 64; bit++)
        assert_true(abs(place[bit] - WORDS / 2) < 5 * 32);
}

/* One module on both sides: no row is on both, but those that are right. */
UNIT_FIXTURE(set_up)
{
    desk.seed = 4711;
    qk_state_read(&desk.state);
    bench_sw_open("", &desk.sw, bench_pin(-1, NULL));
    const int code =
        qk_cpu_detect(&desk.isa, NULL, &err) || qk_table_load(&desk.table[0], FAKE_LIES_SO, &err);
    desk.table[1] = desk.table[0];
    return code;
}

UNIT_FIXTURE(tear_down)
{
    qk_table_free(&desk.table[0]);
    bench_sw_close(&desk.sw);
    return 0;
}

UNIT_TESTS(proof, set_up, tear_down)
