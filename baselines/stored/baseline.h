/* SPDX-License-Identifier: MIT */
/*
 * A stored baseline: what a machine's cases were when somebody said "from here on". It is a text file that
 * is reviewed in git, <folder>/<machine>/<name>.json (fields.c). Its keys are sorted, its reals have six
 * digits, and each member has a line. It names no host. When a counter could be counted in no case, it says
 * so once, with the reason. Files of version 1, which repeat the reason in every case, are read too.
 *
 * For each case it keeps the speed-up over the reference of the same run, because a slow minute of the
 * machine does not change that. An absolute time is never judged.
 */
#pragma once

#include "baselines/gate/verdict.h"
#include "harness/breakdown/breakdown.h"
#include "harness/records/fields/fields.h"

/* The names a baseline may have. X.json is none, because `compare` takes that for a file. */
#define BASELINE_NAME_PATTERN "^(?!.*\\.json$)[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"
enum { BASELINE_FILE_VERSION = 2, BASELINE_FILE_NAME = 65, BASELINE_PATH = 4096 };

/* A component of a staged variant. */
struct baseline_part {
    char name[16];
    struct bench_interval ns; /* of one call, 95 %; may be negative (harness/breakdown/breakdown.h) */
    double share;             /* of the total, in per cent; the shares of a case add up to 100 */
};

/* An accepted change: what stood here before. */
struct baseline_accepted {
    char date[40];   /* of the acceptance */
    char commit[48]; /* of the accepted result */
    char reason[200];
    struct bench_interval speedup; /* before */
    double instructions;           /* before; NaN when not known */
};

struct baseline_case {
    char name[BASELINE_NAME];  /* op/variant/shape */
    char *isa, *phase, *flags; /* owned */
    bool reference;            /* speed-ups are relative to it; its own is 1 and says nothing */
    double ns;                 /* median time of one call; shown, never judged */
    /*
     * Over the reference. With several launches it is exp of the median of their ln. Its ends are the
     * farthest ends of the launches' intervals. They hold the median over launches at least as often as the
     * range of 5 launches does (94 %).
     */
    struct bench_interval speedup;
    double spread;    /* largest less smallest ln speed-up of the launches; NaN when there was one launch */
    char *spread_why; /* why there is none; owned, else NULL */
    /*
     * Of one call, exact, on the op's smallest shape only. Otherwise NaN with the reason. Only name and
     * value of `kinds` are used.
     */
    double instructions;
    char *instructions_why; /* owned; beside a count it is a remark or NULL */
    size_t kind_count;
    struct bench_metric *kinds; /* owned, by name: "load"; those that occur */
    size_t counter_count;
    struct bench_metric *counters; /* owned, by name; NaN with the reason unless the value was validated */
    size_t component_count;        /* 0 with components_why */
    struct baseline_part components[BASELINE_COMPONENTS];
    char *components_why; /* owned; NULL when there are components */
    size_t history_count;
    struct baseline_accepted *history; /* owned, oldest first */
};

/* A case of the run without figures. */
struct baseline_absent {
    char name[BASELINE_NAME];
    bool failed; /* skipped otherwise */
    char reason[400];
};

struct baseline {
    char name[BASELINE_FILE_NAME];
    struct bench_environment env; /* commit, date, version, ...; not stored: host, cpu_flags, build */
    uint32_t abi;                 /* QK_KERNELS_ABI of the kernels */
    bool quick;
    size_t launches;  /* the figures are their median; >= 1 */
    char shapes[256]; /* shape set or file they came from */
    size_t count;
    struct baseline_case *cases; /* owned, by name */
    size_t absent_count;
    struct baseline_absent *absent; /* owned, by name; only in a fresh baseline, never stored */
};

/*
 * Makes a baseline of sets[count >= 1], one per launch, all of one machine and toolchain. bd is NULL for
 * none, and no_breakdown then says why. A case is kept when it is ok and has a speed-up in every launch. The
 * others are `absent`. Free on success. QK_ERR_INVALID when the launches do not belong together or no case
 * is left. QK_ERR_ARG for a bad name. QK_ERR_MEMORY.
 */
int baseline_make(struct baseline *b, const char *name, const struct bench_sample_set *const *sets,
                  size_t count, const struct bench_breakdown *bd, const char *no_breakdown,
                  struct qk_error *err);
void baseline_free(struct baseline *b);
/*
 * Appends to an owned list, and copies the texts. False when there is no memory. Free the list in any case.
 */
