/* SPDX-License-Identifier: MIT */
#include "baselines/stored/compare.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "harness/machine/pinning.h"
#include "harness/records/json_reader.h"
#include "kernels/module.h"

#include <stdio.h>
#include <string.h>

int cli_machine(struct bench_environment *env, struct qk_error *err)
{
    const int cpu = bench_pin(-1, err);
    if (cpu < 0)
        return cpu;
    bench_environment_read(env, cpu);
    return 0;
}

static int of_result(struct baseline *b, const char *name, const json_t *json, const char *path,
                     struct qk_error *err)
{
    struct bench_sample_set set;
    int code = bench_sample_set_take_json(&set, json, path, err);
    if (code)
        return code;
    const struct bench_sample_set *const sets[] = {&set};
    code = baseline_make(b, name, sets, 1, NULL, "made of a result without a breakdown", err);
    bench_sample_set_free(&set);
    return code;
}

int cli_baseline_of_result(struct baseline *b, const char *name, const char *path, struct qk_error *err)
{
    int code = 0;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = of_result(b, name, json, path, err);
    json_decref(json);
    return code;
}

int cli_baseline_refuse_failed(const struct baseline *b, const char *path, struct qk_error *err)
{
    for (size_t i = 0; i < b->absent_count; i++)
        if (b->absent[i].failed)
            return qk_fail(err, QK_ERR_CHECK, path, "%s failed: %.300s", b->absent[i].name,
                           b->absent[i].reason);
    return 0;
}

/* The last part of a path without .json, as far as it is a name. */
static void name_of(const char *path, char to[BASELINE_FILE_NAME])
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strstr(base, ".json");
    snprintf(to, BASELINE_FILE_NAME, "%.*s", dot ? (int)(dot - base) : (int)strlen(base), base);
    if (baseline_check_name(to, NULL))
        snprintf(to, BASELINE_FILE_NAME, "result");
}

static int open_file(struct baseline *b, const char *path, struct qk_error *err)
{
    char name[BASELINE_FILE_NAME];
    int code = 0;
    json_t *json = bench_json_load(path, &code, err);
    if (!json)
        return code;
    name_of(path, name);
    code = json_object_get(json, "qkbench") ? of_result(b, name, json, path, err)
                                            : baseline_take_json(b, json, path, err);
    json_decref(json);
    return code;
}

/* As much of this machine as can be held against a baseline before anything is measured. */
static int look_here(struct baseline *here, struct qk_error *err)
{
    struct qk_cpu isa;
    *here = (struct baseline){.abi = QK_KERNELS_ABI};
    int code = cli_machine(&here->env, err);
    if (!code)
        code = cli_detect(&isa, err);
    if (!code)
        bench_environment_built(&here->env, &isa, qk_table_builtin()->compiler);
    return code;
}

int cli_baseline_open(struct baseline *b, const char *what, const char *dir, struct qk_error *err)
{
    struct baseline here;
    char folder[BASELINE_PATH];
    const size_t n = strlen(what);
    if (strchr(what, '/') || (n > 5 && !strcmp(what + n - 5, ".json")))
        return open_file(b, what, err);
    int code = baseline_folder(folder, dir, err);
    if (!code)
        code = look_here(&here, err);
    if (!code)
        code = baseline_load_fitting(b, folder, &here, what, err);
    return code == QK_ERR_INVALID ? QK_ERR_ARG : code;
}
