/* SPDX-License-Identifier: MIT */
/*
 * The run from matrix to sample set. The linker wraps qk_check_variant, so that a test can make a variant
 * fail its check.
 */
#include "harness/engine/run.h"
#include "harness/machine/pinning.h"

#include "harness/records/summary.h"
#include "kernels/check/check.h"
#include "kernels/tests/cmocka_parts.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *failing; /* glob of variants whose check fails */
static bool knowing;        /* what known() says counts */
static qk_fn *volatile calling;
static bool stop_now;
static double budget_s;
static int stop_asked, stop_at; /* how often it was asked; at which of these */
static int progressed;
static double last_done;
static struct qk_error err;
static struct qk_cpu isa;
static struct bench_sample_set set; /* of the last run */
static bool failed;

int __real_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e);
int __wrap_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e);
int __wrap_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e)
{
    if (failing && !fnmatch(failing, v->name, 0))
        return qk_fail(e, QK_ERR_CHECK, "shape 256", "made to fail");
    return __real_qk_check_variant(v, seed, calls, e);
}

static bool stop(void)
{
    return ++stop_asked == stop_at || stop_now;
}

static void progress(void *ctx, double done, const char *group)
{
    (void)ctx;
    assert_true(done >= last_done && done < 1.0);
    assert_non_null(group);
    last_done = done;
    progressed++;
}

static const char *known(void *ctx, const struct qk_variant *v)
{
    (void)ctx;
    return !knowing ? NULL : !strcmp(v->name, "p2_fma") ? "" : !strcmp(v->name, "p2_unroll8") ? "told" : NULL;
}

static int run(const char *pattern, const char *shapes)
{
    char text[64];
    char *list[] = {text};
    struct bench_matrix m;
    const struct bench_run_config cfg = {.job = {.table = qk_table_builtin(),
                                                 .quick = true,
                                                 .seed = 1,
                                                 .budget_s = budget_s,
                                                 .cpu = bench_pin(-1, NULL),
                                                 .isa = &isa,
                                                 .stop = stop,
                                                 .progress = progress,
                                                 .known = known,
                                                 .calling = &calling}};
    snprintf(text, sizeof text, "%s", pattern);
    progressed = stop_asked = 0;
    last_done = 0;
    bench_sample_set_free(&set);
    bench_environment_read(&set.env, 0);
    int code = bench_matrix_make(&m, qk_table_builtin(), list, 1, shapes, &set.env, &err);
    if (!code)
        code = bench_run(&m, &cfg, &set, &failed, &err);
    bench_matrix_free(&m);
    return code;
}

UNIT_TEST(a_run_pairs_its_samples)
{
    assert_int_equal(run("qk256_dequant/*_best/[12]*", "seed"), 0);
    assert_false(failed);
    assert_int_equal(set.record_count, 3 * 3); /* 256, 1024, 16384; two rows and the reference */
    assert_true(progressed > 0);
    for (size_t r = 0; r < set.record_count; r++) {
        const struct bench_record *rec = &set.records[r];
        if (rec->status == BENCH_SKIP)
            continue;
        assert_int_equal(rec->status, BENCH_OK);
        assert_int_equal(rec->block_count, set.records[0].block_count);
        for (size_t b = 0; b < rec->block_count; b++) {
            assert_int_equal(rec->blocks[b].slices, set.records[r / 3 * 3].blocks[b].slices);
            for (size_t i = 0; i < rec->blocks[b].slices; i++)
                assert_true(rec->blocks[b].samples_ns[i] > 0 && isfinite(rec->blocks[b].samples_ns[i]));
        }
    }
    assert_true(set.timer_ns > 0);
}

/* What a run prints and what report makes of its file come from the same digits. */
UNIT_TEST(a_file_keeps_all_that_was_measured)
{
    struct bench_sample_set read;
    struct bench_summary sums[2];
    char path[] = "/tmp/qkbench-run-XXXXXX";
    assert_int_equal(run("qk256_dequant/scalar/256", "seed"), 0);
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    assert_int_equal(bench_sample_set_write_json(&set, file, &err), 0);
    fclose(file);
    assert_int_equal(bench_sample_set_read_json(&read, path, &err), 0);
    unlink(path);
    const struct bench_record *was = &set.records[0], *is = &read.records[0];
    assert_int_equal(is->block_count, was->block_count);
    for (size_t b = 0; b < was->block_count; b++) {
        assert_memory_equal(is->blocks[b].samples_ns, was->blocks[b].samples_ns,
                            was->blocks[b].slices * sizeof(double));
        assert_true(is->blocks[b].cpu_ns == was->blocks[b].cpu_ns);
        assert_true(is->blocks[b].core_ghz == was->blocks[b].core_ghz || isnan(was->blocks[b].core_ghz));
    }
    assert_true(read.timer_ns == set.timer_ns);
    assert_true(read.clock_ghz == set.clock_ghz || isnan(set.clock_ghz));
    assert_int_equal(bench_summary_make(&sums[0], &set, &err), 0);
    assert_int_equal(bench_summary_make(&sums[1], &read, &err), 0);
    assert_true(sums[0].rows[0].ns == sums[1].rows[0].ns);
    for (int i = 0; i < 2; i++)
        bench_summary_free(&sums[i]);
    bench_sample_set_free(&read);
}

