/* SPDX-License-Identifier: MIT */
/*
 * Two builds of the kernels timed against each other. One process loads both, and they work on the same
 * buffers. A pair is a slice of each arm, back to back on one pinned CPU. A coin says which arm is first. A
 * block is some tens of milliseconds of pairs. It gives one number: the middle of its pairs' ln(candidate /
 * base).
 *
 * Blocks are spread over launches. A launch is a fresh process with its own address layout and pages. In
 * cache, each of a case's first 100 blocks has a launch of its own. Nothing is decided here: `more` gets
 * every block and says whether the case wants another one. A decision's error bound rests on the coins
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
     * The modules. Each launch loads fresh copies of their bytes. Where the copy is NULL and a case uses it,
     * it is the base once more.
     */
    const struct bench_image *image[BENCH_SIDES];
    const struct bench_duet_case *cases;
    size_t case_count;
    size_t launches; /* at least; 0: 5. Blocks of a case from DRAM are spread over them evenly */
    /* Called after every block. True: the case wants another one, if its budget allows. */
    bool (*more)(void *ctx, const struct bench_duet_block *block);
    /*
     * Called when a case cannot go on.
     *   QK_ERR_CHECK        an output differs from the reference's, or a kernel crashed or hangs
     *   QK_ERR_UNAVAILABLE  a row is not there or cannot run here
     *   QK_ERR_MEMORY
     */
    void (*refused)(void *ctx, size_t index, int code, const char *why);
    void *ctx; /* of both */
};

/*
 * Measures all cases in turn, block by block, until no case wants more or the launcher's time is over. A
 * launch that dies refuses the case it was at, and the others go on. A launch that dies while it loads the
 * modules refuses all.
 *   - QK_ERR_ARG: a configuration that makes no sense
 *   - QK_ERR_IO, QK_ERR_INVALID: a module cannot be copied or loaded (qk_table_load)
 *   - QK_ERR_UNAVAILABLE: threads and children cannot be kept out (contain.h)
 *   - QK_ERR_INTERNAL: no launch can be made
 *   - QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_duet_run(const struct bench_duet_config *cfg, struct qk_error *err);

/*
 * The main function of a program that was called with launch_argument. It reads its orders from standard
 * input and answers on standard output. Returns the process's exit code.
 */
int bench_duet_launch(void);

/*
 * The path of the module that was built with this program: beside it in the build folder, or installed.
 * QK_ERR_IO.
 */
int bench_module_own(char *to, size_t size, struct qk_error *err);
/* The same with the program's folder and the installed folder as arguments. */
int bench_module_own_from(const char *folder, const char *installed, char *to, size_t size,
                          struct qk_error *err);

/*
 * Does a row do what it says? Checks it against the reference (qk_check_variant), then steps calls of it.
 *
 * No instruction it runs may be of a level that the row's level does not include, even if this machine has
 * it. It steps
 *   - one whole call at the op's smallest shape
 *   - the first 2048 instructions on the largest shape of the op's default set
 *   - calls on the shapes of the check, until they are 10240 instructions together
 *
 * It does not see what a kernel does only later in a large call. Calls into other modules, such as libc and
 * libm, do not count.
 *
 * A row of a level above BASE must have run instructions of that level at the smallest shape. A row made by
 * the compiler need not, because it claims only what the compiler makes of it.
 *
 * *instructions is how many the call at the smallest shape took; NaN when that could not be counted.
 * note[BENCH_DUET_NAME] tells the reader of a right row what it calls in other modules. It also says why a
 * level is not proven, when a whole call could not be stepped here or its instructions could not be told
 * apart. Even then the instructions seen must be of the level.
 *
 * QK_ERR_CHECK with the reason. QK_ERR_UNAVAILABLE when the row cannot run here.
 */
int bench_module_verify(const struct qk_variant *v, uint64_t seed, double *instructions, char *note,
                        struct qk_error *err);
