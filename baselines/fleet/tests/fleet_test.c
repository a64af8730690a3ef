/* SPDX-License-Identifier: MIT */
#include "baselines/fleet/fleet.h"

#include "harness/records/tests/read_again.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct baseline_fleet_word words[] = {{(char *)"../qkbench"}, {(char *)"gate"}};

static struct baseline_fleet_plan a_plan(size_t nodes, bool gate)
{
    struct baseline_fleet_plan p = {.node_count = nodes,
                                    .gate = gate,
                                    .alpha = gate ? 0.001 / (double)nodes : NAN,
                                    .base = {"main", "0123456789abcdef", "ab"},
                                    .candidate = {"this tree", "1123456789abcdef", ""},
                                    .program = "2123456789abcdef",
                                    .libraries = "3123456789abcdef",
                                    .payload = "7123456789abcdef",
                                    .hash = "4123456789abcdef",
                                    .word_count = 2,
                                    .words = words};
    for (size_t i = 0; i < nodes; i++)
        snprintf(p.nodes[i], sizeof p.nodes[i], "n%zu", i);
    return p;
}

/*
 * A node in short. Each pair is a case and its verdict: "1P" is the first shape of row a, PASS. Letters are
 * those of verdicts, and '-' is an undecided other shape. A node without an answer is "missing" or "refused".
 */
static void answer(struct baseline_fleet_node *n, const char *text, size_t unavailable)
{
    static const char letters[] = "PWRIXNMD-";
    n->answer.state = !strcmp(text, "missing")   ? BASELINE_FLEET_MISSING
                      : !strcmp(text, "refused") ? BASELINE_FLEET_REFUSED
                                                 : BASELINE_FLEET_ANSWERED;
    if (n->answer.state != BASELINE_FLEET_ANSWERED)
        return;
    *n->answer.reason = '\0';
    assert_int_equal(baseline_report_make(&n->report, strlen(text) / 2 + 2, NULL), 0);
    for (size_t i = 0; i < n->report.count; i++) {
        struct baseline_result *const r = &n->report.results[i];
        const bool control = i >= n->report.count - 2;
        const size_t verdict = control ? 0 : (size_t)(strchr(letters, text[2 * i + 1]) - letters);
        snprintf(r->name, sizeof r->name, "op/%c/%d", control ? 'a' : "aabbcc"[text[2 * i] - '1'],
                 control ? 1 : text[2 * i] - '0');
        strcpy(r->memory, "cache");
        r->role = verdict == BASELINE_VERDICTS ? BASELINE_SHAPE : BASELINE_CASE;
        r->verdict = verdict == BASELINE_VERDICTS ? BASELINE_INCONCLUSIVE : (enum baseline_verdict)verdict;
        r->timed = r->verdict <= BASELINE_INCONCLUSIVE;
        r->ratio.value = 1;
        r->must_catch = 0.008;
    }
    struct baseline_result *const controls = &n->report.results[n->report.count - 2];
    controls[0].role = BASELINE_AA;
    controls[1].role = BASELINE_SLOWED;
    controls[1].verdict = BASELINE_REGRESSION;
    controls[1].injected = 0.016;
    strcpy(n->report.mode, "duet");
    baseline_report_judge(&n->report);
    n->report.unavailable = unavailable;
}

/* "1P23": a case, and the verdicts of its nodes; '/' stands for unavailable. */
static void show(const struct baseline_fleet *f, char *to, size_t size)
{
    *to = '\0';
    for (size_t i = 0; i < f->case_count; i++) {
        snprintf(to + strlen(to), size - strlen(to), "%s%c%c", i ? " " : "",
                 f->cases[i].name[strlen(f->cases[i].name) - 1], "PWRIXNMD"[f->cases[i].verdict]);
        for (size_t n = 0; n < f->node_count; n++)
            snprintf(to + strlen(to), size - strlen(to), "%c",
                     f->cases[i].cells[n].unavailable ? '/' : "PWRIXNMD"[f->cases[i].cells[n].verdict]);
    }
}

