/* SPDX-License-Identifier: MIT */
#include "harness/counters/step.h"

#include "harness/counters/tests/step_fixture.h"
#include "harness/counters/tests/step_odd_kernels.h"
#include "harness/engine/buffers.h"
#include "kernels/qk256_dequant/op.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bench_group group = {.op = QK_OP_qk256_dequant, .name = "smallest"};
static struct bench_buffers buffers;
UNIT_FIXTURE(set_up)
{
    struct qk_plan plan;
    return bench_steps_smallest_shape(group.op, &group.shape, &plan, NULL) ||
           bench_buffers_fill(&buffers, &group, STEP_TEST_SEED, NULL);
}

UNIT_FIXTURE(tear_down)
{
    bench_buffers_free(&buffers);
    return 0;
}

UNIT_TEST(smallest_shape_is_the_smallest)
{
    struct qk_shape shape;
    struct qk_plan smallest;
    char text[QK_SHAPE_TEXT];
    for (int op = 0; op < QK_OP_COUNT; op++) {
        assert_int_equal(bench_steps_smallest_shape((enum qk_op)op, &shape, &smallest, NULL), 0);
        assert_true(smallest.ops > 0 && smallest.ops <= 1 << 16); /* a second of stepping */
    }
    assert_int_equal(bench_steps_smallest_shape(QK_OP_qk256_dequant, &shape, &smallest, NULL), 0);
    qk_shape_print(&shape, text);
    assert_string_equal(text, "256");
    assert_int_equal(smallest.elements, 256);
}

#if defined __x86_64__

static int step(qk_qk256_dequant_fn *fn, const struct bench_step_limits *limits, struct bench_steps *steps,
                struct qk_error *err)
{
    *err = (struct qk_error){.text = ""};
    return bench_steps_fn(group.op, (qk_fn *)fn, &buffers.plan, buffers.at, limits, steps, err);
}

UNIT_TEST(known_lengths_are_counted_exactly)
{
    static const struct {
        qk_qk256_dequant_fn *fn;
        uint64_t instructions;
    } known[] = {{odd_one, ODD_ONE},     {odd_five, ODD_FIVE},     {odd_loop, ODD_LOOP},
                 {odd_calls, ODD_CALLS}, {odd_repeat, ODD_REPEAT}, {odd_prefixed, ODD_PREFIXED},
                 {odd_stack, ODD_STACK}, {odd_pops, ODD_POPS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct bench_steps steps;
        struct qk_error err;
        if (step(known[i].fn, NULL, &steps, &err))
            fail_msg("kernel %zu: %s", i, err.text);
        assert_int_equal(steps.instructions, known[i].instructions);
    }
}

UNIT_TEST(too_many_different_ones_are_still_counted)
{
    struct bench_steps steps;
    struct qk_error err;
    assert_int_equal(step(odd_many, NULL, &steps, &err), 0);
    assert_int_equal(steps.instructions, ODD_MANY + 1);
    assert_false(steps.has_kinds);
    assert_true(strlen(steps.why_no_kinds) > 10);
}

UNIT_TEST(a_fault_is_reported_with_its_place)
{
    static const struct {
        qk_qk256_dequant_fn *fn;
        const char *signal, *place;
    } faults[] = {{odd_segv, "signal 11 ", " 3 bytes from its start, called once"},
                  {odd_ill, "signal 4 ", " 0 bytes from its start, called once"},
                  {odd_int3, "signal 5 ", " 2 bytes from its start, called once"},
                  {odd_second, "signal 11 ", " 9 bytes from its start, instruction 5"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct bench_steps steps = {.instructions = 4711};
        struct qk_error err;
        memset(buffers.at[0], 0, buffers.plan.buffers[0].bytes);
        assert_int_equal(step(faults[i].fn, NULL, &steps, &err), QK_ERR_CHECK);
        if (!strstr(err.text, faults[i].signal) || !strstr(err.text, faults[i].place))
            fail_msg("fault %zu: %s", i, err.text);
        assert_int_equal(steps.instructions, 4711);
    }
}

static volatile sig_atomic_t signals_of_ours;
static void count_signal(int signal)
{
    (void)signal;
    signals_of_ours++;
}

UNIT_TEST(a_count_always_ends)
{
    struct bench_steps steps;
    struct qk_error err;
    memset(buffers.at[0], 0, buffers.plan.buffers[0].bytes);
    assert_int_equal(step(odd_endless, &(struct bench_step_limits){1000, 60000, false}, &steps, &err),
                     QK_ERR_UNAVAILABLE);
    assert_says(err.text, "more than 1000 instructions");
    assert_int_equal(step(odd_hangs, &(struct bench_step_limits){1000, 250, false}, &steps, &err),
                     QK_ERR_UNAVAILABLE);
    assert_says(err.text, "no end within 250 ms");
    /* The caller's handler is not the child's. */
    const struct sigaction ours = {.sa_handler = count_signal};
    struct sigaction before;
    sigaction(SIGINT, &ours, &before);
    const int code = step(odd_kills, NULL, &steps, &err);
    sigaction(SIGINT, &before, NULL);
    assert_int_equal(code, QK_ERR_INTERRUPTED);
    /* A limit that is just enough. */
    assert_int_equal(step(odd_loop, &(struct bench_step_limits){ODD_LOOP, 60000, false}, &steps, &err), 0);
    assert_int_equal(step(odd_loop, &(struct bench_step_limits){ODD_LOOP - 1, 60000, false}, &steps, &err),
                     QK_ERR_UNAVAILABLE);
}

static int open_files(void)
{
    int n = 0;
    DIR *fds = opendir("/proc/self/fd");
    assert_non_null(fds);
    while (readdir(fds))
        n++;
    closedir(fds);
    return n;
}

UNIT_TEST(the_caller_keeps_all_that_is_its_own)
{
    static const int watched[] = {SIGTRAP, SIGSEGV, SIGILL, SIGINT, SIGCHLD};
    struct sigaction before[5], after;
    struct bench_steps steps;
    struct qk_error err;
    sigset_t blocked, old, mask;
    for (int i = 0; i < 5; i++) {
        const struct sigaction ours = {.sa_handler = watched[i] == SIGINT ? SIG_IGN : count_signal};
        assert_int_equal(sigaction(watched[i], &ours, &before[i]), 0);
    }
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTRAP);
    sigaddset(&blocked, SIGCHLD); /* so that only traps are counted */
    sigprocmask(SIG_BLOCK, &blocked, &old);
    memset(buffers.at[0], 0x5a, buffers.plan.buffers[0].bytes);
    const int files = open_files();
    assert_int_equal(step(odd_repeat, NULL, &steps, &err), 0);
    assert_int_equal(steps.instructions, ODD_REPEAT);
    /* It counts up; what it writes stays in the child. */
    assert_int_equal(step(odd_second, NULL, &steps, &err), 0);
    /* What the caller ignores, the child ignores: it goes on to the counted call. */
    assert_int_equal(step(odd_kills, NULL, &steps, &err), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "instruction 2 is a system call");
    for (size_t i = 0; i < buffers.plan.buffers[0].bytes; i++)
        assert_int_equal(((unsigned char *)buffers.at[0])[i], 0x5a);
    assert_int_equal(open_files(), files);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    sigprocmask(SIG_SETMASK, NULL, &mask);
    assert_true(sigismember(&mask, SIGTRAP) && !sigismember(&mask, SIGSEGV));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sigaction(watched[i], &before[i], &after), 0);
        assert_true(after.sa_handler == (watched[i] == SIGINT ? SIG_IGN : count_signal));
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    assert_int_equal(signals_of_ours, 0);
}

