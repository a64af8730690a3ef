/* SPDX-License-Identifier: MIT */
#include "baselines/claims/claims.h"

#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON bench_test_path("claims.json")

static void put(const char *text)
{
    bench_test_put(JSON, text, strlen(text));
}

#define STEP(phase, over, ratio)                                                                             \
    "{\"kind\": \"step\", \"phase\": \"" phase "\", \"over\": \"" over "\", \"ratio\": " ratio               \
    ", \"what\": \"w\"}"
#define TOTAL(phase, ratio, more)                                                                            \
    "{\"kind\": \"total\", \"phase\": \"" phase "\", \"over\": \"baseline\", \"ratio\": " ratio              \
    ", \"what\": \"w\"" more "}"

#define HEAD                   "{\"schema_version\": 1, \"source\": \"s\", \"op\": \"o\", \"claims\": "
#define GOOD                   TOTAL("1", "1.5", "")
#define LONG_48                "123456789012345678901234567890123456789012345678"
#define COMPONENTS             HEAD "[" GOOD "], \"components\": "
#define COMPONENT(times, more) "{\"name\": \"n\", \"stage\": \"s\", \"ms_per_token\": {" times "}" more "}"
#define GAIN(phase, over, ratio)                                                                             \
    ", \"gain\": {\"phase\": \"" phase "\", \"over\": \"" over "\", \"ratio\": " ratio "}"
