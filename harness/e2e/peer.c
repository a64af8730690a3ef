/* SPDX-License-Identifier: MIT */
/* Another program timed in turns with ours: how it is started and ended, and what it has to print. */
#include "harness/e2e/private.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char option[] = "--peer";
enum { PRINTED_MOST = 64 << 20 };

/* What a row of it has to have, and what is kept of the rest. */
struct peer_row {
    struct bench_e2e_peer peer;
    size_t prompt, generate, depth, threads;
};

#define FIELD_OF struct peer_row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "build_commit", peer.build, "", BENCH_OPTIONAL),
    FIELD(TEXT, "model_type", peer.model_type, "", BENCH_OPTIONAL),
    FIELD(TEXT, "model_filename", peer.model, "", BENCH_OPTIONAL),
    FIELD(TEXT, "backends", peer.backends, "", BENCH_OPTIONAL),
    FIELD(INTEGER, "n_prompt", prompt, "", 0, 0, MODEL_CONTEXT_MAX),
    FIELD(INTEGER, "n_gen", generate, "", 0, 0, MODEL_CONTEXT_MAX),
    FIELD(INTEGER, "n_depth", depth, "", BENCH_OPTIONAL, 0, MODEL_CONTEXT_MAX),
    FIELD(INTEGER, "n_threads", threads, "", 0, 1, INT32_MAX),
    FIELD_NUMBERS("samples_ns", peer.samples_ns, peer.count, "", BENCH_FILLED, 1, BENCH_NS_MOST),
};
#undef FIELD_OF
static const struct bench_fields row_type = {FIELDS(struct peer_row, row_fields)};

/* "1,2": each number of the rows once. */
static void list(char *to, size_t size, const struct bench_e2e *e, size_t at)
{
    *to = '\0';
    for (size_t i = 0; i < e->count; i++) {
        const size_t n = *(const size_t *)(const void *)((const char *)&e->rows[i] + at);
        size_t k = 0;
        while (*(const size_t *)(const void *)((const char *)&e->rows[k] + at) != n)
            k++;
        const size_t used = strlen(to);
        if (k == i)
            snprintf(to + used, size - used, "%s%zu", used ? "," : "", n);
    }
}

static int start(const struct bench_e2e_work *w, const struct bench_e2e *e, const int fds[3], pid_t *pid)
{
    const struct bench_e2e_config *cfg = w->cfg;
    char script[sizeof e->rows->peer.command + 2200], threads[1024], depths[1024];
    list(threads, sizeof threads, e, offsetof(struct bench_e2e_row, threads));
    list(depths, sizeof depths, e, offsetof(struct bench_e2e_row, depth));
    const bool deep = strcmp(depths, "0") != 0; /* older ones do not know -d */
    snprintf(script, sizeof script, "%s -p %zu -n %zu -t %s%s%s -r 1 -o json", cfg->peer.command, cfg->prompt,
             cfg->generate, threads, deep ? " -d " : "", deep ? depths : "");
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, script, NULL};
    bench_cpus_use(cfg->peer.cpus); /* which it inherits; each test of ours places its threads anew */
    return bench_child_start(pid, "sh", argv, environ, fds);
}

