/* SPDX-License-Identifier: MIT */
/*
 * Threads that do a job together. The items of a job are divided into one share per thread. A thread first
 * claims tiles of its own share, so that it reads the same weights in one stream each time. Then it claims
 * tiles of the shares of others. A tile takes at most 50 us, or one grain where that takes longer. So nobody
 * waits for a thread that is not running, unless the system took its CPU away in the middle of a tile.
 *
 * A waiter looks for at most 5 us, by the clock, and then sleeps. A job that is too short to wake anybody is
 * done by the threads that are awake. A pool of one makes no thread.
 *
 * It is not OpenMP: clang's runtime is another library than gcc's, and ThreadSanitizer knows neither.
 */
#pragma once

#include "kernels/support.h"

struct model_pool;

/* What a pool tells of its threads; `thread` counts from 0, which is the caller of model_pool_run. */
struct model_pool_calls {
    void (*started)(void *ctx, size_t thread); /* on each thread but 0, before all else; NULL: nothing */
    void (*claimed)(void *ctx, size_t thread); /* between claiming a tile and doing it; NULL: nothing */
    void *ctx;
};

/*
 * `threads` >= 1 counts the caller's own thread. calls may be NULL; what it points to must outlive the pool.
 * QK_ERR_MEMORY. QK_ERR_INTERNAL when a thread cannot be made; the text says how many there are.
 *
 * A child of fork has none of the threads, so it must not touch the pool.
 */
int model_pool_new(struct model_pool **pool, size_t threads, const struct model_pool_calls *calls,
                   struct qk_error *err);
void model_pool_free(struct model_pool *pool); /* NULL is fine */
size_t model_pool_threads(const struct model_pool *pool);

/* How long a grain of one kind of job takes, as last seen; 0 at first. It decides how large tiles are. */
struct model_pace {
    unsigned ns;
};

/*
 * Calls part(ctx, first, end, thread) for tiles of `items`, cut at multiples of `grain`, and returns when all
 * are done. A thread works on one tile at a time. Which thread gets which tile differs from call to call.
 * Only one caller at a time, and no part of a job may run another job of the same pool. At most 2^32 - 1
 * grains.
 */
typedef void model_pool_part(void *ctx, size_t first, size_t end, size_t thread);
void model_pool_run(struct model_pool *pool, size_t items, size_t grain, struct model_pace *pace,
                    model_pool_part *part, void *ctx);

/*
 * Says, before a job, what a later one will read: `bytes` from `at` on, in the order of its items. A thread
 * that finds nothing more to do asks memory for the beginning of its share, and then waits. It stays said
 * until the next call. NULL: nothing. What is not there any more does no harm.
 */
void model_pool_next(struct model_pool *pool, const void *at, size_t bytes);
