/* SPDX-License-Identifier: MIT */
#include "model/forward/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_NS = 50000, /* of a tile: as long others wait when its thread loses its CPU */
    LEAST_NS = 2000, /* or what is left: less is not worth the claim and the looks at the clock */
    SPIN_NS = 5000,
    SPINS = 1000,     /* and no more looks than this, should the clock stand still */
    SHARED_NS = 4000, /* a job shorter than this is not worth another thread's reading of its results */
    /*
     * Nor is one shorter than this worth waking somebody. On a virtual machine with Zen 3 that took the
     * caller 7 us, and the other came after 5 to 40 us.
     */
    WAKE_NS = 50000,
    /*
     * Of its share of the next job, what a thread asks for before it waits. A token of synth:bitnet-2b took
     * 0.987 times as long (Xeon, Emerald Rapids, 2 threads, tokens in turns), 0.995 with 16 KiB or 256.
     */
    AHEAD_BYTES = 64 << 10,
};

/* Grains that nobody has claimed: the first one, and above it the end. A cache line each. */
struct share {
    _Alignas(64) _Atomic uint64_t rest;
};

struct worker {
    struct model_pool *pool;
    size_t number;
    pthread_t thread;
};

struct model_pool {
    size_t threads, started;
    struct model_pool_calls calls;
    struct worker *worker; /* [threads] */
    struct share *share;   /* [threads] */

    /* Written before a job's shares, and read by who holds a claim: then the job is not over. */
    size_t items, grain;
    model_pool_part *part;
    void *ctx;
    struct model_pace *pace;

    /* What model_pool_next said. */
    _Atomic(const unsigned char *) next;
    atomic_size_t next_bytes;

    _Alignas(64) atomic_uint job; /* counts jobs, and the last time says to quit */
    atomic_uint asleep;           /* threads that wait for a job to come */
    atomic_bool quit;
    _Alignas(64) atomic_uint left; /* grains that are not done */
    atomic_bool caller_asleep;
    atomic_uint least, most; /* grains of a tile */
};

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_while(atomic_uint *word, unsigned value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(atomic_uint *word, size_t threads)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, (int)threads, NULL, NULL, 0);
}

