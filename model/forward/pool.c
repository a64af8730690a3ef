/* SPDX-License-Identifier: MIT */
#include "model/forward/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* About 50 us on a core of 3 GHz: parts of one token follow each other faster than that. */
enum { SPINS = 20000 };

struct worker {
    struct model_pool *pool;
    size_t number;
    pthread_t thread;
};

struct model_pool {
    size_t threads, started;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    atomic_size_t job;     /* counts jobs; a new one is there when it has grown */
    atomic_size_t pending; /* threads that are not done with it */
    bool quit;
    size_t items, grain;
    model_pool_part *part;
    void *ctx;
    struct worker worker[];
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void do_share(const struct model_pool *p, size_t thread)
{
    const size_t grains = (p->items + p->grain - 1) / p->grain;
    const size_t first = grains * thread / p->threads * p->grain;
    size_t end = grains * (thread + 1) / p->threads * p->grain;
    end = end < p->items ? end : p->items;
    if (first < end)
        p->part(p->ctx, first, end, thread);
}

static bool next_job(struct model_pool *p, size_t seen)
{
    for (int i = 0; i < SPINS && atomic_load(&p->job) == seen; i++)
        relax();
    if (atomic_load(&p->job) == seen) {
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->job) == seen)
            pthread_cond_wait(&p->work, &p->lock);
        pthread_mutex_unlock(&p->lock);
    }
    return !p->quit;
}

static void *work(void *argument)
{
    const struct worker *w = argument;
    struct model_pool *p = w->pool;
    for (size_t seen = 0; next_job(p, seen); seen++) {
        do_share(p, w->number);
        if (atomic_fetch_sub(&p->pending, 1) == 1) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
    }
    return NULL;
}

static void announce(struct model_pool *p)
{
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->job, 1);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
}

int model_pool_new(struct model_pool **pool, size_t threads, struct qk_error *err)
{
    struct model_pool *p = calloc(1, sizeof *p + threads * sizeof *p->worker);
    *pool = NULL;
    if (!p)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu threads", threads);
    p->threads = threads;
    p->started = 1;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    for (; p->started < threads; p->started++) {
        struct worker *w = &p->worker[p->started];
        *w = (struct worker){.pool = p, .number = p->started};
        const int refused = pthread_create(&w->thread, NULL, work, w);
        if (refused) {
            model_pool_free(p);
            return qk_fail(err, QK_ERR_INTERNAL, "threads", "cannot start %zu threads: %s", threads,
                           strerror(refused));
        }
    }
    *pool = p;
    return 0;
}

void model_pool_free(struct model_pool *p)
{
    if (!p)
        return;
    p->quit = true;
    announce(p);
    for (size_t i = 1; i < p->started; i++)
        pthread_join(p->worker[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

size_t model_pool_threads(const struct model_pool *p)
{
    return p->threads;
}

void model_pool_run(struct model_pool *p, size_t items, size_t grain, model_pool_part *part, void *ctx)
{
    if (p->threads == 1 || items <= grain) {
        if (items)
            part(ctx, 0, items, 0);
        return;
    }
    p->items = items;
    p->grain = grain;
    p->part = part;
    p->ctx = ctx;
    atomic_store(&p->pending, p->threads - 1);
    announce(p);
    do_share(p, 0);
    for (int i = 0; i < SPINS && atomic_load(&p->pending); i++)
        relax();
    if (atomic_load(&p->pending)) {
        pthread_mutex_lock(&p->lock);
        while (atomic_load(&p->pending))
            pthread_cond_wait(&p->done, &p->lock);
        pthread_mutex_unlock(&p->lock);
    }
}
