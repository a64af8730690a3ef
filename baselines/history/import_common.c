/* SPDX-License-Identifier: MIT */
/* Keys, and what the readers of foreign results share. */
#include "baselines/history/import_private.h"

#include "harness/records/shown.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int baseline_history_key(char to[BASELINE_HISTORY_KEY], const json_t *json, const char *file,
                         struct qk_error *err)
{
    char *const text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        return qk_fail(err, QK_ERR_MEMORY, file, "no memory for its text");
    snprintf(to, BASELINE_HISTORY_KEY, "%016llx", (unsigned long long)XXH3_64bits(text, strlen(text)));
    free(text);
    return 0;
}

void baseline_history_runs_free(struct baseline_history_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        baseline_history_run_free(&runs->list[i]);
    free(runs->list);
    *runs = (struct baseline_history_runs){0};
}

struct baseline_history_run *baseline_import_run(struct baseline_history_runs *runs, const char *file,
                                                 struct qk_error *err)
{
    size_t bytes;
    const bool fits = qk_mul_size(runs->count + 1, sizeof *runs->list, &bytes);
    struct baseline_history_run *const more = fits ? realloc(runs->list, bytes) : NULL;
    if (!more) {
        qk_fail(err, QK_ERR_MEMORY, file, "no memory for %zu runs", runs->count + 1);
        return NULL;
    }
    runs->list = more;
    more[runs->count] = (struct baseline_history_run){.verdict = -1};
    return &more[runs->count++];
}

struct baseline_history_result *baseline_import_result(struct baseline_history_run *run, const char *name,
                                                       const char *file, struct qk_error *err)
{
    struct baseline_history_result *const r = baseline_history_run_add(run, name);
    if (!r) {
        qk_fail(err, QK_ERR_MEMORY, file, "no memory for %zu cases", run->count + 1);
        return NULL;
    }
    snprintf(r->parent.reason, sizeof r->parent.reason, "%s holds nothing against a parent",
             baseline_history_sources[run->source]);
    snprintf(r->pinned.reason, sizeof r->pinned.reason, "no pinned release was measured");
    snprintf(r->instructions_reason, sizeof r->instructions_reason, "%s counted none",
             baseline_history_sources[run->source]);
    return r;
}

int baseline_import_head(struct baseline_history_run *run, const char *date, const char *commit,
                         const json_t *json, const char *file, struct qk_error *err)
{
    bench_show(run->commit, sizeof run->commit, commit ? commit : "", "");
    if (!baseline_history_time(date, &run->time))
        return qk_fail(err, QK_ERR_FORMAT, file,
                       "found the date \"%.60s\", expected one as 2026-01-02T03:04:05+00:00", date);
    return baseline_history_key(run->key, json, file, err);
}

/* The fingerprint of a machine of which only this is known. */
int baseline_import_machine(struct baseline_history_run *run, json_t *known, const char *cpu,
                            const char *file, struct qk_error *err)
{
    const int code = known ? baseline_history_key(run->machine.fingerprint, known, file, err)
                           : qk_fail(err, QK_ERR_MEMORY, file, "no memory for a fingerprint");
    json_decref(known);
    bench_show(run->machine.cpu, sizeof run->machine.cpu, cpu, "");
    return code;
}
