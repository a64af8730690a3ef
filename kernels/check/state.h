/* SPDX-License-Identifier: MIT */
/*
 * What a kernel must leave as it found it, besides memory: how floating-point numbers are rounded and
 * flushed, the direction of string instructions, and the mask of signals. Nor may it leave tile registers in
 * use: whoever runs next would have 8 KiB more saved at each switch of threads.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qk_state {
    uint64_t control; /* MXCSR without its flags; on aarch64 the FPCR */
    uint16_t x87;     /* its control word */
    bool in_use;      /* is an x87 or MMX register in use, as after MMX instructions without emms? */
    bool down;        /* the direction flag */
    bool tiles;       /* is a tile register in use, as without tilerelease? */
    sigset_t mask;
};

/*
 * Read and write the state of the calling thread. Reading also clears the direction flag, the x87 and
 * the tile registers, so that C code may follow.
 */
void qk_state_read(struct qk_state *s);
void qk_state_write(const struct qk_state *s);
/*
 * True when the state still is `before`. Otherwise it restores `before`, and why[size] says what had changed:
 * "left MXCSR at ...".
 */
bool qk_state_kept(const struct qk_state *before, char *why, size_t size);
