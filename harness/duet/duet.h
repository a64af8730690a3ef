/* SPDX-License-Identifier: MIT */
/*
 * Two builds of the kernels timed against each other. One process loads both, and they work on the same
 * buffers. A pair is a slice of each arm, back to back on one pinned CPU; a coin says which arm is first. A
 * block is some tens of milliseconds of pairs. It gives one number: the middle of its pairs' ln(candidate /
 * base).
 *
 * Blocks are spread over launches. A launch is a fresh process with its own address layout and pages. In
 * cache each of a case's first hundred blocks has its own. Nothing is decided here: `more` is told of every
 * block and says whether the case wants another one. A decision's error bound rests on the coins
 * (baselines/gate/decide.h).
 */
#pragma once

#include "harness/duet/case.h"
#include "harness/duet/image.h"
#include "harness/duet/launcher.h"
#include "harness/machine/job.h"

struct bench_duet_config {
    struct bench_job job;
    struct bench_launcher launcher;
    /*
     * The modules. Each launch loads fresh copies of their bytes. The copy may be NULL: it is then the base
     * once more, if a case uses it.
     */
    const struct bench_image *image[BENCH_SIDES];
    const struct bench_duet_case *cases;
    size_t case_count;
    size_t launches; /* at least; blocks of a case from DRAM are dealt out over them evenly. 0: 5 */
    /* Told after every block. True: another one, if its budget allows. */
    bool (*more)(void *ctx, const struct bench_duet_block *block);
    /*
     * A case that cannot go on.
     *   QK_ERR_CHECK        an output differs from the reference's, or a kernel crashed or hangs
     *   QK_ERR_UNAVAILABLE  a row is not there or cannot run here
     *   QK_ERR_MEMORY
     */
    void (*refused)(void *ctx, size_t index, int code, const char *why);
    void *ctx; /* of both */
};

/*
 * Measures all cases, taking turns block by block, until no case wants more or the launcher's time is over. A
 * launch that dies refuses the case it was at, and the others go on. One that dies while it loads the modules
 * refuses all.
 *   QK_ERR_ARG                  a configuration that makes no sense
 *   QK_ERR_IO, QK_ERR_INVALID   a module cannot be copied or loaded (qk_table_load)
 *   QK_ERR_UNAVAILABLE          threads and children cannot be kept out (contain.h)
 *   QK_ERR_INTERNAL             no launch can be made
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err);

/*
 * What a program called with launch_argument does: it reads its orders from standard input and answers on
 * standard output. Returns the process's exit code.
 */
int bench_duet_launch(void);

/*
 * The path of the module that was built with this program: beside it in the build folder, or installed.
 * QK_ERR_IO.
 */
int bench_module_own(char *to, size_t size, struct qk_error *err);
/* bench_module_own with the program's folder and the installed one given. */
int bench_module_own_from(const char *folder, const char *installed, char *to, size_t size,
                          struct qk_error *err);

/*
 * Did a row do what it says? Checks it against the reference (qk_check_variant), then steps calls of it.
 *
 * None may run an instruction that the row's level, with those that it needs, does not have. This machine may
 * have it. Stepped are one whole call at the op's smallest shape, the first 2048 instructions on the largest
 * of its default set, and calls on the shapes of the check, until these are 10240 instructions together. What
 * a kernel does only later in a large call is not seen. Calls into other modules, such as libc and libm, do
 * not count.
 *
 * A row of a level above BASE must have run instructions of that level at the smallest shape. A row made by
 * the compiler need not: what the compiler makes of it is all that it claims.
 *
 * *instructions is how many the call at the smallest shape took; NaN when that could not be counted.
 * note[BENCH_DUET_NAME] is for the reader of a right row: what it calls in other modules, and why its level
 * is not proven when a whole call could not be stepped here, or its instructions not be told apart. Even then
 * what was seen is held against the level.
 *
 * QK_ERR_CHECK with the reason. QK_ERR_UNAVAILABLE when the row cannot run here.
 */
int bench_module_verify(const struct qk_variant *v, uint64_t seed, double *instructions, char *note,
                        struct qk_error *err);
