/* SPDX-License-Identifier: MIT */
#include "harness/cli/campaign/campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char plan_name[] = "campaign.json", payload_name[] = "payload.tar";

static int make_temporary(struct cli_folder *f, struct qk_error *err)
{
    const char *const where = getenv("TMPDIR");
    snprintf(f->path, sizeof f->path, "%s/qkbench-campaign-XXXXXX", where && *where ? where : "/tmp");
    f->temporary = mkdtemp(f->path) != NULL;
    return f->temporary ? 0 : qk_fail(err, QK_ERR_IO, f->path, "cannot be made: %s", strerror(errno));
}

int cli_folder_open(struct cli_folder *f, const char *path, struct qk_error *err)
{
    int code = 0;
    *f = (struct cli_folder){.lock = -1};
    if (!path)
        code = make_temporary(f, err);
    else if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        code = qk_fail(err, QK_ERR_ARG, "--into", "found a path of %zu bytes, expected at most %zu",
                       strlen(path), sizeof f->path - 1);
    else
        code = bench_make_folder(path, err);
    if (code)
        return code;
    f->lock = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->lock < 0)
        return qk_fail(err, QK_ERR_IO, f->path, "cannot be opened: %s", strerror(errno));
    if (flock(f->lock, LOCK_EX | LOCK_NB))
        return qk_fail(err, QK_ERR_IO, f->path, "%s",
                       errno == EWOULDBLOCK ? "another campaign works in this folder" : strerror(errno));
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    remove(path);
    return 0;
}

void cli_folder_close(struct cli_folder *f)
{
    if (f->temporary)
        nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (f->lock >= 0)
        close(f->lock);
    *f = (struct cli_folder){.lock = -1};
}

char *cli_folder_file(const struct cli_folder *f, const char *node, const char *name)
{
    char *path;
    return asprintf(&path, "%s%s%s%s%s", f->path, node ? "/" : "", node ? node : "", name ? "/" : "",
                    name ? name : "") < 0
               ? NULL
               : path;
}

/* Makes the folders that lead to a file. */
static int make_way(char *path, struct qk_error *err)
{
    char *const slash = strrchr(path, '/');
    *slash = '\0';
    const int code = bench_make_folder(path, err);
    *slash = '/';
    return code;
}

int cli_folder_store(const struct cli_folder *f, const char *node, const char *name, const void *bytes,
                     size_t size, struct qk_error *err)
{
    struct bench_outfile out = {.stream = NULL};
    char *const path = cli_folder_file(f, node, name);
    int code = path ? make_way(path, err) : qk_fail(err, QK_ERR_MEMORY, name, "no memory for a path");
    if (!code)
        code = bench_outfile_open(&out, path, err);
    if (!code) {
        fwrite(bytes, 1, size, out.stream);
        code = bench_outfile_commit(&out, err);
    }
    free(path);
    return code;
}

static int write_plan(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                      struct qk_error *err)
{
    struct bench_outfile out = {.stream = NULL};
    char *const path = cli_folder_file(f, NULL, plan_name);
    int code = path ? bench_outfile_open(&out, path, err) : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory");
    if (!code)
        code = bench_fields_write(&baseline_fleet_plan_fields, plan, "the plan", out.stream, err);
    if (!code)
        code = bench_outfile_commit(&out, err);
    bench_outfile_abort(&out);
    free(path);
    return code;
}

static int read_plan(const struct cli_folder *f, struct baseline_fleet_plan *plan, struct qk_error *err)
{
    char *const path = cli_folder_file(f, NULL, plan_name);
    *plan = (struct baseline_fleet_plan){.node_count = 0};
    const int code = path ? bench_fields_read(&baseline_fleet_plan_fields, path, plan, err)
                          : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a path");
    free(path);
    return code;
}

/* The plan comes last, so that it never stands beside the payload of another. */
int cli_folder_keep(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    const struct cli_payload *payload, struct qk_error *err)
{
    struct baseline_fleet_plan held;
    char *const path = cli_folder_file(f, NULL, plan_name);
    if (!path)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a path");
    int code = 0;
    if (access(path, F_OK)) {
        code = cli_folder_store(f, NULL, payload_name, payload->bytes, payload->size, err);
        if (!code)
            code = write_plan(f, plan, err);
    } else {
        code = read_plan(f, &held, err);
        if (!code)
            code = baseline_fleet_plan_same(&held, plan, path, err);
        baseline_fleet_plan_free(&held);
    }
    free(path);
    return code;
}

int cli_folder_read(const struct cli_folder *f, struct baseline_fleet_plan *plan, struct cli_payload *payload,
                    struct qk_error *err)
{
    char hash[20];
    int code = read_plan(f, plan, err);
    if (!payload)
        return code;
    *payload = (struct cli_payload){.bytes = NULL};
    char *const path = cli_folder_file(f, NULL, payload_name);
    if (!code && !path)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a path");
    if (!code)
        code = cli_campaign_slurp(path, (unsigned char **)&payload->bytes, &payload->size, err);
    if (!code) {
        cli_campaign_hash(payload->bytes, payload->size, hash);
        if (strcmp(hash, plan->payload) != 0)
            code = qk_fail(err, QK_ERR_INVALID, path, "found hash %s, expected %s, which campaign.json names",
                           hash, plan->payload);
    }
    free(path);
    return code;
}
