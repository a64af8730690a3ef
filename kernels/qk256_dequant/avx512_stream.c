/* SPDX-License-Identifier: MIT */
/*
 * avx512_best, except that it stores past the caches what is larger than they are. An ordinary store first
 * reads the line that it will overwrite, so half of the DRAM traffic is for nothing. Such an output is in no
 * cache later, whichever way it was written.
 *
 * From 32 MiB of output on, it stores past the caches. That is all of L3 that a core of Zen 2 to 5 can reach.
 * Below that it is avx512_best. It is also avx512_best where `out` does not begin with a cache line, because
 * writing lines in parts would be slower than reading them. For: AVX-512 CPUs. Source: own.
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
