/* SPDX-License-Identifier: MIT */
/* Launchers side by side: what they read, what they say, how far they are, and when one must go. */
#include "harness/cli/campaign/campaign.h"
#include "harness/cli/cli.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    LOOK_MS = 100,
    GRACE_MS = 2500, /* from SIGTERM to SIGKILL; a second signal or 5 s end this program (signals.c) */
    ANSWER_MOST = 1 << 28,
    STDERR_MOST = 1 << 24,
    LINE = 512,
};

struct run {
    struct baseline_fleet_node *node;
    pid_t pid;               /* 0: not launched, or ended */
    int in, out, said, keep; /* payload, answer, what it says and where that is kept; -1: closed */
    size_t sent, kept;
    uint64_t begun_ns, told_ns; /* launched; told to end, or 0 */
    double done;                /* a share; below 0: it has not said */
    char line[LINE];            /* of what it says, up to here */
    size_t line_length;
    char last[LINE]; /* the last whole line that says something */
    char why[400];   /* what went wrong on this side; empty: nothing */
    bool over;
};

struct all {
    const struct cli_nodes_config *cfg;
    struct run *runs;
    size_t count, next, running, over;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void now_text(char to[40])
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm))
        strftime(to, 40, "%Y-%m-%dT%H:%M:%S+00:00", &tm);
}

/*
 * The one word that the launcher hands on: a line for a shell. The parentheses make it fail as a whole where
 * a shell reads it once more than cli_words_shells counts. Otherwise that shell would run half of it.
 */
static int make_words(const struct cli_nodes_config *cfg, const char *node, struct cli_words *to,
                      struct qk_error *err)
{
    char *line = NULL;
    int code = 0, shells = 0;
    if (asprintf(&line,
                 "(umask 77; d=$(mktemp -d) && if head -c %zu | tar -xf - -C \"$d\" && [ -f \"$d/node.sh\" "
                 "]; then "
                 "exec sh \"$d/node.sh\" \"$d\" %s; else rm -rf \"$d\"; exit 1; fi)",
                 cfg->payload->size, cfg->plan->hash) < 0)
        return qk_fail(err, QK_ERR_MEMORY, node, "no memory for its launcher's words");
    *to = (struct cli_words){.count = 0};
    if (cfg->launcher) {
        code = cli_words_for(to, cfg->launcher, node, err);
        shells = cli_words_shells(cfg->launcher);
    }
    char *const word = cli_words_quote(line, shells);
    if (!code && (!word || !cli_words_add(to, "sh") || !cli_words_add(to, "-c") || !cli_words_add(to, word)))
        code = qk_fail(err, QK_ERR_ARG, "--launch", "found more than %d words", CLI_WORDS - 3);
    free(word);
    free(line);
    return code;
}

/* Both ends of pipes that we hold do not block. */
static bool make_pipe(int *theirs, int *ours, int our_end)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return false;
    *ours = ends[our_end];
    *theirs = ends[!our_end];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

static int open_kept(const struct cli_nodes_config *cfg, const char *node)
{
    char *const path = cli_folder_file(cfg->folder, node, "stderr");
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    free(path);
    return fd;
}

static int make_folder(const struct cli_nodes_config *cfg, const char *node, struct qk_error *err)
{
    char *const path = cli_folder_file(cfg->folder, node, NULL);
    const int code = path ? bench_make_folder(path, err) : qk_fail(err, QK_ERR_MEMORY, node, "no memory");
    free(path);
    return code;
}

static int launch(const struct cli_nodes_config *cfg, struct run *r, struct qk_error *err)
{
    const char *const node = r->node->answer.node;
    struct cli_words words = {.count = 0};
    int stdin_end = -1, stderr_end = -1;
    int code = make_folder(cfg, node, err);
    if (!code)
        code = make_words(cfg, node, &words, err);
    r->keep = code ? -1 : open_kept(cfg, node);
    r->out = memfd_create("answer", MFD_CLOEXEC);
    if (!code && (r->keep < 0 || r->out < 0 || !make_pipe(&stdin_end, &r->in, 1) ||
                  !make_pipe(&stderr_end, &r->said, 0)))
        code = qk_fail(err, QK_ERR_IO, node, "cannot be launched: %s", strerror(errno));
    if (!code) {
        now_text(r->node->answer.date);
        r->begun_ns = bench_clock_ns();
        const int number = bench_child_start(&r->pid, words.words[0], words.words, environ,
                                             (const int[]){stdin_end, r->out, stderr_end});
        if (number)
            code = qk_fail(err, QK_ERR_IO, "--launch", "%.200s cannot be started: %s", words.words[0],
                           strerror(number));
    }
    close_fd(&stdin_end);
    close_fd(&stderr_end);
    cli_words_free(&words);
    return code;
}

