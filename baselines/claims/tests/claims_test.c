/* SPDX-License-Identifier: MIT */
#include "baselines/claims/claims.h"

#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_claims(const char *path, struct qk_error *err)
{
    struct baseline_claims claims;
    const int code = baseline_claims_read(&claims, path, err);
    if (!code)
        baseline_claims_free(&claims);
    return code;
}

static const struct bench_test_bad malformed[] = {
    {"$.claims[0].kind", "\"sum\"", "found \"sum\", expected \"step\"", NULL},
    {"$.claims[0].kind", "\"cases\"", "no such member in a claim of kind \"cases\"", "$.claims[0].phase"},
    {"$.claims[0].phase", NULL, "such a member", NULL},
    {"$.claims[0].of", "\"x\"", "no such member in a claim of kind \"step\"", NULL},
    {"$.claims[20].than", NULL, "such a member in a claim of kind \"model\"", NULL},
    {"$.claims[20].there", NULL, "such a member in a claim of kind \"model\"", NULL},
    {"$.claims[20].up_to", "1", "expected true or false", NULL},
    {"$.claims[20].kind", "\"rate\"", "no such member", "$.claims[20].ratio"},
    {"$.claims[0].kind", NULL, "found nothing", NULL},
    {"$.claims[0].phase", "\"0\"", "found \"0\", expected a phase", NULL},
    {"$.claims[0].phase", "\"baseline\"", "found \"baseline\", expected a phase", NULL},
    {"$.claims[0].phase", "\"2.55\"", "found \"2.55\"", NULL},
    {"$.claims[0].phase", "\"2.\"", "found \"2.\"", NULL},
    {"$.claims[0].phase", "\"100\"", "found \"100\"", NULL},
    {"$.claims[0].phase", "\"123456789012\"", "a phase such as", NULL},
    {"$.claims[1].over", "\"2\"", "found \"2\", expected \"baseline\" or a phase before", NULL},
    {"$.claims[1].over", "\"2.5\"", "found \"2.5\"", NULL},
    {"$.claims[1].over", "\"scalar\"", "found \"scalar\"", NULL},
    {"$.claims[6].over", "\"1\"", "found \"1\", expected \"baseline\" in a claim of kind", NULL},
    {"$.claims[1].ratio", "0", "found 0, expected a number from 1e-18 to 1e+18", NULL},
    {"$.claims[1].ratio", "\"1.1\"", "found \"1.1\", expected a number", NULL},
    {"$.claims[1].ratio", "null", "found null, expected a number", NULL},
    {"$.claims[1].what", NULL, "found nothing, expected a string", NULL},
    {"$.claims[0].shape", "256", "found 256, expected a string", NULL},
    {"$.claims[0].shape", "\"123456789012345678901234567890123456789012345678\"",
     "a string of at most 47 bytes", NULL},
    {"$.claims[0].goal", "1", "found 1, expected true or false", NULL},
    {"$.claims[0].goal", "true", "kind \"total\" only", NULL},
    {"$.claims[6].goal", "true", "at most one goal", "$.claims[9].goal"},
    {"$.claims[0].more", "1", "expected no such member", NULL},
    {"$.claims[1]", "5", "found 5, expected an object", NULL},
    {"$.claims", "[]", "found an array of 0, expected at least 1", NULL},
    {"$.schema_version", "2", "found 2, expected an integer from 1 to 1", NULL},
    {"$.schema_version", "1.0", "expected an integer", NULL},
    {"$.$schema", "1", "expected a string", NULL},
    {"$.source", "\"\"", "found \"\", expected a text", NULL},
    {"$.op", NULL, "no phases in a file", "$.claims[0].kind"},
    {"$.op", "7", "found 7, expected a string", NULL},
    {"$.sauce", "\"s\"", "found \"s\", expected no such member", NULL},
    {"$.components", "{}", "found an object, expected an array", NULL},
    {"$.components[0]", "7", "found 7, expected an object", NULL},
    {"$.components[0].name", "\"\"", "expected a text", NULL},
    {"$.components[0].stage", "\"abcdefghijklmnop\"", "at most 15 bytes", NULL},
    {"$.components[1].stage", "\"unpack\"", "found \"unpack\", expected each stage once", NULL},
    {"$.components[0].ms_per_token", NULL, "found nothing", NULL},
    {"$.components[0].ms_per_token", "{}", "1 to 8 phases", NULL},
    {"$.components[0].ms_per_token",
     "{\"1\": 1, \"2\": 1, \"3\": 1, \"4\": 1, \"5\": 1, \"6\": 1, \"7\": 1, \"8\": 1, \"9\": 1}",
     "1 to 8 phases", NULL},
    {"$.components[0].ms_per_token.zero", "1", "\"baseline\" or a phase", NULL},
    {"$.components[0].ms_per_token.1", "-1", "a number from 0 to 1e+09", NULL},
    {"$.components[0].ms_per_token.1", "null", "found null", NULL},
    {"$.components[0].more", "1", "no such member", NULL},
    {"$.components[0].gain", "2", "found 2, expected", NULL},
    {"$.components[0].gain.over", "\"1\"", "before this one", NULL},
    {"$.components[0].gain.phase", "\"0\"", "a phase such as", NULL},
    {"$.components[0].gain.ratio", "0", "a number from 1e-18 to 1e+18", NULL},
    {"$.components[0].gain.more", "1", "no such member", NULL},
    {"$.end_to_end.tokens", "0", "found 0, expected an integer from 1 to 1048576", NULL},
    {"$.end_to_end.limit_s", "0", "a number from 1e-12 to 1000000", NULL},
    {"$.end_to_end.more", "8", "no such member", NULL},
    {"$.end_to_end.phases", "[]", "1 to 8 phases", NULL},
    {"$.end_to_end.phases[0]", "7", "expected an object", NULL},
    {"$.end_to_end.phases[0].phase", "\"x\"", "\"baseline\" or a phase", NULL},
    {"$.end_to_end.phases[1].phase", "\"2\"", "a phase after the one before", "$.end_to_end.phases[2].phase"},
    {"$.end_to_end.phases[0].ratio", "1", "for all but the baseline", NULL},
    {"$.end_to_end.phases[1].ratio", NULL, "for all but the baseline", NULL},
    {"$.end_to_end.phases[1].ratio", "-1", "a number from 1e-18 to 1e+18", NULL},
    {"$.end_to_end.phases[0].target", "1", "true or false", NULL},
    {"$.end_to_end.phases[0].more", "1", "no such member", NULL},
    {"$.end_to_end.phases[0].s_per_token", "0", "from 1e-12", NULL},
    {"$.end_to_end.phases[0].s", NULL, "found nothing", NULL},
};