static int wait_for(const struct bench_e2e_work *w, pid_t pid, const int fds[3], int *status,
                    struct qk_error *err)
{
    const double limit_s = w->cfg->peer.timeout_s;
    const uint64_t begun = bench_clock_ns();
    char words[256];
    for (;;) {
        struct stat out = {0}, said = {0};
        const pid_t ended = waitpid(pid, status, WNOHANG);
        if (bench_job_stopped(&w->cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        if (ended == pid)
            return 0;
        if (ended < 0 && errno != EINTR)
            return qk_fail(err, QK_ERR_IO, option, "lost track of it: %s", strerror(errno));
        if (bench_clock_since(begun) > limit_s * 1e9)
            return qk_fail(err, QK_ERR_IO, option, "it did not end within %g s and was ended%s", limit_s,
                           bench_last_words(fds[2], words, sizeof words));
        if (!fstat(fds[1], &out) && !fstat(fds[2], &said) && out.st_size + said.st_size > PRINTED_MOST)
            return qk_fail(err, QK_ERR_IO, option, "it printed more than %d MiB and was ended",
                           PRINTED_MOST >> 20);
        poll(NULL, 0, 10);
    }
}

/* One start, from which nothing is left running. fds[1] and fds[2] get what it prints. */
static int run(const struct bench_e2e_work *w, const struct bench_e2e *e, const int fds[3],
               struct qk_error *err)
{
    pid_t pid;
    int status = 0;
    char words[256];
    bench_strays_adopt();
    const int number = start(w, e, fds, &pid);
    const int code = number ? qk_fail(err, QK_ERR_IO, option, "cannot start sh: %s", strerror(number))
                            : wait_for(w, pid, fds, &status, err);
    bench_strays_end();
    if (code)
        return code;
    bench_last_words(fds[2], words, sizeof words);
    /* sh says the same of what it runs as a number above 128. */
    const int sign = WIFSIGNALED(status)         ? WTERMSIG(status)
                     : WEXITSTATUS(status) > 128 ? WEXITSTATUS(status) - 128
                                                 : 0;
    if (sign)
        return qk_fail(err, QK_ERR_IO, option, "it was ended by signal %d (%s)%s", sign, strsignal(sign),
                       words);
    if (WEXITSTATUS(status))
        return qk_fail(err, QK_ERR_IO, option, "it failed with exit code %d%s", WEXITSTATUS(status), words);
    return 0;
}

static json_t *load(int fd, int *code, struct qk_error *err)
{
    char path[40];
    struct stat st;
    struct qk_error why;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!fstat(fd, &st) && !st.st_size) {
        *code = qk_fail(err, QK_ERR_FORMAT, option, "it printed nothing; expected llama-bench's JSON");
        return NULL;
    }
    json_t *json = bench_json_load(path, code, &why);
    const size_t skipped = strncmp(why.text, path, strlen(path)) ? 0 : strlen(path) + 2;
    if (!json)
        *code = qk_fail(err, *code, option, "what it printed is not llama-bench's JSON: %s",
                        why.text + (skipped < strlen(why.text) ? skipped : 0));
    return json;
}

static bool is_of(const struct bench_e2e_row *row, const struct peer_row *p)
{
    return row->prompt == p->prompt && row->generate == p->generate && row->depth == p->depth &&
           row->threads == p->threads;
}

/* The middle, if it took more than the one sample that it was asked for. QK_ERR_MEMORY. */
static int keep(struct bench_e2e *e, size_t repetition, const struct peer_row *p, struct qk_error *err)
{
    double *scratch = calloc(p->peer.count, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, option, "no memory for %zu samples", p->peer.count);
    const double ns = round(bench_median(p->peer.samples_ns, p->peer.count, scratch));
    int code = 0;
    for (size_t i = 0; i < e->count && !code; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        char test[BENCH_E2E_TEST];
        if (!is_of(row, p))
            continue;
        if (row->peer.samples_ns[repetition] > 0)
            code = qk_fail(err, QK_ERR_FORMAT, option,
                           "it printed two rows of %s with %zu thread%s; expected one configuration",
                           bench_e2e_test(row, test), row->threads, row->threads == 1 ? "" : "s");
        row->peer.samples_ns[repetition] = ns;
        snprintf(row->peer.build, sizeof row->peer.build, "%s", p->peer.build);
        snprintf(row->peer.model_type, sizeof row->peer.model_type, "%s", p->peer.model_type);
        snprintf(row->peer.model, sizeof row->peer.model, "%s", p->peer.model);
        snprintf(row->peer.backends, sizeof row->peer.backends, "%s", p->peer.backends);
    }
    free(scratch);
    return code;
}

static int take(struct bench_e2e *e, size_t repetition, const json_t *json, struct qk_error *err)
{
    struct bench_reader r = {.file = "what it printed", .err = err};
    const struct bench_place root = {json, "$"};
    char test[BENCH_E2E_TEST], where[sizeof err->where];
    bench_expect(&r, &root, JSON_ARRAY, "an array of rows");
    for (size_t i = 0; !r.code && i < json_array_size(json); i++) {
        const struct bench_place at = bench_element(&root, i);
        struct peer_row row = {.depth = 0};
        bench_fields_get(&r, &at, &row_type, &row, NULL);
        if (!r.code && row.peer.count)
            r.code = keep(e, repetition, &row, err);
        free(row.peer.samples_ns);
    }
    if (r.code == QK_ERR_FORMAT && strcmp(err->where, option) != 0) {
        snprintf(where, sizeof where, "%s, %.100s", option, err->where);
        snprintf(err->where, sizeof err->where, "%s", where);
    }
    for (size_t i = 0; !r.code && i < e->count; i++)
        if (!(e->rows[i].peer.samples_ns[repetition] > 0))
            r.code = qk_fail(err, QK_ERR_FORMAT, option, "it printed no row of %s with %zu thread%s",
                             bench_e2e_test(&e->rows[i], test), e->rows[i].threads,
                             e->rows[i].threads == 1 ? "" : "s");
    return r.code;
}

int bench_e2e_ask_peer(struct bench_e2e_work *w, struct bench_e2e *e, size_t repetition, struct qk_error *err)
{
    const int fds[3] = {-1, memfd_create("printed", MFD_CLOEXEC), memfd_create("said", MFD_CLOEXEC)};
    int code = fds[1] < 0 || fds[2] < 0
                   ? qk_fail(err, QK_ERR_IO, option, "no memory for what it prints: %s", strerror(errno))
                   : 0;
    bench_job_tell(&w->cfg->job, (double)repetition / (double)w->cfg->repetitions, "the peer");
    if (!code)
        code = run(w, e, fds, err);
    json_t *json = code ? NULL : load(fds[1], &code, err);
    if (json)
        code = take(e, repetition, json, err);
    json_decref(json);
    for (int i = 1; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return code;
}