static const struct {
    const char *node[3]; /* fewer end with NULL */
    size_t unavailable[3];
    bool strict;
    enum baseline_verdict verdict;
    int exit_code;
    const char *cells;
} table[] = {
    {{"1P3P", "1P3P"}, {0}, false, BASELINE_PASS, 0, "1PPP 3PPP"},
    {{"1P3R", "1P3P"}, {0}, false, BASELINE_REGRESSION, 3, "1PPP 3RRP"},
    {{"1P3P", "1P3R"}, {0}, false, BASELINE_REGRESSION, 3, "1PPP 3RPR"},
    {{"1W", "1I", "1P"}, {0}, false, BASELINE_INCONCLUSIVE, 4, "1IWIP"},
    {{"1W", "1I", "1P"}, {0}, true, BASELINE_WARN, 3, "1WWIP"},
    {{"1R", "1X", "1P"}, {0}, false, BASELINE_INVALID, 5, "1XRXP"},
    {{"1R", "missing", "1P"}, {0}, false, BASELINE_MISSING, 5, "1MRMP"},
    {{"missing", "1P", "refused"}, {0}, false, BASELINE_INVALID, 5, "1XMPX"},
    {{"missing", "missing"}, {0}, false, BASELINE_MISSING, 5, ""},
    /* A row that the second node has no level for; then one that it does not own up to. */
    {{"1P3P", "1P"}, {0, 1}, false, BASELINE_PASS, 0, "1PPP 3PP/"},
    {{"1P3R", "1P"}, {0, 1}, false, BASELINE_REGRESSION, 3, "1PPP 3RR/"},
    {{"1P3P", "1P"}, {0, 0}, false, BASELINE_MISSING, 5, "1PPP 3MPM"},
    {{"1P3P4P", "1P"}, {0, 1}, false, BASELINE_MISSING, 5, "1PPP 3MPM 4MPM"},
    {{"1P", "1P3P"}, {1, 0}, false, BASELINE_PASS, 0, "1PPP 3P/P"},
    /* Another shape of a row that is there is no excuse on the same caches. */
    {{"1P", "2P"}, {0}, false, BASELINE_MISSING, 5, "1MPM 2MMP"},
    {{"1N3D", "1N3D"}, {0}, false, BASELINE_INVALID, 5, "1PNN 3PDD"}, /* nothing was judged */
    {{"1P3N", "1P3D"}, {0}, false, BASELINE_PASS, 0, "1PPP 3PND"},
    {{"1P2-", "1P2-"}, {0}, false, BASELINE_PASS, 0, "1PPP 2PII"},
};

UNIT_TEST(the_worst_verdict_counts)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t nodes = 0;
        char cells[200];
        struct baseline_fleet f;
        while (nodes < 3 && table[i].node[nodes])
            nodes++;
        struct baseline_fleet_plan p = a_plan(nodes, true);
        p.strict = table[i].strict;
        assert_int_equal(baseline_fleet_begin(&f, &p, NULL), 0);
        for (size_t n = 0; n < nodes; n++) {
            f.nodes[n].report.strict = p.strict;
            answer(&f.nodes[n], table[i].node[n], table[i].unavailable[n]);
        }
        assert_int_equal(baseline_fleet_merge(&f, NULL), 0);
        show(&f, cells, sizeof cells);
        if (f.verdict != table[i].verdict || f.exit_code != table[i].exit_code ||
            strcmp(cells, table[i].cells) != 0)
            fail_msg("%zu: found %s, %d, '%s'; expected %s, %d, '%s'", i, baseline_verdict_names[f.verdict],
                     f.exit_code, cells, baseline_verdict_names[table[i].verdict], table[i].exit_code,
                     table[i].cells);
        baseline_fleet_free(&f);
    }
}

