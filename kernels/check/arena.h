/* SPDX-License-Identifier: MIT */
/*
 * A buffer between two pages that may not be touched. Poison fills what the buffer leaves of its own pages.
 * qk_arenas_call runs code that may fault on them. Not for use from several threads, because signal handlers
 * belong to the process.
 */
#pragma once

#include "kernels/cases/case.h"

/* Where the buffer lies in its pages. */
enum qk_place {
    QK_PLACE_END,   /* its last byte touches the guard page: overruns fault */
    QK_PLACE_START, /* its first byte touches the guard page: underruns fault */
    QK_PLACE_ODD,   /* 1, 3 or 7 times its alignment past a page: kernels may assume no more */
    QK_PLACE_COUNT
};

struct qk_arena {
    struct qk_buffer buffer;
    unsigned char *map, *data; /* whole mapping with guards; the buffer */
    size_t map_bytes;
    unsigned char *alias; /* a second map of the pages between the guards, always writable */
    size_t alias_bytes;
    bool writable; /* are the pages, as kernels see them? */
};

struct qk_arena_set {
    int count;
    struct qk_arena arenas[QK_BUFFERS_MAX];
    void *data[QK_BUFFERS_MAX]; /* the buffers, as kernels take them */
};

/* Maps a buffer for each buffer of the plan. QK_ERR_MEMORY. Call qk_arenas_free in any case. */
int qk_arenas_make(struct qk_arena_set *set, const struct qk_plan *plan, struct qk_error *err);
void qk_arenas_free(struct qk_arena_set *set);
/*
 * Moves every buffer to `place`; `odd` is the multiple for QK_PLACE_ODD. Fills all its pages with `poison`.
 * Then copies the inputs in from `inputs` and makes their pages read-only. When `inputs` is NULL, input
 * pages stay poisoned and writable. So do buffers that a row has to itself. QK_ERR_MEMORY when the system
 * refuses the access rights.
 */
int qk_arenas_place(struct qk_arena_set *set, enum qk_place place, int odd, int poison, void *const *inputs,
                    struct qk_error *err);

/* Makes the pages of a buffer read-only, or writable again. QK_ERR_MEMORY. */
int qk_arenas_let_write(struct qk_arena_set *set, int buffer, bool writable, struct qk_error *err);

/*
 * True when the poison around every output, and every buffer that a row has to itself, is intact. Otherwise
 * why[size] names the place.
 */
bool qk_arenas_padding(const struct qk_arena_set *set, int poison, char *why, size_t size);

/*
 * Calls `call` once with fn and the set's buffers. It returns false in two cases, and why[size] tells which:
 *
 *    - The call faulted (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE). The text names the kind of access, the
 *      buffer, and the distance from it.
 *    - The call left something of state.h changed. qk_arenas_call then puts it right.
 */
bool qk_arenas_call(const struct qk_arena_set *set, const struct qk_case *on, const struct qk_plan *plan,
                    qk_fn *fn, char *why, size_t size);
