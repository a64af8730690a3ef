/* SPDX-License-Identifier: MIT */
/* Times of a whole model made by hand. Nothing here is measured. */
#pragma once

#include "harness/e2e/e2e.h"

/*
 * A 2B model of 30 layers: baseline, p1_unpack, p4_permute and best, prompts of 16 and generation of 8 tokens
 * by one thread. Sample r of row i is (i of: 80, 64, 20, 2 s; a quarter of it for prompts) * (1 + r / 100),
 * except that p1_unpack's are also multiplied by 1 + (r % 2) / 2. Of its parts the head takes a tenth.
 * act_quant takes what is left of halving it over the others.
 */
void bench_test_e2e(struct bench_e2e *e, size_t repetitions);
