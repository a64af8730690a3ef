/* SPDX-License-Identifier: MIT */
/*
 * Threads that do one thing together and wait for each other. They compute parts of a matrix product, which
 * take tens of microseconds. Between two jobs they spin for a while and then sleep. A pool of one makes no
 * thread. It is not OpenMP: clang's runtime is another library than gcc's, and ThreadSanitizer knows neither.
 */
#pragma once

#include "kernels/support.h"

struct model_pool;

/*
 * `threads` >= 1 counts the caller's own thread. QK_ERR_MEMORY. QK_ERR_INTERNAL when a thread cannot be made.
 */
int model_pool_new(struct model_pool **pool, size_t threads, struct qk_error *err);
void model_pool_free(struct model_pool *pool); /* NULL is fine */
size_t model_pool_threads(const struct model_pool *pool);

/*
 * Calls part(ctx, first, end, thread) on each thread for its share of `items`, and returns when all are done.
 * Shares are cut at multiples of `grain`. A thread without a share is not called. Only one caller at a time.
 */
typedef void model_pool_part(void *ctx, size_t first, size_t end, size_t thread);
void model_pool_run(struct model_pool *pool, size_t items, size_t grain, model_pool_part *part, void *ctx);
