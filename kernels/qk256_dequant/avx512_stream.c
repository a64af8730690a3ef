/* SPDX-License-Identifier: MIT */
/*
 * avx512_best, which stores past the caches what is larger than they are: an ordinary store first reads the
 * line it will overwrite, so of DRAM's traffic half is for nothing. Nobody finds such an output in a cache
 * later, whichever way it was written. From 32 MiB on, all of L3 that a core of Zen 2 to 5 can reach; below,
 * and where `out` does not begin with a cache line (lines written in parts would be slower than read ones),
 * it is avx512_best. For: AVX-512 CPUs. Source: own.
 */
#ifndef __AVX512F__
#error "avx512_stream.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_dequant/zmm.h"

enum { LINE = 64, STREAM_FROM = 32 << 20 };

void qk_qk256_dequant_avx512_stream(QK_ARGS)
{
    if (blocks < STREAM_FROM / (QK256_BLOCK * sizeof *out) || (uintptr_t)out % LINE) {
        dequant_zmm(out, codes, scale, lut, blocks, false);
        return;
    }
    dequant_zmm(out, codes, scale, lut, blocks, true);
    /* Such stores are not ordered with later ones. A caller expects what a function returns to be there. */
    _mm_sfence();
}
