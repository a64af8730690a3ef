/* SPDX-License-Identifier: MIT */
/*
 * Limits of this machine. How fast can memory of each level be read, written, copied, and written past the
 * caches, by one thread and by one per CPU? How many instructions of each kind does a core execute? What are
 * the clocks?
 *
 * A limit is a maximum, and whatever else runs on the machine only slows a loop down. So every loop is run
 * many times, briefly, in rounds over all of them whose order is drawn, and the fastest repetition is the
 * ceiling. The median says how often the machine let it be reached.
 *
 * Peaks hang on the core's clock alone, which neighbours move both ways. 512-bit multiplies were seen to run
 * at 2.8 GHz, and for some ms at a time, while other cores were idle, at 2.9 or 3.0. Of peaks the ceiling is
 * therefore what the fastest repetitions of three turns in four do not exceed.
 */
#pragma once

#include "harness/ceilings/loops.h"
#include "harness/machine/environment.h"
#include "harness/machine/job.h"
#include "harness/machine/pinning.h"
#include "harness/records/fields.h"

enum {
    BENCH_CEILINGS_SCHEMA_VERSION = 2,
    BENCH_REGISTERS = 0, /* levels: 1, 2, 3 are the caches */
    BENCH_DRAM = 4,
};

struct bench_ceiling {
    const struct bench_ceiling_loop *loop;
    int level;    /* BENCH_REGISTERS for peaks, 1 to 3, BENCH_DRAM */
    int threads;  /* one, or one on each CPU allowed */
    size_t bytes; /* working set of each thread; 0 for peaks and for a level that cannot be measured */
    /* GB/s (1e9 bytes of all threads; a copy counts both ways), or instructions per ns. NaN with a reason. */
    double best, median;
    double spread; /* how far the ceilings of the run's three thirds differ, a share; NaN without them */
    /* Of peaks: by the clock estimated behind each turn, as best is found. NaN when not known. */
    double per_cycle;
    size_t repetitions;
    char reason[128]; /* why there are no numbers; empty when there are */
};

struct bench_ceilings {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu;                      /* where one thread ran */
    int threads;                  /* how many the others were */
    uint64_t dropped_repetitions; /* that the clock spoilt: it stood still or went back */
    double timer_step_ns;         /* smallest step of bench_clock_ns that was seen */
    double timer_cost_ns;         /* of one call */
    double clock_ghz, clock_best; /* estimated beside the rounds: median and fastest; NaN with clock_why */
    char clock_why[96];
    double huge_share; /* of the DRAM buffers: what came of asking for huge pages */
    double seconds;    /* all of it */
    bool cramped;      /* there was not memory enough for DRAM; not in the file */
    size_t count;
    struct bench_ceiling *rows; /* owned; kind by kind, level by level, threads, ISA levels */
};

struct bench_ceilings_config {
    struct bench_job job; /* quick: about 2 s instead of 25 s, fewer repetitions; cpu: for one thread */
    const struct bench_cpus *allowed; /* as it was before the caller was pinned: where the other threads go */
};

/*
 * Measures everything into *c, whose environment must have been read (it tells the cache sizes). What cannot
 * be measured here is a row with its reason. Threads that were started have ended in any case. Free with
 * bench_ceilings_free in any case.
 *   QK_ERR_INVALID   the clock is too coarse, or nothing could be timed by it
 *   QK_ERR_MEMORY    also when the buffers cannot be mapped
 *   QK_ERR_INTERNAL  a thread cannot be started
 *   QK_ERR_INTERRUPTED
 */
int bench_ceilings_measure(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                           struct qk_error *err);
/* For *c whose environment is set: no rows, nothing known. */
void bench_ceilings_init(struct bench_ceilings *c);
void bench_ceilings_free(struct bench_ceilings *c);

/* "read/L2/AVX512/1", "fma/AVX2"; to[64] is enough. Returns to. */
char *bench_ceiling_name(const struct bench_ceiling *row, char *to, size_t size);
/* "registers", "L1", ..., "DRAM", NULL. */
extern const char *const bench_ceiling_levels[];
/* At which a peak runs: best / per_cycle; NaN when not known. */
double bench_ceiling_ghz(const struct bench_ceiling *row);
/*
 * The largest best of that kind, level and number of threads over all ISA levels. NULL when none was
 * measured.
 */
const struct bench_ceiling *bench_ceilings_find(const struct bench_ceilings *c, enum bench_ceiling_kind kind,
                                                int level, int threads);
/*
 * The best rate in GB/s at which so many threads read from DRAM. NaN when not measured. ceilings: a struct
 * bench_ceilings.
 */
double bench_ceilings_dram_read(const void *ceilings, size_t threads);

/* Reals keep seven digits. What was measured or read is written the same each time. */
extern const struct bench_fields bench_ceilings_fields;
/*
 * Reads and validates what was written. *c needs no init, and must be freed on success only. QK_ERR_IO,
 * QK_ERR_MEMORY, QK_ERR_FORMAT with the JSON path or line and column.
 */
int bench_ceilings_read_json(struct bench_ceilings *c, const char *path, struct qk_error *err);

/*
 * Reads what is kept of that fingerprint (records/kept.h). When none is, returns 0 and *found is false.
 * Errors of reading. QK_ERR_FORMAT also for a file that holds another fingerprint's.
 */
int bench_ceilings_load(struct bench_ceilings *c, const char *fingerprint, bool *found, struct qk_error *err);
/* QK_ERR_IO, QK_ERR_MEMORY. */
int bench_ceilings_store(const struct bench_ceilings *c, struct qk_error *err);