bool baseline_metric_add(struct bench_metric **list, size_t *count, const char *name, const char *unit,
                         double value, const char *reason);
void baseline_metrics_free(struct bench_metric *list, size_t count);
/* For qsort: cases and absences, which begin with their names. */
int baseline_by_first(const void *a, const void *b);
/* The same of struct bench_metric. */
int baseline_by_name(const void *a, const void *b);
/* A counter of a case by its name; NULL for none. */
const struct bench_metric *baseline_find_counter(const struct baseline_case *c, const char *name);
/* By name; NULL when there is none. */
struct baseline_case *baseline_find(const struct baseline *b, const char *name);
const struct baseline_absent *baseline_find_absent(const struct baseline *b, const char *name);
/* Drops the cases and absences for which `wanted` returns false. */
void baseline_keep(struct baseline *b, bool (*wanted)(void *ctx, const char *name), void *ctx);
/* A zeroed *to becomes a copy. False when there is no memory. Free with baseline_case_free in any case. */
bool baseline_case_copy(struct baseline_case *to, const struct baseline_case *from);
void baseline_case_free(struct baseline_case *c);

/*
 * Takes the cases of `result` that differ from those in *b (baseline_differs in compare.h). The old figures
 * go into a case's history, with date and reason. New cases are added. A case that `result` does not have
 * stays as it is. *changed says how many cases were taken. *b is unchanged on error.
 *   QK_ERR_INVALID  names what differs: the two are of other machines, compilers or ABIs (flags may differ)
 *   QK_ERR_ARG      a reason that is empty or longer than 199 bytes
 *   QK_ERR_MEMORY
 */
int baseline_accept(struct baseline *b, const struct baseline *result, const char *reason, const char *date,
                    size_t *changed, struct qk_error *err);

extern const struct bench_fields baseline_fields; /* its schema, for a struct of fields.c */
/* Writes strict JSON to an open stream. QK_ERR_IO, QK_ERR_MEMORY. */
int baseline_write(const struct baseline *b, FILE *to, struct qk_error *err);
/*
 * Reads strictly. It refuses unknown, missing or doubled members, cases out of order, intervals that do not
 * hold their value, a hash that does not fit the identity, and the like. Writing what was read gives the
 * same bytes. QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_FORMAT with the JSON path (line and column where it is no
 * JSON). Free on success only.
 */
int baseline_read(struct baseline *b, const char *path, struct qk_error *err);
/* The same for JSON that was loaded already; `path` is for messages. */
int baseline_take_json(struct baseline *b, const json_t *json, const char *path, struct qk_error *err);

/*
 * The folder of baselines: `dir`, else $QK_BASELINES (empty counts as not set), else baselines/data below
 * the current directory, which must exist then. QK_ERR_ARG naming both when there is none.
 */
int baseline_folder(char to[BASELINE_PATH], const char *dir, struct qk_error *err);
/*
 * Vendor-family-model-stepping, vm or metal, CPUs: "genuineintel-6-106-6-vm-2cpu". "x" stands for what is
 * not known.
 */
void baseline_machine(const struct bench_environment *env, char to[80]);
/* QK_ERR_ARG unless the name is 1 to 64 of A-Z a-z 0-9 . _ - without a dot in front. */
int baseline_check_name(const char *name, struct qk_error *err);
/* <folder>/<machine>/<name>.json. QK_ERR_ARG for a bad name or a path that is too long. */
int baseline_path(char to[BASELINE_PATH], const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err);
/*
 * Reads <folder>/<machine>/<name>.json. The name in the file must be the same. When there is no such file,
 * QK_ERR_INVALID names those that there are. Otherwise as baseline_read.
 */
int baseline_load(struct baseline *b, const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err);
/*
 * Writes the file whole or not at all, and makes its folders. It replaces an old file of the name. to[] gets
 * the path.
 */
int baseline_save(const struct baseline *b, const char *folder, char to[BASELINE_PATH], struct qk_error *err);

/* Tells early what baseline_save would return. Leaves no file. */
int baseline_can_save(const char *folder, const struct bench_environment *env, const char *name,
                      struct qk_error *err);

/* A file below a folder of baselines. */
struct baseline_entry {
    char machine[80], name[BASELINE_FILE_NAME], path[BASELINE_PATH];
};
/*
 * Lists all files by machine and name; a machine of NULL means every machine. The caller owns *list.
 * QK_ERR_IO, QK_ERR_MEMORY.
 */
int baseline_list(struct baseline_entry **list, size_t *count, const char *folder, const char *machine,
                  struct qk_error *err);
