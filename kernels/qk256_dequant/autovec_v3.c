/* SPDX-License-Identifier: MIT */
/*
 * What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX2 (x86-64-v3
 * machines: Haswell, Zen 1 and later).
 */
#ifndef __AVX2__
#error "autovec_v3.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_dequant/scalar_body.h"

void qk_qk256_dequant_autovec_v3(QK_ARGS)
{
    body(QK_PASS, STAGE_WHOLE);
}
