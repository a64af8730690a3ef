/* SPDX-License-Identifier: MIT */
/*
 * The one launch that measures loaded rows, from outside and from inside. It is a fork of this process, so
 * it has the matrix, the joint table, and everything else that was made ready. What it says meanwhile lies in
 * memory that both share.
 */
#include "harness/cli/load/private.h"

#include "harness/breakdown/breakdown.h"
#include "harness/cli/cli.h"
#include "harness/counters/counters.h"
#include "harness/duet/contain.h"
#include "harness/machine/child.h"
#include "harness/machine/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 120000, /* of a launch that says nothing and calls nothing else */
    LOOK_MS = 250,
    ANSWER = 3, /* descriptors of the launch: where its JSON goes, and behind it the libraries */
    FUNCTIONS = 1 + BENCH_STAGES_MAX
};

/* The launch writes it and this process reads it, without believing it. */
struct shared {
    qk_fn *volatile calling;
    volatile uint64_t told; /* how often it has told how far it is */
    volatile double share;
    char what[120];
    volatile bool done;
    bool failed;
    int code;
    struct qk_error error;
    qk_fn *fn[][FUNCTIONS]; /* by the row's place in the joint table: the kernel, and its prefixes */
};

struct launch {
    struct cli_loads *loads;
    struct bench_run_config cfg;
    const char *counters;
    cli_load_inside *inside;
    void *ctx;
    struct shared *shared;
    size_t shared_bytes;
    int answer;                                 /* descriptor of the memory for the JSON */
    int file[CLI_LOADS_MAX][BENCH_IMAGE_PARTS]; /* of fresh copies of the libraries; -1: none */
    char died[BENCH_PROCESS_HOW + 220];         /* how it ended without an answer, and what it called last */
};

/* Inside. */

static void tell(void *ctx, double done, const char *what)
{
    struct shared *shared = ((const struct launch *)ctx)->shared;
    shared->share = done;
    snprintf(shared->what, sizeof shared->what, "%s", what);
    shared->told++;
}

static const char *known(void *ctx, const struct qk_variant *v)
{
    const struct cli_loads *l = ((const struct launch *)ctx)->loads;
    const struct cli_load_row *row = &l->row[qk_table_index(&l->table, v)];
    return row->checked || *row->verdict ? row->verdict : NULL;
}

/* What this process has and a library must not reach: signals' handlers, files, the terminal. */
static bool let_go(const struct launch *l)
{
    int high[1 + CLI_LOADS_MAX * BENCH_IMAGE_PARTS];
    const int nothing = open("/dev/null", O_RDWR);
    const int first = ANSWER + (int)(sizeof high / sizeof *high),
              count = 1 + (int)l->loads->count * BENCH_IMAGE_PARTS;
    const struct rlimit no_core = {0, 0};
    int given[sizeof high / sizeof *high] = {l->answer};
    memcpy(given + 1, l->file, sizeof l->file);
    for (int i = 1; i < NSIG; i++)
        signal(i, i == SIGINT || i == SIGPIPE || i == SIGXFSZ ? SIG_IGN : SIG_DFL);
    /* A terminal's ^C is for the program, which ends the launch itself. */
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    bool good = nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDOUT_FILENO) >= 0;
    if (good && !getenv("QK_LAUNCH_STDERR"))
        good = dup2(nothing, STDERR_FILENO) >= 0;
    for (int i = 0; i < count; i++)
        high[i] = given[i] < 0 ? -1 : fcntl(given[i], F_DUPFD, first);
    for (int i = 0; i < count; i++)
        good = good && (given[i] < 0 || (high[i] >= 0 && dup2(high[i], ANSWER + i) >= 0));
    return good && !close_range((unsigned)(ANSWER + count), ~0u, 0);
}

