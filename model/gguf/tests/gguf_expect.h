/* SPDX-License-Identifier: MIT */
/* Parses built bytes in a test. The bytes end at an unreadable page, so reading past them crashes. */
#pragma once

#include "model/fuzz/walk.h"
#include "model/gguf/tests/gguf_builder.h"

/*
 * Copies the bytes to the end of the readable page and parses them there as file "test". One file at a time.
 */
int parse_guarded(const struct model_build *b, struct model_gguf *g, struct qk_error *err);
/* Parsing must succeed, and the result must be usable in full. */
void parse_ok(const struct model_build *b, struct model_gguf *g);
/* Parsing must fail with QK_ERR_FORMAT, a text that contains `fragment`, and byte `offset`. */
void expect_format(const struct model_build *b, const char *fragment, size_t offset);
/* Does the same, then frees the bytes and leaves *b ready for the next file. */
void expect_and_free(struct model_build *b, const char *fragment, size_t offset);
