/* SPDX-License-Identifier: MIT */
/* A model that generates, each token by the certified head and by the full one. Any failure ends the test. */
#pragma once

#include "model/forward/forward.h"
#include "model/forward/sampler.h"

/*
 * n tokens by each way to sample that a certified head serves, from `first`: the same by both heads. w must
 * have its head's copy.
 */
void head_pairs_generate(const struct model_weights *w, size_t n, int32_t first, size_t threads);
