/* SPDX-License-Identifier: MIT */
#pragma once

#include "harness/tune/tune.h"

/* Three entries of a machine that never was; the second has chosen row1 of three. To be freed. */
void bench_test_tune(struct bench_tune *t);