UNIT_TEST(a_budget_takes_blocks_but_leaves_eight)
{
    static const struct {
        double budget_s;
        size_t blocks;
    } cases[] = {{1e-6, 8}, {3600, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        budget_s = cases[i].budget_s;
        assert_int_equal(run("qk256_dequant/scalar/256", "seed"), 0);
        assert_int_equal(set.records[0].block_count, cases[i].blocks);
    }
    budget_s = 0;
}

UNIT_TEST(a_wrong_variant_is_not_timed)
{
    if (qk_variant_missing(qk_table_best(qk_table_builtin(), QK_OP_qk256_dequant, &isa), &isa) ||
        !isa.present[QK_ISA_AVX2])
        skip();
    /* What is known of the second and the third row counts for more than a check. */
    failing = "p[24]_*";
    knowing = true;
    assert_int_equal(run("qk256_dequant/p[24]*/256", "seed"), 0);
    knowing = false;
    failing = NULL;
    assert_true(failed);
    assert_int_equal(set.record_count, 4);
    assert_int_equal(set.records[0].status, BENCH_OK);
    assert_int_equal(set.records[1].status, BENCH_OK);
    assert_int_equal(set.records[2].status, BENCH_ERROR);
    assert_string_equal(set.records[2].reason, "told");
    assert_int_equal(set.records[3].status, BENCH_ERROR);
    assert_says(set.records[3].reason, "made to fail");
    assert_int_equal(set.records[3].block_count, 0);
    /* Or that of the call loop. */
    assert_true(calling && calling != qk_table_find(qk_table_builtin(), "qk256_dequant", "p4_permute")->fn);
}

UNIT_TEST(nothing_measured_is_invalid)
{
    failing = "scalar";
    assert_int_equal(run("qk256_dequant/scalar/256", "seed"), QK_ERR_INVALID);
    failing = NULL;
    assert_true(failed);
}

UNIT_TEST(nothing_available_says_why)
{
    const struct qk_cpu all = isa;
    assert_int_equal(qk_cpu_detect(&isa, "avx2", &err), 0);
    assert_int_equal(run("qk256_dequant/p4*/256", "seed"), QK_ERR_UNAVAILABLE);
    /*
     * With the reference asked for too there is something to measure, and the other is a skip with its
     * reason.
     */
    assert_int_equal(run("qk256_dequant/*[ra]*[rt]*/256", "seed"), 0);
    for (size_t r = 1; r < set.record_count; r++) {
        assert_int_equal(set.records[r].status, BENCH_SKIP);
        assert_true(strlen(set.records[r].reason) > 0);
    }
    isa = all;
}

UNIT_TEST(a_stop_ends_the_run)
{
    stop_now = true;
    assert_int_equal(run("qk256_dequant/scalar", "seed"), QK_ERR_INTERRUPTED);
    stop_now = false;
    /* Also while it is found out how fast a variant is: asked for the check, then before that. */
    stop_at = 2;
    assert_int_equal(run("qk256_dequant/scalar", "seed"), QK_ERR_INTERRUPTED);
    assert_int_equal(progressed, 0);
    assert_says(err.text, "before timing");
    stop_at = 0;
}

UNIT_TEST(model_codes_are_timed)
{
    assert_int_equal(run("qk256_dequant/scalar/*@blk.1.attn_[kv]*", MODEL_FIXTURES "/tiny.i2_s.gguf"), 0);
    assert_int_equal(set.record_count, 2);
    assert_string_equal(set.records[0].shape, "128x256@blk.1.attn_k.weight");
    assert_int_equal(set.records[0].status, BENCH_OK);
}

UNIT_TEST(pinning_refuses_a_cpu_that_is_not_there)
{
    assert_int_equal(bench_pin(1023, &err), QK_ERR_IO);
    assert_says(err.text, "expected one of: ");
    assert_true(bench_pin(-1, &err) >= 0);
}

UNIT_FIXTURE(tear_down)
{
    bench_sample_set_free(&set);
    return 0;
}

TEST_PART(run)
{
    if (qk_cpu_detect(&isa, NULL, &err))
        return 1;
    return unit_tests_run(argv[0], NULL, tear_down);
}
