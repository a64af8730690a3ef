/* SPDX-License-Identifier: MIT */
/* A model of fixtures/, with the ids that its reference logits belong to. Any failure ends the test. */
#pragma once

#include "model/forward/compare_logits.h"
#include "model/forward/forward.h"

enum { FIXTURE_TOKENS_MAX = 64 };

struct fixture {
    const char *folder, *stem; /* "tiny" or "kjv" of fixtures/, or a name of fixtures/make.py */
    struct model_weights weights;
    int32_t tokens[FIXTURE_TOKENS_MAX];
    size_t count;
};

extern const unsigned all_layouts;

void fixture_open(struct fixture *f, const char *stem, unsigned layouts);
/* One that fixtures/make.py has made. */
void fixture_open_made(struct fixture *f, const char *name, unsigned layouts);
void fixture_close(struct fixture *f);
/* Reads STEM.logits_NAME.f32, [count * vocab]. Free the result. */
float *fixture_reference(const struct fixture *f, const char *name);

/* Parses the set. Skips the test when the set cannot run here. */
struct model_kernels fixture_kernels(const char *set, enum model_act act);
/* All logits of the fixture's tokens, fed in passes of `step` tokens (0: all at once). Free the result. */
float *fixture_logits(const struct fixture *f, const struct model_kernels *k, const struct model_options *o,
                      size_t step);
