/* SPDX-License-Identifier: MIT */
/*
 * Where the code of a kernel lies in physical memory. It decides which lines of a cache that is indexed by
 * physical addresses the code shares with data. One copy of qk256_gemv/avx512_best in ten took 1.6 times as
 * long from DRAM, at the same virtual addresses (Zen 4). So one copy says nothing of the code.
 */
#pragma once

#include <stdbool.h>

/*
 * Moves the segment of code (readable, not writable) that holds `address` to pages that it did not have yet,
 * at the same virtual addresses. It is of a shared object of this process, and nobody may run in it
 * meanwhile. The pages of the last moves are kept, or the kernel would hand them out again. False, with all
 * as it was, where there is no such segment, it is the one of this function, or the system refuses it.
 */
bool bench_code_pages_move(const void *address);
