/* SPDX-License-Identifier: MIT */
/* The doctor's JSON. */
#include "harness/doctor/private.h"

#define FIELD_OF struct bench_finding
static const struct bench_field finding_fields[] = {
    FIELD(TEXT, "name", name, "", 0, .pattern = "^[a-z][a-z0-9_]*$"),
    FIELD(WORD, "verdict", health, "", 0, .words = bench_health_words),
    FIELD(BOOLEAN, "fatal", fatal, "Measuring is meaningless here: bad."),
    FIELD(TEXT, "found", found, "", BENCH_FILLED),
    FIELD(TEXT, "costs", costs, "What it does to results; null when ok.", BENCH_OR_NULL | BENCH_FILLED),
    FIELD(TEXT, "mend", mend, "A command or kernel option; null when nothing can or need be done.",
          BENCH_OR_NULL | BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields finding = {FIELDS(struct bench_finding, finding_fields), .closed = true};

#define FIELD_OF struct bench_spread
static const struct bench_field spread_fields[] = {
    FIELD(REAL, "low", low, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "median", median, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "high", high, "", BENCH_OR_NULL, FIELD_RATIO),
};
#undef FIELD_OF
static const struct bench_fields spread = {FIELDS(struct bench_spread, spread_fields),
                                           .about = "5th percentile, median, 95th.", .closed = true};

#define FIELD_OF struct bench_aa
static const struct bench_field noise_fields[] = {
    FIELD(TEXT, "case", name, "", BENCH_OR_NULL),
    FIELD(INTEGER, "bytes", bytes, ""),
    FIELD(INTEGER, "blocks", blocks, ""),
    FIELD(INTEGER, "pairs", pairs, ""),
    FIELD(REAL, "ratio", ratio.value, "Of paired times.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "low", ratio.low, "Of its 95 % sign-test interval.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "high", ratio.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(OBJECT, "ns", ns, "Plain times of one call.", .of = &spread),
    FIELD(TEXT, "reason", why, "Why not measured.", BENCH_OR_NULL | BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields noise = {FIELDS(struct bench_aa, noise_fields),
                                          .about = "A variant against itself.", .closed = true};

#define FIELD_OF struct bench_limit
static const struct bench_field limit_fields[] = {
    FIELD(COPY, "name", name, "", 0, .pattern = "^[a-z][a-z0-9_]*$"),
    FIELD(REAL, "value", value, "", 0, FIELD_RATIO),
    FIELD(COPY, "unit", unit, "", BENCH_FILLED),
    FIELD(COPY, "why", why, "", BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields limit = {FIELDS(struct bench_limit, limit_fields), .closed = true};

static bool next_limit(const void *doctor, void *row)
{
    struct bench_limit *to = row;
    (void)doctor;
    size_t next = 0;
    while (to->name && bench_limits[next++].name != to->name)
        continue;
    if (next < BENCH_LIMITS)
        *to = bench_limits[next];
    return next < BENCH_LIMITS;
}

static json_t *worst(const void *doctor)
{
    return json_string(bench_health_words[bench_doctor_worst(doctor)]);
}

static json_t *fatal(const void *doctor)
{
    return json_boolean(bench_doctor_fatal(doctor) != NULL);
}

#define FIELD_OF struct bench_doctor
static const struct bench_field measured_fields[] = {
    FIELD(OBJECT, "noise_cache", cache, "", .of = &noise),
    FIELD(OBJECT, "noise_dram", dram, "", .of = &noise),
    FIELD(OBJECT, "core_ghz", core_ghz, "Estimated from multiply chains beside the samples.", .of = &spread),
    FIELD(OBJECT, "adds_per_cycle", adds_per_cycle,
          "Of independent additions; at least 4 on a core of its own.", .of = &spread),
    FIELD(REAL, "timer_ns", timer_ns, "Cost of a read of the clock.", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD(REAL, "timer_step_ns", timer_step_ns, "Smallest step seen.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "steal", steal, "Share of the pinned CPU's time that went to other virtual machines.",
          BENCH_OR_NULL, 0, 1),
    FIELD(REAL, "others_busy", others_busy, "Busy share of all other CPUs.", BENCH_OR_NULL, 0, 1),
};
static const struct bench_fields measured = {FIELDS(struct bench_doctor, measured_fields), .closed = true};
static const struct bench_field doctor_fields[] = {
    FIELD_VERSION(BENCH_DOCTOR_SCHEMA_VERSION),
    FIELD_CONST("kind", "doctor"),
    FIELD(TEXT, "version", version, "Of qkbench.", BENCH_FILLED),
    FIELD(TEXT, "date", date, "", 0, FIELD_DATE),
    FIELD(TEXT, "fingerprint", fingerprint, "", 0, FIELD_HASH),
    FIELD(INTEGER, "cpu", cpu, ""),
    FIELD(BOOLEAN, "quick", quick, ""),
    FIELD(SEED, "seed", seed, ""),
    FIELD_MADE(WORD, "verdict", worst, "The worst of the findings.", 0, .words = bench_health_words),
    FIELD_MADE(BOOLEAN, "fatal", fatal, "Measuring is meaningless here; the exit code is 5."),
    FIELD_LIST(ARRAY, "findings", findings, count, &finding, "", BENCH_FILLED),
    FIELD_PART("measured", &measured, "Times in ns; null where not known."),
    FIELD_MADE(LIST, "limits", NULL, "Where verdicts change, and why there.", BENCH_FILLED, .of = &limit,
               .next = next_limit),
};
#undef FIELD_OF
const struct bench_fields bench_doctor_fields = {
    FIELDS(struct bench_doctor, doctor_fields),
    .title = "qkbench doctor",
    .about = "What makes measurements worse on a machine, and how large their noise is.",
    .closed = true,
    .json = JSON_INDENT(2) | JSON_REAL_PRECISION(7),
};
