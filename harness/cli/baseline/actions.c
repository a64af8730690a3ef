/* SPDX-License-Identifier: MIT */
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "reports/text/judged/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_reason(const void *a, const void *b)
{
    const struct baseline_absent *x = a, *y = b;
    const int order = strcmp(x->reason, y->reason);
    return order ? order : strcmp(x->name, y->name);
}

/*
 * Prints each reason once, because a level that is not here leaves out dozens. Leaves b->absent sorted by
 * reason.
 */
static void tell_absent(struct baseline *b)
{
    if (b->absent_count)
        qsort(b->absent, b->absent_count, sizeof *b->absent, by_reason);
    for (size_t i = 0, end; i < b->absent_count; i = end) {
        for (end = i + 1; end < b->absent_count && !strcmp(b->absent[end].reason, b->absent[i].reason);)
            end++;
        if (end - i > 1)
            cli_say("left out %s and %zu more: %s", b->absent[i].name, end - i - 1, b->absent[i].reason);
        else
            cli_say("left out %s: %s", b->absent[i].name, b->absent[i].reason);
    }
}

/* A folder that cannot be written to is found out before five minutes of measuring. */
int cli_baseline_save(struct cli_baseline_options *o, const char *folder, struct qk_error *err)
{
    struct bench_environment here;
    struct baseline b;
    char path[BASELINE_PATH];
    int code = baseline_check_name(o->name, err);
    if (!code && !o->result) {
        bench_environment_read(&here, 0); /* and no pinning, which launches would inherit */
        code = baseline_can_save(folder, &here, o->name, err);
    }
    if (!code)
        code = o->result
                   ? cli_baseline_of_result(&b, o->name, o->result, err)
                   : cli_baseline_measure(&b, o->name, &o->measure, o->launches, (double)o->budget_s, err);
    if (code)
        return code;
    code = cli_baseline_refuse_failed(&b, o->result ? o->result : o->name, err);
    if (!code)
        code = baseline_save(&b, folder, path, err);
    if (!code)
        cli_say("wrote %s: %zu cases, %zu left out", path, b.count, b.absent_count);
    if (!code)
        tell_absent(&b);
    baseline_free(&b);
    return code;
}

int cli_baseline_list(struct cli_baseline_options *o, const char *folder, struct qk_error *err)
{
    struct baseline_entry *entries;
    size_t count;
    (void)o;
    int code = baseline_list(&entries, &count, folder, NULL, err);
    for (size_t i = 0; i < count; i++) {
        struct baseline b;
        struct qk_error bad;
        if (baseline_read(&b, entries[i].path, &bad)) {
            cli_print("%s/%s: unusable: %s%s%s", entries[i].machine, entries[i].name, bad.where,
                      *bad.where ? ": " : "", bad.text);
            continue;
        }
        cli_print("%s/%s: %zu cases, commit %s, %s, %s", entries[i].machine, entries[i].name, b.count,
                  b.env.commit, b.env.date, b.env.compiler);
        baseline_free(&b);
    }
    if (!code && !count)
        cli_print("no baselines in %s", folder);
    free(entries);
    return code;
}

int cli_baseline_show(struct cli_baseline_options *o, const char *folder, struct qk_error *err)
{
    struct baseline b;
    int code = cli_baseline_open(&b, o->name, folder, err);
    if (code)
        return code;
    code = report_baseline_text(&b, stdout, err);
    baseline_free(&b);
    return code;
}

/* Also one that cannot be read: that is one way to get rid of it. */
int cli_baseline_remove(struct cli_baseline_options *o, const char *folder, struct qk_error *err)
{
    struct bench_environment env;
    struct baseline b;
    char path[BASELINE_PATH];
    int code = cli_machine(&env, err);
    if (!code)
        code = baseline_path(path, folder, &env, o->name, err);
    if (!code && access(path, F_OK) != 0)
        return baseline_load(&b, folder, &env, o->name, err) ? QK_ERR_ARG : QK_ERR_IO;
    if (!code && unlink(path) != 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot remove the baseline: %s", strerror(errno));
    if (!code)
        cli_say("removed %s", path);
    return code;
}

static int load_named(struct baseline *b, const char *name, const char *folder, struct qk_error *err)
{
    struct bench_environment env;
    int code = cli_machine(&env, err);
    if (!code)
        code = baseline_load(b, folder, &env, name, err);
    return code == QK_ERR_INVALID ? QK_ERR_ARG : code;
}

int cli_baseline_accept(struct cli_baseline_options *o, const char *folder, struct qk_error *err)
{
    struct bench_environment now;
    struct baseline b, result;
    char path[BASELINE_PATH];
    size_t changed = 0;
    int code = load_named(&b, o->name, folder, err);
    if (code)
        return code;
    code = cli_baseline_open(&result, o->result, folder, err);
    if (!code) {
        code = cli_baseline_refuse_failed(&result, o->result, err);
        bench_environment_read(&now, 0); /* for its date */
        if (!code)
            code = baseline_accept(&b, &result, o->reason, now.date, &changed, err);
        baseline_free(&result);
    }
    if (!code && changed)
        code = baseline_save(&b, folder, path, err);
    if (!code && changed)
        cli_say("wrote %s: %zu of %zu cases changed", path, changed, b.count);
    else if (!code)
        cli_say("no case differs; nothing was written");
    baseline_free(&b);
    return code;
}
