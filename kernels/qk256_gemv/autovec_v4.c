/* SPDX-License-Identifier: MIT */
/*
 * What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX-512 with
 * 512-bit vectors preferred.
 */
#ifndef __AVX512F__
#error "autovec_v4.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/scalar_body.h"

void qk_qk256_gemv_autovec_v4(QK_ARGS)
{
    body(QK_PASS, STAGE_WHOLE);
}
