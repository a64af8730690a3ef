/* SPDX-License-Identifier: MIT */
/* Files that somebody edited: each kind of nonsense has its message and its place. */
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/tests/fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *text; /* of the baseline as it is written */
static size_t text_size;

static int write_it(void **state)
{
    struct baseline b;
    if (bench_test_dir_make(state))
        return -1;
    baseline_test_main(&b);
    FILE *f = fopen(bench_test_path("good"), "w");
    const int code = f ? baseline_write(&b, f, NULL) : -1;
    baseline_free(&b);
    if (!f || fclose(f) || code)
        return -1;
    text = bench_test_get(bench_test_path("good"), &text_size);
    return text ? 0 : -1;
}

static int remove_it(void **state)
{
    free(text);
    return bench_test_dir_remove(state);
}

static void refused(const char *where, const char *what)
{
    struct baseline b;
    struct qk_error err = {.text = ""};
    if (!baseline_read(&b, bench_test_path("bad"), &err)) {
        baseline_free(&b);
        fail_msg("was read; expected: %s: %s", where, what);
    }
    if (strcmp(err.where, where) != 0 || !strstr(err.text, what))
        fail_msg("found '%s: %s', expected '%s: %s'", err.where, err.text, where, what);
}

/* The first `from` behind the text `after` becomes `to`. */
static void edit(const char *after, const char *from, const char *to)
{
    const char *start = strstr(text, after), *at = start ? strstr(start, from) : NULL;
    if (!at)
        fail_msg("no '%s' behind '%s'", from, after);
    FILE *f = fopen(bench_test_path("bad"), "w");
    assert_non_null(f);
    fwrite(text, 1, (size_t)(at - text), f);
    fputs(to, f);
    fputs(at + strlen(from), f);
    assert_int_equal(fclose(f), 0);
}

/* Cases: autovec_v3, p1_unpack, p4_permute, scalar/256, scalar/4096. */
static const struct {
    const char *after, *from, *to, *where, *what;
} bad[] = {
    {"", "\"schema_version\": 2", "\"schema_version\": 3", "$.schema_version",
     "found 3, expected 1 or 2; a baseline of"},
    {"", "\"schema_version\": 2", "\"schema_version\": 1", "$.uncounted", ""},
    {"", "\"schema_version\": 2", "\"schema_version\": 0", "$.schema_version", "must be saved anew"},
    {"", "\"schema_version\": 2,", "", "$.schema_version", "found nothing"},
    {"", "\"uncounted\": {}", "\"uncounted\": {\"x\": {\"reason\": \"\", \"unit\": \"\"}}",
     "$.uncounted.x.reason", "not empty"},
    {"", "\"uncounted\": {}", "\"uncounted\": {\"cycles\": {\"reason\": \"why\", \"unit\": \"\"}}",
     "$.uncounted.cycles", "no counter that a case has"},
    {"", "\"kind\": \"baseline\"", "\"kind\": \"breakdown\"", "$.kind", "expected \"baseline\""},
    {"", "\"abi\": 1", "\"abi\": -1", "$.abi", "found -1"},
    {"", "\"launches\": 3", "\"launches\": 0", "$.launches", "found 0"},
    {"", "\"launches\": 3", "\"launches\": 1", "$.cases[0].spread.value",
     "null, because there was one launch"},
    {"", "\"mode\": \"quick\"", "\"mode\": \"fast\"", "$.mode", "found \"fast\""},
    {"", "\"name\": \"main\"", "\"name\": \"../main\"", "$.name", "a baseline's name"},
    {"", "\"name\": \"main\"", "\"name\": \"main\", \"more\": 1", "$.more", "no such member"},
    {"\"hash\"", "\"hash\": \"", "\"hash\": \"0", "$.hash", "16 hexadecimal digits"},
    {"\"identity\"", "gcc 12.2.0", "gcc 13.2.0", "$.hash", "which the identity gives"},
    {"\"identity\"", "\"compiler\"", "\"speed\": 1, \"compiler\"", "$.identity.speed", "no such member"},
    {"\"shown\"", "\"cpus\": ", "\"cpus\": -", "$.shown.cpus", "an integer from 0"},
    {"p1_unpack", "qk256_dequant/p4_permute/4096", "qk256_dequant/p1_unpack/4096", "$.cases[2].name",
     "each case once"},
    {"p1_unpack", "qk256_dequant/p4_permute/4096", "qk256_dequant/p0/4096", "$.cases[2].name",
     "in the order of their names"},
    {"", "qk256_dequant/autovec_v3/4096", "qk256_dequant/autovec_v3", "$.cases[0].name", "op/variant/shape"},
    {"", "qk256_dequant/autovec_v3/4096", "qk256_dequant//4096", "$.cases[0].name", "op/variant/shape"},
    {"\"speedup\"", "\"value\": ", "\"value\": -", "$.cases[0].speedup.value", "from 1e-18 to 1e+18"},
    {"\"speedup\"", "\"low\": 2", "\"low\": 3", "$.cases[0].speedup.low", "at most the value"},
    {"\"speedup\"", "\"low\": ", "\"low\": -", "$.cases[0].speedup.low", "from 1e-18 to 1e+18 or null"},
    {"\"speedup\"", "\"high\": 3", "\"high\": 2.5", "$.cases[0].speedup.high", "at least the value"},
    {"\"speedup\"", "\"high\": 3", "\"high\": null", "$.cases[0].speedup.high", "both ends"},
    {"\"speedup\"", "\"value\": ", "\"value\": \"NaN\", \"x\": ", "$.cases[0].speedup.x", "no such member"},
    {"\"ns\": 34", "\"ns\": 34", "\"ns\": -34", "$.cases[0].ns", "from 0.001 to 1e+15"},
    {"\"ns\": 34", "\"ns\": 34", "\"ns\": \"NaN\", \"ns2\": 34", "$.cases[0].ns2", "no such member"},
    {"\"spread\"", "\"value\": ", "\"value\": -", "$.cases[0].spread.value", "from 0 to 100"},
    {"\"spread\"", "\"value\": 0.0198026", "\"value\": null", "$.cases[0].spread.reason", "a reason"},
    {"\"parts\": [", "\"low\": ", "\"low\": 1000", "$.cases[1].components.parts[0].ns.low",
     "at most the value"},
    {"\"parts\": [", "\"share_percent\": ", "\"share_percent\": 1", "$.cases[1].components.parts",
     "100 together"},
    {"\"parts\": [", "\"name\": \"unpack\"", "\"name\": \"loop\"", "$.cases[1].components.parts[1].name",
     "once"},
    {"\"parts\": [", "\"name\": \"loop\"", "\"name\": \"sixteen_letters_\"",
     "$.cases[1].components.parts[0].name", "at most 15"},
    {"", "\"parts\": null", "\"parts\": []", "$.cases[0].components.parts", "1 to 8"},
    {"", "\"parts\": null, \"reason\": \"", "\"parts\": null, \"reason\": null, \"x\": \"",
     "$.cases[0].components.x", "no such member"},
    {"123456789", "123456789", "12345678.5", "$.cases[4].instructions.count", "an integer from 1"},
    {"123456789", "123456789", "0", "$.cases[4].instructions.count", "an integer from 1"},
    {"123456789", "123456789", "999", "$.cases[4].instructions.kinds.load", "at most the count"},
    {"123456789", "123456789", "null", "$.cases[4].instructions.reason", "a reason"},
    {"\"l1d_misses\"", "\"value\": ", "\"value\": -", "$.cases[4].counters.l1d_misses.value",
     "from 0 to 1e+18"},
    {"\"l1d_misses\"", "\"unit\"", "\"units\"", "$.cases[4].counters.l1d_misses.units", "no such member"},
    {"\"cycles\"", "\"reason\": \"PAPI: Event does not exist\"", "\"reason\": null",
     "$.cases[4].counters.cycles.reason", "a reason"},
    {"", "\"history\": []", "\"history\": {}", "$.cases[0].history", "an array"},
    {"", "\"history\": []",
     "\"history\": [{\"commit\": \"c\", \"date\": \"2026-01-02T03:04:05Z\", \"reason\": \"\", \"old\": "
     "{\"instructions\": null, \"speedup\": {\"high\": 1, \"low\": 1, \"value\": 1}}}]",
     "$.cases[0].history[0].reason", "not empty"},
    {"", "\"isa\"", "\"ISA\"", "$.cases[0].ISA", "no such member"},
    {"", "\"reference\": false", "\"reference\": true", "$.cases[0].speedup",
     "because this is the reference"},
};

