/* SPDX-License-Identifier: MIT */
/* The pool of threads: every item once, whoever comes late or stays away. */
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ITEMS_MAX = 200, THREADS_MAX = 16 };

static struct model_pool *pool_of(size_t threads, const struct model_pool_calls *calls)
{
    struct model_pool *pool;
    struct qk_error err;
    assert_works(model_pool_new(&pool, threads, calls, &err), err);
    assert_int_equal(model_pool_threads(pool), threads);
    return pool;
}

static void pause_us(long us)
{
    const struct timespec t = {.tv_nsec = us * 1000};
    nanosleep(&t, NULL);
}

struct shares {
    int items[ITEMS_MAX];
    size_t thread_of[ITEMS_MAX], grain;
};

static void take_share(void *ctx, size_t first, size_t end, size_t thread)
{
    struct shares *s = ctx;
    if (first % s->grain)
        abort();
    for (size_t i = first; i < end; i++) {
        s->items[i]++;
        s->thread_of[i] = thread;
    }
}

/* Jobs follow each other at once, and the pace says that they are worth a wake or not. */
static void run_jobs(struct model_pool *pool, size_t threads, int jobs)
{
    static const unsigned paces[] = {0, 1, 100, 30000};
    for (int i = 0; i < jobs; i++) {
        struct shares s = {.grain = (size_t)i % 7 + 1};
        struct model_pace pace = {paces[i % 4]};
        const size_t items = (size_t)i % ITEMS_MAX;
        model_pool_run(pool, items, s.grain, &pace, take_share, &s);
        for (size_t k = 0; k < ITEMS_MAX; k++) {
            assert_int_equal(s.items[k], k < items);
            assert_true(s.thread_of[k] < threads);
        }
    }
}

UNIT_TEST(every_item_is_done_once)
{
    static const size_t threads[] = {1, 2, 3, 5, THREADS_MAX};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct model_pool *pool = pool_of(threads[i], NULL);
        run_jobs(pool, threads[i], 300);
        model_pool_free(pool);
    }
    model_pool_free(NULL);
}

/* The thread stops between a claim and its tile, as if the system had taken its CPU away. */
static void sleep_now_and_then(void *ctx, size_t thread)
{
    static _Thread_local unsigned drawn;
    (void)ctx;
    drawn = drawn * 1103515245 + 12345 + (unsigned)thread;
    if (drawn >> 28 == 0)
        pause_us(drawn >> 20 & 127);
}

/* It is a hint: nothing need be there, and no job changes. */
UNIT_TEST(what_comes_next_may_be_anything)
{
    static const size_t bytes[] = {0, 1, 63, 1 << 20, SIZE_MAX};
    struct model_pool *pool = pool_of(3, NULL);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        model_pool_next(pool, (const void *)(uintptr_t)(i % 2 ? 16 : UINTPTR_MAX), bytes[i]);
        run_jobs(pool, 3, 50);
    }
    model_pool_next(pool, NULL, SIZE_MAX);
    run_jobs(pool, 3, 50);
    model_pool_free(pool);
}

UNIT_TEST(whoever_is_late_finds_the_next_job)
{
    const struct model_pool_calls calls = {.claimed = sleep_now_and_then};
    for (size_t threads = 2; threads <= THREADS_MAX; threads += 7) {
        struct model_pool *pool = pool_of(threads, &calls);
        run_jobs(pool, threads, 150);
        model_pool_free(pool);
    }
}

struct stall {
    atomic_size_t done;
    atomic_bool stalled;
    size_t items;
};

/* Thread 1 is held up in its first tile until the others have done all that it has not claimed. */
static void stall_once(void *ctx, size_t first, size_t end, size_t thread)
{
    struct stall *s = ctx;
    if (thread == 1 && !atomic_exchange(&s->stalled, true))
        while (atomic_load(&s->done) != s->items - (end - first))
            pause_us(50);
    else
        pause_us(50);
    atomic_fetch_add(&s->done, end - first);
}

UNIT_TEST(a_stalled_thread_holds_up_nothing_but_its_tile)
{
    for (size_t threads = 2; threads <= 3; threads++) {
        struct model_pool *pool = pool_of(threads, NULL);
        struct stall s = {.items = 64};
        /* It may not have come in time for the first job. */
        while (!atomic_load(&s.stalled)) {
            struct model_pace pace = {0};
            atomic_store(&s.done, 0);
            model_pool_run(pool, s.items, 1, &pace, stall_once, &s);
            assert_int_equal(s.done, s.items);
        }
        model_pool_free(pool);
    }
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void stay_a_moment(void *ctx, size_t first, size_t end, size_t thread)
{
    (void)ctx, (void)first, (void)end, (void)thread;
    pause_us(100);
}

UNIT_TEST(who_waits_sleeps)
{
    struct model_pool *pool = pool_of(4, NULL);
    const double begin = cpu_ms();
    for (int i = 0; i < 40; i++) {
        struct model_pace pace = {0};
        model_pool_run(pool, 4, 1, &pace, stay_a_moment, NULL);
        pause_us(1000);
    }
    const double spent = cpu_ms() - begin;
    print_message("# %.2f ms of CPU time in 40 jobs that only wait\n", spent);
    assert_true(spent < 25); /* spinning for 490 us takes 60 */
    model_pool_free(pool);
}

static void note_thread(void *ctx, size_t thread)
{
    atomic_fetch_add(&((atomic_uint *)ctx)[thread], 1);
}

UNIT_TEST(each_thread_but_the_callers_says_that_it_has_started)
{
    atomic_uint started[3] = {0};
    const struct model_pool_calls calls = {.started = note_thread, .ctx = started};
    model_pool_free(pool_of(3, &calls));
    assert_true(started[0] == 0 && started[1] == 1 && started[2] == 1);
}

static int thread_refused; /* the one that cannot be made, counted from 1; 0: all can */

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg)
{
    if (thread_refused && --thread_refused == 0)
        return EAGAIN;
    return __real_pthread_create(t, a, f, arg);
}

UNIT_TEST(a_thread_that_cannot_be_made_is_an_error_that_counts)
{
    struct model_pool *pool;
    struct qk_error err;
    for (int i = 1; i <= 3; i++) {
        char text[64];
        thread_refused = i;
        assert_int_equal(model_pool_new(&pool, 4, NULL, &err), QK_ERR_INTERNAL);
        assert_null(pool);
        snprintf(text, sizeof text, "cannot start thread %d of 4", i + 1);
        assert_says(err.text, text);
    }
}

UNIT_TESTS(pool, NULL, NULL)
