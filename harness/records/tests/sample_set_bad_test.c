/* SPDX-License-Identifier: MIT */
/* Broken sample sets: files that the reader refuses, and sets that the writer refuses. */
#include "harness/records/sample_set.h"
#include "harness/records/tests/fixture.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *document(void)
{
    struct bench_sample_set set;
    bench_test_set(&set);
    FILE *f = fopen(bench_test_path("good.json"), "w");
    assert_non_null(f);
    assert_int_equal(bench_sample_set_write_json(&set, f, NULL), QK_OK);
    assert_int_equal(fclose(f), 0);
    bench_sample_set_free(&set);
    json_t *json = json_load_file(bench_test_path("good.json"), 0, NULL);
    assert_non_null(json);
    return json;
}

static void assert_refused(const char *path, int code, const char *where, const char *text)
{
    struct bench_sample_set set;
    struct qk_error err = {.text = ""};
    const int found = bench_sample_set_read_json(&set, path, &err);
    if (found != code)
        fail_msg("%s: code %d, expected %d: %s (%s)", where, found, code, err.text, err.where);
    if (strcmp(err.where, where) != 0 || !strstr(err.text, text) || !strstr(err.text, path))
        fail_msg("found '%s' (%s), expected '%s' (%s)", err.text, err.where, text, where);
}