UNIT_TEST(nonsense)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        edit(bad[i].after, bad[i].from, bad[i].to);
        refused(bad[i].where, bad[i].what);
    }
}

UNIT_TEST(no_json)
{
    edit("\"speedup\"", "\"value\": ", "\"value\": NaN, \"x\": ");
    struct baseline b;
    struct qk_error err;
    assert_int_equal(baseline_read(&b, bench_test_path("bad"), &err), QK_ERR_FORMAT);
    assert_says(err.text, "not JSON");
    assert_says(err.where, "line");
    edit("", "\"isa\"", "\"isa\": \"\", \"isa\"");
    assert_int_equal(baseline_read(&b, bench_test_path("bad"), &err), QK_ERR_FORMAT);
    assert_says(err.text, "duplicate");
    bench_test_put(bench_test_path("bad"), "[]", 2);
    refused("$", "expected an object");
    bench_test_put(bench_test_path("bad"), "", 0);
    assert_int_equal(baseline_read(&b, bench_test_path("bad"), &err), QK_ERR_FORMAT);
    assert_int_equal(baseline_read(&b, bench_test_path("none"), &err), QK_ERR_IO);
}

/*
 * Cut anywhere it is refused and nothing leaks; with any byte changed it is refused or read, and nothing
 * breaks.
 */
UNIT_TEST(cut_and_garbled)
{
    struct baseline b;
    const char *path = bench_test_path("bad");
    for (size_t n = 0; n + 2 < text_size; n += 1 + n % 97) {
        bench_test_put(path, text, n);
        if (!baseline_read(&b, path, NULL))
            fail_msg("cut to %zu of %zu bytes it was read", n, text_size);
    }
    char *copy = malloc(text_size);
    assert_non_null(copy);
    struct qk_rng rng;
    qk_rng_seed(&rng, 1);
    for (int i = 0; i < 500; i++) {
        memcpy(copy, text, text_size);
        for (int k = 0; k < 3; k++)
            copy[qk_rng_below(&rng, text_size)] = "0-9{}[]\",:aN\n"[qk_rng_below(&rng, 13)];
        bench_test_put(path, copy, text_size);
        if (!baseline_read(&b, path, NULL))
            baseline_free(&b);
    }
    free(copy);
}

UNIT_TESTS(baseline_bad, write_it, remove_it)
