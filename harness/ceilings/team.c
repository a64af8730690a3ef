/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/team.h"

#include "harness/engine/buffers.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct worker {
    struct bench_team *team;
    pthread_t thread;
    int number, cpu;
    char *memory[BENCH_TEAM_MEMORIES]; /* NULL: none */
    bool pinned, ready, lost;          /* lost: its CPU, since it was pinned */
    uint64_t start[BENCH_TEAM_REPETITIONS], end[BENCH_TEAM_REPETITIONS]; /* of the last job */
};

struct bench_team {
    pthread_mutex_t lock; /* guards everything below but `arrived` */
    pthread_cond_t work, done;
    uint64_t job_number;
    bool quit;
    int pending;
    struct bench_team_job job;
    atomic_int arrived; /* at the barriers of the job at hand, all of them together */
    size_t bytes[BENCH_TEAM_MEMORIES];
    int started; /* threads that are to be joined */
    int count;
    struct worker workers[];
};

static void prepare(struct worker *w)
{
    const struct bench_team *team = w->team;
    w->pinned = w->cpu < 0 || bench_cpus_use_one(w->cpu);
    w->ready = w->pinned;
    for (int m = 0; m < BENCH_TEAM_MEMORIES; m++) {
        if (team->bytes[m] == 0 || (m == BENCH_ALONE && w->number != 0))
            continue;
        w->memory[m] = bench_map(team->bytes[m]);
        w->ready &= w->memory[m] != NULL;
    }
}

static void run_span(const struct bench_team_job *job, char *memory, const struct bench_span *span)
{
    if (span->passes)
        job->run(memory + span->to, memory + span->from, span->bytes, span->passes);
}

/*
 * Spinning, because being woken takes longer than a repetition may err; not for ever, should the CPU be
 * shared.
 */
static void wait_for(struct bench_team *team, int arrivals)
{
    enum { SPINS = 100000 };
    atomic_fetch_add(&team->arrived, 1);
    for (int spins = 0; atomic_load(&team->arrived) < arrivals; spins++)
        if (spins > SPINS)
            sched_yield();
}