/* Looks at *word until it is (or is not) `value`, but not for long. */
static void spin(atomic_uint *word, unsigned value, bool is)
{
    const uint64_t begin = now();
    for (int i = 0; i < SPINS && (i % 8 || now() - begin < SPIN_NS); i++) {
        if ((atomic_load_explicit(word, memory_order_acquire) == value) == is)
            return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

/*
 * Half of what a share has left, so that tiles are small where all threads should end together. `most` and
 * `least` limit that.
 */
static bool claim(struct share *s, uint32_t least, uint32_t most, uint32_t *first, uint32_t *count)
{
    uint64_t rest = atomic_load_explicit(&s->rest, memory_order_acquire);
    do {
        const uint32_t left = (uint32_t)(rest >> 32) - (uint32_t)rest;
        uint32_t n = left / 2 > least ? left / 2 : least;
        n = n < most ? n : most;
        if (!left)
            return false;
        *first = (uint32_t)rest;
        *count = n < left ? n : left;
    } while (!atomic_compare_exchange_weak_explicit(&s->rest, &rest, rest + *count, memory_order_acq_rel,
                                                    memory_order_acquire));
    return true;
}

/* Grains of a tile, of a job whose grains take so long; 0: not known. */
static void size_tiles(struct model_pool *p, unsigned ns)
{
    const unsigned most = ns && ns < MOST_NS ? MOST_NS / ns : 1,
                   least = ns && ns < LEAST_NS ? LEAST_NS / ns : 1;
    atomic_store_explicit(&p->most, most, memory_order_relaxed);
    atomic_store_explicit(&p->least, least, memory_order_relaxed);
}

/*
 * Only the caller's tiles count. A thread that lost its CPU in the middle makes a tile look slow, so that
 * counts for twice as slow at most.
 */
static void learn(struct model_pace *pace, uint64_t ns, size_t grains)
{
    uint64_t seen = ns / grains + 1;
    if (pace->ns && seen > 2 * (uint64_t)pace->ns)
        seen = 2 * (uint64_t)pace->ns;
    pace->ns = seen < MOST_NS ? (unsigned)seen : MOST_NS;
}

static void do_grains(const struct model_pool *p, size_t first, size_t end, size_t thread)
{
    const uint64_t begin = thread ? 0 : now();
    const size_t past = end * p->grain;
    p->part(p->ctx, first * p->grain, past < p->items ? past : p->items, thread);
    if (!thread)
        learn(p->pace, now() - begin, end - first);
}

/* What a claim is of is read only when it is there: who comes late may get a tile of the next job. */
static bool do_tile(struct model_pool *p, struct share *of, size_t thread)
{
    uint32_t first, count;
    if (!claim(of, atomic_load_explicit(&p->least, memory_order_relaxed),
               atomic_load_explicit(&p->most, memory_order_relaxed), &first, &count))
        return false;
    if (p->calls.claimed)
        p->calls.claimed(p->calls.ctx, thread);
    do_grains(p, first, (size_t)first + count, thread);
    if (atomic_fetch_sub(&p->left, count) == count && atomic_load(&p->caller_asleep))
        wake(&p->left, 1);
    return true;
}

/* Of its own share, then of those behind it. */
static void do_tiles(struct model_pool *p, size_t thread)
{
    for (size_t i = 0; i < p->threads; i++)
        while (do_tile(p, &p->share[(thread + i) % p->threads], thread))
            ;
}

/* Both may be of different calls: a hint is all that is wrong then. */
static void ask_ahead(const struct model_pool *p, size_t thread)
{
    const unsigned char *const at = atomic_load_explicit(&p->next, memory_order_relaxed);
    const size_t share = atomic_load_explicit(&p->next_bytes, memory_order_relaxed) / p->threads, line = 64;
    for (size_t i = 0; at && i < share && i < AHEAD_BYTES; i += line)
        __builtin_prefetch((const void *)((uintptr_t)at + thread * share + i), 0, 2);
}

static void wait_for_job(struct model_pool *p, unsigned seen)
{
    spin(&p->job, seen, false);
    while (atomic_load(&p->job) == seen) {
        atomic_fetch_add(&p->asleep, 1);
        sleep_while(&p->job, seen);
        atomic_fetch_sub(&p->asleep, 1);
    }
}

static void *work(void *argument)
{
    const struct worker *w = argument;
    struct model_pool *p = w->pool;
    if (p->calls.started)
        p->calls.started(p->calls.ctx, w->number);
    for (unsigned seen = 0; !atomic_load(&p->quit);) {
        do_tiles(p, w->number);
        ask_ahead(p, w->number);
        wait_for_job(p, seen);
        seen = atomic_load(&p->job);
    }
    return NULL;
}

static int no_memory(size_t threads, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu threads", threads);
}

int model_pool_new(struct model_pool **pool, size_t threads, const struct model_pool_calls *calls,
                   struct qk_error *err)
{
    struct model_pool *p = aligned_alloc(_Alignof(struct model_pool), sizeof *p);
    *pool = NULL;
    if (!p)
        return no_memory(threads, err);
    memset(p, 0, sizeof *p);
    p->threads = threads;
    p->started = 1;
    if (calls)
        p->calls = *calls;
    p->worker = calloc(threads, sizeof *p->worker);
    p->share = aligned_alloc(_Alignof(struct share), threads * sizeof *p->share);
    if (!p->worker || !p->share) {
        model_pool_free(p);
        return no_memory(threads, err);
    }
    memset(p->share, 0, threads * sizeof *p->share);
    for (; p->started < threads; p->started++) {
        struct worker *w = &p->worker[p->started];
        *w = (struct worker){.pool = p, .number = p->started};
        const int refused = pthread_create(&w->thread, NULL, work, w);
        if (refused) {
            const size_t there = p->started;
            model_pool_free(p);
            return qk_fail(err, QK_ERR_INTERNAL, "threads", "cannot start thread %zu of %zu: %s", there + 1,
                           threads, strerror(refused));
        }
    }
    *pool = p;
    return 0;
}

void model_pool_free(struct model_pool *p)
{
    if (!p)
        return;
    atomic_store(&p->quit, true);
    atomic_fetch_add(&p->job, 1);
    wake(&p->job, p->threads);
    for (size_t i = 1; i < p->started; i++)
        pthread_join(p->worker[i].thread, NULL);
    free(p->worker);
    free(p->share);
    free(p);
}

size_t model_pool_threads(const struct model_pool *p)
{
    return p->threads;
}

void model_pool_next(struct model_pool *p, const void *at, size_t bytes)
{
    atomic_store_explicit(&p->next, at, memory_order_relaxed);
    atomic_store_explicit(&p->next_bytes, bytes, memory_order_relaxed);
}

static void publish(struct model_pool *p, size_t grains)
{
    atomic_store(&p->left, (unsigned)grains);
    for (size_t i = 0; i < p->threads; i++) {
        const uint64_t first = grains * i / p->threads, end = grains * (i + 1) / p->threads;
        atomic_store_explicit(&p->share[i].rest, end << 32 | first, memory_order_release);
    }
    atomic_fetch_add(&p->job, 1);
}

/* As many as there are tiles for, beside the caller and those who are awake. */
static void wake_some(struct model_pool *p, size_t grains)
{
    const size_t asleep = atomic_load(&p->asleep), awake = p->threads - 1 - asleep;
    const size_t wanted = grains < p->threads ? grains - 1 : p->threads - 1;
    if (wanted > awake)
        wake(&p->job, wanted - awake);
}

static void wait_for_end(struct model_pool *p)
{
    spin(&p->left, 0, true);
    if (!atomic_load(&p->left))
        return;
    atomic_store(&p->caller_asleep, true);
    for (unsigned left; (left = atomic_load(&p->left)) != 0;)
        sleep_while(&p->left, left);
    atomic_store(&p->caller_asleep, false);
}

void model_pool_run(struct model_pool *p, size_t items, size_t grain, struct model_pace *pace,
                    model_pool_part *part, void *ctx)
{
    const size_t grains = items / grain + (items % grain != 0);
    const uint64_t all = (uint64_t)pace->ns * grains; /* 0: not known */
    const bool worth_a_wake = !all || all >= WAKE_NS;
    if (p->threads == 1 || grains <= 1) {
        if (items)
            part(ctx, 0, items, 0);
        return;
    }
    p->items = items;
    p->grain = grain;
    p->part = part;
    p->ctx = ctx;
    p->pace = pace;
    if ((all && all < SHARED_NS) || (!worth_a_wake && atomic_load(&p->asleep) == p->threads - 1)) {
        do_grains(p, 0, grains, 0);
        return;
    }
    size_tiles(p, pace->ns);
    publish(p, grains);
    if (worth_a_wake)
        wake_some(p, grains);
    do_tiles(p, 0);
    wait_for_end(p);
}