#define WHOLE(members)     HEAD "[" GOOD "], \"end_to_end\": {" members "}}"
#define PHASES(list)       WHOLE("\"tokens\": 8, \"limit_s\": 30, \"phases\": [" list "]")
#define PHASE(phase, more) "{\"phase\": \"" phase "\", \"s_per_token\": 1, \"s\": 8" more "}"
static const struct {
    const char *json, *where, *text;
} malformed[] = {
    {HEAD "[" GOOD "]", "line 1, column ", "not JSON"},
    {HEAD "[" GOOD "]} x", "line 1, column ", "not JSON"},
    {HEAD "[" GOOD "], \"op\": \"p\"}", "line 1, column ", "duplicate"},
    {"[]", "$", "found an array of 0, expected an object"},
    {"{}", "$.schema_version", "found nothing, expected an integer from 1 to 1"},
    {"{\"schema_version\": 2}", "$.schema_version", "found 2, expected"},
    {"{\"schema_version\": \"1\"}", "$.schema_version", "found \"1\", expected"},
    {"{\"schema_version\": 1.0}", "$.schema_version", "expected an integer"},
    {"{\"schema_version\": 1, \"$schema\": 1}", "$.$schema", "expected a string"},
    {"{\"schema_version\": 1}", "$.source", "found nothing, expected a string"},
    {"{\"schema_version\": 1, \"source\": \"\"}", "$.source", "found \"\", expected a text"},
    {"{\"schema_version\": 1, \"source\": \"s\", \"op\": 7}", "$.op", "found 7, expected a string"},
    {"{\"schema_version\": 1, \"sauce\": \"s\"}", "$.sauce", "found \"s\", expected no such member"},
    {HEAD "{}}", "$.claims", "found an object, expected an array"},
    {HEAD "[]}", "$.claims", "found an array of 0, expected at least one claim"},
    {HEAD "[" GOOD ", 5]}", "$.claims[1]", "found 5, expected an object"},
    {HEAD "[" TOTAL("1", "1.5", ", \"more\": 1") "]}", "$.claims[0].more", "expected no such member"},
    {HEAD "[{\"kind\": \"sum\"}]}", "$.claims[0].kind", "found \"sum\", expected \"step\" or \"total\""},
    {HEAD "[{\"phase\": \"1\"}]}", "$.claims[0].kind", "found nothing"},
    {HEAD "[" STEP("0", "baseline", "1") "]}", "$.claims[0].phase", "found \"0\", expected a phase"},
    {HEAD "[" STEP("baseline", "1", "1") "]}", "$.claims[0].phase", "found \"baseline\""},
    {HEAD "[" STEP("2.55", "1", "1") "]}", "$.claims[0].phase", "found \"2.55\""},
    {HEAD "[" STEP("2.", "1", "1") "]}", "$.claims[0].phase", "found \"2.\""},
    {HEAD "[" STEP("100", "1", "1") "]}", "$.claims[0].phase", "found \"100\""},
    {HEAD "[" STEP("123456789012", "1", "1") "]}", "$.claims[0].phase", "a string of at most 11 bytes"},
    {HEAD "[" STEP("2", "2", "1") "]}", "$.claims[0].over",
     "found \"2\", expected \"baseline\" or a phase before"},
    {HEAD "[" STEP("2", "2.5", "1") "]}", "$.claims[0].over", "found \"2.5\""},
    {HEAD "[" STEP("2", "scalar", "1") "]}", "$.claims[0].over", "found \"scalar\""},
    {HEAD "[{\"kind\": \"total\", \"phase\": \"2\", \"over\": \"1\"}]}", "$.claims[0].over",
     "found \"1\", expected \"baseline\" in a claim of kind"},
    {HEAD "[" GOOD "," STEP("2", "1", "0") "]}", "$.claims[1].ratio",
     "found 0, expected a number from 1e-18 to 1e+18"},
    {HEAD "[" STEP("2", "1", "-1.5") "]}", "$.claims[0].ratio",
     "found -1.5, expected a number from 1e-18 to 1e+18"},
    {HEAD "[" STEP("2", "1", "\"1.1\"") "]}", "$.claims[0].ratio", "found \"1.1\", expected a number"},
    {HEAD "[" STEP("2", "1", "null") "]}", "$.claims[0].ratio", "found null, expected a number"},
    {HEAD "[" STEP("2", "1", "1e999") "]}", "line 1, column ", "not JSON"},
    {HEAD "[" TOTAL("2", "2", ", \"shape\": 256") "]}", "$.claims[0].shape", "found 256, expected a string"},
    {HEAD "[" TOTAL("2", "2", ", \"shape\": \"" LONG_48 "\"") "]}", "$.claims[0].shape",
     "a string of at most 47 bytes"},
    {HEAD "[" TOTAL("2", "2", ", \"goal\": 1") "]}", "$.claims[0].goal", "found 1, expected true or false"},
    {HEAD "[{\"kind\": \"step\", \"phase\": \"2\", \"over\": \"1\", \"ratio\": 2, \"what\": \"w\", \"goal\": "
          "true}]}",
     "$.claims[0].goal", "kind \"total\" only"},
    {HEAD "[" TOTAL("1", "2", ", \"goal\": true") "," TOTAL("2", "2", ", \"goal\": true") "]}",
     "$.claims[1].goal", "at most one goal"},
    {HEAD "[{\"kind\": \"step\", \"phase\": \"2\", \"over\": \"1\", \"ratio\": 2}]}", "$.claims[0].what",
     "found nothing, expected a string"},
    {COMPONENTS "{}}", "$.components", "found an object, expected an array"},
    {COMPONENTS "[7]}", "$.components[0]", "found 7, expected an object"},
    {COMPONENTS "[{\"name\": \"\"}]}", "$.components[0].name", "expected a text"},
    {COMPONENTS "[{\"name\": \"n\"}]}", "$.components[0].stage", "found nothing"},
    {COMPONENTS "[{\"name\": \"n\", \"stage\": \"abcdefghijklmnop\"}]}", "$.components[0].stage",
     "at most 15 bytes"},
    {COMPONENTS "[{\"name\": \"n\", \"stage\": \"s\"}]}", "$.components[0].ms_per_token", "found nothing"},
    {COMPONENTS "[" COMPONENT("", "") "]}", "$.components[0].ms_per_token", "at least one phase"},
    {COMPONENTS "[" COMPONENT("\"baseline\": 1, \"1\": 1, \"2\": 1, \"3\": 1, \"4\": 1, \"5\": 1, \"6\": 1, "
                              "\"7\": 1, \"8\": 1",
                              "") "]}",
     "$.components[0].ms_per_token", "at most 8 phases"},
    {COMPONENTS "[" COMPONENT("\"zero\": 1", "") "]}", "$.components[0].ms_per_token.zero",
     "phases as names"},
    {COMPONENTS "[" COMPONENT("\"1\": -1", "") "]}", "$.components[0].ms_per_token.1",
     "a number from 0 to 1e+09"},
    {COMPONENTS "[" COMPONENT("\"1\": null", "") "]}", "$.components[0].ms_per_token.1", "found null"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", ", \"more\": 1") "]}", "$.components[0].more", "no such member"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", ", \"gain\": 2") "]}", "$.components[0].gain", "found 2, expected"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", GAIN("1", "1", "2")) "]}", "$.components[0].gain.over",
     "before this one"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", GAIN("0", "baseline", "2")) "]}", "$.components[0].gain.phase",
     "a phase such as"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", GAIN("1", "baseline", "0")) "]}", "$.components[0].gain.ratio",
     "a number from 1e-18 to 1e+18"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", GAIN("1", "baseline", "2, \"more\": 1")) "]}",
     "$.components[0].gain.more", "no such member"},
    {COMPONENTS "[" COMPONENT("\"1\": 1", "") ", " COMPONENT("\"1\": 1", "") "]}", "$.components[1].stage",
     "found \"s\", expected each stage once"},
    {WHOLE("\"tokens\": 0"), "$.end_to_end.tokens", "found 0, expected an integer from 1"},
    {WHOLE("\"tokens\": 8, \"limit_s\": 0"), "$.end_to_end.limit_s", "a number from 1e-12 to 1000000"},
    {WHOLE("\"tokens\": 8, \"limit_s\": 30"), "$.end_to_end.phases", "found nothing"},
    {WHOLE("\"more\": 8"), "$.end_to_end.more", "no such member"},
    {PHASES(""), "$.end_to_end.phases", "1 to 8 phases"},
    {PHASES("7"), "$.end_to_end.phases[0]", "expected an object"},
    {PHASES(PHASE("x", "")), "$.end_to_end.phases[0].phase", "\"baseline\" or a phase"},
    {PHASES(PHASE("2", ", \"ratio\": 2") "," PHASE("2", ", \"ratio\": 2")), "$.end_to_end.phases[1].phase",
     "after the one before"},
    {PHASES(PHASE("baseline", ", \"ratio\": 1")), "$.end_to_end.phases[0].ratio", "for all but the baseline"},
    {PHASES(PHASE("1", "")), "$.end_to_end.phases[0].ratio", "for all but the baseline"},
    {PHASES(PHASE("1", ", \"ratio\": -1")), "$.end_to_end.phases[0].ratio", "a number from 1e-18 to 1e+18"},
    {PHASES(PHASE("1", ", \"ratio\": 1, \"target\": 1")), "$.end_to_end.phases[0].target", "true or false"},
    {PHASES(PHASE("1", ", \"ratio\": 1, \"more\": 1")), "$.end_to_end.phases[0].more", "no such member"},
    {PHASES("{\"phase\": \"1\", \"s_per_token\": 0}"), "$.end_to_end.phases[0].s_per_token", "from 1e-12"},
    {PHASES("{\"phase\": \"1\", \"s_per_token\": 1}"), "$.end_to_end.phases[0].s", "found nothing"},
};

