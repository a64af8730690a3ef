/* SPDX-License-Identifier: MIT */
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "harness/machine/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Waits; when we are told to stop, the child is told too. */
static int wait_for(pid_t child, size_t launch, struct qk_error *err)
{
    enum { LOOK_MS = 500 }; /* for a signal that comes just before poll */
    struct pollfd end = {.fd = pidfd_open(child, 0), .events = POLLIN};
    int status = 0;
    bool told = false;
    pid_t got;
    while ((got = waitpid(child, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (cli_stop() && !told)
            told = !kill(child, SIGTERM);
        poll(&end, 1, LOOK_MS);
    }
    const int number = errno;
    if (end.fd >= 0)
        close(end.fd);
    if (got < 0)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for launch %zu: %s", launch,
                       strerror(number));
    if (cli_stop() || (WIFEXITED(status) && WEXITSTATUS(status) == CLI_INTERRUPTED))
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted in launch %zu", launch);
    if (WIFSIGNALED(status))
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "launch %zu died of signal %d", launch, WTERMSIG(status));
    static const int codes[] = {[CLI_DONE] = 0,
                                [CLI_FAILED] = QK_ERR_IO,
                                [CLI_USAGE] = QK_ERR_ARG,
                                [CLI_WRONG] = QK_ERR_CHECK,
                                [CLI_INVALID] = QK_ERR_INVALID};
    const int exit_code = WEXITSTATUS(status);
    const bool known = (size_t)exit_code < sizeof codes / sizeof *codes && (!exit_code || codes[exit_code]);
    const int code = known                          ? codes[exit_code]
                     : exit_code == CLI_UNAVAILABLE ? QK_ERR_UNAVAILABLE
                                                    : QK_ERR_INTERNAL;
    return code ? qk_fail(err, code, NULL, "launch %zu ended with exit code %d, see above", launch, exit_code)
                : 0;
}

/* qkbench run ... --out path, its table thrown away. */
static int launch(struct cli_measure *m, size_t number, const char *path, struct qk_error *err)
{
    char seed[32], cpu[16], *argv[16 + 1] = {0};
    pid_t child;
    int n = 0;
    snprintf(seed, sizeof seed, "%llu",
             (unsigned long long)((m->job.seed + number) & ((UINT64_C(1) << 53) - 1)));
    snprintf(cpu, sizeof cpu, "%d", m->job.cpu);
    const char *const words[] = {"qkbench",    "run",    "--counters",
                                 "auto,steps", "--seed", seed,
                                 "--out",      path,     m->job.quick ? "--quick" : NULL};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i])
            argv[n++] = (char *)(uintptr_t)words[i];
    if (m->job.cpu >= 0) {
        argv[n++] = (char *)(uintptr_t) "--cpu";
        argv[n++] = cpu;
    }
    for (size_t i = 0; i < m->count && n < 16; i++)
        argv[n++] = m->patterns[i];
    const int failed =
        bench_child_start(&child, "/proc/self/exe", argv, environ, (const int[]){-1, -1, STDERR_FILENO});
    return failed ? qk_fail(err, QK_ERR_IO, "/proc/self/exe", "cannot start launch %zu: %s", number,
                            strerror(failed))
                  : wait_for(child, number, err);
}

static int launch_all(struct cli_measure *m, struct bench_sample_set *sets, size_t *done, size_t count,
                      struct qk_error *err)
{
    char path[64];
    /* In memory: it needs no folder that others may have spoilt, and a launch that is killed leaves nothing. */
    const int fd = memfd_create("launch", 0);
    if (fd < 0)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a launch's result: %s", strerror(errno));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int code = 0;
    for (*done = 0; *done < count && !code; *done += !code) {
        cli_say("launch %zu of %zu", *done + 1, count);
        if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
            code = qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot reuse a launch's memory: %s", strerror(errno));
        if (!code)
            code = launch(m, *done + 1, path, err);
        if (!code)
            code = bench_sample_set_read_json(&sets[*done], path, err);
    }
    close(fd);
    return code;
}

int cli_baseline_breakdown(struct cli_measure *m, struct bench_breakdown *bd, bool *made, char *why,
                           size_t size, struct qk_error *err)
{
    const int code = cli_measure_breakdown(m, "none", bd, err);
    *made = !code;
    if (code != QK_ERR_ARG && code != QK_ERR_UNAVAILABLE && code != QK_ERR_INVALID)
        return code;
    snprintf(why, size, "%s", err->text);
    return 0;
}

int cli_baseline_measure(struct baseline *b, const char *name, struct cli_measure *m, size_t launches,
                         struct qk_error *err)
{
    const struct bench_sample_set *list[CLI_LAUNCHES_MAX];
    struct bench_breakdown bd = {0};
    size_t done = 0;
    bool made = false;
    char why[480] = "";
    struct bench_sample_set *sets = calloc(launches, sizeof *sets);
    if (!sets || launches > CLI_LAUNCHES_MAX) {
        free(sets);
        return qk_fail(err, QK_ERR_MEMORY, name, "no memory for %zu launches", launches);
    }
    int code = launch_all(m, sets, &done, launches, err);
    if (!code)
        cli_say("breakdown");
    if (!code)
        code = cli_baseline_breakdown(m, &bd, &made, why, sizeof why, err);
    for (size_t i = 0; i < done; i++)
        list[i] = &sets[i];
    if (!code)
        code = baseline_make(b, name, list, done, made ? &bd : NULL, why, err);
    bench_breakdown_free(&bd);
    for (size_t i = 0; i < done; i++)
        bench_sample_set_free(&sets[i]);
    free(sets);
    return code;
}