/* Gives the rows of library i their functions, and notes which function is which row's. */
static int take_functions(const struct launch *l, size_t i, const struct qk_table *t, struct qk_error *err)
{
    const struct bench_build *b = &l->loads->build[i];
    for (size_t k = 0; k < l->loads->table.count; k++) {
        struct qk_variant *v = (struct qk_variant *)(uintptr_t)&l->loads->table.rows[k];
        const struct cli_load_row *from = &l->loads->row[k];
        if (from->build != b)
            continue;
        const struct qk_variant *now = from->index < t->count ? &t->rows[from->index] : NULL;
        const struct qk_variant *then = &b->table.rows[from->index];
        if (!now || strcmp(now->op_name, then->op_name) != 0 || strcmp(now->name, then->name) != 0)
            return qk_fail(err, QK_ERR_FORMAT, "--load", "%s '%.200s' has another table each time: row %zu",
                           b->called, b->image.path, from->index);
        v->fn = now->fn;
        v->upto = now->upto;
        v->form = now->form;
        v->at = now->at;
    }
    return 0;
}

static int load(struct launch *l, struct qk_error *err)
{
    static struct qk_table table[CLI_LOADS_MAX];
    struct bench_kept kept;
    int code = bench_counters_make(&l->cfg.counters, l->counters, err);
    l->cfg.count = bench_counters_case;
    bench_keep(&kept);
    if (!code) /* steps are made of children */
        code = bench_contain(bench_counters_steps(l->cfg.counters), err);
    for (size_t i = 0; i < l->loads->count && !code; i++) {
        const struct bench_image *const image = &l->loads->build[i].image;
        int file[BENCH_IMAGE_PARTS];
        struct qk_error why;
        for (int k = 0; k < BENCH_IMAGE_PARTS; k++)
            file[k] = l->file[i][k] < 0 ? -1 : ANSWER + 1 + (int)i * BENCH_IMAGE_PARTS + k;
        code = bench_image_load(&table[i], image->ggml, file, &why);
        if (code)
            return qk_fail(err, code, "--load", "%s '%.120s': %.300s", l->loads->build[i].called, image->path,
                           why.text);
        code = take_functions(l, i, &table[i], err);
    }
    bench_put_back(&kept);
    for (size_t k = 0; k < l->loads->table.count && !code; k++) {
        const struct qk_variant *v = &l->loads->table.rows[k];
        l->shared->fn[k][0] = v->fn;
        for (int s = 0; s < BENCH_STAGES_MAX && s < qk_stage_count(v->op) && l->loads->row[k].build; s++)
            qk_variant_upto(v, s, &l->shared->fn[k][1 + s]);
    }
    return code;
}

_Noreturn static void become_launch(struct launch *l, pid_t parent)
{
    struct shared *shared = l->shared;
    struct qk_error err = {.text = ""};
    bool failed = false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !let_go(l))
        _exit(1);
    FILE *to = fdopen(ANSWER, "w");
    l->cfg.job.progress = tell;
    l->cfg.job.known = known;
    l->cfg.job.ctx = l;
    l->cfg.job.calling = &shared->calling;
    int code = to ? load(l, &err) : qk_fail(&err, QK_ERR_MEMORY, NULL, "no memory for an answer");
    if (!code)
        code = l->inside(l->ctx, &l->cfg, to, &failed, &err);
    if (!code && fclose(to))
        code = qk_fail(&err, QK_ERR_IO, NULL, "cannot write the answer: %s", strerror(errno));
    shared->error = err;
    shared->code = code;
    shared->failed = failed;
    shared->done = true;
    /* What a library left to be done at the end is not done. */
    _exit(0);
}

/* Outside. */

/* Ends it if it is silent for too long, or when this program is to stop. */
static int attend(struct launch *l, pid_t child, int ended, int *status, struct qk_error *err)
{
    struct pollfd end = {.fd = ended, .events = POLLIN};
    uint64_t told = 0;
    qk_fn *called = NULL;
    bool stopped = false, silent = false;
    for (unsigned waited_ms = 0; poll(&end, 1, LOOK_MS) <= 0 && !stopped && !silent; waited_ms += LOOK_MS) {
        char what[sizeof l->shared->what + 1] = "";
        if (l->shared->told != told || l->shared->calling != called)
            waited_ms = 0;
        told = l->shared->told;
        called = l->shared->calling;
        memcpy(what, l->shared->what, sizeof l->shared->what);
        if (told)
            cli_progress(NULL, l->shared->share, what);
        stopped = cli_stop();
        silent = waited_ms >= PATIENCE_MS;
    }
    if (stopped || silent)
        kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for the launch: %s", strerror(errno));
    if (stopped)
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
    if (silent)
        snprintf(l->died, sizeof l->died, "gave no sign of life for %d s and was ended", PATIENCE_MS / 1000);
    return 0;
}

