/* SPDX-License-Identifier: MIT */
/*
 * A bad candidate for the gate: a module of two rows, the first of which is bad. Each file of this folder
 * holds the members of one kind, and meson builds a module of each with -DBAD_<member>. A member defines
 * some of these macros and then includes this file. bad.def says how the gate must end with each.
 *   - KERNEL: what the row does, in a function with QK_ARGS; without it the row does what the base's does
 *   - START: what happens when the module is loaded
 *   - END: what happens when it is unloaded
 *   - MODULE: what happens when its table is asked for
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/module.h"
#include "kernels/qk256_dequant/stages.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

qk_qk256_dequant_fn qk_qk256_dequant_scalar, qk_qk256_dequant_avx2_best;
#define good qk_qk256_dequant_scalar

/*
 * BLOCKS: of the gated shape, 4096, which the checker does not use. LATE: more calls than a check makes of
 * that shape.
 */
enum { BLOCKS = 4096 / QK256_BLOCK, LATE = 300 };

/* Does the work n times over. */
static inline void times(int n, QK_ARGS)
{
    for (int i = 0; i < n; i++) {
        good(QK_PASS);
        __asm__ volatile("" ::: "memory");
    }
}
#define TWICE times(2, QK_PASS)

/* True in calls of the gated shape after the first LATE. */
static inline bool late(size_t blocks)
{
    static unsigned calls;
    calls += blocks == BLOCKS && calls <= LATE;
    return blocks == BLOCKS && calls > LATE;
}

/* True in every n-th call of the gated shape. */
static inline bool every(unsigned n, size_t blocks)
{
    static unsigned calls;
    calls += blocks == BLOCKS;
    return blocks == BLOCKS && calls % n == 0;
}

/* True the first time. */
static inline bool first(void)
{
    static bool been;
    return !been && (been = true);
}

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void spin(double s)
{
    const double end = now() + s;
    while (now() < end)
        ;
}

/* Prints n characters to stdout and n to stderr. */
static inline void prints(int n)
{
    printf("%0*d\n", n, 0);
    fprintf(stderr, "%0*d\n", n, 0);
}

static inline void never(void)
{
    for (;;)
        __asm__ volatile("" ::: "memory");
}

static inline void *thread(void *what)
{
    void (*run)(void);
    memcpy(&run, &what, sizeof run);
    run();
    return NULL;
}

static inline void start_thread(void run(void))
{
    pthread_t t;
    void *what;
    memcpy(&what, &run, sizeof what);
    if (!pthread_create(&t, NULL, thread, what))
        pthread_detach(t);
}

/* Calls itself until the stack is used up. */
static inline int deeper(int n)
{
    volatile char frame[4096];
    frame[0] = (char)n;
    return (n < 0 ? 0 : deeper(n + 1)) + frame[0];
}

static void bad(QK_ARGS);

#ifdef AVX2_ROW
#define SCALAR good
#define AVX2   bad
#else
#define SCALAR bad
#define AVX2   qk_qk256_dequant_avx2_best
#endif
#ifdef OLD_ROWS
/* Rows as of ABI 1, which had a hash of the code in them. */
#define MADE
static struct {
    const char *op, *name, *isa, *phase, *kind, *flags;
    char hash[17];
    qk_fn *fn;
    qk_upto_fn *upto;
} rows[] = {
#else
#define MADE .made = "HAND", .touches = "ALL",
static struct qk_module_row rows[] = {
#endif
#define ROW(name_, isa_, fn_)                                                                                \
    {                                                                                                        \
        .op = "qk256_dequant", .name = name_, .isa = isa_, .phase = "-", .kind = "PLAIN", .flags = "",       \
        MADE.fn = (qk_fn *)fn_                                                                               \
    }
    ROW("scalar", "BASE", SCALAR),
#ifdef __x86_64__
    ROW("avx2_best", "AVX2", AVX2),
#endif
};

static struct qk_module table = {
    .magic = QK_MODULE_MAGIC,
#ifdef OLD_ROWS
    .abi = 1,
#else
    .abi = QK_MODULE_ABI,
#endif
    .row_bytes = sizeof *rows,
    .row_count = sizeof rows / sizeof *rows,
    .rows = (const void *)rows,
    .compiler = "none",
    .version = "0",
};

#ifndef KERNEL
#define KERNEL good(QK_PASS)
#endif
static void bad(QK_ARGS)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
    KERNEL;
}

#ifdef START
__attribute__((constructor)) static void start(void)
{
    START;
}
#endif

#ifdef END
__attribute__((destructor)) static void end(void)
{
    END;
}
#endif

const struct qk_module *qk_kernels_module(void)
{
#ifdef MODULE
    MODULE;
#endif
    return &table;
}
