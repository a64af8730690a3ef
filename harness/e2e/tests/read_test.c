/* SPDX-License-Identifier: MIT */
#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATH bench_test_path("e2e.json")

/* The rows as JSON. The caller frees it. */
static char *written(const struct bench_e2e *e)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(bench_e2e_write_json(e, false, to, NULL), 0);
    assert_int_equal(fclose(to), 0);
    return text;
}

/* The fixture as JSON, to be freed. */
static char *fixture(size_t repetitions)
{
    struct bench_e2e e;
    bench_test_e2e(&e, repetitions);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    char *text = written(&e);
    bench_e2e_free(&e);
    return text;
}

static void put(const char *text)
{
    bench_test_put(PATH, text, strlen(text));
}

UNIT_TEST(what_was_read_is_written_again)
{
    struct bench_e2e e;
    struct qk_error err;
    for (size_t n = 1; n <= 7; n += 6) {
        char *text = fixture(n);
        put(text);
        if (bench_e2e_read_json(&e, PATH, &err))
            fail_msg("%s: %s", err.where, err.text);
        char *again = written(&e);
        assert_string_equal(again, text);
        bench_e2e_free(&e);
        free(again);
        free(text);
    }
}

/* The row's peer is a quarter slower in each repetition. */
static void add_peer(struct bench_e2e_row *row)
{
    struct bench_e2e_peer *p = &row->peer;
    strcpy(p->command, "llama-bench -m model.gguf");
    strcpy(p->build, "bebc9350e");
    strcpy(p->model_type, "bitnet 2B IQ2_BN");
    strcpy(p->model, "model.gguf");
    strcpy(p->backends, "CPU");
    p->count = row->repetitions;
    p->samples_ns = calloc(p->count, sizeof *p->samples_ns);
    assert_non_null(p->samples_ns);
    for (size_t r = 0; r < p->count; r++)
        p->samples_ns[r] = round(row->samples_ns[r] * 1.25);
}

UNIT_TEST(peers_are_kept)
{
    struct bench_e2e e, again;
    struct qk_error err;
    bench_test_e2e(&e, 7);
    for (size_t i = 0; i < e.count; i++)
        add_peer(&e.rows[i]);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none here", NULL), 0);
    bench_test_near(e.rows[3].peer.ratio.value, 1.25);
    bench_test_near(e.rows[3].peer.ratio.low, 1.25);
    bench_test_near(e.rows[3].peer.ns_per_token.value, 1.25 * e.rows[3].ns_per_token.value);
    char *text = written(&e);
    put(text);
    assert_works(bench_e2e_read_json(&again, PATH, &err), err);
    char *same = written(&again);
    assert_string_equal(same, text);
    assert_string_equal(again.rows[7].peer.command, "llama-bench -m model.gguf");
    bench_e2e_free(&again);
    free(same);
    free(text);
    e.rows[0].peer.count--;
    text = written(&e);
    put(text);
    assert_int_equal(bench_e2e_read_json(&again, PATH, &err), QK_ERR_FORMAT);
    assert_says(err.where, "$[0].peer");
    assert_says(err.text, "as many samples");
    free(text);
    bench_e2e_free(&e);
}

