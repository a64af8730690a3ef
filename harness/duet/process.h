/* SPDX-License-Identifier: MIT */
/* Launches as the program sees them: their start, their orders and answers, and how they ended. */
#pragma once

#include "harness/duet/image.h"
#include "harness/duet/launcher.h"
#include "harness/duet/protocol.h"
#include "harness/machine/job.h"

#include <sys/types.h>

/* A process that loads modules, seen from the program. */
struct bench_duet_process {
    pid_t pid;
    int fd, ended; /* fd: its answers. ended: a pidfd, readable once it has ended */
    const struct bench_launcher *launcher;
    bool (*stop)(void);
    char doing[200]; /* its last note */
};
enum { BENCH_DUET_DIED = 1 };

/*
 * Starts a launch with fresh copies of the images; NULL is a side that it does not have. No two launches
 * share a copy. Where a file's pages lie in memory can favour one build for as long as the file lives.
 * QK_ERR_INTERNAL, QK_ERR_IO.
 */
int bench_duet_process_start(struct bench_duet_process *p, const struct bench_launcher *launcher,
                             const struct bench_job *job, const struct bench_image *const *image,
                             struct qk_error *err);
/*
 * Sends the order and waits for its answer. Returns the answer's code with its error, QK_ERR_INTERRUPTED, or
 * BENCH_DUET_DIED with the reason when no more answers will come. After the latter two, only
 * bench_duet_process_end may follow.
 */
int bench_duet_process_ask(struct bench_duet_process *p, enum bench_duet_message message,
                           struct bench_duet_order *order, struct bench_duet_answer *answer,
                           struct qk_error *err);
/* Ends the launch, whatever it is doing. */
void bench_duet_process_end(struct bench_duet_process *p);
