/* SPDX-License-Identifier: MIT */
/* As avx512_best, without hints. Source: own. */
#ifndef __AVX512F__
#error "avx512_plain.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/avx512_best.h"

void qk_qk256_gemv_avx512_plain(QK_ARGS)
{
    lanes_are_rows(QK_PASS, 0, false);
}
