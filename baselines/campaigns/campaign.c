/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/campaign.h"

#include "harness/records/json_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const baseline_arm_names[BASELINE_ARMS + 1] = {"same", "rebuilt", "calls", "stage", NULL};
const char *const baseline_class_names[BASELINE_CLASSES + 1] = {"cache", "dram", "e2e", NULL};

#define FIELD_OF struct baseline_campaign_case
static const struct bench_field case_fields[] = {
    FIELD(TEXT, "name", name, "op/variant/shape", BENCH_FILLED),
    FIELD(WORD, "role", role, "", 0, .words = baseline_role_names),
    FIELD(WORD, "memory", memory, "", 0, .words = baseline_class_names),
    FIELD(WORD, "verdict", verdict, "", 0, .words = baseline_verdict_names),
    FIELD(REAL, "ratio", ratio, "Candidate's time over the base's; null: not timed.", BENCH_OR_NULL,
          FIELD_RATIO),
    FIELD(REAL, "half_width", half_width, "Of the ratio's 95 % interval.", BENCH_OPTIONAL, FIELD_AMOUNT),
    FIELD(REAL, "extra", extra, "Share of extra work really done.", 0, FIELD_AMOUNT),
    FIELD(REAL, "must_catch", must_catch, "", 0, FIELD_ANY),
    FIELD(REAL, "s", seconds, "Of measuring, until the verdict.", 0, FIELD_AMOUNT),
};
#undef FIELD_OF
static const struct bench_fields case_table = {FIELDS(struct baseline_campaign_case, case_fields),
                                               .closed = true};

#define FIELD_OF struct baseline_campaign_run
static const struct bench_field run_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "campaign_run"),
    FIELD(TEXT, "machine", machine, "As the folders of baselines/data are called.", BENCH_FILLED),
    FIELD(TEXT, "cpu", cpu, ""),
    FIELD(TEXT, "commit", commit, "That was built."),
    FIELD(TEXT, "date", date, "", 0, FIELD_DATE),
    FIELD(WORD, "arm", arm,
          "What the candidate was: the same file, linked in another order, with extra calls, or a build with "
          "a slower stage.",
          0, .words = baseline_arm_names),
    FIELD(REAL, "asked", asked, "Share of extra calls asked for.", 0, 0, 1),
    FIELD(BOOLEAN, "busy", busy, "Were the other CPUs kept occupied?"),
    FIELD(BOOLEAN, "neighbour", neighbour, "Did another CPU stream memory?"),
    FIELD(TEXT, "suite", suite, ""),
    FIELD(SEED, "seed", seed, "Of the gate."),
    FIELD(WORD, "verdict", verdict, "Of the run.", 0, .words = baseline_verdict_names),
    FIELD(TEXT, "reason", reason, "Why the run is INVALID.", BENCH_OPTIONAL),
    FIELD(REAL, "s", seconds, "Wall time of the run.", 0, FIELD_AMOUNT),
    FIELD_LIST(LIST, "cases", cases, count, &case_table, "", 0, 0, 100000),
};
#undef FIELD_OF
const struct bench_fields baseline_campaign_fields = {
    FIELDS(struct baseline_campaign_run, run_fields),
    .title = "A run of the gate in a campaign of qkbench calibrate",
    .closed = true,
    .json = JSON_COMPACT | JSON_REAL_PRECISION(7),
};

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static enum baseline_class class_of(const char *memory)
{
    int i = BASELINE_CLASS_CACHE;
    while (i < BASELINE_CLASSES - 1 && strcmp(baseline_class_names[i], memory) != 0)
        i++;
    return (enum baseline_class)i;
}

int baseline_campaign_make(struct baseline_campaign_run *run, const struct baseline_report *report,
                           const struct baseline_policy *policy, struct qk_error *err)
{
    run->cases = calloc(report->count + 1, sizeof *run->cases);
    if (!run->cases)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu cases", report->count);
    copy(run->suite, sizeof run->suite, report->suite);
    copy(run->cpu, sizeof run->cpu, report->env.cpu_name);
    run->verdict = report->verdict;
    copy(run->reason, sizeof run->reason, report->reason);
    run->seed = report->seed;
    run->seconds = report->seconds;
    for (size_t i = 0; i < report->count; i++) {
        const struct baseline_result *const r = &report->results[i];
        struct baseline_campaign_case *const c = &run->cases[run->count];
        if (!*r->memory) /* it was not timed, and nothing is known of it here */
            continue;
        *c = (struct baseline_campaign_case){.role = r->role,
                                             .memory = class_of(r->memory),
                                             .verdict = r->verdict,
                                             .ratio = r->timed ? r->ratio.value : NAN,
                                             .half_width = (r->ratio.high - r->ratio.low) / 2,
                                             .extra = r->injected,
                                             .must_catch = r->must_catch,
                                             .seconds = r->seconds};
        memcpy(c->name, r->name, sizeof c->name);
        const struct baseline_margins *const m = baseline_policy_margins(policy, r->name, r->memory);
        if (m && r->role != BASELINE_RULE)
            c->must_catch = m->must_catch;
        run->count++;
    }
    return 0;
}

