/* SPDX-License-Identifier: MIT */
/*
 * A stored baseline: what a machine's cases were when somebody said "from here on". It is a text file that is
 * reviewed in git, <folder>/<machine>/<name>.json (fields.c): sorted keys, reals to six digits, one member on
 * a line. It names no host, and says once why a counter could be counted in no case. Version 1, which did
 * not, is read, too.
 *
 * What is kept of a case is its speed-up over the reference of the same run, which a slow minute of the
 * machine leaves alone. An absolute time is never judged.
 */
#pragma once

#include "baselines/gate/verdict.h"
#include "harness/breakdown/breakdown.h"
#include "harness/records/fields.h"

/* What baselines may be called: `compare` would take X.json for a file. */
#define BASELINE_NAME_PATTERN "^(?!.*\\.json$)[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"
enum { BASELINE_FILE_VERSION = 2, BASELINE_FILE_NAME = 65, BASELINE_PATH = 4096 };

/* A component of a staged variant. */
struct baseline_part {
    char name[16];
    struct bench_interval ns; /* of one call, 95 %; may be negative (harness/breakdown/breakdown.h) */
    double share;             /* of the total, in per cent; all of a case are 100 together */
};

/* A change that was accepted: what stood here before. */
struct baseline_accepted {
    char date[40];   /* when */
    char commit[48]; /* of the result that was accepted */
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
     * Over the reference. Of several launches it is exp of the median of ln. Its ends are the farthest of the
     * launches' ends. The median over launches lies within them at least as often as the values of 5 launches
     * cover it (94 %).
     */
    struct bench_interval speedup;
    double spread;    /* largest less smallest ln speed-up of the launches; NaN when there was one launch */
    char *spread_why; /* why there is none; owned, else NULL */
    /*
     * Of one call, exact, on the op's smallest shape only. NaN with the reason. Of kinds, name and value are
     * used.
     */
    double instructions;
    char *instructions_why; /* owned; beside a count a remark, else NULL */
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

/* A case that the run had and that has no figures. */
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
    size_t launches;  /* whose median the figures are, >= 1 */
    char shapes[256]; /* shape set or file they came from */
    size_t count;
    struct baseline_case *cases; /* owned, by name */
    size_t absent_count;
    struct baseline_absent *absent; /* owned, by name; of a fresh one only, never stored */
};

/*
 * sets[count >= 1], one per launch, are of one machine and toolchain. bd is NULL for none, and no_breakdown
 * then says why. A case is kept when it is ok and has a speed-up in every launch. The others are `absent`.
 * Free on success. QK_ERR_INVALID when the launches do not belong together or no case is left. QK_ERR_ARG for
 * a bad name. QK_ERR_MEMORY.
 */
int baseline_make(struct baseline *b, const char *name, const struct bench_sample_set *const *sets,
                  size_t count, const struct bench_breakdown *bd, const char *no_breakdown,
                  struct qk_error *err);
void baseline_free(struct baseline *b);
/*
 * Behind those of an owned list, whose texts are copied. False when memory is refused; free the list in any
 * case.
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
/* Drops the cases and absences that `wanted` does not want. */
void baseline_keep(struct baseline *b, bool (*wanted)(void *ctx, const char *name), void *ctx);
/* A zeroed *to becomes a copy. False when memory is refused. Free with baseline_case_free in any case. */
bool baseline_case_copy(struct baseline_case *to, const struct baseline_case *from);
void baseline_case_free(struct baseline_case *c);

/*
 * Every case of `result` that baseline_differs (compare.h) from the one in *b takes its place. The old
 * figures go into its history with date and reason. A new case is added. One that `result` does not have
 * stays as it is. *changed says how many. *b is unchanged on error.
 *   QK_ERR_INVALID  the two are of different machines, compilers or ABI; names what differs (flags may
 *                   differ)
 *   QK_ERR_ARG      a reason that is empty or longer than 199 bytes
 *   QK_ERR_MEMORY
 */
int baseline_accept(struct baseline *b, const struct baseline *result, const char *reason, const char *date,
                    size_t *changed, struct qk_error *err);

extern const struct bench_fields baseline_fields; /* its schema; of a struct of fields.c */
/* Strict JSON to an open stream. QK_ERR_IO, QK_ERR_MEMORY. */
int baseline_write(const struct baseline *b, FILE *to, struct qk_error *err);
/*
 * Reads strictly. It refuses unknown, missing or doubled members, cases out of order, intervals that do not
 * hold their value, a hash that the identity does not give, ... What was read is written as the same bytes.
 * QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_FORMAT with the JSON path (line and column where it is no JSON). Free on
 * success only.
 */
int baseline_read(struct baseline *b, const char *path, struct qk_error *err);
/* The same of what was loaded already; `path` is for messages. */
int baseline_take_json(struct baseline *b, const json_t *json, const char *path, struct qk_error *err);

/*
 * Where they are: in `dir`, else in $QK_BASELINES (empty counts as not set), else in baselines/data below the
 * current directory, which must exist then. QK_ERR_ARG naming both when there is none.
 */
int baseline_folder(char to[BASELINE_PATH], const char *dir, struct qk_error *err);
/*
 * Vendor-family-model-stepping, vm or metal, CPUs: "genuineintel-6-106-6-vm-2cpu"; "x" is what is not known.
 */
void baseline_machine(const struct bench_environment *env, char to[80]);
/* QK_ERR_ARG unless 1 to 64 of A-Z a-z 0-9 . _ - without a dot in front. */
int baseline_check_name(const char *name, struct qk_error *err);
/* <folder>/<machine>/<name>.json. QK_ERR_ARG for a bad name or a path that is too long. */
int baseline_path(char to[BASELINE_PATH], const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err);
/*
 * Reads <folder>/<machine>/<name>.json, which must be of that name. QK_ERR_INVALID when there is none, with
 * those that there are. Otherwise as baseline_read.
 */
int baseline_load(struct baseline *b, const char *folder, const struct bench_environment *env,
                  const char *name, struct qk_error *err);
/*
 * Writes it whole or not at all, making the folders. An old one of the name is replaced. Into to[] goes its
 * path.
 */
int baseline_save(const struct baseline *b, const char *folder, char to[BASELINE_PATH], struct qk_error *err);

/* What baseline_save would end with, before there is anything to save; no file is left. */
int baseline_can_save(const char *folder, const struct bench_environment *env, const char *name,
                      struct qk_error *err);

/* A file below a folder of baselines. */
struct baseline_entry {
    char machine[80], name[BASELINE_FILE_NAME], path[BASELINE_PATH];
};
/*
 * All of them by machine and name; machine NULL: of every one. *list is the caller's. QK_ERR_IO,
 * QK_ERR_MEMORY.
 */
int baseline_list(struct baseline_entry **list, size_t *count, const char *folder, const char *machine,
                  struct qk_error *err);