UNIT_TEST(malformed_files_are_refused_with_their_path)
{
    char *good = bench_test_get(ROADMAP_JSON, &(size_t){0});
    assert_non_null(good);
    bench_test_refused(good, read_claims, malformed, sizeof malformed / sizeof *malformed);
    free(good);
    assert_int_equal(read_claims("/nonexistent/roadmap.json", NULL), QK_ERR_IO);
}

/* The figures of the roadmap, typed again from its tables. */
UNIT_TEST(the_roadmap_says_what_was_claimed)
{
    static const struct {
        const char *phase, *over;
        double step, total;
    } ladder[] = {{"1", "baseline", 1.47, 1.47},
                  {"2", "1", 1.15, 1.69},
                  {"3", "2", 1.08, 1.83},
                  {"4", "3", 1.52, 2.78}};
    static const struct {
        const char *shape;
        double phase_1, phase_2;
    } sizes[] = {{"256", 1.30, 1.42},
                 {"512", 1.03, 1.13},
                 {"1024", 1.30, 1.42},
                 {"4096", 1.23, 1.35},
                 {"16384", 1.23, 1.35}};
    struct baseline_claims c;
    struct qk_error err;
    size_t seen = 0, goals = 0;
    assert_works(baseline_claims_read(&c, ROADMAP_JSON, &err), err);
    assert_string_equal(c.op, "qk256_dequant");
    for (size_t i = 0; i < c.count; i++) {
        const struct baseline_claim *claim = &c.claims[i];
        for (size_t k = 0; k < 4; k++) {
            const bool same = !claim->shape[0] && strcmp(claim->phase, ladder[k].phase) == 0;
            if (same && claim->kind == BASELINE_CLAIM_STEP && strcmp(claim->what, "projected step") == 0)
                seen += claim->ratio == ladder[k].step && strcmp(claim->over, ladder[k].over) == 0;
            if (same && claim->kind == BASELINE_CLAIM_TOTAL && !claim->goal)
                seen += claim->ratio == ladder[k].total;
        }
        for (size_t k = 0; k < 5; k++)
            if (strcmp(claim->shape, sizes[k].shape) == 0 && claim->kind == BASELINE_CLAIM_TOTAL)
                seen +=
                    claim->ratio == (strcmp(claim->phase, "1") == 0 ? sizes[k].phase_1 : sizes[k].phase_2);
        goals += claim->goal && claim->ratio == 3.0 && strcmp(claim->phase, "4") == 0;
        seen += strcmp(claim->what, "acceptance rule") == 0 && claim->ratio == 1.1 &&
                claim->kind == BASELINE_CLAIM_STEP && strcmp(claim->phase, "2") == 0;
    }
    assert_int_equal(goals, 1);
    assert_int_equal(seen, 4 + 4 + 10 + 1);
    /* What it says end to end is told twice: as gains of models, and as a table with seconds. */
    for (size_t k = 1; k < c.end_to_end.count; k++, seen++)
        assert_true(c.claims[c.count - 4 + k].kind == BASELINE_CLAIM_MODEL &&
                    c.claims[c.count - 4 + k].ratio == c.end_to_end.at[k].ratio);
    assert_int_equal(c.count, seen + goals);
    baseline_claims_free(&c);
}