UNIT_TEST(a_caller_without_children_status)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    struct bench_steps steps;
    struct qk_error err;
    sigaction(SIGCHLD, &ignore, &before);
    const int code = step(odd_loop, NULL, &steps, &err);
    sigaction(SIGCHLD, &before, NULL);
    assert_int_equal(code, 0);
    assert_int_equal(steps.instructions, ODD_LOOP);
}

/*
 * Runs `test` in a child in which system call `number` ends as `action` says (seccomp); true when the test
 * is.
 */
static bool in_sandbox(const int *numbers, int number_count, unsigned action, bool (*test)(void))
{
    struct sock_filter code[16] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short n = 1;
    for (int i = 0; i < number_count; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {n, code};
    enum { TRUE, FALSE, NO_SANDBOX };
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
            _exit(NO_SANDBOX);
        _exit(test() ? TRUE : FALSE);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_SANDBOX)
        printf("# no seccomp here\n");
    return WEXITSTATUS(status) != FALSE;
}

static bool is_unavailable(const char *because)
{
    struct bench_steps steps;
    struct qk_error err;
    const int code = step(odd_loop, NULL, &steps, &err);
    const bool good = code == QK_ERR_UNAVAILABLE && strstr(err.text, because);
    if (!good)
        fprintf(stderr, "# code %d, %s\n", code, err.text);
    return good;
}
static bool has_no_child(void)
{
    return is_unavailable("no child: Operation not permitted");
}
static bool may_not_handle(void)
{
    return is_unavailable("may not handle SIGTRAP: Operation not permitted");
}
static bool is_killed(void)
{
    return is_unavailable("killed by signal 31 ");
}

UNIT_TEST(in_a_sandbox_there_is_a_reason)
{
    static const int fork_calls[] = {SYS_fork, SYS_vfork, SYS_clone, SYS_clone3};
    static const int signal_calls[] = {SYS_rt_sigaction};
    assert_true(in_sandbox(fork_calls, 4, SECCOMP_RET_ERRNO | EPERM, has_no_child));
    assert_true(in_sandbox(signal_calls, 1, SECCOMP_RET_ERRNO | EPERM, may_not_handle));
    assert_true(in_sandbox(signal_calls, 1, SECCOMP_RET_KILL_PROCESS, is_killed));
}

#endif

UNIT_TEST(a_variant_that_is_not_built_is_unavailable)
{
    struct qk_variant v = *qk_reference(QK_OP_qk256_dequant);
    struct bench_steps steps;
    struct qk_error err;
    v.fn = NULL;
    assert_int_equal(bench_steps_smallest(&v, STEP_TEST_SEED, NULL, &steps, &err), QK_ERR_UNAVAILABLE);
    assert_string_equal(err.where, "qk256_dequant/scalar");
}

TEST_PART(step)
{
    if (!step_test_can())
        return 0;
    return unit_tests_run(argv[0], set_up, tear_down);
}