UNIT_TEST(shapes_made_from_caches_differ)
{
    struct baseline_fleet f;
    struct baseline_fleet_plan p = a_plan(2, true);
    assert_int_equal(baseline_fleet_begin(&f, &p, NULL), 0);
    answer(&f.nodes[0], "1P3P", 0);
    answer(&f.nodes[1], "2P3P", 0);
    f.nodes[1].report.env.cache_count = 1;
    f.nodes[1].report.env.caches[0] = (struct bench_cache){2, "Unified", 1 << 20, 1};
    assert_int_equal(baseline_fleet_merge(&f, NULL), 0);
    char cells[200];
    show(&f, cells, sizeof cells);
    assert_string_equal(cells, "1PP/ 3PPP 2P/P");
    assert_int_equal(f.verdict, BASELINE_PASS);
    assert_int_equal(f.nodes[1].controls, 2);
    assert_int_equal(f.nodes[1].right, 2);
    assert_int_equal(f.nodes[1].counts[BASELINE_PASS], 2);
    baseline_fleet_free(&f);
}

UNIT_TEST(a_command_has_the_worst_exit_code)
{
    static const struct {
        int codes[2]; /* -1: missing */
        int expected;
    } codes[] = {{{0, 0}, 0}, {{0, 77}, 77}, {{77, 3}, 3}, {{3, 4}, 3},     {{2, 3}, 2},
                 {{1, 2}, 1}, {{0, -1}, 5},  {{5, 1}, 5},  {{0, 134}, 134}, {{5, 134}, 5}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct baseline_fleet f;
        const struct baseline_fleet_plan p = a_plan(2, false);
        assert_int_equal(baseline_fleet_begin(&f, &p, NULL), 0);
        for (int n = 0; n < 2; n++) {
            f.nodes[n].answer.exit_code = codes[i].codes[n];
            f.nodes[n].answer.state =
                codes[i].codes[n] < 0 ? BASELINE_FLEET_MISSING : BASELINE_FLEET_ANSWERED;
        }
        assert_int_equal(baseline_fleet_merge(&f, NULL), 0);
        if (f.exit_code != codes[i].expected)
            fail_msg("%zu: found %d, expected %d", i, f.exit_code, codes[i].expected);
        baseline_fleet_free(&f);
    }
}

/* A report of what the plan says, before `change` makes it another. */
static int check_changed(void (*change)(struct baseline_report *r), struct qk_error *err)
{
    const struct baseline_fleet_plan p = a_plan(2, true);
    struct baseline_report r = {.mode = "duet", .policy = "built in", .alpha = p.alpha, .count = 1};
    bench_environment_init(&r.env);
    bench_environment_library(&r.env, "base", "../base.so", p.base.build_id, "");
    bench_environment_library(&r.env, "candidate", "../candidate.so", p.candidate.build_id, "");
    if (change)
        change(&r);
    return baseline_fleet_report_check(&p, &r, err);
}

static void another_base(struct baseline_report *r)
{
    strcpy(r->env.libraries[0].build_id, "ac");
}
static void no_candidate(struct baseline_report *r)
{
    r->env.library_count = 1;
}
static void another_alpha(struct baseline_report *r)
{
    r->alpha = nextafter(r->alpha, 1);
}
static void another_policy(struct baseline_report *r)
{
    strcpy(r->policy, "p.json");
}
static void strict(struct baseline_report *r)
{
    r->strict = true;
}
static void whole_models(struct baseline_report *r)
{
    strcpy(r->mode, "e2e");
}
static void ended(struct baseline_report *r)
{
    r->ended = 1;
}