int baseline_campaign_add(struct baseline_campaign *c, struct baseline_campaign_run *run,
                          struct qk_error *err)
{
    if (c->count == c->room) {
        const size_t room = c->room ? 2 * c->room : 32;
        struct baseline_campaign_run *const more = reallocarray(c->runs, room, sizeof *more);
        if (!more) {
            free(run->cases);
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu runs", room);
        }
        c->runs = more;
        c->room = room;
    }
    c->runs[c->count++] = *run;
    return 0;
}

void baseline_campaign_free(struct baseline_campaign *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->runs[i].cases);
    free(c->runs);
    *c = (struct baseline_campaign){0};
}

static int take_run(void *campaign, struct bench_reader *r, const struct bench_place *line)
{
    struct baseline_campaign_run run = {.reason = ""};
    bench_fields_get(r, line, &baseline_campaign_fields, &run, &run);
    if (!r->code)
        return baseline_campaign_add(campaign, &run, r->err);
    free(run.cases);
    return r->code;
}

int baseline_campaign_read(struct baseline_campaign *c, const char *path, bool *torn, struct qk_error *err)
{
    return bench_json_lines(path, take_run, c, torn, err);
}

/* Cuts off what stands behind the last line feed, or ends a line that only lacks it. */
static int mend_end(int fd, const char *path, bool torn, struct qk_error *err)
{
    const off_t end = lseek(fd, 0, SEEK_END);
    off_t at = end;
    char last = '\n';
    while (at > 0 && pread(fd, &last, 1, at - 1) == 1 && last != '\n')
        at--;
    const bool done = at == end || (torn ? !ftruncate(fd, at) : pwrite(fd, "\n", 1, end) == 1);
    return done ? 0
                : qk_fail(err, QK_ERR_IO, path, "its torn last line cannot be mended: %s", strerror(errno));
}

int baseline_campaign_open(const char *path, struct baseline_campaign *held, struct qk_error *err)
{
    struct stat st;
    bool torn = false;
    const int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0 || fstat(fd, &st)) {
        qk_fail(err, QK_ERR_IO, path, "cannot be opened to append runs: %s", strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        qk_fail(err, QK_ERR_IO, path, "found no regular file, expected one to append runs to");
    } else {
        int code = baseline_campaign_read(held, path, &torn, err);
        if (!code)
            code = mend_end(fd, path, torn, err);
        if (!code)
            return fd;
        close(fd);
        return code;
    }
    if (fd >= 0)
        close(fd);
    return QK_ERR_IO;
}

int baseline_campaign_append(int fd, const char *path, const struct baseline_campaign_run *run,
                             struct qk_error *err)
{
    json_t *const json = bench_fields_json(&baseline_campaign_fields, run);
    char *const text = json ? json_dumps(json, baseline_campaign_fields.json | JSON_ENSURE_ASCII) : NULL;
    const off_t before = lseek(fd, 0, SEEK_END);
    int code = 0;
    json_decref(json);
    if (!text)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for a line of %zu cases", run->count);
    for (size_t done = 0, length = strlen(text) + 1; done < length && !code;) {
        text[length - 1] = '\n'; /* in place of the end of the text */
        const ssize_t n = write(fd, text + done, length - done);
        done += n > 0 ? (size_t)n : 0;
        if (n < 0 && errno != EINTR)
            code = errno;
    }
    free(text);
    if (!code && fsync(fd))
        code = errno;
    if (!code)
        return 0;
    const bool back = before >= 0 && !ftruncate(fd, before);
    return qk_fail(err, QK_ERR_IO, path, "a run cannot be written: %s%s", strerror(code),
                   back ? "; the runs before it are there" : "");
}
