/* SPDX-License-Identifier: MIT */
/*
 * A program that serves a model (serve.h), seen from the one that takes the time. Nothing that it says is
 * believed but its tokens, and these are compared.
 */
#pragma once

#include "harness/machine/job.h"

#include <sys/types.h>
#include <time.h>

struct bench_served {
    const char *called; /* in messages: "base" */
    pid_t pid;
    int fd, ended;        /* its socket, and a pidfd: readable once it has ended */
    int said;             /* what it wrote to stderr */
    unsigned patience_ms; /* it is ended when it is silent for so long */
    bool (*stop)(void);
    bool ready;
    clockid_t cpu; /* the CPU time of all its threads */
    size_t vocab;
    char *text; /* its last line; owned */
    size_t room;
};

struct bench_served_config {
    const char *program, *model; /* model NULL: the one that comes with the program */
    size_t threads;
    unsigned patience_ms; /* 0: two minutes */
};

/*
 * Starts `program model serve`, and does not wait for it. It runs on the CPUs of the calling thread. *s is to
 * be zeroed; bench_served_end in any case. QK_ERR_CHECK: it cannot be run. QK_ERR_INTERNAL.
 */
int bench_served_start(struct bench_served *s, const struct bench_served_config *cfg,
                       const struct bench_job *job, const char *called, struct qk_error *err);
/*
 * Waits until it has loaded its model. QK_ERR_CHECK says why it never will: it ended, is silent, or speaks
 * otherwise. QK_ERR_INTERRUPTED.
 */
int bench_served_wait(struct bench_served *s, struct qk_error *err);
/*
 * Orders `tokens` tokens behind `first`, and waits for them. *ns: from the writing of the order to the last
 * byte of the answer. *said_ns: what it claims. QK_ERR_CHECK, QK_ERR_INTERRUPTED, QK_ERR_MEMORY.
 */
int bench_served_step(struct bench_served *s, size_t tokens, int32_t first, int32_t *ids, double *ns,
                      double *said_ns, struct qk_error *err);
/* CPU time that it has used so far, in ns; NaN once it has ended. */
double bench_served_cpu_ns(const struct bench_served *s);
void bench_served_end(struct bench_served *s);
