/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/tests/ceilings_fixture.h"
#include "harness/records/kept.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bench_ceilings c;

UNIT_FIXTURE(set_up)
{
    bench_test_ceilings(&c);
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    bench_ceilings_free(&c);
    return 0;
}

UNIT_TEST_WITH(readers_alone, set_up, tear_down)
{
    static const size_t readers[] = {2, 1, 3}, many[] = {5};
    struct qk_cpu cpu;
    struct qk_error err;
    assert_int_equal(qk_cpu_detect(&cpu, NULL, NULL), 0);
    struct bench_ceilings_config cfg = {.job.isa = &cpu, .readers = readers, .reader_count = 3};
    free(c.rows);
    c.threads = 4;
    assert_int_equal(bench_ceilings_plan_readers(&c, &cfg, NULL), 0);
    assert_int_equal(c.threads, 3);
    assert_true(c.count && c.count % 3 == 0);
    for (size_t i = 0; i < c.count; i++) {
        assert_true(bench_ceiling_reads(c.rows[i].loop->kind));
        assert_int_equal(c.rows[i].level, BENCH_DRAM);
        assert_int_equal(c.rows[i].threads, readers[i / (c.count / 3)]);
        assert_int_equal(c.rows[i].bytes,
                         bench_ceiling_dram_bytes(&c.env, c.rows[i].threads) / (size_t)c.rows[i].threads);
    }
    free(c.rows);
    c.rows = NULL;
    cfg.readers = many;
    cfg.reader_count = 1;
    c.threads = 4;
    assert_int_equal(bench_ceilings_plan_readers(&c, &cfg, &err), QK_ERR_ARG);
    assert_says(err.text, "5 threads on 4 CPUs");
}

UNIT_TEST_WITH(the_faster_reader_counts, set_up, tear_down)
{
    static const enum bench_ceiling_kind kinds[] = {BENCH_CEILING_read_ahead, BENCH_CEILING_read_lines};
    for (int k = 0; k < 2; k++) {
        struct bench_ceiling *asks = NULL;
        for (size_t i = 0; i < c.count && !asks; i++)
            if (c.rows[i].loop->kind == kinds[k] && !isnan(c.rows[i].best))
                asks = &c.rows[i];
        assert_non_null(asks);
        assert_true(bench_ceilings_dram_read(&c, 1) > asks->best);
        asks->best = 1000 + k;
        assert_ptr_equal(bench_ceilings_find(&c, BENCH_CEILING_read, BENCH_DRAM, 1), asks);
        assert_true(bench_ceilings_dram_read(&c, 1) == 1000 + k);
    }
}

UNIT_TEST_WITH(working_sets_fit_their_level, set_up, tear_down)
{
    char why[128] = "";
    struct bench_environment *env = &c.env;
    assert_int_equal(bench_ceiling_cache_bytes(env, 1, 1, why, sizeof why), 16 << 10);
    assert_int_equal(bench_ceiling_cache_bytes(env, 1, 2, why, sizeof why), 16 << 10);
    assert_int_equal(bench_ceiling_cache_bytes(env, 2, 2, why, sizeof why), 512 << 10);
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 1, why, sizeof why), 4 << 20);
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 2, why, sizeof why), 4 << 20);
    assert_string_equal(why, "");
    assert_int_equal(bench_ceiling_dram_bytes(env, 1), 256 << 20);
    assert_int_equal(bench_ceiling_dram_bytes(env, 3) % (3 << 20), 0);
    env->caches[3].bytes = (uint64_t)96 << 20;
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 1, why, sizeof why), 12 << 20);
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 2, why, sizeof why), 6 << 20);
    assert_int_equal(bench_ceiling_dram_bytes(env, 2), 384 << 20);
    assert_int_equal(bench_ceiling_dram_bytes(env, 4), 768 << 20);
    /* Two threads on the two halves of one core share its L1. */
    env->caches[0].sharing = 2;
    assert_int_equal(bench_ceiling_cache_bytes(env, 1, 2, why, sizeof why), 8 << 10);
    assert_int_equal(bench_ceiling_cache_bytes(env, 1, 1, why, sizeof why), 16 << 10);
    /* Four times L2 would be all of 4 MiB, half is twice as large; of 3 MiB half will not do. */
    env->caches[3] = (struct bench_cache){3, "Unified", 32 << 20, 8};
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 8, why, sizeof why), 2 << 20);
    env->caches[3].bytes = 24 << 20;
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 1, why, sizeof why), 4 << 20);
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 8, why, sizeof why), 0);
    env->caches[3] = (struct bench_cache){3, "Unified", 32 << 20, 16};
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 16, why, sizeof why), 0);
    assert_string_equal(why,
                        "a thread's share of L3, 2048 KiB, is too small to tell it from the level before");
    env->cache_count = 3;
    assert_int_equal(bench_ceiling_cache_bytes(env, 3, 1, why, sizeof why), 0);
    assert_string_equal(why, "neither sysfs nor cpuid tells the size of L3");
    assert_int_equal(bench_ceiling_dram_bytes(env, 1), 256 << 20);
}

