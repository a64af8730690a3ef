/* SPDX-License-Identifier: MIT */
/* Launches as the program sees them: the files they load, their start, their orders and answers, and how they ended. */
#ifndef QKBENCH_HARNESS_DUET_PROCESS_H
#define QKBENCH_HARNESS_DUET_PROCESS_H

#include "harness/duet/duet.h"
#include "harness/duet/protocol.h"

#include <sys/types.h>

/* A process that measures, seen from the program. */
struct bench_duet_process {
    pid_t pid;
    int fd;
    unsigned patience_ms;
    bool (*stop)(void);
    char doing[200]; /* its last note */
};
enum { BENCH_DUET_DIED = 1 };

/* Copies of the modules of the sides that `needed` names, in a private folder. Remove in any case. */
struct bench_duet_copies {
    char folder[1024];
    char path[BENCH_SIDES][1100]; /* empty: no such side */
};
int bench_duet_copies_make(struct bench_duet_copies *c, const char *const *path, const bool *needed,
                           struct qk_error *err);
/*
 * Puts fresh files in the places of the copies. Where a file's pages lie in memory can favour one build for as long as
 * the file lives, so each launch gets files of its own. QK_ERR_IO.
 */
int bench_duet_copies_renew(const struct bench_duet_copies *c, struct qk_error *err);
void bench_duet_copies_remove(struct bench_duet_copies *c);

int bench_duet_process_start(struct bench_duet_process *p, const struct bench_duet_config *cfg,
                             struct qk_error *err);
/*
 * Sends the order and waits for its answer. Returns the answer's code with its error, QK_ERR_INTERRUPTED, or
 * BENCH_DUET_DIED with the reason when there will be no more answers. After the latter two only _end may follow.
 */
int bench_duet_process_ask(struct bench_duet_process *p, enum bench_duet_message message,
                           struct bench_duet_order *order, struct bench_duet_answer *answer,
                           struct qk_error *err);
void bench_duet_process_end(struct bench_duet_process *p);

#endif