static const struct bench_test_bad bad_documents[] = {
    {"$.qkbench", NULL, "found nothing, expected an object", NULL},
    {"$.qkbench", "[]", "found an array of 0, expected an object", NULL},
    {"$.context", "7", "found 7, expected an object", NULL},
    {"$.context.date", "false", "found false, expected a date and time as", NULL},
    {"$.context.num_cpus", "-1", "found -1, expected an integer from 0", NULL},
    {"$.context.num_cpus", "1.5", "found 1.5, expected an integer", NULL},
    {"$.context.load_avg", "[1, 2]", "an array of 3", NULL},
    {"$.context.load_avg", "[1, 2, -1]", "found -1", "$.context.load_avg[2]"},
    {"$.context.load_avg", "[1, \"2\", 3]", "found \"2\"", "$.context.load_avg[1]"},
    {"$.qkbench.schema_version", "2", "found 2, expected an integer from 1 to 1", NULL},
    {"$.qkbench.schema_version", NULL, "found nothing", NULL},
    {"$.qkbench.kind", "\"baseline\"", "found \"baseline\", expected \"sample_set\"", NULL},
    {"$.qkbench.seed", "7", "found 7, expected decimal digits", NULL},
    {"$.qkbench.seed", "\"-1\"", "decimal digits", NULL},
    {"$.qkbench.seed", "\"007\"", "decimal digits", NULL},
    {"$.qkbench.seed", "\"18446744073709551616\"", "below 2^64", NULL},
    {"$.qkbench.mode", "\"slow\"", "found \"slow\", expected \"full\" or \"quick\"", NULL},
    {"$.qkbench.version", "\"0123456789abcdef\"", "a string of at most 15 bytes", NULL},
    {"$.qkbench.pinned_cpu", "-1", "found -1", NULL},
    {"$.qkbench.pinned_cpu", "null", "found null", NULL},
    {"$.qkbench.timer_ns", "-0.5", "found -0.5", NULL},
    {"$.qkbench.timer_ns", "\"1\"", "a number from", NULL},
    {"$.qkbench.clock.estimated_ghz", "null", "found null, expected a reason", "$.qkbench.clock.reason"},
    {"$.qkbench.clock.estimated_ghz", "0", "found 0", NULL},
    {"$.qkbench.clock.estimated_ghz", "1001", "found 1001", NULL},
    {"$.qkbench.clock", "true", "found true, expected an object", NULL},
    {"$.qkbench.fingerprint.hash", "\"0123456789abcdef\"", "which the identity beside it gives", NULL},
    {"$.qkbench.fingerprint.identity.cpu_family", "5", "found", "$.qkbench.fingerprint.hash"},
    {"$.qkbench.fingerprint.identity.cpu_family", "-1", "found -1", NULL},
    {"$.qkbench.fingerprint.identity.caches", "[1]", "found 1, expected an object",
     "$.qkbench.fingerprint.identity.caches[0]"},
    {"$.qkbench.fingerprint.identity.caches", "[1,2,3,4,5,6,7,8,9]",
     "found an array of 9, expected at most 8", NULL},
    {"$.qkbench.fingerprint.identity.caches", "[{\"type\": \"Data\", \"level\": 0}]", "found 0",
     "$.qkbench.fingerprint.identity.caches[0].level"},
    {"$.qkbench.fingerprint.shown.governor", "5", "a string of at most 31 bytes or null", NULL},
    {"$.qkbench.fingerprint.shown.kernel", NULL, "found nothing", NULL},
    {"$.qkbench.cases", "{}", "found an object, expected an array", NULL},
    {"$.qkbench.cases[1]", "null", "found null, expected an object", NULL},
    {"$.qkbench.cases[1].name", "\"qk256_dequant/p1/4096\"", "op/variant/shape of this case", NULL},
    {"$.qkbench.cases[2].op", "\"\"", "found \"\", expected a name, which is not empty", NULL},
    {"$.qkbench.cases[0].flags", NULL, "found nothing, expected a string", NULL},
    {"$.qkbench.cases[0].reference", "1", "expected true or false", NULL},
    {"$.qkbench.cases[0].status", "\"fine\"", "\"ok\" or \"skip\" or \"error\"", NULL},
    {"$.qkbench.cases[0].reason", "\"why\"", "null, because the status is ok", NULL},
    {"$.qkbench.cases[2].reason", "null", "found null, expected a reason", NULL},
    {"$.qkbench.cases[2].reason", "\"\"", "found \"\", expected a reason", NULL},
    {"$.qkbench.cases[2].calls_per_slice", "1", "the status is not ok", NULL},
    {"$.qkbench.cases[0].elements", "0", "at least 1", NULL},
    {"$.qkbench.cases[0].elements", "9007199254740993", "found 9007199254740993", NULL},
    {"$.qkbench.cases[0].bytes_read", "0.5", "found 0.5, expected an integer", NULL},
    {"$.qkbench.cases[0].calls_per_slice", "50", "calls_per_slice times", "$.benchmarks[0].iterations"},
    {"$.qkbench.cases[0].metrics", "{}", "found an object, expected an array", NULL},
    {"$.qkbench.cases[0].metrics[1]", "7", "found 7, expected an object", NULL},
    {"$.qkbench.cases[0].metrics[1].unit", NULL, "found nothing, expected a string", NULL},
    {"$.qkbench.cases[0].metrics[1].value", "\"1\"", "a number from", NULL},
    {"$.qkbench.cases[0].metrics[1].reason", NULL, "found nothing, expected a string", NULL},
    {"$.qkbench.cases[0].metrics[1].name", "\"\"", "found \"\", expected a text that is not empty", NULL},
    {"$.qkbench.cases[0].metrics[1].name", "\"steps\"", "found \"steps\", expected each name once", NULL},
    {"$.qkbench.cases[0].metrics[2].reason", "null", "found null, expected a reason", NULL},
    {"$.qkbench.cases[0].metrics[2].reason", "\"\"", "found \"\", expected a reason", NULL},
    {"$.qkbench.cases[6].status", "\"skip\"", "found null, expected a reason", "$.qkbench.cases[6].reason"},
    {"$.benchmarks", NULL, "found nothing, expected an array", NULL},
    {"$.benchmarks", "[]", "expected at least one row of this case", "$.qkbench.cases[0].status"},
    {"$.benchmarks[28]", NULL, "expected at least one row of this case", "$.qkbench.cases[6].status"},
    {"$.benchmarks[28]", "3", "found 3, expected an object", NULL},
    {"$.benchmarks[28].name", "\"x/y/z\"", "the name of the next ok case", NULL},
    {"$.benchmarks[3].repetition_index", "2", "found 2, expected each row of a case, in order", NULL},
    {"$.benchmarks[3].repetitions", "8", "found 8, expected the number of this case's rows", NULL},
    {"$.benchmarks[3].run_name", "\"x\"", "found \"x\"", NULL},
    {"$.benchmarks[3].run_type", "\"aggregate\"", "expected \"iteration\"", NULL},
    {"$.benchmarks[3].threads", "2", "found 2", NULL},
    {"$.benchmarks[3].time_unit", "\"us\"", "expected \"ns\"", NULL},
    {"$.benchmarks[3].iterations", "299", "calls_per_slice times", NULL},
    {"$.benchmarks[3].real_time", "1031", "the median of samples_ns", NULL},
    {"$.benchmarks[3].cpu_time", "-1", "found -1", NULL},
    {"$.benchmarks[3].cpu_time", "null", "found null, expected a number", NULL},
    {"$.benchmarks[3].core_ghz", "-2", "found -2", NULL},
    {"$.benchmarks[3].events", "7", "found 7, expected an object", NULL},
    {"$.benchmarks[3].events.migrations", NULL, "found nothing", NULL},
    {"$.benchmarks[3].events.wall_ns", "-1", "found -1, expected a number from 0 to 1e+15 or null", NULL},
    {"$.benchmarks[3].events.wall_ns", "1.0000000000000002e15", "found 1000000000000000.2", NULL},
    {"$.benchmarks[3].real_time", "0.000999", "from 0.001 to 1e+15", NULL},
    {"$.benchmarks[3].real_time", "5e-324", "from 0.001 to 1e+15", NULL},
    {"$.benchmarks[3].cpu_time", "1.1e15", "from 0 to 1e+15", NULL},
    {"$.benchmarks[3].core_ghz", "1e-4", "from 0.001 to 1000 or null", NULL},
    {"$.benchmarks[3].core_ghz", "1001", "from 0.001 to 1000 or null", NULL},
    {"$.qkbench.clock.estimated_ghz", "1e300", "from 0.001 to 1000 or null", NULL},
    {"$.qkbench.cases[0].metrics[1].value", "-1.1e18", "from -1e+18 to 1e+18 or null", NULL},
    {"$.context.load_avg", "[1e300, 1, 1]", "found 1e+300", "$.context.load_avg[0]"},
    {"$.context.date", "\"yesterday\"", "a date and time as", NULL},
    {"$.context.date", "\"2026-13-02T03:04:05+00:00\"", "a date and time as", NULL},
    {"$.benchmarks[3].disturbed", NULL, "expected true or false", NULL},
    {"$.benchmarks[10].disturbed", "true",
     "found true, expected the word of row 3 of qk256_dequant/scalar/4096", NULL},
    {"$.benchmarks[10].events", NULL, "nothing without them", "$.benchmarks[10].disturbed"},
    {"$.qkbench.cases[0].elements", "4096.0", "found 4096, expected an integer from 0", NULL},
    {"$.qkbench.dropped_reason", NULL, "found nothing, expected a string", NULL},
    {"$.qkbench.waited_ms", NULL, "found nothing, expected an integer", NULL},
    {"$.qkbench.events_reason", "7", "found 7", NULL},
    {"$.benchmarks[3].samples_ns", "[]", "found an array of 0", NULL},
    {"$.benchmarks[3].samples_ns", "7", "found 7, expected an array", NULL},
    {"$.benchmarks[3].samples_ns[1]", "null", "found null, expected a time", NULL},
    {"$.benchmarks[3].samples_ns[1]", "\"7\"", "found \"7\", expected a time", NULL},
    {"$.benchmarks[3].samples_ns[1]", "0", "found 0, expected a time from 0.001 to 1e+15 ns", NULL},
    {"$.benchmarks[3].samples_ns[1]", "-7", "found -7, expected a time from 0.001 to 1e+15 ns", NULL},
    {"$.benchmarks[3].samples_ns[1]", "-0.0", "found -0, expected a time from 0.001 to 1e+15 ns", NULL},
    {"$.benchmarks[3].samples_ns[1]", "0.00099999999999999", "expected a time from 0.001", NULL},
    {"$.benchmarks[3].samples_ns[1]", "1000000000000000.2", "found 1000000000000000.2", NULL},
    {"$.benchmarks[3].samples_ns[1]", "1.7e308", "found 1.7e+308, expected a time", NULL},
    {"$.benchmarks[3].samples_ns[1]", "9223372036854775807", "found 9223372036854775807", NULL},
    {"$.benchmarks[3].samples_ns[1]", "true", "found true, expected a time", NULL},
};