static size_t count_rows(int level, int threads)
{
    size_t n = 0;
    for (size_t i = 0; i < c.count; i++)
        n += c.rows[i].level == level && c.rows[i].threads == threads;
    return n;
}

UNIT_TEST_WITH(every_loop_has_its_rows, set_up, tear_down)
{
    struct qk_cpu cpu = bench_test_cpu();
    char name[64];
    for (int level = 1; level <= BENCH_DRAM; level++)
        for (int threads = 1; threads <= 2; threads++)
            assert_int_equal(count_rows(level, threads), level == BENCH_DRAM ? 18 : 12);
    assert_int_equal(count_rows(BENCH_REGISTERS, 1), bench_ceiling_loop_count - 18);
    assert_int_equal(count_rows(BENCH_REGISTERS, 2), 0);
    assert_string_equal(bench_ceiling_name(&c.rows[5], name, sizeof name), "read/L1/AVX512/2");
    assert_string_equal(bench_ceiling_name(&c.rows[c.count - 1], name, sizeof name), "shift/AVX512");
    bench_ceilings_free(&c);
    c.threads = 1;
    c.env.cache_count = 0;
    cpu.present[QK_ISA_AVX512] = false;
    strcpy(cpu.why[QK_ISA_AVX512], "switched off");
    assert_int_equal(bench_ceilings_plan(&c, &cpu, NULL), 0);
    assert_int_equal(count_rows(2, 2), 0);
    for (size_t i = 0; i < c.count; i++) {
        const struct bench_ceiling *row = &c.rows[i];
        assert_true(isnan(row->best));
        if (row->loop->isa == QK_ISA_AVX512 && row->loop->run)
            assert_string_equal(row->reason, "switched off");
        else if (row->level == 2 && row->loop->run)
            assert_string_equal(row->reason, "neither sysfs nor cpuid tells the size of L2");
    }
}

UNIT_TEST_WITH(the_best_is_the_ceiling, set_up, tear_down)
{
    double rates[] = {3, 9, 1, 4, 8, 2}, scratch[6];
    struct bench_ceiling_turns turns = {.turns = 6, .repetitions = 1, .rates = rates};
    struct bench_ceiling row = {.level = 1};
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 9 && row.median == 3.5 && row.repetitions == 6);
    assert_true(row.spread == 9.0 / 4 - 1);
    turns = (struct bench_ceiling_turns){.turns = 2, .repetitions = 2, .rates = rates};
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 9 && row.median == 3.5 && row.repetitions == 4 && isnan(row.spread));
    turns.turns = turns.repetitions = 1;
    rates[0] = 1.0 / 3; /* rounded as files keep it */
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 0.3333333 && row.median == 0.3333333);
}

/*
 * One turn of eight at a clock of 3 GHz instead of 2.8 makes no ceiling; a disturbed repetition in each
 * changes nothing.
 */
UNIT_TEST_WITH(a_peak_is_what_most_turns_reach, set_up, tear_down)
{
    double rates[16], ghz[8], scratch[16];
    const struct bench_ceiling_turns turns = {.turns = 8, .repetitions = 2, .rates = rates, .ghz = ghz};
    struct bench_ceiling row = {.level = BENCH_REGISTERS};
    for (int i = 0; i < 8; i++) {
        ghz[i] = i == 5 ? 3 : 2.8;
        rates[2 * i] = 2 * ghz[i];
        rates[2 * i + 1] = 1;
    }
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 2 * 2.8 && row.repetitions == 16);
    assert_true(fabs(row.per_cycle - 2) < 1e-9 && fabs(bench_ceiling_ghz(&row) - 2.8) < 1e-9);
    row.level = 1;
    row.per_cycle = NAN;
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 6 && isnan(row.per_cycle));
    row.level = BENCH_REGISTERS;
    ghz[0] = NAN; /* one clock that is not known leaves the others */
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 2 * 2.8 && fabs(row.per_cycle - 2) < 1e-9);
    rates[0] = 0; /* neither does a repetition that the clock spoilt */
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 2 * 2.8 && row.repetitions == 15);
    for (int i = 0; i < 8; i++)
        ghz[i] = NAN;
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(row.best == 2 * 2.8 && isnan(row.per_cycle));
    memset(rates, 0, sizeof rates);
    bench_ceiling_estimate(&row, &turns, scratch);
    assert_true(isnan(row.best) && isnan(row.median) && *row.reason);
}

