/* SPDX-License-Identifier: MIT */
/*
 * Kernels of known length, and ill-behaved ones. They are in assembly, so that no compiler or sanitizer
 * changes them. x86-64.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/qk256_dequant/op.h"

/* Good kernels, and their number of instructions, ret included. */
enum { ODD_ONE = 1, ODD_FIVE = 5, ODD_LOOP = 22, ODD_CALLS = 9, ODD_REPEAT = 6, ODD_PREFIXED = 7 };
enum { ODD_STACK = 5, ODD_POPS = 3 };
qk_qk256_dequant_fn odd_one;      /* only ret */
qk_qk256_dequant_fn odd_five;     /* four nops */
qk_qk256_dequant_fn odd_loop;     /* ten rounds of two */
qk_qk256_dequant_fn odd_calls;    /* calls odd_five, then jumps to odd_one */
qk_qk256_dequant_fn odd_repeat;   /* writes 25 bytes by one rep stosb */
qk_qk256_dequant_fn odd_prefixed; /* rep stosw and rep stosq: size and REX prefixes */
qk_qk256_dequant_fn odd_stack;    /* pushes the flags and a copy of the return address, then pops them */
qk_qk256_dequant_fn odd_pops;     /* pops its return address, and jumps there */

/* `ODD_MANY` different instructions in a row, then ret. That is more than the table of instructions holds. */
enum { ODD_MANY = 5000 };
qk_qk256_dequant_fn odd_many;

qk_qk256_dequant_fn odd_segv; /* second instruction, 3 bytes from the start, reads address 0 */
qk_qk256_dequant_fn odd_ill;  /* ud2 */
qk_qk256_dequant_fn odd_int3; /* breakpoint */
/* These count calls in out[0]. */
/* On its second call, the fifth instruction, 9 bytes from the start, reads address 0. */
qk_qk256_dequant_fn odd_second;
qk_qk256_dequant_fn odd_endless; /* on its second call, jumps to itself */
/*
 * These call the system. odd_hangs calls pause(2) for ever. odd_kills sends SIGINT to itself; its second
 * instruction is getpid(2), for that.
 */
qk_qk256_dequant_fn odd_hangs;
qk_qk256_dequant_fn odd_kills;
