/* SPDX-License-Identifier: MIT */
/*
 * Which row of an op is the fastest on this machine, from cache and from DRAM? The rows of an op that can run
 * here are timed against each other on one set of buffers, in rounds whose order is drawn.
 *
 * The usual row is the last of the table. Another takes its place only when its speed-up is proven to be more
 * than can be ignored; else the table's order stays. Where two right rows may differ in bits (qk_case's
 * `bounded`) nothing is chosen, so a choice never changes a result.
 */
#pragma once

#include "harness/machine/environment.h"
#include "harness/machine/job.h"
#include "harness/records/fields/fields.h"
#include "harness/records/stats.h"

enum { BENCH_TUNE_SCHEMA_VERSION = 1, BENCH_TUNE_NAME = 40 };
#define BENCH_TUNE_IGNORABLE 0.01 /* a row that is not proven to gain more is no faster */

/* A row of the op that can run here. */
struct bench_tuned_row {
    char variant[BENCH_TUNE_NAME];
    double ns; /* of a call, median over the blocks; NaN: not timed */
    /* How many times as fast as the usual row, with its interval. NaN for that row, and when not timed. */
    struct bench_interval gain;
    char reason[160]; /* why it was not timed; empty when it was */
};

/* An op from one memory class. */
struct bench_tuned {
    char op[BENCH_TUNE_NAME];
    enum qk_memory memory;
    char date[40];  /* when it was measured */
    char shape[72]; /* empty when nothing was timed */
    size_t blocks;
    char chosen[BENCH_TUNE_NAME]; /* the usual row, which is the last, when nothing is proven */
    size_t count;
    struct bench_tuned_row *rows; /* owned; in table order */
    char reason[160];             /* why nothing was timed; empty when it was */
    bool left_out;                /* because the budget was spent; not in the file */
};

struct bench_tune {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu;
    double seconds;     /* all of the last measuring */
    size_t cache_bytes; /* calls that touch more read from DRAM */
    size_t count;
    struct bench_tuned *ops; /* owned */
};

struct bench_tune_config {
    struct bench_job job; /* budget_s: of all, the checks included */
    const bool *ops;      /* [QK_OP_COUNT]: which to measure */
    size_t dram_bytes;    /* of the buffers of the second class; 0: bench_tune_dram_bytes */
};

/*
 * How much a stream from DRAM walks over, with an L3 of that size (0: not known). Caches must not hold it,
 * nor its page tables. Under a hypervisor that backs it with pages of 4 KiB, those of 64 MiB take 128 KiB.
 * Rows that differed by 35 % over 256 MiB were equal over 64 (i2s16_gemv, Zen 5).
 */
static inline size_t bench_tune_dram_bytes(size_t l3)
{
    const size_t least = (size_t)256 << 20;
    return 2 * l3 > least ? 2 * l3 : least;
}

/*
 * Measures into *t, whose environment must have been read. What cannot be measured here is an entry with its
 * reason; so is what the budget did not suffice for. Free with bench_tune_free in any case.
 *   QK_ERR_CHECK    a row's results are wrong; it is not chosen, and nothing is to be stored
 *   QK_ERR_INVALID  the clock is too coarse
 *   QK_ERR_MEMORY, QK_ERR_INTERRUPTED, QK_ERR_IO
 */
int bench_tune_measure(struct bench_tune *t, const struct bench_tune_config *cfg, struct qk_error *err);
void bench_tune_free(struct bench_tune *t);
/* Takes what was left out from *t and moves there what `old` has that *t has not. QK_ERR_MEMORY. */
int bench_tune_add(struct bench_tune *t, struct bench_tune *old, struct qk_error *err);

/*
 * Of arms in table order, the place of the one to choose. ns: [blocks][arms][rounds], positive. gain[arms]:
 * each arm's speed-up over the last, NaN for the last. From the last arm on, an earlier one is taken when the
 * interval of its speed-up over what is taken lies above 1 + BENCH_TUNE_IGNORABLE. The level is 95 % for all
 * comparisons together. QK_ERR_MEMORY.
 */
int bench_tune_decide(const double *ns, size_t blocks, size_t arms, size_t rounds,
                      struct bench_interval *gain, struct qk_error *err);

/*
 * What was chosen, as rows of the table. Entries whose rows are not the op's rows that can run here are left
 * out: *stale counts them.
 */
void bench_tune_choices(const struct bench_tune *t, const struct qk_table *table, const struct qk_cpu *cpu,
                        struct qk_choices *to, size_t *stale);
/* The row that an entry chose, and the usual one: those of the last row are both. */
const struct bench_tuned_row *bench_tuned_chosen(const struct bench_tuned *op);

extern const struct bench_fields bench_tune_fields;
/* Reads and validates. *t is to be freed on success only. QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_FORMAT. */
int bench_tune_read_json(struct bench_tune *t, const char *path, struct qk_error *err);
/*
 * Reads what is kept of that fingerprint (records/kept.h). When none is, returns 0 and *found is false.
 * Errors of reading. QK_ERR_FORMAT also for a file that holds another fingerprint's.
 */
int bench_tune_load(struct bench_tune *t, const char *fingerprint, bool *found, struct qk_error *err);
/* QK_ERR_IO, QK_ERR_MEMORY. */
int bench_tune_store(const struct bench_tune *t, struct qk_error *err);
