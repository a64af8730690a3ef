/* SPDX-License-Identifier: MIT */
/* Inputs in blocks that hold a scale and bytes of codes or values (layout.h). */
#pragma once

#include "kernels/cases/case.h"

/*
 * Fills `bytes` bytes with blocks of `block` bytes. Each has an f16 at byte `scale_at`, as qk_fill_f16 makes
 * them. Ordinary bytes are not 0, because a code beside a value of 0 decides nothing. Writes and draws
 * nothing when `to` is NULL.
 */
void qk_fill_blocks(uint8_t *to, size_t bytes, size_t block, size_t scale_at, enum qk_fill kind,
                    struct qk_rng *rng);