static int read_set(const char *path, struct qk_error *err)
{
    struct bench_sample_set set;
    const int code = bench_sample_set_read_json(&set, path, err);
    if (code == QK_OK)
        bench_sample_set_free(&set);
    return code;
}

UNIT_TEST(documents_are_refused)
{
    json_t *json = document();
    char *good = json_dumps(json, JSON_INDENT(3)); /* another writer's layout and digits are fine */
    bench_test_refused(good, read_set, bad_documents, sizeof bad_documents / sizeof *bad_documents);
    json_decref(json);
    free(good);
}

/* Rows and cases that are each fine but not together. */
UNIT_TEST(pairing_is_enforced)
{
    const char *path = bench_test_path("pairs.json");
    json_t *json = document();
    json_t *rows = json_object_get(json, "benchmarks");
    /* One row of p1 fewer. */
    json_array_remove(rows, 13);
    for (size_t i = 7; i < 13; i++)
        json_object_set_new(json_array_get(rows, i), "repetitions", json_integer(6));
    assert_int_equal(json_dump_file(json, path, 0), 0);
    assert_refused(path, QK_ERR_FORMAT, "$.qkbench.cases[1]",
                   "found 6, expected 7 rows in benchmarks, as for qk256_dequant/scalar/4096");
    json_decref(json);
    /* One sample of a row of p1 fewer: the median stays the middle one of what is left. */
    json = document();
    rows = json_object_get(json, "benchmarks");
    json_t *row = json_array_get(rows, 9), *samples = json_object_get(row, "samples_ns");
    json_array_remove(samples, 2);
    json_array_remove(samples, 1);
    json_object_set_new(row, "iterations", json_integer(100));
    assert_int_equal(json_dump_file(json, path, 0), 0);
    assert_refused(path, QK_ERR_FORMAT, "$.benchmarks[9].samples_ns",
                   "found 1, expected 3 samples, as in row 2 of qk256_dequant/scalar/4096");
    json_decref(json);
    /* The same case again. */
    json = document();
    json_t *cases = json_object_get(json_object_get(json, "qkbench"), "cases");
    json_array_append_new(cases, json_deep_copy(json_array_get(cases, 2)));
    assert_int_equal(json_dump_file(json, path, 0), 0);
    assert_refused(path, QK_ERR_FORMAT, "$.qkbench.cases[7].name",
                   "found \"qk256_dequant/p2_fma/4096\", expected each name once");
    json_decref(json);
    /* 65 rows of one case. */
    json = document();
    rows = json_object_get(json, "benchmarks");
    for (int i = 1; i < 65; i++) {
        row = json_deep_copy(json_array_get(rows, 28));
        json_object_set_new(row, "repetition_index", json_integer(i));
        json_array_append_new(rows, row);
    }
    for (size_t i = 28; i < 28 + 65; i++)
        json_object_set_new(json_array_get(rows, i), "repetitions", json_integer(64));
    assert_int_equal(json_dump_file(json, path, 0), 0);
    assert_refused(path, QK_ERR_FORMAT, "$.benchmarks[92].repetition_index",
                   "found 64, expected an integer from 0 to 63");
    json_decref(json);
}

