/* SPDX-License-Identifier: MIT */
/*
 * Slices and blocks, measured in this process. The modules tell which of them is called, and on how much.
 */
#include "harness/duet/desk.h"
#include "harness/machine/pinning.h"
#include "harness/records/stats.h"
#include "kernels/tests/cmocka_parts.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct qk_error err;
static struct bench_duet_desk desk;
static const void *out; /* of the last call */

/* What the calls since `reset` were: runs of calls of one arm. */
enum { RUNS = 1 << 17 };
static struct {
    int arm;
    uint64_t calls, blocks;
    const char *out, *scale; /* of the first of them */
} runs[RUNS];
static size_t run_count;
static bool each_call; /* a run for every call */

static void hook(void *ctx, size_t blocks, const void *at, const void *scale)
{
    const int arm = *(const int *)ctx;
    if (!run_count || runs[run_count - 1].arm != arm || each_call) {
        assert_true(run_count < RUNS);
        runs[run_count].arm = arm;
        runs[run_count].calls = runs[run_count].blocks = 0;
        runs[run_count].scale = scale;
        runs[run_count++].out = at;
    }
    runs[run_count - 1].calls++;
    runs[run_count - 1].blocks += blocks;
    out = at;
}

static void *symbol(int side, const char *name)
{
    void *p = dlsym(desk.table[side].handle, name);
    assert_non_null(p);
    return p;
}

static void set_hooks(bool on)
{
    static int arms[] = {0, 1};
    for (int side = 0; side < 2; side++) {
        *(void **)symbol(side, "fake_ctx") = &arms[side];
        *(void (**)(void *, size_t, const void *, const void *))symbol(side, "fake_hook") = on ? hook : NULL;
    }
}

static const struct bench_duet_proof unproven;

static struct bench_duet_work work_on(const char *variant, const char *shape, double extra)
{
    struct bench_duet_work w = {.index = 7,
                                .op = QK_OP_qk256_dequant,
                                .side = {BENCH_SIDE_BASE, BENCH_SIDE_CANDIDATE},
                                .extra = extra};
    assert_int_equal(qk_shape_parse(shape, &w.shape, &err), 0);
    for (int a = 0; a < 2; a++)
        snprintf(w.variant[a], sizeof w.variant[a], "%s", variant);
    return w;
}

/* Prepares, and measures one block with the calls recorded. */
static struct bench_duet_block block_of(const struct bench_duet_work *w, uint64_t number)
{
    struct bench_duet_block block;
    for (int tries = 0;; tries++) {
        if (bench_duet_prepare(&desk, w, &err))
            fail_msg("%s", err.text);
        struct bench_duet_ready *const ready = desk.ready;
        if (ready->arm[0].calls > 1 || strcmp(w->variant[0], "right") || tries == 100)
            break;
        desk.ready = ready->next; /* interrupted, a call seemed longer than a slice: plan it again */
        free(ready);
    }
    run_count = 0;
    set_hooks(true);
    assert_int_equal(bench_duet_measure(&desk, w->index, number, 3, &unproven, &block, &err), 0);
    set_hooks(false);
    return block;
}

static uint64_t calls_of(int arm, uint64_t *blocks)
{
    uint64_t calls = 0;
    *blocks = 0;
    for (size_t r = 0; r < run_count; r++)
        if (runs[r].arm == arm) {
            calls += runs[r].calls;
            *blocks += runs[r].blocks;
        }
    return calls;
}

static double middle_of(const struct bench_duet_block *b,
                        double (*estimate)(const double *, size_t, double *))
{
    static double ratio[BENCH_DUET_PAIRS_MAX], scratch[BENCH_DUET_PAIRS_MAX * (BENCH_DUET_PAIRS_MAX + 1) / 2];
    for (size_t p = 0; p < b->pairs; p++)
        ratio[p] = log(b->cand_ns[p] / b->base_ns[p]);
    return estimate(ratio, b->pairs, scratch);
}

UNIT_TEST(from_dram_all_pairs_count)
{
    struct bench_duet_work w = work_on("right", "4096", 0);
    w.memory = QK_MEMORY_DRAM;
    const struct bench_duet_block b = block_of(&w, 5);
    assert_true(b.pairs > 4);
    assert_true(b.log_ratio == middle_of(&b, bench_hodges_lehmann));
    assert_true(b.log_ratio != middle_of(&b, bench_median));
}

