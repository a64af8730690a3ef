/* SPDX-License-Identifier: MIT */
/* The smallest models that run, as seeds of load_fuzz. */
#pragma once

#include "model/gguf/tests/gguf_builder.h"

/*
 * One layer, 128 wide, with a vocabulary of 4 tokens and no tokenizer. sub_norms: the architecture has norms
 * before the output and down projections. yarn: with three more keys.
 */
void model_seed(struct model_build *b, const char *arch, bool sub_norms, bool yarn);