UNIT_TEST_WITH(the_fastest_level_is_found, set_up, tear_down)
{
    for (size_t i = 0; i < c.count; i++)
        if (c.rows[i].loop->isa == QK_ISA_AVX2)
            c.rows[i].best *= 1.5;
    const struct bench_ceiling *row = bench_ceilings_find(&c, BENCH_CEILING_write, 2, 1);
    assert_non_null(row);
    assert_int_equal(row->loop->isa, QK_ISA_AVX2);
    assert_true(row->best == 150 && row->threads == 1);
    assert_true(isnan(bench_ceiling_ghz(row)));
    row = bench_ceilings_find(&c, BENCH_CEILING_fma, BENCH_REGISTERS, 1);
    assert_true(row->best == 3 && row->per_cycle == 0.5);
    assert_null(bench_ceilings_find(&c, BENCH_CEILING_write, 2, 3));
}

static void write_to(const char *path, const struct bench_ceilings *what)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(bench_fields_write(&bench_ceilings_fields, what, "", f, NULL), 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_same(const char *path, const char *other)
{
    size_t size;
    char *text = bench_test_get(path, &size), *other_text = bench_test_get(other, &size);
    assert_string_equal(text, other_text);
    free(text);
    free(other_text);
}

UNIT_TEST(what_is_written_is_read)
{
    const char *const path = bench_test_path("c.json"), *const other = bench_test_path("again.json");
    struct bench_ceilings again;
    struct qk_error err;
    for (int known = 1; known >= 0; known--) {
        write_to(path, &c);
        if (bench_ceilings_read_json(&again, path, &err))
            fail_msg("%s: %s", err.where, err.text);
        write_to(other, &again);
        bench_ceilings_free(&again);
        assert_same(path, other);
        /* Nothing known: no clock, no timer, no row. */
        bench_ceilings_free(&c);
        bench_ceilings_init(&c);
        c.cpu = 0;
        c.threads = 1;
        strcpy(c.clock_why, "no multiply chain");
    }
}

/* Replaces the first `from` in the file. */
static void spoil(const char *path, const char *from, const char *to)
{
    size_t size;
    char *text = bench_test_get(path, &size), *at = text ? strstr(text, from) : NULL;
    FILE *f = fopen(path, "w");
    if (!at)
        fail_msg("'%s' is not in the file", from);
    assert_non_null(f);
    fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_int_equal(fclose(f), 0);
    free(text);
}

UNIT_TEST_WITH(damage_is_named, set_up, tear_down)
{
    static const struct {
        const char *from, *to, *where;
    } damage[] = {
        {"\"schema_version\": 2", "\"schema_version\": 1", "$.schema_version"},
        {"\"ceilings\",", "\"breakdown\",", "$.kind"},
        {"\"seed\": \"42\"", "\"seed\": \"x\"", "$.seed"},
        {"\"threads\": 2", "\"threads\": 0", "$.threads"},
        {"\"estimated_ghz\":3.9", "\"estimated_ghz\":null", "$.clock.fastest_ghz"},
        {"\"estimated_ghz\":3.9,\"fastest_ghz\":4.0", "\"estimated_ghz\":null,\"fastest_ghz\":null",
         "$.clock.reason"},
        {"\"cost_ns\":20.5", "\"cost_ns\":-1", "$.timer.cost_ns"},
        {"\"kind\":\"read\"", "\"kind\":\"reed\"", "$.ceilings[0].kind"},
        {"\"isa\":\"BASE\"", "\"isa\":\"AVXVNNI\"", "$.ceilings[0].isa"},
        {"\"level\":\"L1\"", "\"level\":\"L4\"", "$.ceilings[0].level"},
        {"\"level\":\"L1\"", "\"level\":\"registers\"", "$.ceilings[0].level"},
        {"\"level\":\"L1\"", "\"level\":\"L2\"", "$.ceilings[0].name"},
        {"read/L1/AVX2/1\",\"kind\":\"read\",\"level\":\"L1\",\"isa\":\"AVX2\"",
         "read/L1/BASE/1\",\"kind\":\"read\",\"level\":\"L1\",\"isa\":\"BASE\"", "$.ceilings[1].name"},
        {"\"bytes_per_thread\":16384", "\"bytes_per_thread\":null", "$.ceilings[0].bytes_per_thread"},
        {"\"best\":200.0", "\"best\":0", "$.ceilings[0].best"},
        {"\"best\":200.0", "\"best\":null", "$.ceilings[0].reason"},
        {"\"median\":180.0", "\"median\":201", "$.ceilings[0].median"},
        {"\"median\":180.0", "\"median\":null", "$.ceilings[0].median"},
        {"\"repetitions\":50", "\"repetitions\":0", "$.ceilings[0].repetitions"},
        {"\"gop_s\":32.0", "\"gop_s\":33.0", "$.ceilings[108].gop_s"},
        {"\"per_cycle\":0.5", "\"per_cycle\":0.6", "$.ceilings[108].clock_ghz"},
        {"\"per_cycle\":null", "\"per_cycle\":1.0", "$.ceilings[0].per_cycle"},
        {"\"spread\":0.02", "\"spread\":-0.02", "$.ceilings[0].spread"},
        {"\"spread\":null", "\"spread\":0.02", ".spread"},
        {"\"gop_s\":null,\"reason\":null", "\"gop_s\":null,\"reason\":\"why\"", "$.ceilings[0].reason"},
        {"\"reason\":\"this CPU lacks avx_vnni\"", "\"reason\":null", ".reason"},
        {"\"hash\":\"", "\"hash\":\"0000000000000000000000", "$.fingerprint.hash"},
        {"\"ceilings\": [", "\"ceiling\": [", "$.ceiling"},
        {"\"unit\":\"GB/s\"", "\"unit\":\"instructions/ns\"", "$.ceilings[0].unit"},
        {"\"movaps xmm\"", "\"movaps zmm\"", "$.ceilings[0].instruction"},
        {"\"ops_per_instruction\":null", "\"ops_per_instruction\":16", "$.ceilings[0].ops_per_instruction"},
        {"\"registers\",\"isa\":\"AVX2\",\"threads\":1", "\"registers\",\"isa\":\"AVX2\",\"threads\":2",
         "$.ceilings[108].threads"},
        {"\"vfmadd213ps ymm\",\"bytes_per_thread\":null", "\"vfmadd213ps ymm\",\"bytes_per_thread\":64",
         "$.ceilings[108].bytes_per_thread"},
    };
    struct bench_ceilings again;
    const char *const path = bench_test_path("bad.json");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct qk_error err = {0};
        write_to(path, &c);
        spoil(path, damage[i].from, damage[i].to);
        if (bench_ceilings_read_json(&again, path, &err) != QK_ERR_FORMAT)
            fail_msg("%s was accepted", damage[i].to);
        if (!strstr(err.where, damage[i].where) || !strstr(err.text, "bad.json"))
            fail_msg("%s: '%s' at '%s', expected at %s", damage[i].to, err.text, err.where, damage[i].where);
    }
}

