/* SPDX-License-Identifier: MIT */
/* Modules that end their process, or that cannot be called without it. */
#if defined BAD_start_exit
#define START exit(0)
#elif defined BAD_start_exit_now
#define START _exit(0)
#elif defined BAD_start_abort
#define START abort()
#elif defined BAD_start_pass
#define START puts("qk256_dequant/scalar/4096  cache   PASS\n\nqkbench gate: PASS, exit code 0"), exit(0)
#elif defined BAD_start_kill
#define START raise(SIGKILL)
#elif defined BAD_start_terminate
#define START raise(SIGTERM)
#elif defined BAD_start_exec
#define START execl("/bin/true", "true", (char *)NULL)
#elif defined BAD_start_deep
#define START exit(deeper(0))
#elif defined BAD_module_exit
#define MODULE exit(0)
#elif defined BAD_exits
#define KERNEL good(QK_PASS), exit(0)
#elif defined BAD_exits_now
#define KERNEL good(QK_PASS), _exit(0)
#elif defined BAD_exits_thread
#define KERNEL good(QK_PASS), pthread_exit(NULL)
#elif defined BAD_exits_elsewhere
#define KERNEL good(QK_PASS), start_thread(leave), usleep(1000)
static void leave(void);
#elif defined BAD_exits_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    exit(0)
#elif defined BAD_kills_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    raise(SIGKILL)
#elif defined BAD_aborts
#define KERNEL good(QK_PASS), abort()
#elif defined BAD_kills
#define KERNEL good(QK_PASS), raise(SIGKILL)
#elif defined BAD_kills_group
/* The system lets it not, so its time is all there is to say. */
#define KERNEL good(QK_PASS), kill(0, SIGKILL), good(QK_PASS)
#elif defined BAD_divides
#define KERNEL good(QK_PASS), raise(SIGFPE)
#elif defined BAD_deep
#define KERNEL good(QK_PASS), out[0] += 0 * (float)deeper(0)
#elif defined BAD_deep_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    out[0] = (float)deeper(0)
#elif defined BAD_execs
#define KERNEL good(QK_PASS), execl("/bin/true", "true", (char *)NULL)
#elif defined BAD_jumps
#define KERNEL good(QK_PASS), ((qk_fn *)(uintptr_t)16)()
#elif defined BAD_jumps_data
#define KERNEL good(QK_PASS), ((qk_fn *)(uintptr_t)rows)()
#elif defined BAD_end_exit
#define END    exit(0)
#define KERNEL TWICE
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"

#ifdef BAD_exits_elsewhere
static void leave(void)
{
    exit(0);
}
#endif