/* Until the pipe is full. A launcher that closes it early says why in another way. */
static void feed(const struct cli_nodes_config *cfg, struct run *r)
{
    while (r->in >= 0 && r->sent < cfg->payload->size) {
        const ssize_t n = write(r->in, cfg->payload->bytes + r->sent, cfg->payload->size - r->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            close_fd(&r->in);
        if (n <= 0)
            return;
        r->sent += (size_t)n;
    }
}

static void end_line(struct run *r)
{
    static const char progress[] = CLI_PROGRESS_LINE;
    r->line[r->line_length] = '\0';
    if (!strncmp(r->line, progress, sizeof progress - 1)) {
        const double done = strtod(r->line + sizeof progress - 1, NULL);
        r->done = done >= 0 && done <= 1 ? done : r->done;
    } else {
        if (r->line_length)
            memcpy(r->last, r->line, r->line_length + 1);
        if (r->kept < STDERR_MOST) {
            const ssize_t n = dprintf(r->keep, "%s\n", r->line);
            r->kept += n > 0 ? (size_t)n : 0;
        }
    }
    r->line_length = 0;
}

static void listen_to(struct run *r)
{
    char text[4096];
    ssize_t n;
    while (r->said >= 0 && ((n = read(r->said, text, sizeof text)) > 0 || (n < 0 && errno == EINTR)))
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] != '\n' && text[i] != '\r')
                r->line[r->line_length++] = text[i];
            if (text[i] == '\n' || text[i] == '\r' || r->line_length == LINE - 1)
                end_line(r);
        }
}

static void tell_to_end(struct run *r, const char *why)
{
    if (!r->pid || r->told_ns)
        return;
    if (!*r->why)
        snprintf(r->why, sizeof r->why, "%s", why);
    kill(r->pid, SIGTERM);
    close_fd(&r->in); /* whatever the launcher does, the node hears of it */
    r->told_ns = bench_clock_ns();
}

static void watch(const struct cli_nodes_config *cfg, struct run *r)
{
    struct stat st;
    char why[120];
    if (cfg->timeout_s > 0 && bench_clock_since(r->begun_ns) * 1e-9 > cfg->timeout_s) {
        snprintf(why, sizeof why, "its launcher did not end within %.0f s (--timeout)", cfg->timeout_s);
        tell_to_end(r, why);
    }
    if (!fstat(r->out, &st) && st.st_size > ANSWER_MOST)
        tell_to_end(r, "its answer has more than 256 MiB");
    if (cli_stop())
        tell_to_end(r, "interrupted");
    if (r->told_ns && bench_clock_since(r->told_ns) * 1e-6 > GRACE_MS)
        kill(r->pid, SIGKILL);
}

/* How the launcher ended, unless this side is to blame, which r->why says already. */
static void explain(struct run *r, int status)
{
    char how[BENCH_PROCESS_HOW];
    if (*r->why || (WIFEXITED(status) && !WEXITSTATUS(status)))
        return;
    bench_process_how(status, how);
    snprintf(r->why, sizeof r->why, "its launcher %s%s%.200s", how, *r->last ? ": " : "", r->last);
}

static int take(const struct all *a, struct run *r, struct qk_error *err)
{
    struct stat st;
    void *bytes = NULL;
    r->node->answer.seconds = bench_clock_since(r->begun_ns) * 1e-9;
    if (!*r->why && fstat(r->out, &st))
        snprintf(r->why, sizeof r->why, "its answer is lost: %s", strerror(errno));
    if (!*r->why && !st.st_size)
        snprintf(r->why, sizeof r->why, "its launcher ended with 0 and answered nothing%s%.200s",
                 *r->last ? ": " : "", r->last);
    if (!*r->why) {
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, r->out, 0);
        if (bytes == MAP_FAILED)
            return qk_fail(err, QK_ERR_MEMORY, r->node->answer.node, "no memory for its answer");
    }
    const int code = cli_answer_take(a->cfg->folder, a->cfg->plan, r->node, bytes,
                                     bytes ? (size_t)st.st_size : 0, r->why, err);
    if (bytes)
        munmap(bytes, (size_t)st.st_size);
    return code;
}

static void say_end(const struct all *a, const struct run *r)
{
    const struct baseline_fleet_answer *const n = &r->node->answer;
    if (n->state != BASELINE_FLEET_ANSWERED)
        cli_say("qkbench campaign: %s: %s: %s", n->node,
                n->state == BASELINE_FLEET_MISSING ? "MISSING" : "INVALID", n->reason);
    else if (a->cfg->plan->gate)
        cli_say("qkbench campaign: %s: %s in %.1f s", n->node,
                baseline_verdict_names[r->node->report.verdict], n->seconds);
    else
        cli_say("qkbench campaign: %s: exit code %d in %.1f s", n->node, n->exit_code, n->seconds);
}

