/* SPDX-License-Identifier: MIT */
/* Parsing built bytes in a test: they end at an unreadable page, so that reading behind them is a crash. */
#pragma once

#include "model/fuzz/walk.h"
#include "model/gguf/tests/gguf_builder.h"

/* Copies the bytes in front of the page and parses them there as file "test". One file at a time. */
int parse_guarded(const struct model_build *b, struct model_gguf *g, struct qk_error *err);
/* Must succeed, and be usable in full. */
void parse_ok(const struct model_build *b, struct model_gguf *g);
/* Must fail with QK_ERR_FORMAT, a text that contains `fragment`, and byte `offset`. */
void expect_format(const struct model_build *b, const char *fragment, size_t offset);
/* The same, then frees the bytes and leaves *b ready for the next file. */
void expect_and_free(struct model_build *b, const char *fragment, size_t offset);
