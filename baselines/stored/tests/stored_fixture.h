/* SPDX-License-Identifier: MIT */
/* Baselines made by hand, for the tests of several files. Nothing here is measured. */
#pragma once

#include "baselines/stored/baseline.h"

/*
 * "main", made of bench_test_set as three launches. In launch l every variant but the reference takes 1 +
 * 0.01 * l times as long. So speed-ups fall by that, and their spread is ln 1.02. scalar/4096 has 123456789
 * instructions, of them 1000 "load" and 500 "store". p4_permute/4096 has the components of
 * bench_test_breakdown.
 */
void baseline_test_main(struct baseline *b);
/* Makes component i take so many more per cent points of the old total. The others keep their times. */
void baseline_test_grow(struct baseline_case *c, size_t i, double points);
/*
 * The same from one launch, without a breakdown. All times but the reference's are multiplied by `slower`.
 */
void baseline_test_fresh(struct baseline *b, double slower);
