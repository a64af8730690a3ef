/* SPDX-License-Identifier: MIT */
/* Sixteen exponentials at once, by the polynomial the reference uses. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/softmax/op.h"
#include "kernels/softmax/row.h"

void qk_softmax_avx512(float *restrict out, const float *restrict x, size_t n)
{
    qk_softmax_row_avx512(out, x, n);
}
