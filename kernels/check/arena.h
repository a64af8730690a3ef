/* SPDX-License-Identifier: MIT */
/*
 * One buffer between two pages that may not be touched, with poison in what is left of its own pages, and a
 * way to run code that may fault on them. Not for use from several threads: signal handlers belong to the
 * process.
 */
#pragma once

#include "kernels/case.h"

/* Where in its pages the buffer lies. */
enum qk_place {
    QK_PLACE_END,   /* its last byte touches the guard page: overruns fault */
    QK_PLACE_START, /* its first byte touches the guard page: underruns fault */
    QK_PLACE_ODD,   /* at 1, 3 or 7 times its alignment past a page: nothing may assume more */
    QK_PLACE_COUNT
};

struct qk_arena {
    struct qk_buffer buffer;
    unsigned char *map, *data; /* whole mapping with guards; the buffer */
    size_t map_bytes;
    unsigned char *alias; /* the pages between the guards once more, always writable */
    size_t alias_bytes;
    bool writable; /* the pages as kernels see them */
};

struct qk_arena_set {
    int count;
    struct qk_arena arenas[QK_BUFFERS_MAX];
    void *data[QK_BUFFERS_MAX]; /* the buffers, as kernels take them */
};

/* Maps a buffer for each of the plan's. QK_ERR_MEMORY. Release with qk_arenas_free in any case. */
int qk_arenas_make(struct qk_arena_set *set, const struct qk_plan *plan, struct qk_error *err);
void qk_arenas_free(struct qk_arena_set *set);
/*
 * Moves every buffer to `place` (odd: QK_PLACE_ODD's multiple), fills all its pages with `poison`, copies
 * inputs in from `inputs` and makes their pages read-only; with inputs NULL they stay poisoned and writable.
 * QK_ERR_MEMORY when the kernel refuses the rights.
 */
int qk_arenas_place(struct qk_arena_set *set, enum qk_place place, int odd, int poison, void *const *inputs,
                    struct qk_error *err);

/* True when the poison around every output is whole; otherwise the place in why[size]. */
bool qk_arenas_padding(const struct qk_arena_set *set, int poison, char *why, size_t size);

/*
 * Calls `call` once with fn and the set's buffers. False when it faulted (SIGSEGV, SIGBUS, SIGILL, SIGTRAP,
 * SIGFPE), with the kind of access, the buffer and the distance from it in why[size]; or when it left
 * something of state.h changed, which is then put right.
 */
bool qk_arenas_call(const struct qk_arena_set *set, const struct qk_case *on, const struct qk_plan *plan,
                    qk_fn *fn, char *why, size_t size);