static void take_part(struct worker *w, const struct bench_team_job *job)
{
    char *memory = w->memory[job->memory];
    run_span(job, memory, &job->warm);
    for (int i = 0; i < job->repetitions; i++) {
        wait_for(w->team, job->threads * (i + 1));
        w->start[i] = bench_clock_ns();
        run_span(job, memory + (size_t)i * job->stride, &job->timed);
        w->end[i] = bench_clock_ns();
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct bench_team *team = w->team;
    uint64_t seen = 0;
    prepare(w);
    pthread_mutex_lock(&team->lock);
    if (--team->pending == 0)
        pthread_cond_signal(&team->done);
    for (;;) {
        while (team->job_number == seen && !team->quit)
            pthread_cond_wait(&team->work, &team->lock);
        if (team->quit)
            break;
        seen = team->job_number;
        const struct bench_team_job job = team->job;
        if (w->number >= job.threads)
            continue;
        pthread_mutex_unlock(&team->lock);
        take_part(w, &job);
        const bool lost = w->cpu >= 0 && sched_getcpu() != w->cpu && !bench_cpus_use_one(w->cpu);
        pthread_mutex_lock(&team->lock);
        w->lost |= lost;
        if (--team->pending == 0)
            pthread_cond_signal(&team->done);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

static void await(struct bench_team *team)
{
    while (team->pending > 0)
        pthread_cond_wait(&team->done, &team->lock);
}

int bench_team_make(struct bench_team **team, const int *cpus, int count,
                    const size_t bytes[BENCH_TEAM_MEMORIES], struct qk_error *err)
{
    struct bench_team *t = calloc(1, sizeof *t + (size_t)count * sizeof *t->workers);
    *team = NULL;
    if (!t)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %d threads", count);
    t->count = count;
    memcpy(t->bytes, bytes, sizeof t->bytes);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    pthread_cond_init(&t->done, NULL);
    pthread_mutex_lock(&t->lock);
    int refused = 0, code = 0;
    for (int i = 0; i < count && !refused; i++) {
        t->workers[i] = (struct worker){.team = t, .number = i, .cpu = cpus[i]};
        refused = pthread_create(&t->workers[i].thread, NULL, work, &t->workers[i]);
        t->started += !refused;
        t->pending += !refused;
    }
    await(t);
    pthread_mutex_unlock(&t->lock);
    if (refused)
        code = qk_fail(err, QK_ERR_INTERNAL, "ceilings", "cannot start a thread for CPU %d: %s",
                       cpus[t->started], strerror(refused));
    for (int i = 0; i < count && !code; i++)
        if (!t->workers[i].pinned)
            code = qk_fail(err, QK_ERR_INTERNAL, "ceilings", "cannot pin a thread to CPU %d", cpus[i]);
        else if (!t->workers[i].ready)
            code = qk_fail(err, QK_ERR_MEMORY, "ceilings", "cannot map %zu MiB to measure on",
                           (bytes[BENCH_ALONE] + (size_t)count * (bytes[BENCH_NEAR] + bytes[BENCH_SHARED])) >>
                               20);
    if (code)
        bench_team_free(t);
    else
        *team = t;
    return code;
}

void bench_team_free(struct bench_team *team)
{
    if (!team)
        return;
    pthread_mutex_lock(&team->lock);
    team->quit = true;
    pthread_cond_broadcast(&team->work);
    pthread_mutex_unlock(&team->lock);
    for (int i = 0; i < team->started; i++) {
        struct worker *w = &team->workers[i];
        pthread_join(w->thread, NULL);
        bench_unmap(w->memory[BENCH_NEAR], team->bytes[BENCH_NEAR]);
        bench_unmap(w->memory[BENCH_SHARED], team->bytes[BENCH_SHARED]);
        bench_unmap(w->memory[BENCH_ALONE], team->bytes[BENCH_ALONE]);
    }
    pthread_cond_destroy(&team->done);
    pthread_cond_destroy(&team->work);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

void bench_team_run(struct bench_team *team, const struct bench_team_job *job, double *ns)
{
    assert(job->threads <= team->count && job->repetitions <= BENCH_TEAM_REPETITIONS);
    pthread_mutex_lock(&team->lock);
    team->job = *job;
    team->pending = job->threads;
    atomic_store(&team->arrived, 0);
    team->job_number++;
    pthread_cond_broadcast(&team->work);
    await(team);
    for (int i = 0; i < job->repetitions; i++) {
        uint64_t start = UINT64_MAX, end = 0;
        for (int k = 0; k < job->threads; k++) {
            const struct worker *w = &team->workers[k];
            start = w->start[i] < start ? w->start[i] : start;
            end = w->end[i] > end ? w->end[i] : end;
        }
        ns[i] = (double)(int64_t)(end - start);
    }
    pthread_mutex_unlock(&team->lock);
}

int bench_team_check(struct bench_team *team, struct qk_error *err)
{
    int lost = -1;
    pthread_mutex_lock(&team->lock);
    for (int i = 0; i < team->count; i++)
        lost = team->workers[i].lost ? team->workers[i].cpu : lost;
    pthread_mutex_unlock(&team->lock);
    return lost < 0 ? 0
                    : qk_fail(err, QK_ERR_IO, "CPUs",
                              "CPU %d was taken away from this process while it measured", lost);
}

double bench_team_huge(const struct bench_team *team)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    unsigned long long kib;
    char line[256];
    double huge = NAN;
    if (!f)
        return NAN;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "AnonHugePages: %llu", &kib) == 1)
            huge = (double)kib * 1024;
    fclose(f);
    /*
     * Nothing else of this process is large; should something be, the share must not exceed what was asked
     * for.
     */
    return fmin(1, huge / ((double)team->bytes[BENCH_ALONE] +
                           (double)team->count * (double)team->bytes[BENCH_SHARED]));
}
