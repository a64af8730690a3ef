/* SPDX-License-Identifier: MIT */
/* The names of baselines, and the paths of their files. */
#include "baselines/stored/baseline.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_number(char *to, size_t size, int x)
{
    const size_t used = strlen(to);
    if (x < 0)
        snprintf(to + used, size - used, "-x");
    else
        snprintf(to + used, size - used, "-%d", x);
}

void baseline_machine(const struct bench_environment *env, char to[80])
{
    const char *kind = !*env->virtualised ? "x" : !strcmp(env->virtualised, "no") ? "metal" : "vm";
    snprintf(to, 80, "%s", *env->cpu_vendor ? env->cpu_vendor : "x");
    for (char *p = to; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
    put_number(to, 80, env->cpu_family);
    put_number(to, 80, env->cpu_model);
    put_number(to, 80, env->cpu_stepping);
    const size_t used = strlen(to);
    if (env->cpus > 0)
        snprintf(to + used, 80 - used, "-%s-%dcpu", kind, env->cpus);
    else
        snprintf(to + used, 80 - used, "-%s-xcpu", kind);
}

int baseline_check_name(const char *name, struct qk_error *err)
{
    const int fits = bench_text_matches(BASELINE_NAME_PATTERN, name);
    if (fits)
        return fits > 0 ? 0 : qk_fail(err, fits, NULL, "no memory to look at a name");
    return qk_fail(err, QK_ERR_ARG, "name",
                   "'%.80s' is no name of a baseline; expected 1 to %d of A-Z a-z 0-9 . _ - without a dot in "
                   "front or .json at the end",
                   name, BASELINE_FILE_NAME - 1);
}

int baseline_path(char to[BASELINE_PATH], const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err)
{
    char machine[80];
    const int code = baseline_check_name(name, err);
    if (code)
        return code;
    baseline_machine(env, machine);
    const int n = snprintf(to, BASELINE_PATH, "%s/%s/%s.json", folder, machine, name);
    return n > 0 && n < BASELINE_PATH
               ? 0
               : qk_fail(err, QK_ERR_ARG, name, "its path would be %d bytes long; at most %d", n,
                         BASELINE_PATH - 1);
}