UNIT_TEST(a_block_holds_what_it_says)
{
    const struct bench_duet_work w = work_on("right", "4096", 0);
    const struct bench_duet_block b = block_of(&w, 5);
    uint64_t blocks[2];
    assert_int_equal(b.index, 7);
    assert_int_equal(b.number, 5);
    assert_int_equal(b.launch, 3);
    assert_true(b.pairs >= 1 && b.pairs <= BENCH_DUET_PAIRS_MAX);
    const uint64_t mask = b.pairs == 64 ? UINT64_MAX : (UINT64_C(1) << b.pairs) - 1;
    assert_true(b.order == (bench_duet_coins(desk.seed, 7, 5) & mask));
    double sum = 0;
    for (size_t p = 0; p < b.pairs; p++) {
        assert_true(b.base_ns[p] > 0 && isfinite(b.base_ns[p]) && b.cand_ns[p] > 0 && isfinite(b.cand_ns[p]));
        sum += b.base_ns[p] + b.cand_ns[p];
    }
    assert_true(b.log_ratio == middle_of(&b, bench_median));
    assert_true(b.extra == 0);
    assert_true(b.events.recorded);
    const uint64_t calls = calls_of(0, &blocks[0]);
    assert_int_equal(calls_of(1, &blocks[1]), calls);
    assert_int_equal(calls % (b.pairs + 1), 0); /* and a pair that was discarded */
    assert_true(b.wall_ns >=
                sum * (double)(calls / (b.pairs + 1)) * (1 - 1e-6)); /* rounded to seven digits */
    assert_int_equal(blocks[0], calls * 16);
    bench_duet_clear(&desk);
}

double __real_bench_sw_waited(const struct bench_sw *sw);
double __wrap_bench_sw_waited(const struct bench_sw *sw);
static double wait_ns; /* between two readings; 0: what was */

double __wrap_bench_sw_waited(const struct bench_sw *sw)
{
    static double all;
    return wait_ns != 0 ? all += wait_ns : __real_bench_sw_waited(sw);
}

UNIT_TEST(a_wait_around_a_slice_is_none_of_it)
{
    static const double waits[] = {1e12, -5}; /* the second reading may fail, which reads as 0 */
    const struct bench_duet_work w = work_on("right", "4096", 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        wait_ns = waits[i];
        const struct bench_duet_block b = block_of(&w, 5);
        wait_ns = 0;
        for (size_t p = 0; p < b.pairs; p++)
            assert_true(b.base_wait_ns[p] == 0 && b.cand_wait_ns[p] == 0);
        bench_duet_clear(&desk);
    }
    wait_ns = 10;
    const struct bench_duet_block b = block_of(&w, 5);
    wait_ns = 0;
    assert_true(b.base_wait_ns[0] > 0 && b.base_wait_ns[0] < b.base_ns[0]);
    bench_duet_clear(&desk);
}

UNIT_TEST(slices_run_in_the_order_of_the_coins)
{
    const struct bench_duet_work w = work_on("right", "4096", 0);
    for (uint64_t number = 0; number < 4; number++) {
        const struct bench_duet_block b = block_of(&w, number);
        uint64_t blocks;
        const uint64_t calls = calls_of(0, &blocks) / (b.pairs + 1);
        size_t run = 0;
        uint64_t used = 0;
        for (size_t p = 0; p <= b.pairs; p++) { /* 0: the discarded pair, in the first one's order */
            const int first = (int)(b.order >> (p ? p - 1 : 0) & 1);
            for (int k = 0; k < 2; k++) {
                assert_true(run < run_count);
                assert_int_equal(runs[run].arm, k ? !first : first);
                used += calls;
                if (used == runs[run].calls) {
                    run++;
                    used = 0;
                }
            }
        }
        assert_int_equal(run, run_count);
        bench_duet_clear(&desk);
    }
}

UNIT_TEST(extra_calls_are_made_and_told)
{
    static const double shares[] = {0.016, 0.1, 1};
    for (size_t i = 0; i < 3; i++) {
        const struct bench_duet_work w = work_on("right", "4096", shares[i]);
        const struct bench_duet_block b = block_of(&w, 0);
        uint64_t blocks[2];
        const uint64_t base = calls_of(0, &blocks[0]) / (b.pairs + 1),
                       cand = calls_of(1, &blocks[1]) / (b.pairs + 1);
        assert_true(base >= 50);
        assert_int_equal(cand, base + (uint64_t)ceil(shares[i] * (double)base));
        assert_true(b.extra == (double)(cand - base) / (double)base);
        bench_duet_clear(&desk);
    }
}

