/* SPDX-License-Identifier: MIT */
#include "harness/machine/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* All are copied first: the number that one descriptor becomes may be the number of another. */
static bool put_descriptors(const int fds[3])
{
    int high[3];
    for (int i = 0; i < 3; i++) {
        const int from = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);
        high[i] = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, 3);
        if (high[i] < 0)
            return false;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(high[i], i) < 0)
            return false;
    return true;
}

/* posix_spawn cannot ask for the signal. */
static void become(const char *file, char *const *argv, char *const *environment, const int fds[3],
                   pid_t parent, int said)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    said = fcntl(said, F_DUPFD_CLOEXEC, 3);
    if (said >= 0 && put_descriptors(fds))
        execvpe(file, argv, environment);
    const int number = errno;
    if (write(said, &number, sizeof number) < 0)
        _exit(126);
    _exit(127);
}

int bench_child_start(pid_t *pid, const char *file, char *const *argv, char *const *environment,
                      const int fds[3])
{
    int ends[2], number = 0;
    const pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC))
        return errno;
    *pid = fork();
    if (*pid == 0)
        become(file, argv, environment, fds, parent, ends[1]);
    const int failed = *pid < 0 ? errno : 0;
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return failed;
    }
    ssize_t n;
    while ((n = read(ends[0], &number, sizeof number)) < 0 && errno == EINTR)
        continue;
    close(ends[0]);
    if (n <= 0) /* it runs, or died before it could say */
        return 0;
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return number;
}

void bench_process_how(int status, char how[BENCH_PROCESS_HOW])
{
    if (WIFSIGNALED(status))
        snprintf(how, BENCH_PROCESS_HOW, "died of SIG%s (%s)%s", sigabbrev_np(WTERMSIG(status)),
                 strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGKILL ? ", for want of memory?" : "");
    else
        snprintf(how, BENCH_PROCESS_HOW, "ended with exit code %d before it answered", WEXITSTATUS(status));
}

const char *bench_last_words(int fd, char *to, size_t size)
{
    char text[2000];
    struct stat st;
    const off_t from =
        !fstat(fd, &st) && st.st_size > (off_t)sizeof text ? st.st_size - (off_t)sizeof text : 0;
    ssize_t n = pread(fd, text, sizeof text - 1, from);
    while (n > 0 && (unsigned char)text[n - 1] <= ' ')
        n--;
    text[n > 0 ? n : 0] = '\0';
    const char *line = strrchr(text, '\n');
    snprintf(to, size, "%s%.200s", *text ? ": " : "", line ? line + 1 : text);
    return to;
}

void bench_strays_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The parent of process `name` of /proc; 0 when there is no telling. */
static pid_t parent_of(const char *name)
{
    char path[300], line[500], state;
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    const char *end =
        fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL; /* its name may hold anything */
    if (!end || sscanf(end + 1, " %c %d", &state, &parent) != 2)
        parent = 0;
    fclose(f);
    return parent;
}

static bool has_children(void)
{
    siginfo_t info;
    return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

static void kill_children(void)
{
    DIR *all = opendir("/proc");
    for (const struct dirent *entry; all && (entry = readdir(all));) {
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && parent_of(entry->d_name) == getpid())
            kill((pid_t)pid, SIGKILL);
    }
    if (all)
        closedir(all);
}

void bench_strays_end(void)
{
    enum { ROUNDS = 100 };
    /* What they had started in turn becomes ours as they die. */
    for (int round = 0; round < ROUNDS && has_children(); round++) {
        kill_children();
        poll(NULL, 0, 1);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
