/* SPDX-License-Identifier: MIT */
#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATH bench_test_path("e2e.json")

/* The fixture as JSON, to be freed. */
static char *written(size_t repetitions)
{
    struct bench_e2e e;
    char *text = NULL;
    size_t size;
    bench_test_e2e(&e, repetitions);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    assert_int_equal(bench_e2e_write_json(&e, false, to, NULL), 0);
    assert_int_equal(fclose(to), 0);
    bench_e2e_free(&e);
    return text;
}

static void put(const char *text)
{
    bench_test_put(PATH, text, strlen(text));
}

static void assert_close(double found, double expected)
{
    if (isnan(expected) ? !isnan(found) : !(fabs(found - expected) <= 1e-6 * fabs(expected)))
        fail_msg("found %.12g, expected %.12g", found, expected);
}

UNIT_TEST(what_was_written_comes_back)
{
    struct bench_e2e e, back;
    struct qk_error err;
    for (size_t n = 1; n <= 7; n += 6) {
        char *text = written(n);
        put(text);
        free(text);
        bench_test_e2e(&e, n);
        assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
        if (bench_e2e_read_json(&back, PATH, &err))
            fail_msg("%s: %s", err.where, err.text);
        assert_int_equal(back.count, e.count);
        assert_int_equal(back.seed, e.seed);
        assert_string_equal(back.model, e.model);
        assert_string_equal(back.model_type, e.model_type);
        assert_string_equal(back.env.version, e.env.version);
        assert_string_equal(back.env.cpu_name, e.env.cpu_name);
        assert_string_equal(back.env.fingerprint, e.env.fingerprint);
        assert_int_equal(back.model_bytes, e.model_bytes);
        assert_int_equal(back.model_parameters, e.model_parameters);
        assert_int_equal(back.layers, e.layers);
        assert_int_equal(back.bytes_per_token, e.bytes_per_token);
        assert_int_equal(back.peak_rss_bytes, e.peak_rss_bytes);
        assert_int_equal(back.i2s16_bytes, e.i2s16_bytes);
        assert_int_equal(back.qk256_bytes, e.qk256_bytes);
        assert_true(back.kv_f16 && !back.head_f16);
        assert_close(back.level, e.level);
        for (size_t i = 0; i < e.count; i++) {
            const struct bench_e2e_row *a = &e.rows[i], *b = &back.rows[i];
            assert_string_equal(b->kernels, a->kernels);
            assert_string_equal(b->phase, a->phase);
            assert_string_equal(b->matrices, a->matrices);
            assert_string_equal(b->ceiling_why, a->ceiling_why);
            assert_int_equal(b->prompt, a->prompt);
            assert_int_equal(b->generate, a->generate);
            assert_int_equal(b->threads, a->threads);
            assert_int_equal(b->repetitions, n);
            for (size_t r = 0; r < n; r++)
                assert_true(b->samples_ns[r] == a->samples_ns[r]);
            assert_close(b->ns_per_token.value, a->ns_per_token.value);
            assert_close(b->ns_per_token.low, a->ns_per_token.low);
            assert_close(b->speedup.value, a->speedup.value);
            assert_close(b->speedup.high, a->speedup.high);
            assert_close(b->fraction_of_ceiling, a->fraction_of_ceiling);
            for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
                assert_close(b->components_ns[p], a->components_ns[p]);
        }
        bench_e2e_free(&back);
        bench_e2e_free(&e);
    }
}

/* In the first row: the text that is there, what takes its place, and the place and words of the refusal. */
static const struct {
    const char *old, *replacement, *where, *text;
} broken[] = {
    {"\"schema_version\":1", "\"schema_version\":2", "$[0].schema_version", "found 2"},
    {"\"kernels\"", "\"colonels\"", "$[0].kernels", "found nothing"},
    {"\"n_threads\":1", "\"n_threads\":0", "$[0].n_threads", "found 0"},
    {"\"n_prompt\":16", "\"n_prompt\":0", "$[0].n_gen", "one of n_prompt and n_gen"},
    {"\"samples_ns\":[20000000000,", "\"samples_ns\":[1.5,", "$[0].samples_ns[0]", "a whole number of ns"},
    {"\"samples_ns\":[20000000000,", "\"samples_ns\":[", "$[1].samples_ns", "as many samples"},
    {"\"ns_per_token\":{\"median\":", "\"ns_per_token\":{\"median\":-", "$[0].ns_per_token.median",
     "from 0.001 to 1e+15"},
    {"\"low\":", "\"low\":9", "$[0].ns_per_token.low", "at most the median"},
    {"\"high\":", "\"high\":0.1,\"h\":", "$[0].ns_per_token.high", "at least the median"},
    {"\"embedding\":", "\"embedding\":-", "$[0].components_ns.embedding", "from 0 to 1e+15"},
    {"\"head\":", "\"tail\":", "$[0].components_ns.head", "found nothing"},
    {"\"interval_level\":0.95", "\"interval_level\":0.99", "$[0].interval_level", "0 to 0.95"},
    {"\"model_layers\":30", "\"model_layers\":0", "$[0].model_layers", "found 0"},
};

static void assert_refused(const char *where, const char *text)
{
    struct bench_e2e e;
    struct qk_error err = {.text = ""};
    assert_int_equal(bench_e2e_read_json(&e, PATH, &err), QK_ERR_FORMAT);
    if (strncmp(err.where, where, strlen(where)) != 0 || !strstr(err.text, text))
        fail_msg("\"%s\" at \"%s\"; expected \"%s\" at \"%s\"", err.text, err.where, text, where);
}

UNIT_TEST(what_is_broken_is_refused)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char *text = written(7), *other = malloc(strlen(text) + 100);
        char *at = strstr(text, broken[i].old);
        assert_non_null(at);
        assert_non_null(other);
        sprintf(other, "%.*s%s%s", (int)(at - text), text, broken[i].replacement, at + strlen(broken[i].old));
        put(other);
        assert_refused(broken[i].where, broken[i].text);
        free(text);
        free(other);
    }
    put("[]");
    assert_refused("$", "at least one row");
    put("{}");
    assert_refused("$", "an array of rows");
    put("[5]");
    assert_refused("$[0]", "an object");
}

UNIT_TEST(a_missing_file_is_an_error)
{
    struct bench_e2e e;
    struct qk_error err;
    assert_int_equal(bench_e2e_read_json(&e, "/nonexistent/model.json", &err), QK_ERR_IO);
}

TEST_PART(read)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(what_is_broken_is_refused),
        cmocka_unit_test(a_missing_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, bench_test_dir_make, bench_test_dir_remove);
}