/* A fresh copy of each library, for the reason in harness/duet/README.md. */
static int copy_files(struct launch *l, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < CLI_LOADS_MAX; i++)
        for (int k = 0; k < BENCH_IMAGE_PARTS; k++)
            l->file[i][k] = -1;
    for (size_t i = 0; i < l->loads->count && !code; i++)
        code = bench_image_copy(&l->loads->build[i].image, l->loads->build[i].called, l->file[i], err);
    return code;
}

/* Rows whose function it called last must not be timed again. */
static void blame(struct launch *l)
{
    qk_fn *const last = l->shared->calling;
    const size_t used = strlen(l->died);
    char name[220] = "";
    for (size_t k = 0; k < l->loads->table.count && last; k++) {
        const struct qk_variant *v = &l->loads->table.rows[k];
        bool called = false;
        for (int s = 0; s < FUNCTIONS; s++)
            called |= l->shared->fn[k][s] == last;
        if (!called)
            continue;
        if (!*name)
            snprintf(name, sizeof name, ", the last row that it called was %.63s/%.100s", v->op_name,
                     v->name);
        snprintf(l->loads->row[k].verdict, sizeof l->loads->row[k].verdict,
                 "the launch that timed this row %.*s; the other rows were measured without it", (int)used,
                 l->died);
    }
    snprintf(l->died + used, sizeof l->died - used, "%s", name);
}

/* One launch. BENCH_DUET_DIED: it ended without an answer, which l->died tells. */
static int launch_once(struct launch *l, struct qk_error *err)
{
    const pid_t parent = getpid();
    int status = 0, code = copy_files(l, err);
    memset(l->shared, 0, l->shared_bytes);
    l->died[0] = '\0';
    const pid_t child = code ? -1 : fork();
    const int error = errno;
    if (!child)
        become_launch(l, parent);
    const int ended = child > 0 ? pidfd_open(child, 0) : -1;
    if (!code && (child < 0 || ended < 0)) {
        code = qk_fail(err, QK_ERR_INTERNAL, NULL, "no launch: %s", strerror(child < 0 ? error : errno));
        if (child > 0 && !kill(child, SIGKILL))
            waitpid(child, NULL, 0);
    }
    if (!code)
        code = attend(l, child, ended, &status, err);
    for (size_t i = 0; i < l->loads->count; i++)
        for (int k = 0; k < BENCH_IMAGE_PARTS; k++)
            if (l->file[i][k] >= 0)
                close(l->file[i][k]);
    if (ended >= 0)
        close(ended);
    if (code)
        return code;
    if (!*l->died && !(WIFEXITED(status) && !WEXITSTATUS(status) && l->shared->done))
        bench_process_how(status, l->died);
    if (*l->died) {
        blame(l);
        return BENCH_DUET_DIED;
    }
    struct qk_error why = l->shared->error;
    why.text[sizeof why.text - 1] = why.where[sizeof why.where - 1] = '\0';
    const char *const place = *why.where ? why.where : "the launch";
    code = l->shared->code;
    return code ? qk_fail(err, code < 0 ? code : QK_ERR_INTERNAL, place, "%s", why.text) : 0;
}

/* The run skips what a row's form has no calls of. */
static bool is_lacking(const struct qk_variant *v, const struct qk_shape *shape)
{
    struct qk_plan plan;
    return !qk_op_row(v->op)->on->plan(shape, &plan, NULL) && qk_row_lacks(v, &plan);
}

