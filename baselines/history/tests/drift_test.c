/* SPDX-License-Identifier: MIT */
/* Which cases drift: the rule, the marks, and how often noise alone is called a drift. */
#include "baselines/history/tests/history_fixture.h"
#include "baselines/history/trend.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>

/* Rows of one case, as the store would hand them over. */
struct rows {
    struct baseline_drift d;
    int64_t count;
    double margin;
};

static enum baseline_drift_state add(struct rows *r, double percent, double half, enum baseline_mark mark)
{
    struct baseline_history_row row = {.id = ++r->count, .run = r->count, .release = "v1", .mark = mark};
    struct baseline_history_ratio *const p = &row.result.pinned;
    const double x = 1 + percent / 100, h = half / 100;
    p->ratio = isnan(half) ? (struct bench_interval){x, NAN, NAN} : (struct bench_interval){x, x - h, x + h};
    p->margin = 0.008;
    p->verdict = isnan(percent) ? BASELINE_INVALID : BASELINE_WARN;
    snprintf(row.commit, sizeof row.commit, "c%d", (int)r->count);
    snprintf(p->reason, sizeof p->reason, "%s", isnan(percent) ? "no control was right" : "");
    if (r->count == 1)
        baseline_drift_begin(&r->d, &row);
    baseline_drift_add(&r->d, &row, r->margin);
    return r->d.state;
}

static enum baseline_drift_state plain(struct rows *r, double percent)
{
    return add(r, percent, 0.15, BASELINE_UNMARKED);
}

UNIT_TEST(ten_commits_of_0_2_percent)
{
    struct rows r = {.margin = NAN};
    int flagged = 0;
    double speed = 1;
    for (int commit = 1; commit <= 10; commit++) {
        speed *= 1 - 0.002;
        const bool drifts = plain(&r, 100 * (1 / speed - 1)) == BASELINE_DRIFT;
        if (drifts && !flagged)
            flagged = commit;
        assert_true(drifts || !flagged);
    }
    assert_in_range(flagged, 4, 6); /* -1 % is reached at the fifth */
    assert_int_equal(r.d.since, flagged);
}

UNIT_TEST(the_interval_decides)
{
    struct rows r = {.margin = NAN};
    assert_int_equal(add(&r, 0.9, 0.15, BASELINE_UNMARKED), BASELINE_STEADY); /* [0.75, 1.05] */
    assert_int_equal(add(&r, 0.9, 0.05, BASELINE_UNMARKED), BASELINE_DRIFT);
    assert_int_equal(add(&r, 5, 4.3, BASELINE_UNMARKED), BASELINE_STEADY);
    assert_int_equal(add(&r, 5, NAN, BASELINE_UNMARKED), BASELINE_UNKNOWN); /* no interval */
    assert_int_equal(add(&r, -1, 0.1, BASELINE_UNMARKED), BASELINE_FASTER);
    assert_int_equal(add(&r, NAN, NAN, BASELINE_UNMARKED), BASELINE_UNKNOWN);
    assert_string_equal(r.d.reason, "no control was right");
    r.margin = 0.02;
    assert_int_equal(add(&r, 1.5, 0.05, BASELINE_UNMARKED), BASELINE_STEADY);
}

UNIT_TEST(an_accepted_ratio_is_expected)
{
    struct rows r = {.margin = NAN};
    assert_int_equal(plain(&r, 2), BASELINE_DRIFT);
    assert_int_equal(add(&r, 2, 0.15, BASELINE_ACCEPTED), BASELINE_STEADY);
    assert_true(fabs(r.d.expected - 1.02) < 1e-9);
    assert_int_equal(plain(&r, 2.7), BASELINE_STEADY);
    assert_int_equal(plain(&r, 3.1), BASELINE_DRIFT);
    assert_int_equal(r.d.since, 4);
    assert_int_equal(add(&r, -3, 0.15, BASELINE_ACCEPTED), BASELINE_STEADY); /* a gain to be kept */
    assert_int_equal(plain(&r, -1.5), BASELINE_DRIFT);
}

UNIT_TEST(a_false_one_is_left_out)
{
    struct rows r = {.margin = NAN};
    assert_int_equal(plain(&r, 0), BASELINE_STEADY);
    assert_int_equal(add(&r, 9, 0.1, BASELINE_FALSE), BASELINE_STEADY);
    assert_int_equal(r.d.judged, 1);
    assert_int_equal(r.d.last.run, 1);
    struct rows alone = {.margin = NAN};
    assert_int_equal(add(&alone, 9, 0.1, BASELINE_FALSE), BASELINE_UNKNOWN);
}

UNIT_TEST(a_real_one_stays_until_it_is_made_good)
{
    struct rows r = {.margin = NAN};
    assert_int_equal(add(&r, 1.0, 0.1, BASELINE_REAL), BASELINE_DRIFT);      /* [0.9, 1.1] */
    assert_int_equal(add(&r, 0.85, 0.1, BASELINE_UNMARKED), BASELINE_DRIFT); /* not proven faster */
    assert_true(r.d.real);
    assert_int_equal(add(&r, NAN, NAN, BASELINE_UNMARKED), BASELINE_DRIFT); /* nor is that */
    assert_int_equal(add(&r, 0.7, 0.1, BASELINE_UNMARKED), BASELINE_STEADY);
    assert_false(r.d.real);
    /* Below the margin, and yet named. */
    assert_int_equal(add(&r, 0.5, 0.1, BASELINE_REAL), BASELINE_DRIFT);
    assert_int_equal(add(&r, 0.5, 0.1, BASELINE_ACCEPTED), BASELINE_STEADY);
    /* Better than it was, but still beyond the margin. */
    assert_int_equal(add(&r, 5, 0.1, BASELINE_REAL), BASELINE_DRIFT);
    assert_int_equal(plain(&r, 3), BASELINE_DRIFT);
    assert_false(r.d.real);
    /* One without a ratio. */
    struct rows none = {.margin = NAN};
    assert_int_equal(plain(&none, 0), BASELINE_STEADY);
    assert_int_equal(add(&none, NAN, NAN, BASELINE_REAL), BASELINE_DRIFT);
    assert_int_equal(plain(&none, 0.7), BASELINE_DRIFT); /* [0.55, 0.85] */
    assert_int_equal(plain(&none, 0.6), BASELINE_STEADY);
}