UNIT_TEST(malformed_files_are_refused_with_their_path)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct baseline_claims claims;
        struct qk_error err = {0};
        put(malformed[i].json);
        const int rc = baseline_claims_read(&claims, JSON, &err);
        /* a JSON path is compared whole, of a line number the beginning */
        const bool place = malformed[i].where[0] == '$'
                               ? strcmp(err.where, malformed[i].where) == 0
                               : strncmp(err.where, malformed[i].where, strlen(malformed[i].where)) == 0;
        if (rc != QK_ERR_FORMAT || !place || !strstr(err.text, malformed[i].text) || !strstr(err.text, JSON))
            fail_msg("%s\ngave %d, \"%s\" at \"%s\"; expected \"%s\" at \"%s\"", malformed[i].json, rc,
                     err.text, err.where, malformed[i].text, malformed[i].where);
    }
}

UNIT_TEST(a_file_that_cannot_be_read_is_an_error)
{
    struct baseline_claims claims;
    struct qk_error err;
    assert_int_equal(baseline_claims_read(&claims, "/nonexistent/roadmap.json", &err), QK_ERR_IO);
    assert_string_equal(err.where, "/nonexistent/roadmap.json");
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(baseline_claims_read(&claims, "/tmp", &err), QK_ERR_IO);
    assert_non_null(strstr(err.text, "Is a directory"));
    put("");
    assert_int_equal(baseline_claims_read(&claims, JSON, &err), QK_ERR_FORMAT);
}

/* The figures of the roadmap, typed in again from its tables. */
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
    if (baseline_claims_read(&c, ROADMAP_JSON, &err) != 0)
        fail_msg("%s: %s", err.where, err.text);
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

/* "End to end: 10.0 s/token baseline, 8.3 (1.21x) phase 1, 7.5 (1.33x) phase 2, target 3.3 (3.0x)", and for 8 tokens. */
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
    put(HEAD "[" GOOD "]}");
    assert_int_equal(baseline_claims_read(&c, JSON, &err), 0);
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

TEST_PART(claims)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_files_are_refused_with_their_path),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(the_roadmap_says_what_was_claimed),
        cmocka_unit_test(the_roadmap_says_what_components_take),
        cmocka_unit_test(the_roadmap_says_what_a_model_takes),
        cmocka_unit_test(a_file_may_do_without_components),
        cmocka_unit_test(phases_have_an_order),
    };
    return cmocka_run_group_tests(tests, bench_test_dir_make, bench_test_dir_remove);
}
