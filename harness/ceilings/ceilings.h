/* SPDX-License-Identifier: MIT */
/*
 * Limits of this machine. How fast can memory of each level be read, written, copied, and written past the
 * caches, by one thread and by one thread per CPU? How many instructions of each kind does a core execute?
 * What are the clocks?
 *
 * A limit is a maximum, and other load on the machine only slows a loop down. So every loop is run many
 * times, briefly, in rounds over all loops in a drawn order. The fastest repetition is the ceiling. The
 * median shows how often the machine let the loop reach it.
 *
 * Peaks depend on the core's clock alone, which neighbours move both ways. 512-bit multiplies were seen at
 * 2.8 GHz, and at 2.9 or 3.0 for some ms at a time, while other cores were idle. In DRAM, a burst may find
 * the neighbours' memory idle. The ceiling of peaks and of DRAM is therefore what the fastest repetitions of
 * three turns in four do not exceed.
 */
#pragma once

#include "harness/ceilings/loops.h"
#include "harness/machine/environment.h"
#include "harness/machine/job.h"
#include "harness/machine/pinning.h"
#include "harness/records/fields/fields.h"

enum {
    BENCH_CEILINGS_SCHEMA_VERSION = 2,
    BENCH_REGISTERS = 0, /* levels 1, 2, 3 are the caches */
    BENCH_DRAM = 4,
};

struct bench_ceiling {
    const struct bench_ceiling_loop *loop;
    int level;    /* BENCH_REGISTERS for peaks, 1 to 3, BENCH_DRAM */
    int threads;  /* one, or one on each CPU allowed */
    size_t bytes; /* working set of each thread; 0 for peaks and for a level that cannot be measured */
    /* GB/s (1e9 bytes of all threads; a copy counts both ways), or instructions per ns. NaN with a reason. */
    double best, median;
    double spread; /* how far the ceilings of the run's three thirds differ, as a share; NaN when not known */
    /* For peaks: best per cycle of the clock that was estimated right after each turn. NaN when not known. */
    double per_cycle;
    size_t repetitions;
    char reason[128]; /* why there are no numbers; empty when there are */
};

struct bench_ceilings {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu;                      /* where one thread ran */
    int threads;                  /* number of threads of the other rows */
    uint64_t dropped_repetitions; /* repetitions on which the clock stood still or went back */
    double timer_step_ns;         /* smallest step of bench_clock_ns that was seen */
    double timer_cost_ns;         /* cost of one call */
    double clock_ghz, clock_best; /* estimated beside the rounds: median and fastest; NaN with clock_why */
    char clock_why[96];
    double huge_share; /* share of the DRAM buffers that got huge pages */
    double seconds;    /* time that all of it took */
    bool cramped;      /* memory was too short for DRAM; not in the file */
    size_t count;
    struct bench_ceiling *rows; /* owned; sorted by kind, level, threads, ISA level */
};

struct bench_ceilings_config {
    /* quick: about 2 s instead of 25 s, with fewer repetitions. cpu: where the one thread runs. */
    struct bench_job job;
    /* The CPUs that were allowed before the caller was pinned. The other threads run on these. */
    const struct bench_cpus *allowed;
    /*
     * With readers: only how fast so many threads read DRAM, each number at most that of the CPUs allowed. It
     * takes half a second. NULL: everything.
     */
    const size_t *readers;
    size_t reader_count;
};

/*
 * Measures everything into *c. Its environment must have been read, because that tells the cache sizes. What
 * cannot be measured here is a row with its reason. All started threads have ended on return, also after an
 * error. Free with bench_ceilings_free in any case.
 * - QK_ERR_INVALID: the clock is too coarse, or nothing could be timed with it
 * - QK_ERR_MEMORY: also when the buffers cannot be mapped
 * - QK_ERR_INTERNAL: a thread cannot be started or pinned
 * - QK_ERR_IO: a CPU was taken away meanwhile
 * - QK_ERR_INTERRUPTED
 */
int bench_ceilings_measure(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                           struct qk_error *err);
/* Empties a *c whose environment is set: no rows, and nothing is known. */
void bench_ceilings_init(struct bench_ceilings *c);
void bench_ceilings_free(struct bench_ceilings *c);

/* Writes a name like "read/L2/AVX512/1" or "fma/AVX2" to `to`; to[64] is enough. Returns `to`. */
char *bench_ceiling_name(const struct bench_ceiling *row, char *to, size_t size);
/* "registers", "L1", ..., "DRAM", NULL. */
extern const char *const bench_ceiling_levels[];
/* The clock at which a peak runs: best / per_cycle. NaN when not known. */
double bench_ceiling_ghz(const struct bench_ceiling *row);
/*
 * The row with the largest `best` of that kind, level and number of threads, over all ISA levels. NULL when
 * none was measured. Of `read`, those of read_ahead and read_lines count too.
 */
const struct bench_ceiling *bench_ceilings_find(const struct bench_ceilings *c, enum bench_ceiling_kind kind,
                                                int level, int threads);
/*
 * The best rate in GB/s at which that many threads read from DRAM. NaN when not measured. `ceilings` is a
 * struct bench_ceilings.
 */
double bench_ceilings_dram_read(const void *ceilings, size_t threads);

/* Reals keep seven digits. Writing what was measured, and writing what was read back, give the same bytes. */
extern const struct bench_fields bench_ceilings_fields;
/*
 * Reads and validates a file that was written. *c needs no init. Free it on success only. QK_ERR_IO,
 * QK_ERR_MEMORY, QK_ERR_FORMAT with the JSON path or line and column.
 */
int bench_ceilings_read_json(struct bench_ceilings *c, const char *path, struct qk_error *err);
/* The same of what was loaded already; `path` is for messages. */
int bench_ceilings_take_json(struct bench_ceilings *c, const json_t *json, const char *path,
                             struct qk_error *err);

/*
 * Reads what is kept of that fingerprint (records/kept.h). Returns 0 with *found false when nothing is kept.
 * Fails as reading does. QK_ERR_FORMAT also when the file belongs to another fingerprint.
 */
int bench_ceilings_load(struct bench_ceilings *c, const char *fingerprint, bool *found, struct qk_error *err);
/* QK_ERR_IO, QK_ERR_MEMORY. */
int bench_ceilings_store(const struct bench_ceilings *c, struct qk_error *err);
