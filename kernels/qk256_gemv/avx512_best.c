/* SPDX-License-Identifier: MIT */
/*
 * The fastest form found. A lane is a row. For two neighbouring columns, lut[c0] * x[0] + lut[c1] * x[1] has
 * only sixteen possible values, which are one vector. The four bits of both codes are the index into it, and
 * the sixteen-lane permute reads just four bits of its index. So one shift, one permute and one add serve 32
 * weights, in place of two shifts, two permutes and two multiply-adds. No lanes are added up.
 *
 * What it costs: the sums of products are made once per block of columns, and serve all rows. Blocks of
 * sixteen rows are transposed, which takes four shuffles per 256 weights. It pays only with enough rows; few
 * rows, and left-over rows, go by rows512.h.
 *
 * Rows are far apart, so that the hardware reads none ahead. Of a matrix that L2 does not hold, lines are
 * asked for 32 rows before. 251 MB took 20 ms so, and 26 without (Zen 5). A Zen 4 took 27.6 ms, and 26.2
 * without.
 *
 * For: AVX-512 CPUs with a full-width permute of 3 cycles (Ice Lake, Zen 4). Three instructions and half a
 * shuffle on two ports are 6.8 cycles per 128 weights on Ice Lake. Source: own. The T-MAC family also has
 * tables of partial sums, there of int8 sums and with byte shuffles.
 */
#ifndef __AVX512F__
#error "avx512_best.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/avx512_best.h"

void qk_qk256_gemv_avx512_best(QK_ARGS)
{
    lanes_are_rows(QK_PASS, 0, true);
}
