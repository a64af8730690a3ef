/* SPDX-License-Identifier: MIT */
/* Part of qkernels.h: what a program tells the entry points about the machine it runs on. */
#pragma once

struct qk_error; /* support.h */

/*
 * Rows that `qkbench tune` found faster here than the last ones, as its option --text prints them:
 * "CACHE_BYTES OP/VARIANT@MEMORY...", MEMORY being cache or dram. From here on entry points call them, cache
 * for calls on at most CACHE_BYTES of buffers. A row that cannot run here is passed over. NULL or an empty
 * text: the last rows again. No result changes.
 *
 * QK_ERR_ARG, with nothing changed: another form, no such row or memory, or an op whose rows may differ in
 * bits. Not to be called while another thread is in an entry point.
 */
int qk_prefer(const char *choices, struct qk_error *err);
