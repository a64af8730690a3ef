/* SPDX-License-Identifier: MIT */
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct bench_record *add(struct bench_sample_set *set, const char *variant, const char *shape,
                                const char *isa, const char *phase)
{
    struct bench_record *rec = bench_sample_set_add(set, "qk256_dequant", variant, shape);
    assert_non_null(rec);
    assert_true(bench_record_describe(rec, isa, phase, "-O3 -fno-tree-vectorize"));
    rec->elements = strtod(shape, NULL);
    rec->ops = 2 * rec->elements;
    rec->bytes_read = rec->elements / 4 + 4;
    rec->bytes_written = 4 * rec->elements;
    return rec;
}

/* Block b of scalar has the median 1000 + 10 b. The other rows have that divided by `factor`. */
static void time_it(struct bench_record *rec, size_t blocks, size_t slices, double factor, double ghz)
{
    rec->calls = 100;
    for (size_t b = 0; b < blocks; b++) {
        struct bench_block *block = bench_record_add_block(rec, slices);
        assert_non_null(block);
        block->core_ghz = ghz;
        for (size_t s = 0; s < slices; s++)
            block->samples_ns[s] = (1000 + 10 * (double)b + (s == 0 ? 0 : s == 1 ? -0.125 : 3.0625)) / factor;
        block->cpu_ns = block->samples_ns[0] - 0.5;
        block->events = (struct bench_events){.recorded = blocks > 1, .disturbed = b == 2};
        block->events.value[BENCH_EVENT_WALL] = 20000123 + (double)b;
        block->events.value[BENCH_EVENT_TASK] = 19999999.5;
        block->events.value[BENCH_EVENT_INVOLUNTARY] = b == 2;
        block->events.value[BENCH_EVENT_STEAL] = NAN;
    }
}

void bench_test_set(struct bench_sample_set *set)
{
    bench_sample_set_init(set);
    bench_environment_read(&set->env, 0);
    bench_environment_kernels(&set->env, "BASE AVX2", "gcc 12.2.0");
    set->seed = UINT64_MAX - 1; /* no double holds it */
    set->quick = true;
    set->cpu = 0;
    set->timer_ns = 36.5;
    set->waited_ms = 1234;
    set->dropped = (struct bench_dropped){2, "the clock went back"};
    set->repeated_blocks = 5;
    set->clock_ghz = 3.694501;
    set->clock_why[0] = '\0';
    snprintf(set->events_why, sizeof set->events_why, "steal: none to be seen");
    snprintf(set->source, sizeof set->source, "seed");
    struct bench_record *rec = add(set, "scalar", "4096", "BASE", "baseline");
    rec->reference = true;
    time_it(rec, 7, 3, 1, 2);
    assert_true(bench_record_add_metric(rec, "steps", "instructions", 123456789, NULL));
    assert_true(bench_record_add_metric(rec, "ipc", "", 1.23456789, "not validated: \"why\""));
    assert_true(bench_record_add_metric(rec, "cycles", "cycles/element", NAN, "PAPI: Event does not exist"));
    time_it(add(set, "p1_unpack", "4096", "AVX2", "1"), 7, 3, 2, 2);
    assert_true(bench_record_stop(add(set, "p2_fma", "4096", "AVX2", "2"), BENCH_SKIP, "no AVX2 here"));
    assert_true(
        bench_record_stop(add(set, "p3_prefetch", "4096", "AVX2", "3"), BENCH_ERROR, "timer \"stopped\""));
    time_it(add(set, "p4_permute", "4096", "AVX2", "4"), 7, 3, 4, 2);
    time_it(add(set, "autovec_v3", "4096", "AVX2", "-"), 7, 3, 3, 2);
    rec = add(set, "scalar", "256", "BASE", "baseline");
    rec->reference = true;
    time_it(rec, 1, 1, 10, NAN);
}

/* Puts `value`, or deletes when it is NULL, at a place whose parent is there. */
static void change(json_t *json, const char *path, json_t *value)
{
    assert_true(*path++ == '$');
    while (*path) {
        char key[64];
        size_t n = strcspn(path + 1, ".[");
        snprintf(key, sizeof key, "%.*s", (int)n, path + 1);
        const bool last = path[n + 1] == '\0';
        const size_t index = strtoul(key, NULL, 10);
        if (*path == '.' && last)
            assert_int_equal(value ? json_object_set_new(json, key, value) : json_object_del(json, key), 0);
        else if (last)
            assert_int_equal(value ? json_array_set_new(json, index, value) : json_array_remove(json, index),
                             0);
        json = *path == '.' ? json_object_get(json, key) : json_array_get(json, index);
        path += n + 1;
    }
}

void bench_test_refused(const char *good, int (*read)(const char *path, struct qk_error *err),
                        const struct bench_test_bad *bad, size_t count)
{
    const char *path = bench_test_path("bad.json");
    struct qk_error err = {.text = ""};
    int wrong = 0;
    bench_test_put(path, good, strlen(good));
    if (read(path, &err) != QK_OK)
        fail_msg("good: %s (%s)", err.text, err.where);
    for (const struct bench_test_bad *b = bad; b < bad + count; b++) {
        const char *where = b->where ? b->where : b->path;
        json_t *json = json_loads(good, 0, NULL);
        change(json, b->path, b->value ? json_loads(b->value, JSON_DECODE_ANY, NULL) : NULL);
        assert_int_equal(json_dump_file(json, path, 0), 0);
        json_decref(json);
        err = (struct qk_error){.text = ""};
        const int code = read(path, &err);
        if (code == QK_ERR_FORMAT && !strcmp(err.where, where) && strstr(err.text, b->text) &&
            strstr(err.text, path))
            continue;
        wrong++;
        print_message("# %s %s: found %d '%s' (%s), expected '%s' (%s)\n", b->path, b->value, code, err.text,
                      err.where, b->text, where);
    }
    assert_int_equal(wrong, 0);
}

static long allocations_left; /* the one at 0 is refused, and all after it */

static void *scarce_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

void bench_test_scarce(long n)
{
    allocations_left = n;
    json_set_alloc_funcs(n < 0 ? malloc : scarce_malloc, free);
}

void bench_test_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected)))
        fail_msg("found %.17g, expected %.17g", found, expected);
}
