/* SPDX-License-Identifier: MIT */
/* Eight exponentials at once, by the polynomial the reference uses. For: AVX2 CPUs. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/softmax/op.h"
#include "kernels/softmax/row.h"

void qk_softmax_avx2(float *restrict out, const float *restrict x, size_t n)
{
    qk_softmax_row_avx2(out, x, n);
}
