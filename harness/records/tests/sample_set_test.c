/* SPDX-License-Identifier: MIT */
#include "harness/records/sample_set.h"

#include "harness/records/json_writer.h"
#include "harness/records/tests/fixture.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_file(const struct bench_sample_set *set, const char *path)
{
    struct qk_error err = {.text = ""};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    if (bench_sample_set_write_json(set, f, &err) != QK_OK)
        fail_msg("%s (%s)", err.text, err.where);
    assert_int_equal(fclose(f), 0);
}

static void read_file(struct bench_sample_set *set, const char *path)
{
    struct qk_error err = {.text = ""};
    if (bench_sample_set_read_json(set, path, &err) != QK_OK)
        fail_msg("%s (%s)", err.text, err.where);
}

static void assert_same_bytes(const char *one, const char *two)
{
    size_t a, b;
    char *x = bench_test_get(one, &a), *y = bench_test_get(two, &b);
    assert_non_null(x);
    assert_non_null(y);
    assert_int_equal(a, b);
    assert_memory_equal(x, y, a);
    free(x);
    free(y);
}

UNIT_TEST(round_trip_keeps_every_byte)
{
    struct bench_sample_set set, again;
    bench_test_set(&set);
    for (size_t b = 0; b < 7; b++) /* digits that do not fit seven, and a median between two samples */
        for (size_t s = 0; s < 3; s++)
            set.records[4].blocks[b].samples_ns[s] = exp((double)(b * 3 + s) - 5.4321);
    set.env.load[0] = 1.0 / 3;
    /* Medians of two samples, which have a digit more. */
    struct qk_rng rng;
    qk_rng_seed(&rng, 1);
    struct bench_record *pairs = bench_sample_set_add(&set, "op", "pairs", "1");
    pairs->elements = 1;
    pairs->calls = 1;
    for (size_t b = 0; b < BENCH_BLOCKS_MAX; b++) {
        struct bench_block *block = bench_record_add_block(pairs, 2);
        assert_non_null(block);
        block->samples_ns[0] = bench_stored(1 + 1e-5 * (double)qk_rng_unit(&rng));
        block->samples_ns[1] = bench_stored(1 + 1e-5 * (double)qk_rng_unit(&rng));
    }
    write_file(&set, bench_test_path("one.json"));
    read_file(&again, bench_test_path("one.json"));
    write_file(&again, bench_test_path("two.json"));
    assert_same_bytes(bench_test_path("one.json"), bench_test_path("two.json"));
    bench_sample_set_free(&set);
    bench_sample_set_free(&again);
}

UNIT_TEST(values_survive)
{
    struct bench_sample_set set, back;
    bench_test_set(&set);
    set.records[0].blocks[2].samples_ns[1] = 1234.56789;
    set.records[0].ops = 0x1p53;
    write_file(&set, bench_test_path("set.json"));
    read_file(&back, bench_test_path("set.json"));
    assert_true(back.seed == UINT64_MAX - 1);
    assert_true(back.quick);
    assert_string_equal(back.source, "seed");
    assert_true(back.timer_ns == 36.5);
    assert_true(back.clock_ghz == 3.694501);
    assert_string_equal(back.env.fingerprint, set.env.fingerprint);
    assert_string_equal(back.env.cpu_flags, set.env.cpu_flags);
    assert_string_equal(back.env.date, set.env.date);
    assert_string_equal(back.env.governor_why, set.env.governor_why);
    assert_string_equal(back.env.build, set.env.build);
    assert_int_equal(back.env.cache_count, set.env.cache_count);
    assert_int_equal(back.record_count, 7);
    const struct bench_record *rec = &back.records[0];
    assert_string_equal(rec->variant, "scalar");
    assert_string_equal(rec->isa, "BASE");
    assert_string_equal(rec->phase, "baseline");
    assert_string_equal(rec->flags, "-O3 -fno-tree-vectorize");
    assert_true(rec->reference);
    assert_null(rec->reason);
    assert_true(rec->elements == 4096 && rec->ops == 0x1p53 && rec->bytes_read == 1028);
    assert_int_equal(rec->calls, 100);
    assert_int_equal(rec->block_count, 7);
    assert_int_equal(rec->blocks[2].slices, 3);
    assert_true(rec->blocks[2].samples_ns[1] == 1234.568); /* seven digits */
    assert_true(rec->blocks[2].core_ghz == 2);
    assert_int_equal(rec->metric_count, 3);
    assert_true(bench_record_metric(rec, "steps")->value == 123456789);
    assert_null(bench_record_metric(rec, "steps")->reason);
    assert_true(bench_record_metric(rec, "ipc")->value == 1.234568);
    assert_string_equal(bench_record_metric(rec, "ipc")->reason, "not validated: \"why\"");
    assert_true(isnan(bench_record_metric(rec, "cycles")->value));
    assert_string_equal(bench_record_metric(rec, "cycles")->unit, "cycles/element");
    assert_null(bench_record_metric(rec, "cycle"));
    assert_int_equal(back.records[1].metric_count, 0);
    const struct bench_events *events = &back.records[1].blocks[2].events;
    assert_true(events->recorded && events->disturbed && !rec->blocks[3].events.disturbed);
    assert_true(events->value[BENCH_EVENT_WALL] == 20000125 && events->value[BENCH_EVENT_TASK] == 2e7);
    assert_true(events->value[BENCH_EVENT_INVOLUNTARY] == 1 && events->value[BENCH_EVENT_MINOR_FAULTS] == 0);
    assert_true(isnan(events->value[BENCH_EVENT_STEAL]));
    assert_false(back.records[6].blocks[0].events.recorded);
    assert_string_equal(back.events_why, "steal: none to be seen");
    assert_int_equal(back.records[2].status, BENCH_SKIP);
    assert_string_equal(back.records[2].reason, "no AVX2 here");
    assert_int_equal(back.records[3].status, BENCH_ERROR);
    assert_string_equal(back.records[3].reason, "timer \"stopped\"");
    assert_int_equal(back.records[3].block_count, 0);
    assert_true(isnan(back.records[6].blocks[0].core_ghz));
    bench_sample_set_free(&set);
    bench_sample_set_free(&back);
}

