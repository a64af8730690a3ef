/* SPDX-License-Identifier: MIT */
/*
 * Says where a loop stands how often the compiler copies its body: all of its rounds, at most sixteen, or
 * none. Left to itself, gcc finds a body too large to copy in some variants, and copies it 32 times in
 * others. Neighbours of a ladder must differ by their switch only.
 */
#pragma once

#if defined __clang__
#define QK_UNROLLED _Pragma("clang loop unroll(full)")
#define QK_ROLLED   _Pragma("clang loop unroll(disable)")
#else
#define QK_UNROLLED _Pragma("GCC unroll 16")
#define QK_ROLLED   _Pragma("GCC unroll 1")
#endif