/* A call longer than a slice: every slice one call, on the next part of the rows. */
UNIT_TEST(long_calls_are_walked_over)
{
    static const double shares[] = {0, 0.032};
    for (int i = 0; i < 2; i++) {
        const struct bench_duet_work w = work_on("slow", "262144", shares[i]); /* 1024 blocks of 20 us each */
        each_call = true;
        const struct bench_duet_block b = block_of(&w, 0);
        each_call = false;
        uint64_t blocks[2];
        assert_int_equal(run_count, 2 * (b.pairs + 1));
        assert_int_equal(calls_of(0, &blocks[0]), b.pairs + 1);
        assert_int_equal(calls_of(1, &blocks[1]), b.pairs + 1);
        const uint64_t rows = blocks[0] / (b.pairs + 1), more = blocks[1] / (b.pairs + 1) - rows;
        assert_true(rows >= 1 && rows <= 512);
        assert_int_equal(more, (uint64_t)ceil(shares[i] * (double)rows));
        assert_true(b.extra == (double)more / (double)rows);
        if (shares[i] > 0)
            assert_true(rows >= 50);
        for (size_t r = 1; r < run_count; r++) { /* where the last one ended, or from the start again */
            const char *end = runs[r - 1].out + runs[r - 1].blocks * 1024;
            assert_true(runs[r].out == end || runs[r].out < runs[r - 1].out);
        }
        /* Times are of the declared call, which naps 20 us a block: no clock makes that less. */
        for (size_t p = 0; p < b.pairs; p++)
            assert_true(b.base_ns[p] >= 1024 * 20e3 && b.cand_ns[p] >= 1024 * 20e3);
        bench_duet_clear(&desk);
    }
}

/* Was a recorded call on the second value of the scales? */
static bool on_second(size_t run)
{
    const struct bench_buffers *const b = &desk.rooms->buffers;
    const char *const start = b->odd[2];
    assert_ptr_not_equal(b->odd[2], b->at[2]);
    return runs[run].scale >= start && runs[run].scale < start + b->plan.buffers[2].bytes;
}

UNIT_TEST(timed_calls_alternate)
{
    static const char *const shapes[][2] = {{"right", "4096"}, {"slow", "16384"}, {"slow", "262144"}};
    for (size_t i = 0; i < 3; i++) {
        struct bench_duet_work w = work_on(shapes[i][0], shapes[i][1], i == 1 ? 0.5 : 0);
        size_t changes = 0;
        w.memory = i == 2 ? QK_MEMORY_DRAM : QK_MEMORY_CACHE; /* its longer blocks have several passes */
        each_call = true;
        block_of(&w, 0);
        each_call = false;
        /*
         * Whole calls do with every call, be it of the other arm. The others do when they begin with the rows
         * again.
         */
        for (size_t r = 1; r < run_count; r++) {
            assert_int_equal(on_second(r) != on_second(r - 1), i < 2 || runs[r].out < runs[r - 1].out);
            changes += on_second(r) != on_second(r - 1);
        }
        assert_true(changes > 0);
        bench_duet_clear(&desk);
    }
}

/*
 * Weights that are interleaved by 16 rows are walked over in such groups, by both arms and the extra rows
 * too.
 */
UNIT_TEST(interleaved_rows_are_walked_over)
{
    /* A slice has 64 rows on the busiest machine. */
    struct bench_duet_work w = work_on("slow_rows", "65536x128", 0.016);
    struct bench_duet_block b;
    uint64_t rows[2];
    w.op = QK_OP_i2s16_gemv;
    assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
    run_count = 0;
    set_hooks(true);
    assert_int_equal(bench_duet_measure(&desk, w.index, 0, 0, &unproven, &b, &err), 0);
    set_hooks(false);
    assert_int_equal(calls_of(0, &rows[0]), b.pairs + 1);
    assert_int_equal(calls_of(1, &rows[1]), b.pairs + 1);
    for (int a = 0; a < 2; a++)
        rows[a] /= b.pairs + 1;
    assert_true(rows[0] <= 32768 && rows[0] % 64 == 0);
    assert_int_equal(rows[1] - rows[0], ((uint64_t)ceil(0.016 * (double)rows[0]) + 15) / 16 * 16);
    assert_true(b.extra == (double)(rows[1] - rows[0]) / (double)rows[0]);
    bench_duet_clear(&desk);
}

