/* SPDX-License-Identifier: MIT */
#include "baselines/stored/tests/stored_fixture.h"

#include "harness/breakdown/tests/breakdown_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void make_set(struct bench_sample_set *set, double slower)
{
    bench_test_set(set);
    snprintf(set->env.commit, sizeof set->env.commit, "0123456789ab");
    snprintf(set->env.date, sizeof set->env.date, "2026-01-02T03:04:05+00:00");
    for (size_t i = 0; i < set->record_count; i++) {
        struct bench_record *rec = &set->records[i];
        for (size_t b = 0; !rec->reference && b < rec->block_count; b++)
            for (size_t s = 0; s < rec->blocks[b].slices; s++)
                rec->blocks[b].samples_ns[s] *= slower;
    }
    assert_true(bench_record_add_metric(&set->records[0], "steps.store", "instructions", 500, NULL));
    assert_true(bench_record_add_metric(&set->records[0], "steps.load", "instructions", 1000, NULL));
    assert_true(bench_record_add_metric(&set->records[0], "percent_of_ceiling", "%", 50, "100 % is 1 ns"));
    assert_true(
        bench_record_add_metric(&set->records[0], "l1d_misses", "misses/1000 elements", 3.25 * slower, NULL));
}

/* p2_unroll8 is in the fixture's breakdown, p3_prefetch failed in both. */
void baseline_test_main(struct baseline *b)
{
    struct bench_sample_set sets[3];
    const struct bench_sample_set *list[3];
    struct bench_breakdown bd;
    struct qk_error err = {.text = ""};
    for (int l = 0; l < 3; l++) {
        make_set(&sets[l], 1 + 0.01 * l);
        list[l] = &sets[l];
    }
    bench_test_breakdown(&bd);
    bd.env = sets[0].env;
    assert_works(baseline_make(b, "main", list, 3, &bd, NULL, &err), err);
    bench_breakdown_free(&bd);
    for (int l = 0; l < 3; l++)
        bench_sample_set_free(&sets[l]);
}

void baseline_test_fresh(struct baseline *b, double slower)
{
    struct bench_sample_set set;
    const struct bench_sample_set *const list[] = {&set};
    struct qk_error err = {.text = ""};
    make_set(&set, slower);
    assert_works(baseline_make(b, "fresh", list, 1, NULL, "none was made", &err), err);
    bench_sample_set_free(&set);
}

void baseline_test_grow(struct baseline_case *c, size_t i, double points)
{
    double total = 0, more;
    for (size_t k = 0; k < c->component_count; k++)
        total += c->components[k].ns.value;
    /* share = (part + more) / (total + more) */
    const double share = (c->components[i].share + points) / 100;
    more = (share * total - c->components[i].ns.value) / (1 - share);
    c->components[i].ns.value += more;
    c->components[i].ns.low += more;
    c->components[i].ns.high += more;
    for (size_t k = 0; k < c->component_count; k++)
        c->components[k].share = 100 * c->components[k].ns.value / (total + more);
}
