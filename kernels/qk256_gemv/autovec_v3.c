/* SPDX-License-Identifier: MIT */
/* What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX2. */
#ifndef __AVX2__
#error "autovec_v3.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_gemv/scalar_body.h"

void qk_qk256_gemv_autovec_v3(QK_ARGS)
{
    body(QK_PASS, STAGE_WHOLE);
}