/* The shapes that the matrix wants of a row, and the row itself, in check launches. */
static int check_row(struct cli_loads *l, const struct bench_matrix *m, size_t i, struct qk_error *err)
{
    struct cli_load_row *row = &l->row[i];
    const struct qk_variant *there, *v = &l->table.rows[i];
    struct bench_build *b = cli_loads_build(l, v, &there);
    for (size_t g = 0; g < m->count && !*row->verdict; g++) {
        struct qk_error why;
        size_t bytes;
        if (!m->groups[g].wanted[i] || is_lacking(v, &m->groups[g].shape))
            continue;
        /* A check has each buffer twice. What has no room for that is called once before it is timed. */
        const bool room = bench_group_bytes(&m->groups[g], &bytes) && bytes <= SIZE_MAX / 2 &&
                          !bench_memory_check(2 * bytes, NULL, NULL);
        const int code = bench_build_check(b, there, room ? &m->groups[g].shape : NULL, &why);
        if (code == QK_ERR_CHECK || code == QK_ERR_UNAVAILABLE)
            snprintf(row->verdict, sizeof row->verdict, "check failed: %.230s%s%.140s", why.text,
                     *why.where ? ": " : "", why.where);
        else if (code)
            return qk_fail(err, code, why.where, "%s", why.text);
        row->checked = true;
    }
    return 0;
}

static int check_rows(struct cli_loads *l, const struct bench_matrix *m, const struct bench_job *job,
                      struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < l->table.count && !code; i++) {
        char what[200];
        const struct qk_variant *v = &l->table.rows[i];
        if (!l->row[i].build || qk_variant_missing(v, job->isa))
            continue;
        snprintf(what, sizeof what, "checking %.63s/%.100s", v->op_name, v->name);
        bench_job_tell(job, 0, what);
        code = bench_job_stopped(job) ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted while checking")
                                      : check_row(l, m, i, err);
    }
    for (size_t i = 0; i < l->count; i++)
        bench_build_rest(&l->build[i]);
    return code;
}

static int launch_twice(struct launch *l, struct qk_error *err)
{
    int code = launch_once(l, err);
    if (code == BENCH_DUET_DIED && !ftruncate(l->answer, 0) && !lseek(l->answer, 0, SEEK_SET)) {
        cli_say("qkbench: warning: the launch %s; the others are measured again", l->died);
        code = launch_once(l, err);
    }
    return code == BENCH_DUET_DIED
               ? qk_fail(err, QK_ERR_INVALID, NULL, "nothing was measured: a second launch %s", l->died)
               : code;
}

int cli_load_distrust(int code)
{
    return code == QK_ERR_FORMAT ? QK_ERR_INVALID : code;
}

int cli_loads_measure(struct cli_loads *loads, const struct bench_matrix *m,
                      const struct bench_run_config *cfg, const char *counters, cli_load_inside *inside,
                      void *ctx, json_t **json, bool *failed, struct qk_error *err)
{
    struct launch l = {.loads = loads,
                       .cfg = *cfg,
                       .counters = counters,
                       .inside = inside,
                       .ctx = ctx,
                       .shared_bytes = sizeof *l.shared + loads->table.count * sizeof *l.shared->fn};
    struct qk_error why;
    char path[64];
    int code = check_rows(loads, m, &cfg->job, err);
    if (code)
        return code;
    l.shared = mmap(NULL, l.shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    l.answer = memfd_create("answer", MFD_CLOEXEC);
    if (l.shared == MAP_FAILED || l.answer < 0)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a launch: %s", strerror(errno));
    if (!code)
        code = launch_twice(&l, err);
    if (!code) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", l.answer);
        *failed = l.shared->failed;
        *json = bench_json_load(path, &code, &why);
        if (!*json)
            code =
                qk_fail(err, cli_load_distrust(code), "the launch's answer", "%s: %s", why.where, why.text);
    }
    if (l.answer >= 0)
        close(l.answer);
    if (l.shared != MAP_FAILED)
        munmap(l.shared, l.shared_bytes);
    return code;
}