/* A file of the time before depths, first tokens and kinds of memory. */
UNIT_TEST(old_files_are_read)
{
    struct bench_e2e e;
    struct qk_error err;
    assert_works(bench_e2e_read_json(&e, E2E_GOLDEN "/first_version.json", &err), err);
    assert_int_equal(e.count, 8);
    assert_int_equal(e.rows[1].depth, 0);
    assert_true(isnan(e.rows[1].read_gbs) && isnan(e.rows[1].token_percentile_ns[2]));
    assert_true(isnan(e.rows[0].first_token_ns.value));
    char *again = written(&e);
    assert_null(strstr(again, "token_ns"));
    assert_null(strstr(again, "open_ns"));
    assert_null(strstr(again, "read_gbs"));
    bench_e2e_free(&e);
    free(again);
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
    {"\"samples_ns\":[20000000000,", "\"samples_ns\":[", "$[0].first_token_samples_ns", "each repetition"},
    {"\"ns_per_token\":{\"median\":", "\"ns_per_token\":{\"median\":-", "$[0].ns_per_token.median",
     "from 0.001 to 1e+15"},
    {"\"low\":", "\"low\":9", "$[0].ns_per_token.low", "at most the median"},
    {"\"high\":", "\"high\":0.1,\"h\":", "$[0].ns_per_token.high", "at least the median"},
    {"\"embedding\":", "\"embedding\":-", "$[0].components_ns.embedding", "from 0 to 1e+15"},
    {"\"head\":", "\"tail\":", "$[0].components_ns.head", "found nothing"},
    {"\"interval_level\":0.95", "\"interval_level\":0.99", "$[0].interval_level", "0 to 0.95"},
    {"\"model_layers\":30", "\"model_layers\":0", "$[0].model_layers", "found 0"},
    {"\"backends\":\"CPU", "\"backends\":\"GPU", "$[0].backends", "CPU"},
    {"\"fit_target\":0", "\"fit_target\":1", "$[0].fit_target", "found 1"},
    {"\"n_depth\":0", "\"n_depth\":-1", "$[0].n_depth", "found -1"},
    {"\"token_samples_ns\":[", "\"token_samples_ns\":[5,", "$[1].token_samples_ns", "each token of n_gen"},
    {"\"token_samples_ns\":[1", "\"token_samples_ns\":[2", "$[1].token_samples_ns", "add up"},
    {"\"token_samples_ns\":[1", "\"token_samples_ns\":[-1", "$[1].token_samples_ns[0]", "a whole number"},
    {"\"p50_token_ns\"", "\"p49_token_ns\"", "$[1].p50_token_ns", "percentiles"},
    {"\"first_token_samples_ns\":[", "\"first_token_samples_ns\":[30000000000,",
     "$[0].first_token_samples_ns", "each repetition of a prompt"},
    {"\"first_token_samples_ns\":[2", "\"first_token_samples_ns\":[1", "$[0].first_token_samples_ns",
     "at least samples_ns"},
    {"\"first_token_ns\":{", "\"first\":{", "$[0].first_token_ns", "a median"},
    {"\"bytes_per_token\":", "\"dropped_tests\":1,\"bytes_per_token\":", "$[0].dropped_reason", "why"},
    {"\"ceiling_reason\":\"none here\"", "\"ceiling_reason\":null", "$[0].ceiling_reason", "no share"},
    {"\"read_ceiling_gbs\":null", "\"read_ceiling_gbs\":0", "$[0].read_ceiling_gbs", "from 1e-18"},
    {"\"ceiling_reason\":", "\"invalid\":\"skipped\",\"ceiling_reason\":", "$[0].invalid", "1.05"},
    {"\"reason\":\"no such event here\"", "\"reason\":null", "$[1].counters.l3_misses.reason", "no value"},
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
        char *text = fixture(7), *other = malloc(strlen(text) + 100);
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

UNIT_TEST(rows_have_as_many_samples)
{
    struct bench_e2e e;
    struct qk_error err;
    json_t *old = json_load_file(E2E_GOLDEN "/first_version.json", 0, NULL);
    json_array_remove(json_object_get(json_array_get(old, 0), "samples_ns"), 0);
    assert_int_equal(bench_e2e_take_json(&e, old, "old", &err), QK_ERR_FORMAT);
    assert_says(err.where, "$[1].samples_ns");
    assert_says(err.text, "as many samples as in the first row");
    json_decref(old);
}

UNIT_TEST(a_missing_file_is_an_error)
{
    struct bench_e2e e;
    struct qk_error err;
    assert_int_equal(bench_e2e_read_json(&e, "/nonexistent/model.json", &err), QK_ERR_IO);
}

UNIT_TESTS(read, bench_test_dir_make, bench_test_dir_remove)