/* Nothing measured, nothing known: still a file, and the same again. */
UNIT_TEST(empty_set)
{
    struct bench_sample_set set, back;
    bench_sample_set_init(&set);
    write_file(&set, bench_test_path("empty.json"));
    read_file(&back, bench_test_path("empty.json"));
    assert_int_equal(back.record_count, 0);
    assert_true(isnan(back.timer_ns) && isnan(back.clock_ghz));
    assert_string_equal(back.clock_why, "not estimated");
    assert_int_equal(back.env.cpu_family, -1);
    assert_true(back.env.load[1] == -1);
    write_file(&back, bench_test_path("again.json"));
    assert_same_bytes(bench_test_path("empty.json"), bench_test_path("again.json"));
    bench_sample_set_free(&set);
    bench_sample_set_free(&back);
}

/* The members google-benchmark 1.7.1 writes, with its types; only ok cases are rows. */
UNIT_TEST(google_benchmark_superset)
{
    struct bench_sample_set set;
    bench_test_set(&set);
    write_file(&set, bench_test_path("gbench.json"));
    json_t *json = json_load_file(bench_test_path("gbench.json"), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    const char *date, *host, *program, *build, *name, *run, *type, *unit;
    int cpus, mhz, family, instance, repetitions, index, threads, iterations;
    json_t *caches, *load;
    double wall, cpu;
    assert_int_equal(json_unpack(json, "{s:{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:s}}", "context", "date",
                                 &date, "host_name", &host, "executable", &program, "num_cpus", &cpus,
                                 "mhz_per_cpu", &mhz, "caches", &caches, "load_avg", &load,
                                 "library_build_type", &build),
                     0);
    assert_int_equal(mhz, 3695);
    assert_int_equal(json_array_size(caches), set.env.cache_count);
    json_t *rows = json_object_get(json, "benchmarks");
    assert_int_equal(json_array_size(rows), 4 * 7 + 1);
    json_t *row = json_array_get(rows, 9);
    assert_int_equal(json_unpack(row, "{s:s, s:i, s:i, s:s, s:s, s:i, s:i, s:i, s:i, s:F, s:F, s:s}", "name",
                                 &name, "family_index", &family, "per_family_instance_index", &instance,
                                 "run_name", &run, "run_type", &type, "repetitions", &repetitions,
                                 "repetition_index", &index, "threads", &threads, "iterations", &iterations,
                                 "real_time", &wall, "cpu_time", &cpu, "time_unit", &unit),
                     0);
    assert_string_equal(name, "qk256_dequant/p1_unpack/4096");
    assert_string_equal(run, name);
    assert_string_equal(type, "iteration");
    assert_string_equal(unit, "ns");
    assert_int_equal(repetitions, 7);
    assert_int_equal(index, 2);
    assert_int_equal(threads, 1);
    assert_int_equal(iterations, 300);
    assert_true(wall == 510);
    assert_true(cpu == 509.5);
    json_decref(json);
    bench_sample_set_free(&set);
}

UNIT_TEST(records_hold_what_they_are_given)
{
    struct bench_sample_set set;
    char name[BENCH_NAME_MAX], small[6];
    bench_sample_set_init(&set);
    for (int i = 0; i < 100; i++)
        assert_non_null(bench_sample_set_add(&set, "op", "variant", "1"));
    struct bench_record *rec = &set.records[99];
    assert_string_equal(bench_record_name(rec, name, sizeof name), "op/variant/1");
    assert_string_equal(bench_record_name(rec, small, sizeof small), "op/va");
    assert_null(bench_record_add_block(rec, 0));
    assert_null(bench_record_add_block(rec, SIZE_MAX));
    for (int i = 0; i < BENCH_BLOCKS_MAX; i++)
        assert_non_null(bench_record_add_block(rec, 2));
    assert_null(bench_record_add_block(rec, 2));
    assert_true(isnan(rec->blocks[63].core_ghz));
    assert_true(bench_record_describe(rec, "a", "b", "c"));
    assert_true(bench_record_describe(rec, "d", "e", "f"));
    assert_string_equal(rec->flags, "f");
    assert_true(bench_record_add_metric(rec, "m", "", 1, NULL));
    assert_true(bench_record_stop(rec, BENCH_ERROR, "one"));
    assert_int_equal(rec->metric_count, 0);
    assert_true(bench_record_stop(rec, BENCH_SKIP, "two"));
    assert_int_equal(rec->block_count, 0);
    assert_string_equal(rec->reason, "two");
    bench_sample_set_free(&set);
    bench_sample_set_free(&set);
    struct bench_sample_set zeroed = {0};
    bench_sample_set_free(&zeroed);
}

/* A million samples with all their digits: the design allows 25 MB, one line a row takes 10. */
UNIT_TEST(a_million_samples)
{
    struct bench_sample_set set, back;
    struct qk_rng rng;
    const size_t cases = 16, slices = 977; /* times 64 blocks */
    bench_sample_set_init(&set);
    qk_rng_seed(&rng, 1);
    for (size_t i = 0; i < cases; i++) {
        char shape[16];
        snprintf(shape, sizeof shape, "%zu", i + 1);
        struct bench_record *rec = bench_sample_set_add(&set, "op", "variant", shape);
        assert_non_null(rec);
        rec->elements = 1;
        rec->calls = 1;
        for (size_t b = 0; b < BENCH_BLOCKS_MAX; b++) {
            struct bench_block *block = bench_record_add_block(rec, slices);
            assert_non_null(block);
            for (size_t s = 0; s < slices; s++)
                block->samples_ns[s] = 1e5 * (1 + (double)qk_rng_unit(&rng)) + 0.123456;
        }
    }
    write_file(&set, bench_test_path("million.json"));
    read_file(&back, bench_test_path("million.json"));
    size_t size;
    char *bytes = bench_test_get(bench_test_path("million.json"), &size);
    assert_non_null(bytes);
    free(bytes);
    const size_t samples = cases * BENCH_BLOCKS_MAX * slices;
    print_message("# %zu samples in %zu bytes\n", samples, size);
    assert_true(size < 10 * samples);
    assert_int_equal(back.record_count, cases);
    for (size_t i = 0; i < cases; i++)
        for (size_t b = 0; b < BENCH_BLOCKS_MAX; b++)
            for (size_t s = 0; s < slices; s++)
                if (back.records[i].blocks[b].samples_ns[s] !=
                    bench_stored(set.records[i].blocks[b].samples_ns[s]))
                    fail_msg("case %zu, block %zu, slice %zu differs", i, b, s);
    bench_sample_set_free(&set);
    bench_sample_set_free(&back);
}

UNIT_TEST(csv)
{
    struct bench_sample_set set;
    size_t size;
    bench_sample_set_init(&set);
    struct bench_record *rec = bench_sample_set_add(&set, "op", "a \"b\"", "1,2");
    struct bench_block *block = bench_record_add_block(rec, 2);
    block->samples_ns[0] = 12.5;
    block->samples_ns[1] = 1e-3;
    block->core_ghz = 2.5;
    bench_record_add_block(bench_sample_set_add(&set, "op", "plain", "3"), 1)->samples_ns[0] = 7;
    bench_sample_set_add(&set, "op", "skipped", "3");
    FILE *f = fopen(bench_test_path("set.csv"), "w");
    assert_non_null(f);
    assert_int_equal(bench_sample_set_write_csv(&set, f, NULL), QK_OK);
    assert_int_equal(fclose(f), 0);
    char *text = bench_test_get(bench_test_path("set.csv"), &size);
    assert_string_equal(text, "case,block,slice,ns_per_call,estimated_ghz\r\n"
                              "\"op/a \"\"b\"\"/1,2\",0,0,12.5,2.5\r\n"
                              "\"op/a \"\"b\"\"/1,2\",0,1,0.001,2.5\r\n"
                              "op/plain/3,0,0,7,\r\n");
    free(text);
    bench_sample_set_free(&set);
}

/* Texts from outside need not be UTF-8; JSON must be. */
UNIT_TEST(foreign_bytes)
{
    struct bench_sample_set set, back;
    bench_test_set(&set);
    snprintf(set.source, sizeof set.source, "caf\xe9.gguf");
    free(set.records[1].shape);
    set.records[1].shape = strdup("t\xff");
    free(set.records[4].shape);
    set.records[4].shape = strdup("t\xc3\xa9"); /* is UTF-8: kept */
    write_file(&set, bench_test_path("bytes.json"));
    read_file(&back, bench_test_path("bytes.json"));
    assert_string_equal(back.source, "caf\\xe9.gguf");
    assert_string_equal(back.records[1].shape, "t\\xff");
    assert_string_equal(back.records[4].shape, "t\xc3\xa9");
    bench_sample_set_free(&set);
    bench_sample_set_free(&back);
}

UNIT_TESTS(sample_set, bench_test_dir_make, bench_test_dir_remove)