/* The component table of the roadmap, typed in again. */
UNIT_TEST(the_roadmap_says_what_components_take)
{
    static const char *const phases[] = {"baseline", "1", "2", "3", "4"};
    static const struct {
        const char *name, *stage, *phase, *over;
        double ms[5], gain;
    } table[] = {{"unpacking", "unpack", "1", "baseline", {3600, 720, 720, 720, 720}, 5.0},
                 {"LUT look-up", "lookup", "4", "3", {2700, 2700, 2700, 2700, 1080}, 2.5},
                 {"scale multiply", "scale", "2", "1", {1350, 1350, 540, 540, 540}, 2.5},
                 {"loop overhead", "loop", "3", "2", {1350, 1350, 1350, 945, 945}, 1.43},
                 {"total", "total", "", "", {9000, 6120, 5310, 4914, 3234}, 0}};
    struct baseline_claims c;
    struct qk_error err;
    assert_int_equal(baseline_claims_read(&c, ROADMAP_JSON, &err), 0);
    assert_int_equal(c.component_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct baseline_component_claim *claim = &c.components[i];
        assert_string_equal(claim->name, table[i].name);
        assert_string_equal(claim->stage, table[i].stage);
        assert_string_equal(claim->gain_phase, table[i].phase);
        assert_string_equal(claim->gain_over, table[i].over);
        assert_true(table[i].gain > 0 ? claim->gain == table[i].gain : isnan(claim->gain));
        assert_int_equal(claim->count, 5);
        for (size_t k = 0; k < 5; k++) {
            assert_string_equal(claim->at[k].phase, phases[k]);
            assert_true(claim->at[k].ms == table[i].ms[k]);
        }
    }
    /* Its totals of phases 3 and 4 are no sums: 4905 and 3285 would be. A claim is kept as it was made. */
    for (size_t k = 0; k < 5; k++) {
        double sum = -c.components[4].at[k].ms;
        for (size_t i = 0; i < 4; i++)
            sum += c.components[i].at[k].ms;
        assert_true(sum == (k == 3   ? 720 + 2700 + 540 + 945 - 4914
                            : k == 4 ? 720 + 1080 + 540 + 945 - 3234
                                     : 0));
    }
    baseline_claims_free(&c);
}

/*
 * "End to end: 10.0 s/token baseline, 8.3 (1.21x) phase 1, 7.5 (1.33x) phase 2, target 3.3 (3.0x)", and for 8
 * tokens.
 */
UNIT_TEST(the_roadmap_says_what_a_model_takes)
{
    static const struct {
        const char *phase;
        double each, all, ratio;
    } table[] = {
        {"baseline", 10.0, 80, NAN}, {"1", 8.3, 66, 1.21}, {"2", 7.5, 60, 1.33}, {"4", 3.3, 27, 3.0}};
    struct baseline_claims c;
    assert_int_equal(baseline_claims_read(&c, ROADMAP_JSON, NULL), 0);
    assert_int_equal(c.end_to_end.tokens, 8);
    assert_true(c.end_to_end.limit_s == 30);
    assert_int_equal(c.end_to_end.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(c.end_to_end.at[i].phase, table[i].phase);
        assert_true(c.end_to_end.at[i].s_per_token == table[i].each && c.end_to_end.at[i].s == table[i].all);
        assert_true(i ? c.end_to_end.at[i].ratio == table[i].ratio : isnan(c.end_to_end.at[i].ratio));
        assert_int_equal(c.end_to_end.at[i].target, i == 3);
    }
    baseline_claims_free(&c);
}

UNIT_TEST(a_file_may_do_without_components)
{
    struct baseline_claims c;
    struct qk_error err;
    json_t *json = json_load_file(ROADMAP_JSON, 0, NULL);
    assert_true(!json_object_del(json, "components") && !json_object_del(json, "end_to_end"));
    assert_int_equal(json_dump_file(json, bench_test_path("claims.json"), 0), 0);
    json_decref(json);
    assert_int_equal(baseline_claims_read(&c, bench_test_path("claims.json"), &err), 0);
    assert_int_equal(c.end_to_end.count, 0);
    assert_int_equal(c.component_count, 0);
    assert_null(c.components);
    baseline_claims_free(&c);
}

UNIT_TEST(phases_have_an_order)
{
    assert_int_equal(baseline_phase_rank("baseline"), 0);
    assert_int_equal(baseline_phase_rank("1"), 10);
    assert_int_equal(baseline_phase_rank("2.5"), 25);
    assert_int_equal(baseline_phase_rank("12"), 120);
    static const char *const none[] = {"-", "", "0", "x", "2.", "2.55", "100", "2a", " 2"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(baseline_phase_rank(none[i]), -1);
}

UNIT_TESTS(claims, bench_test_dir_make, bench_test_dir_remove)
