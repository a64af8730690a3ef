/* SPDX-License-Identifier: MIT */
/*
 * Campaigns: runs of the gate on builds whose difference is known, one JSON line each. `qkbench calibrate`
 * makes them. From them follows how often the gate is right on a machine.
 */
#pragma once

#include "baselines/campaigns/chances.h"
#include "baselines/gate/policy.h"
#include "harness/records/fields/fields.h"
#include "kernels/table/table.h"

/* What the candidate is. The first two are unchanged, so that a REGRESSION is a false alarm. */
enum baseline_arm {
    BASELINE_ARM_SAME,    /* the base's file once more */
    BASELINE_ARM_REBUILT, /* the same objects, linked in another order */
    BASELINE_ARM_CALLS,   /* the same file, and more calls per slice (gate --inject) */
    BASELINE_ARM_STAGE,   /* a build with a slower stage; how much slower is only measured */
    BASELINE_ARMS
};
extern const char *const baseline_arm_names[BASELINE_ARMS + 1]; /* "same", "rebuilt", ..., NULL */
static inline bool baseline_arm_is_slowed(enum baseline_arm arm)
{
    return arm >= BASELINE_ARM_CALLS;
}

/* As margins of a policy call them: kernels by where their data is, and whole models. */
enum baseline_class { BASELINE_CLASS_CACHE, BASELINE_CLASS_DRAM, BASELINE_CLASS_E2E, BASELINE_CLASSES };
extern const char *const baseline_class_names[BASELINE_CLASSES + 1]; /* "cache", "dram", "e2e", NULL */

struct baseline_campaign_case {
    char name[BASELINE_NAME];
    enum baseline_role role;
    enum baseline_class memory;
    enum baseline_verdict verdict;
    double ratio;      /* NaN: not timed */
    double half_width; /* of the ratio's 95 % interval; 0 or NaN: not known */
    double extra;      /* share of extra work really done */
    double must_catch;
    double seconds; /* until the verdict */
};

struct baseline_campaign_run {
    char machine[80]; /* baseline_machine */
    char cpu[64], commit[48], date[40];
    enum baseline_arm arm;
    double asked; /* share of extra calls that was asked for; else 0 */
    bool busy, neighbour;
    char suite[160];
    uint64_t seed;
    enum baseline_verdict verdict;
    char reason[400]; /* of a run that is INVALID */
    double seconds;
    size_t count;
    struct baseline_campaign_case *cases; /* owned */
};
extern const struct bench_fields baseline_campaign_fields;
/* Is it a whole model that the run judged? Then no kernels are beside it. */
bool baseline_campaign_is_whole(const struct baseline_campaign_run *run);

struct baseline_campaign {
    size_t count, room;
    struct baseline_campaign_run *runs; /* owned */
};

/*
 * What a gate found, as a run. `run` has all but what the report says, and `policy` is the gate's: a report
 * has no margins for what was not timed. QK_ERR_MEMORY.
 */
int baseline_campaign_make(struct baseline_campaign_run *run, const struct baseline_report *report,
                           const struct baseline_policy *policy, struct qk_error *err);
/* Takes over *run. QK_ERR_MEMORY: *run is freed. */
int baseline_campaign_add(struct baseline_campaign *c, struct baseline_campaign_run *run,
                          struct qk_error *err);
void baseline_campaign_free(struct baseline_campaign *c);

/*
 * Reads a file and adds its runs. A last line that was torn, because its writer was killed, is left out and
 * *torn says so (NULL: it is an error). Codes of bench_json_lines. Free *c in any case.
 */
int baseline_campaign_read(struct baseline_campaign *c, const char *path, bool *torn, struct qk_error *err);
/*
 * A file that runs are appended to. It may be new or hold runs. A torn last line is cut off when it opens.
 * QK_ERR_IO, and the codes of baseline_campaign_read. Returns a descriptor.
 */
int baseline_campaign_open(const char *path, struct baseline_campaign *held, struct qk_error *err);
/* Writes the run behind all others and waits until it is on the disk. QK_ERR_IO, QK_ERR_MEMORY. */
int baseline_campaign_append(int fd, const char *path, const struct baseline_campaign_run *run,
                             struct qk_error *err);

/* What runs of one kind found in cases of one memory class, by half per cents of extra work. */
struct baseline_campaign_row {
    const struct baseline_campaign_run *of; /* one of the runs: machine, arm, busy, neighbour */
    const char *name;                       /* of a case; of a slower stage the row's only one */
    enum baseline_class memory;
    double must_catch;
    double extra; /* mean of what was timed; of a slower stage the median ratio less 1; NaN: nothing was */
    size_t runs;
    /* Of its cases: REGRESSION in a run that is not INVALID. For unchanged arms these are false alarms. */
    struct baseline_rate caught;
    size_t verdicts[BASELINE_VERDICTS]; /* of its cases; all are INVALID in a run that is */
    double median_s, late_s, longest_s; /* to the verdict; late: 95 % are earlier */
    double spread;                      /* largest sd of a case's ratio over the runs; NaN: fewer than two */
    double half_width;                  /* median of those of its cases; NaN: not known */
};
/* What runs of one unchanged kind ended with, all cases together. */
struct baseline_campaign_alarm {
    const struct baseline_campaign_run *of;
    struct baseline_rate alarms; /* runs that ended with REGRESSION */
    size_t verdicts[BASELINE_VERDICTS];
    double median_s, longest_s;
};
struct baseline_campaign_summary {
    size_t count, alarm_count;
    struct baseline_campaign_row *rows;     /* by machine, noise, memory, margin, kind, size */
    struct baseline_campaign_alarm *alarms; /* by machine, noise, kernels or model, kind */
};
/* Borrows the runs and sorts them. Free in any case. QK_ERR_MEMORY. */
int baseline_campaign_summary(struct baseline_campaign *c, struct baseline_campaign_summary *s,
                              struct qk_error *err);
/*
 * Adds up the runs of all machines beside the noise of alarms[i], kernels or models, whatever their kind.
 * False when there is only one machine, or an earlier alarm has that noise. Its times are NaN.
 */
bool baseline_campaign_together(const struct baseline_campaign_summary *s, size_t i,
                                struct baseline_campaign_alarm *all);
void baseline_campaign_summary_free(struct baseline_campaign_summary *s);
/*
 * The smallest slow-down that was caught in 95 % of the cases, as was every larger one, with the row's
 * machine, noise, memory and margin. NULL: none was. *row may be any of these.
 */
const struct baseline_campaign_row *baseline_campaign_least(const struct baseline_campaign_summary *s,
                                                            const struct baseline_campaign_row *row);
/* Are these rows of one machine, noise, memory and margin? */
bool baseline_campaign_alike(const struct baseline_campaign_row *a, const struct baseline_campaign_row *b);

/*
 * One line about the machine of `env`: "on this machine +1.00 % in cache is caught in 99 of 100 runs". It is
 * made from the file baselines/campaigns/MACHINE.jsonl of the data folder (harness/machine/datafile.h), from
 * runs of kernels without noise of ours. Empty when there is no such file or it has no such runs. An
 * unreadable file is an error; then *to is empty, too.
 */
int baseline_campaign_quote(const struct bench_environment *env, char *to, size_t size, struct qk_error *err);
