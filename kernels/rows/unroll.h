/* SPDX-License-Identifier: MIT */
/*
 * How often the compiler copies the body of the loop that follows, said where the loop stands: all of its up
 * to sixteen rounds, or none. Left to itself gcc finds a body too large to copy in some variants and small
 * enough to copy 32 times in others; neighbours of a ladder are to differ by their switch only.
 */
#pragma once

#if defined __clang__
#define QK_UNROLLED _Pragma("clang loop unroll(full)")
#define QK_ROLLED   _Pragma("clang loop unroll(disable)")
#else
#define QK_UNROLLED _Pragma("GCC unroll 16")
#define QK_ROLLED   _Pragma("GCC unroll 1")
#endif
