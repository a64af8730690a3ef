/* SPDX-License-Identifier: MIT */
/*
 * For tests and the fuzz target: uses everything that a parsed file offers, so that a bad pointer or size
 * shows here.
 */
#pragma once

#include "model/gguf/gguf.h"

/*
 * Reads every key, value, element and tensor byte through the public functions. Checks and repacks every I2_S
 * tensor. Aborts when two ways to the same fact disagree. Returns a sum of all it has read.
 */
uint64_t model_gguf_walk(const struct model_gguf *g);
