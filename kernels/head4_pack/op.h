/* SPDX-License-Identifier: MIT */
/*
 * head4_pack: rows of f32 as two planes of 4 bits (head4_gemv), and what the planes leave of them.
 *
 *     coarse   [rows * columns / 2] HEAD4 order (layout.h), output
 *     fine     [rows * columns / 2] likewise
 *     scale    [rows * columns / 32] IEEE binary16, HEAD4 order, output
 *     unit     [rows] f32, output, a power of two
 *     squares  [rows][HEAD4_SQUARES][HEAD4_LANES] f32, output, 3 by 8
 *     w        [rows * columns] f32
 *
 * w is about unit * scale * (16 coarse + fine - 127.5), and unit * scale * 16 (coarse - 7.5) by the coarse
 * plane alone. unit is the largest that makes the row's largest |w| / unit at least 2^21, but at least
 * 2^-126, and 1 in a row of zeros. With x = w / unit, each operation rounded to f32:
 *
 *     scale  = the largest |x| of the block / 128, to the nearest, ties to even; at least 2^-24 beside an x
 *              that is not 0
 *     c      = x * (1 / scale) + 128 without its fraction, at least 0 and at most 255; 128 where scale is 0
 *     coarse = c / 16 without its fraction, fine = the rest
 *
 *     squares[r][0][j] = sum of x^2 over the columns with column % 8 = j
 *     squares[r][1][j] = sum of (x - scale * (16 coarse - 120))^2 over them
 *     squares[r][2][j] = sum of (x - scale * (c - 127.5))^2 over them
 *
 * The four squares of a block are added in pairs, the pairs to each other, and that to the sum. Blocks are
 * added in ascending order, from +0.
 *
 * A row with a weight that is not finite has the unit NaN, and all else as a row of zeros. Every variant
 * gives the same bits. rows is a multiple of 16 (HEAD4_ROWS), columns of 32 (HEAD4_BLOCK). No output overlaps
 * another buffer. Source: own.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_head4_pack_fn(uint8_t *restrict coarse, uint8_t *restrict fine, uint16_t *restrict scale,
                              float *restrict unit, float *restrict squares, const float *restrict w,
                              size_t rows, size_t columns);

/* QK_ERR_ARG also: rows or columns as above. */
int qk_head4_pack(uint8_t *coarse, uint8_t *fine, uint16_t *scale, float *unit, float *squares,
                  const float *w, size_t rows, size_t columns, struct qk_error *err);