UNIT_TEST(a_slow_first_call_does_not_shorten_blocks)
{
    struct bench_duet_work w = work_on("slow_first", "4096", 0);
    struct bench_duet_block b;
    w.memory = QK_MEMORY_DRAM;
    assert_int_equal(bench_duet_prepare(&desk, &w, &err), 0);
    assert_int_equal(bench_duet_measure(&desk, w.index, 0, 0, &unproven, &b, &err), 0);
    assert_true(b.pairs > 1);
    bench_duet_clear(&desk);
}

UNIT_TEST(a_call_that_cannot_be_cut_is_whole)
{
    const struct bench_duet_work w = work_on("slow", "16384", 0.5); /* 64: two parts of 50 do not fit */
    const struct bench_duet_block b = block_of(&w, 0);
    uint64_t blocks[2];
    assert_int_equal(calls_of(0, &blocks[0]), b.pairs);
    assert_int_equal(blocks[0], 64 * b.pairs);
    assert_int_equal(calls_of(1, &blocks[1]), b.pairs);
    assert_int_equal(blocks[1], 96 * b.pairs);
    assert_true(b.extra == 0.5);
    bench_duet_clear(&desk);
}

UNIT_TEST(cases_of_a_shape_share_their_buffers)
{
    struct bench_duet_work w = work_on("right", "4096", 0);
    struct bench_duet_block block;
    const void *first;
    block_of(&w, 0);
    first = out;
    w.index = 8;
    block_of(&w, 0);
    assert_ptr_equal(out, first);
    assert_null(desk.rooms->next);
    assert_int_equal(bench_duet_measure(&desk, 7, 1, 0, &unproven, &block, &err), 0);
    bench_duet_clear(&desk);
    assert_null(desk.rooms);
    assert_int_equal(bench_duet_measure(&desk, 7, 1, 0, &unproven, &block, &err), QK_ERR_INTERNAL);
}

UNIT_TEST(what_cannot_be_measured_is_refused)
{
    static const struct {
        const char *variant, *text;
    } known[] = {{"no_such", "the base has no row qk256_dequant/no_such"},
                 {"of_tomorrow", "no ISA level"},
                 {"elsewhere", "not built for this architecture"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct bench_duet_work w = work_on(known[i].variant, "4096", 0);
        assert_int_equal(bench_duet_prepare(&desk, &w, &err), QK_ERR_UNAVAILABLE);
        assert_says(err.text, known[i].text);
        assert_null(desk.ready);
        bench_duet_clear(&desk);
    }
}

/* Coins of a fair toss, that differ with each of their arguments and with nothing else. */
UNIT_TEST(memory_is_told_by_the_l2)
{
    struct bench_environment env = {.cache_count = 2,
                                    .caches = {{1, "Data", 32768, 1}, {2, "Unified", 1 << 20, 1}}};
    struct qk_plan plan = {.buffer_count = 2, .buffers = {{.bytes = 1 << 19}, {.bytes = 1 << 19}}};
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_CACHE);
    plan.buffers[1].bytes++;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_DRAM);
    plan.buffers[1].bytes = SIZE_MAX;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_DRAM);
    env.cache_count = 0;
    plan.buffers[0].bytes = plan.buffers[1].bytes = 128 << 10;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_CACHE);
    plan.buffers[0].bytes++;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_DRAM);
    plan.buffer_count = 3; /* the last of which has two values */
    plan.buffers[0].bytes = 0;
    plan.buffers[2].bytes = 64 << 10;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_CACHE);
    plan.buffers[2].bytes++;
    assert_int_equal(bench_memory_of(QK_OP_f32_dot, &plan, &env), QK_MEMORY_DRAM);
}

UNIT_FIXTURE(set_up)
{
    struct bench_image image;
    char second[40];
    int file[BENCH_IMAGE_PARTS];
    const int code = bench_image_read(&image, FAKE_SO, &err);
    if (code || bench_image_copy(&image, "second", file, &err))
        return -1;
    snprintf(second, sizeof second, "/proc/self/fd/%d", file[BENCH_IMAGE_MODULE]);
    bench_image_free(&image);
    desk.seed = 4711;
    bench_sw_open("", &desk.sw, bench_pin(-1, NULL));
    qk_state_read(&desk.state);
    return qk_cpu_detect(&desk.isa, NULL, &err) || qk_table_load(&desk.table[0], FAKE_SO, &err) ||
           qk_table_load(&desk.table[1], second, &err);
}

UNIT_FIXTURE(tear_down)
{
    for (int side = 0; side < 2; side++)
        qk_table_free(&desk.table[side]);
    bench_sw_close(&desk.sw);
    return 0;
}

UNIT_TESTS(measure, set_up, tear_down)