UNIT_TEST(every_prefix_is_refused)
{
    size_t size;
    json_decref(document());
    char *good = bench_test_get(bench_test_path("good.json"), &size);
    assert_non_null(good);
    /* Only the last newline may be missing. */
    for (size_t cut = 1; cut < size - 1; cut += 97) {
        struct bench_sample_set set;
        bench_test_put(bench_test_path("cut.json"), good, cut);
        assert_int_equal(bench_sample_set_read_json(&set, bench_test_path("cut.json"), NULL), QK_ERR_FORMAT);
    }
    free(good);
}

static void assert_unwritable(const struct bench_sample_set *set, const char *where, const char *text)
{
    struct qk_error err = {.text = ""};
    size_t size;
    const char *path = bench_test_path("unwritten.json");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(bench_sample_set_write_json(set, f, &err), QK_ERR_INVALID);
    assert_int_equal(fclose(f), 0);
    if (strcmp(err.where, where) != 0 || !strstr(err.text, text))
        fail_msg("found '%s' (%s), expected '%s' (%s)", err.text, err.where, text, where);
    char *bytes = bench_test_get(path, &size);
    assert_int_equal(size, 0);
    free(bytes);
}

UNIT_TEST(sets_are_not_written)
{
    struct bench_sample_set set;
    bench_test_set(&set);
    struct bench_record *scalar = &set.records[0];
    const double wrong[] = {NAN, INFINITY, -INFINITY, 0, -1, 0.00099, 1.1e15};
    char slash[] = "a/b", empty[] = "", tab[] = "a\tb", longest[300];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
#define REFUSED(place, value, where, text) BENCH_TEST_WITH(place, value, assert_unwritable(&set, where, text))
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        REFUSED(scalar->blocks[5].samples_ns[2], wrong[i], "$.benchmarks[5].samples_ns[2]",
                "expected a time from 0.001 to 1e+15 ns");
    REFUSED(set.records[1].blocks[1].slices, 2, "$.benchmarks[8].samples_ns",
            "expected 3 samples, as in row 1 of qk256_dequant/scalar/4096");
    REFUSED(set.records[1].blocks[1].events.disturbed, true, "$.benchmarks[8].disturbed",
            "found true, expected the word of row 1 of qk256_dequant/scalar/4096");
    REFUSED(set.records[1].block_count, 6, "$.qkbench.cases[1]", "found 6, expected 7 rows in benchmarks");
    REFUSED(set.records[1].block_count, 0, "$.qkbench.cases[1].status", "expected at least one row");
    REFUSED(scalar->metrics[0].value, INFINITY, "$.qkbench.cases[0].metrics[0].value",
            "found \"inf\", expected a number from -1e+18");
    REFUSED(scalar->metrics[0].value, NAN, "$.qkbench.cases[0].metrics[0].reason", "found null");
    REFUSED(scalar->metrics[1].name, scalar->metrics[0].name, "$.qkbench.cases[0].metrics[1].name", "once");
    REFUSED(scalar->blocks[1].events.value[BENCH_EVENT_STEAL], INFINITY, "$.benchmarks[1].events.steal_ns",
            "found \"inf\"");
    REFUSED(scalar->elements, 0.5, "$.qkbench.cases[0].elements", "an integer from 0 to 9007199254740992");
    REFUSED(scalar->elements, NAN, "$.qkbench.cases[0].elements", "an integer from 0 to 9007199254740992");
    REFUSED(scalar->elements, 0, "$.qkbench.cases[0].elements", "at least 1");
    REFUSED(scalar->calls, 0, "$.qkbench.cases[0].calls_per_slice", "1 to 2^53");
    REFUSED(scalar->calls, 1ULL << 53, "$.benchmarks[0].iterations", "from 1 to 9007199254740992");
    REFUSED(set.records[2].calls, 1, "$.qkbench.cases[2].calls_per_slice", "0 and no rows");
    REFUSED(set.records[2].reason, NULL, "$.qkbench.cases[2].reason", "a reason");
    REFUSED(scalar->shape, slash, "$.qkbench.cases[0].shape", "'/'");
    REFUSED(scalar->shape, empty, "$.qkbench.cases[0].shape", "empty");
    REFUSED(scalar->shape, tab, "$.qkbench.cases[0].shape", "control");
    REFUSED(scalar->shape, longest, "$.qkbench.cases[0].name", "255");
    REFUSED(set.records[1].variant, scalar->variant, "$.qkbench.cases[1].name", "each name once");
    REFUSED(set.env.cpu_model, 3, "$.qkbench.fingerprint.hash", "identity");
    REFUSED(set.clock_ghz, NAN, "$.qkbench.clock.reason", "a reason");
#undef REFUSED
    bench_sample_set_free(&set);
}