UNIT_TEST(reports_of_something_else_are_refused)
{
    static const struct {
        void (*change)(struct baseline_report *r);
        int code;
        const char *text;
    } changes[] = {{NULL, 0, ""},
                   {another_base, QK_ERR_INVALID, "another base than main"},
                   {no_candidate, QK_ERR_INVALID, "another candidate than this tree"},
                   {another_alpha, QK_ERR_INVALID, "found alpha"},
                   {another_policy, QK_ERR_INVALID, "expected the built-in one"},
                   {strict, QK_ERR_INVALID, "is strict"},
                   {whole_models, QK_ERR_INVALID, "expected duet"},
                   {ended, QK_ERR_CHECK, "ended with 1"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct qk_error err = {.text = ""};
        assert_int_equal(check_changed(changes[i].change, &err), changes[i].code);
        if (!strstr(err.text, changes[i].text))
            fail_msg("%zu: found '%s', expected '%s' in it", i, err.text, changes[i].text);
    }
}

UNIT_TEST(plans_that_differ_say_where)
{
    struct qk_error err = {.text = ""};
    const struct baseline_fleet_plan a = a_plan(2, true);
    struct baseline_fleet_plan b = a_plan(2, true);
    assert_int_equal(baseline_fleet_plan_same(&a, &b, "x", &err), 0);
    strcpy(b.program, "5123456789abcdef");
    assert_int_equal(baseline_fleet_plan_same(&a, &b, "x", &err), QK_ERR_ARG);
    assert_non_null(strstr(err.text, "found program \"2123456789abcdef\", expected \"5123456789abcdef\""));
}

UNIT_TEST(names_are_words_and_folders)
{
    static const char *const good[] = {"a", "zen5", "node-1.rack_2", "9"};
    static const char *const bad[] = {"",    ".",   "..",  ".a",       "-a", "a/b",
                                      "a b", "a,b", "a\n", "\xc3\xa4", "$a"};
    char longest[BASELINE_FLEET_NODE + 1];
    memset(longest, 'a', sizeof longest);
    longest[BASELINE_FLEET_NODE] = '\0';
    assert_false(baseline_fleet_is_name(longest));
    assert_true(baseline_fleet_is_name(longest + 1));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(baseline_fleet_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(baseline_fleet_is_name(bad[i]));
}

static int put(const struct bench_fields *fields, const void *record)
{
    struct qk_error err;
    const int code = bench_fields_write(fields, record, "a record", stdout, &err);
    return code || fflush(stdout);
}

TEST_PART(write_fleet)
{
    struct baseline_fleet_plan p = a_plan(2, true);
    baseline_fleet_plan_seal(&p, NULL);
    static struct baseline_fleet_word files[] = {{(char *)"gate.json"}, {(char *)"stdout"}};
    const struct baseline_fleet_answer a = {.node = "n0",
                                            .plan = "4123456789abcdef",
                                            .state = BASELINE_FLEET_ANSWERED,
                                            .date = "2026-01-02T03:04:05+00:00",
                                            .seconds = 1.5,
                                            .exit_code = 3,
                                            .report = "6123456789abcdef",
                                            .file_count = 2,
                                            .files = files};
    return argc == 2 && !strcmp(argv[1], "plan") ? put(&baseline_fleet_plan_fields, &p)
                                                 : put(&baseline_fleet_answer_fields, &a);
}

static int take_plan(const json_t *json, FILE *to, struct qk_error *err)
{
    struct baseline_fleet_plan p = {.node_count = 0};
    int code = bench_fields_take(&baseline_fleet_plan_fields, json, "", &p, err);
    if (!code && to)
        code = bench_fields_write(&baseline_fleet_plan_fields, &p, "the plan", to, err);
    baseline_fleet_plan_free(&p);
    return code;
}

static int take_answer(const json_t *json, FILE *to, struct qk_error *err)
{
    struct baseline_fleet_answer a = {.exit_code = -1};
    int code = bench_fields_take(&baseline_fleet_answer_fields, json, "", &a, err);
    if (!code && to)
        code = bench_fields_write(&baseline_fleet_answer_fields, &a, "the answer", to, err);
    baseline_fleet_answer_free(&a);
    return code;
}

TEST_PART(read_plan)
{
    return bench_test_read_again(argc, argv, take_plan);
}

TEST_PART(read_answer)
{
    return bench_test_read_again(argc, argv, take_answer);
}

UNIT_TESTS(fleet, NULL, NULL)
