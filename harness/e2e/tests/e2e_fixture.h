/* SPDX-License-Identifier: MIT */
/* Times of a whole model made by hand. Nothing here is measured. */
#pragma once

#include "harness/e2e/e2e.h"

/*
 * A 2B model of 30 layers: baseline, p1_unpack, p4_permute and best, prompts of 16 and generation of 8
 * tokens by one thread. Sample r of row i is s * (1 + r / 100). For generation s is 80, 64, 20 and 2 s; for
 * prompts it is a quarter of that. p1_unpack's samples are also multiplied by 1 + (r % 2) / 2. Of the parts,
 * the head takes a tenth. Each of the others takes half of what is left, and act_quant takes the rest.
 */
void bench_test_e2e(struct bench_e2e *e, size_t repetitions);
