/* SPDX-License-Identifier: MIT */
/*
 * As avx512_plain, with rows in panels of a quarter of Zen 5's L2, so that each block of columns finds them
 * there. Hosts of that CPU differ. On one, all rows at once from DRAM took 1.8 times as long as avx512_rows.
 * On another, the gate found panels 9.6 % slower than all rows at once. Source: own.
 */
#ifndef __AVX512F__
#error "avx512_panels.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/avx512_best.h"

void qk_qk256_gemv_avx512_panels(QK_ARGS)
{
    lanes_are_rows(QK_PASS, 256 << 10, false);
}