static int end_run(struct all *a, struct run *r, int status, struct qk_error *err)
{
    listen_to(r);
    if (r->line_length)
        end_line(r);
    explain(r, status);
    r->pid = 0;
    r->over = true;
    a->running--;
    a->over++;
    close_fd(&r->in);
    const bool ours = !strcmp(r->why, "interrupted");
    const int code = ours ? 0 : take(a, r, err); /* what was there before stays */
    if (!code && !ours)
        say_end(a, r);
    close_fd(&r->out);
    close_fd(&r->said);
    close_fd(&r->keep);
    return code;
}

/* "zen5 43 %, 20 s left; icx waits" */
static void show_progress(const struct all *a)
{
    char text[300] = "";
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct run *const r = &a->runs[i];
        const size_t used = strlen(text);
        const double elapsed = r->pid ? bench_clock_since(r->begun_ns) * 1e-9 : 0;
        sum += r->over ? 1 : fmax(r->done, 0);
        if (r->pid && r->done > 0.02)
            snprintf(text + used, sizeof text - used, "%s%s %.0f %%, %.0f s left", used ? "; " : "",
                     r->node->answer.node, 100 * r->done, ceil((1 - r->done) * elapsed / r->done));
        else if (r->pid)
            snprintf(text + used, sizeof text - used, "%s%s %.0f s so far", used ? "; " : "",
                     r->node->answer.node, elapsed);
    }
    cli_progress(NULL, sum / (double)a->count, text);
}

/* Waits for something to happen, but not long. */
static void wait_a_moment(const struct all *a)
{
    struct pollfd fds[2 * BASELINE_FLEET_NODES];
    nfds_t n = 0;
    for (size_t i = 0; i < a->next; i++) {
        const struct run *const r = &a->runs[i];
        if (r->pid && r->in >= 0 && r->sent < a->cfg->payload->size)
            fds[n++] = (struct pollfd){.fd = r->in, .events = POLLOUT};
    }
    poll(fds, n, LOOK_MS);
}

static int look_after(struct all *a, struct qk_error *err)
{
    int code = 0, status;
    for (size_t i = 0; i < a->next && !code; i++) {
        struct run *const r = &a->runs[i];
        if (!r->pid)
            continue;
        feed(a->cfg, r);
        listen_to(r);
        watch(a->cfg, r);
        const pid_t ended = waitpid(r->pid, &status, WNOHANG);
        if (ended == r->pid)
            code = end_run(a, r, status, err);
        else if (ended < 0 && errno != EINTR)
            code = qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for a launcher: %s", strerror(errno));
    }
    return code;
}

static int run_all(struct all *a, struct qk_error *err)
{
    int code = 0;
    while (!code && a->over < a->count && !(cli_stop() && !a->running)) {
        if (a->next < a->count && a->running < a->cfg->parallel && !cli_stop()) {
            struct run *const r = &a->runs[a->next++];
            code = launch(a->cfg, r, err);
            a->running += !code;
            if (!code)
                cli_say("qkbench campaign: %s: launched, %zu of %zu", r->node->answer.node, a->next,
                        a->count);
            continue;
        }
        wait_a_moment(a);
        code = look_after(a, err);
        show_progress(a);
    }
    cli_progress_end();
    if (!code && cli_stop())
        code = qk_fail(err, QK_ERR_INTERRUPTED, NULL,
                       "interrupted; nodes that have answered are kept, and the same command goes on");
    return code;
}

/* After an error, and what launchers left behind: kindly at first. */
static void end_all(struct all *a)
{
    enum { PATIENCE_MS = 1500 };
    for (size_t i = 0; i < a->next; i++) {
        struct run *const r = &a->runs[i];
        tell_to_end(r, "");
        close_fd(&r->in);
        close_fd(&r->out);
        close_fd(&r->said);
        close_fd(&r->keep);
    }
    for (int ms = 0; ms < PATIENCE_MS; ms += LOOK_MS) {
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            continue;
        if (ended < 0)
            break;
        poll(NULL, 0, LOOK_MS);
    }
    bench_strays_end();
}

int cli_nodes_run(const struct cli_nodes_config *cfg, struct baseline_fleet *fleet, const bool *wanted,
                  struct qk_error *err)
{
    struct all a = {.cfg = cfg, .runs = calloc(cfg->plan->node_count, sizeof *a.runs)};
    if (!a.runs)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for launchers");
    for (size_t i = 0; i < cfg->plan->node_count; i++)
        if (wanted[i])
            a.runs[a.count++] = (struct run){
                .node = &fleet->nodes[i], .in = -1, .out = -1, .said = -1, .keep = -1, .done = -1};
    bench_strays_adopt();
    const int code = run_all(&a, err);
    end_all(&a);
    free(a.runs);
    return code;
}