/* Unchanged code, ten thousand runs: intervals hold the truth in 95 of 100, and the rest is not far off. */
UNIT_TEST(noise_is_no_drift)
{
    struct rows r = {.margin = NAN};
    struct qk_rng rng;
    size_t drifts = 0;
    qk_rng_seed(&rng, 1);
    for (int i = 0; i < 10000; i++) {
        double normal = -6;
        for (int k = 0; k < 12; k++)
            normal += qk_rng_unit(&rng);
        drifts += plain(&r, 0.15 / 1.96 * normal) == BASELINE_DRIFT;
    }
    assert_int_equal(drifts, 0);
}

static struct baseline_history *open_new(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", bench_test_dir, name);
    return history_open(path);
}

static const struct baseline_drift *find(const struct baseline_drifts *d, const char *machine)
{
    for (size_t i = 0; i < d->count; i++)
        if (!strcmp(d->list[i].last.machine.fingerprint, machine))
            return &d->list[i];
    fail_msg("no judgement on %s", machine);
    return NULL;
}

UNIT_TEST(machines_and_releases_never_mix)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "machines.db");
    struct baseline_drifts d;
    struct qk_error err;
    const struct history_said slow = {5, 0.1, NULL}, same = {0, 0.1, NULL}, bad = {NAN, NAN, "not measured"};
    history_add_run(h, 1, "aaaa", "v1", 1, slow);
    history_add_run(h, 2, "bbbb", "v1", 1, same);
    history_add_run(h, 3, "aaaa", "v2", 1, same); /* a new release: nothing is left of the old one */
    history_add_run(h, 4, "aaaa", "", 1, same);
    history_add_run(h, 5, "cccc", "v1", 1, slow);
    history_add_run(h, 6, "cccc", "v1", 1, bad);
    history_add_run(h, 7, "dddd", "", 1, same);
    struct baseline_history_run part =
        history_run_of(8, "bbbb", "v1", 1, same); /* pinned, but for this case */
    struct baseline_history_added added;
    part.results->pinned = (struct baseline_history_ratio){
        .verdict = -1, .ratio = {NAN, NAN, NAN}, .margin = NAN, .reason = "not in the gate"};
    assert_int_equal(baseline_history_add(h, &part, 1, &added, &err), 0);
    baseline_history_run_free(&part);
    assert_int_equal(baseline_drifts_make(&d, h, NULL, NULL, NAN, &err), 0);
    assert_int_equal(d.count, 4);
    assert_int_equal(find(&d, "aaaa")->state, BASELINE_STEADY);
    assert_string_equal(find(&d, "aaaa")->last.release, "v2");
    assert_int_equal(find(&d, "aaaa")->unpinned, 1);
    assert_int_equal(find(&d, "bbbb")->state, BASELINE_STEADY);
    assert_int_equal(find(&d, "cccc")->state, BASELINE_UNKNOWN);
    assert_int_equal(find(&d, "bbbb")->unpinned, 1);
    assert_int_equal(find(&d, "dddd")->state, BASELINE_UNPINNED);
    assert_int_equal(d.counts[BASELINE_UNKNOWN], 1);
    baseline_drifts_free(&d);
    baseline_history_close(h);
}

UNIT_TEST(a_trend_has_the_newest_points_and_what_was_expected)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "trend.db");
    struct baseline_trend t;
    struct qk_error err;
    size_t marked;
    for (int i = 1; i <= 10; i++)
        history_add_run(h, i, "aaaa", "v1", 2, (struct history_said){0.2 * i, 0.15, NULL});
    assert_int_equal(baseline_history_mark(h, 7, "op/v0", BASELINE_ACCEPTED, "why", &marked, &err), 0);
    assert_int_equal(baseline_trend_make(&t, h, "op", NULL, NAN, 4, &err), QK_ERR_ARG);
    assert_says(err.text, "matches several cases");
    baseline_trend_free(&t);
    assert_int_equal(baseline_trend_make(&t, h, "op/v0", NULL, NAN, 4, &err), 0);
    assert_int_equal(t.count, 4);
    assert_int_equal(t.left_out, 6);
    assert_string_equal(t.points[0].commit, "c7");
    assert_true(fabs(t.points[3].expected - 1.014) < 1e-9);
    assert_true(fabs(t.points[3].most - 1.014 * 1.008) < 1e-9);
    assert_false(t.points[3].drifts);
    baseline_trend_free(&t);
    assert_int_equal(baseline_trend_make(&t, h, "op/v1", NULL, NAN, 4, &err), 0);
    assert_true(t.points[3].drifts);
    baseline_trend_free(&t);
    baseline_history_close(h);
}

UNIT_TESTS(drift, bench_test_dir_make, bench_test_dir_remove)