UNIT_TEST(full_disk_is_noticed)
{
    struct bench_sample_set set;
    struct qk_error err;
    bench_test_set(&set);
    FILE *f = fopen("/dev/full", "w");
    assert_non_null(f);
    setvbuf(f, NULL, _IONBF, 0);
    assert_int_equal(bench_sample_set_write_json(&set, f, &err), QK_ERR_IO);
    assert_says(err.text, "No space left");
    clearerr(f);
    assert_int_equal(bench_sample_set_write_csv(&set, f, &err), QK_ERR_IO);
    assert_says(err.text, "No space left");
    fclose(f);
    bench_sample_set_free(&set);
}

/* Refuses each allocation of jansson in turn: no crash, no leak, no half a set, and the error says memory. */
UNIT_TEST(memory_runs_out)
{
    struct bench_sample_set set, back;
    struct qk_error err;
    json_decref(document());
    bench_test_set(&set);
    int code = QK_ERR_MEMORY;
    long n;
    for (n = 0; code != QK_OK; n += n < 200 ? 1 : 17) {
        FILE *f = fopen(bench_test_path("scarce.json"), "w");
        assert_non_null(f);
        bench_test_scarce(n);
        code = bench_sample_set_write_json(&set, f, &err);
        bench_test_scarce(-1);
        fclose(f);
        if (code != QK_OK && code != QK_ERR_MEMORY)
            fail_msg("write, allocation %ld: code %d, %s (%s)", n, code, err.text, err.where);
    }
    assert_true(n > 100);
    code = QK_ERR_MEMORY;
    for (n = 0; code != QK_OK; n += n < 200 ? 1 : 17) {
        bench_test_scarce(n);
        code = bench_sample_set_read_json(&back, bench_test_path("good.json"), &err);
        bench_test_scarce(-1);
        /* jansson takes some refused allocations of its lexer for a wrong token. */
        if (code != QK_OK && code != QK_ERR_MEMORY && !strstr(err.text, "not JSON"))
            fail_msg("read, allocation %ld: code %d, %s (%s)", n, code, err.text, err.where);
    }
    assert_true(n > 100);
    assert_int_equal(back.record_count, set.record_count);
    bench_sample_set_free(&set);
    bench_sample_set_free(&back);
}

UNIT_TESTS(sample_set_bad, bench_test_dir_make, bench_test_dir_remove)