UNIT_TEST_WITH(the_cache_keeps_them_by_fingerprint, set_up, tear_down)
{
    struct bench_ceilings again;
    struct qk_error err;
    char *path;
    bool found = true;
    setenv("XDG_CACHE_HOME", bench_test_path("xdg"), 1);
    assert_int_equal(bench_ceilings_load(&again, c.env.fingerprint, &found, &err), 0);
    assert_false(found);
    if (bench_ceilings_store(&c, &err))
        fail_msg("%s", err.text);
    assert_int_equal(bench_kept_path("ceilings", c.env.fingerprint, &path, &err), 0);
    assert_says(path, "/xdg/qkbench/ceilings-");
    assert_non_null(strstr(path, c.env.fingerprint));
    assert_int_equal(bench_ceilings_load(&again, c.env.fingerprint, &found, &err), 0);
    assert_true(found);
    assert_int_equal(again.count, c.count);
    bench_ceilings_free(&again);
    spoil(path, c.env.fingerprint, "0123456789abcdef");
    assert_int_equal(bench_ceilings_load(&again, c.env.fingerprint, &found, &err), QK_ERR_FORMAT);
    assert_false(found);
    assert_string_equal(err.where, "$.fingerprint.hash");
    bench_test_put(path, "{", 1);
    assert_int_equal(bench_ceilings_load(&again, c.env.fingerprint, &found, &err), QK_ERR_FORMAT);
    assert_false(found);
    free(path);
}

UNIT_TEST_WITH(no_folder_is_no_ceilings, set_up, tear_down)
{
    struct qk_error err;
    char *path;
    bool found = true;
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", bench_test_path("home"), 1);
    assert_int_equal(bench_kept_path("ceilings", "f", &path, &err), 0);
    assert_says(path, "/home/.cache/qkbench/ceilings-f.json");
    free(path);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(bench_kept_path("ceilings", "f", &path, &err), QK_ERR_IO);
    assert_null(path);
    assert_int_equal(bench_ceilings_load(&c, "f", &found, &err), 0);
    assert_false(found);
    assert_int_equal(bench_ceilings_store(&c, &err), QK_ERR_IO);
    /* A file where the folder should be. */
    bench_test_put(bench_test_path("taken"), "x", 1);
    setenv("XDG_CACHE_HOME", bench_test_path("taken"), 1);
    assert_int_equal(bench_ceilings_store(&c, &err), QK_ERR_IO);
    assert_says(err.text, "taken");
}

UNIT_TESTS(ceilings, bench_test_dir_make, bench_test_dir_remove)
