/* SPDX-License-Identifier: MIT */
#include "reports/tests/fixture.h"
#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 12, SLICES = 40 };
static double no_samples[SLICES];
static struct bench_block blocks[BLOCKS];

/* cycles: per element, 0 for a row that was not measured. */
struct variant {
    const char *name, *isa, *phase;
    double cycles;
};

static const struct variant ladder[] = {
    {"scalar", "BASE", "baseline", 1.05}, {"autovec_v3", "AVX2", "-", 0.525},
    {"autovec_v4", "AVX512", "-", 0.35},  {"p1_unpack", "AVX2", "1", 0.8077},
    {"p2_fma", "AVX2", "2", 0.8083},      {"p2_unroll8", "AVX2", "2.5", 0.75},
    {"p3_prefetch", "AVX2", "3", 0.7241}, {"p4_permute", "AVX2", "4", 0.2099},
    {"avx2_best", "AVX2", "-", 0.1281},   {"avx512_best", "AVX512", "-", 0.08},
};

static char *copy(const char *text)
{
    char *s = strdup(text);
    assert_non_null(s);
    return s;
}

static struct bench_interval ratio(double value, double spread)
{
    return (struct bench_interval){value, value * (1 - spread), value * (1 + spread)};
}

static void begin(struct report_fixture *f)
{
    struct bench_environment *env = &f->set.env;
    *f = (struct report_fixture){0};
    for (size_t b = 0; b < BLOCKS; b++)
        blocks[b] = (struct bench_block){.core_ghz = 3.7,
                                         .cpu_ns = 1000,
                                         .slices = SLICES,
                                         .samples_ns = no_samples,
                                         .events = {.recorded = true, .disturbed = b % 5 == 0}};
    strcpy(env->cpu_name, "AMD EPYC 9R14");
    strcpy(env->isa_levels, "BASE AVX2 AVX512");
    strcpy(env->virtualised, "KVMKVMKVM");
    strcpy(env->compiler, "gcc 12.2.0");
    strcpy(env->commit, "0123456789ab");
    strcpy(env->version, "0.1.0");
    strcpy(env->date, "2026-01-02T03:04:05+00:00");
    env->cpus = 2;
    f->set.seed = 42;
    f->set.cpu = 1;
    f->set.clock_ghz = 3.7;
    strcpy(f->set.source, "seed");
    f->set.records = f->records;
    f->summary.rows = f->rows;
    f->in = (struct report_input){.set = &f->set, .summary = &f->summary};
}

/* One measured row; `spread` NaN gives a row without intervals. The first row added of a shape is the
 * reference. */
static struct bench_summary_row *add(struct report_fixture *f, const struct variant *v, const char *shape,
                                     double elements, double spread)
{
    assert_true(f->summary.count < FIXTURE_ROWS_MAX);
    struct bench_record *rec = &f->records[f->summary.count];
    struct bench_summary_row *row = &f->rows[f->summary.count++];
    const bool few = isnan(spread);
    *rec = (struct bench_record){.op = copy("qk256_dequant"),
                                 .variant = copy(v->name),
                                 .shape = copy(shape),
                                 .isa = copy(v->isa),
                                 .phase = copy(v->phase),
                                 .reference = strcmp(v->name, "scalar") == 0,
                                 .elements = elements,
                                 .calls = 100,
                                 .block_count = few ? 3 : BLOCKS,
                                 .blocks = blocks};
    f->set.record_count = f->summary.count;
    *row = (struct bench_summary_row){.rec = rec,
                                      .ns = v->cycles * elements / 3.7,
                                      .cycles_per_element = v->cycles,
                                      .gelem_s = 3.7 / v->cycles,
                                      .gb_s = 3.7 / v->cycles * 4.265625,
                                      .speedup = ratio(ladder[0].cycles / v->cycles, spread),
                                      .step = {NAN, NAN, NAN}};
    if (rec->reference)
        row->speedup = (struct bench_interval){1, 1, 1};
    for (struct bench_summary_row *p = row; strcmp(v->phase, "-") != 0 && p-- > f->rows;) {
        if (strcmp(p->rec->shape, shape) == 0 && p->rec->status == BENCH_OK &&
            strcmp(p->rec->phase, "-") != 0) {
            row->previous = p->rec->variant;
            row->step = ratio(p->cycles_per_element / v->cycles, spread);
            break;
        }
    }
    return row;
}

static void stop(struct bench_summary_row *row, enum bench_status status, const char *reason)
{
    struct bench_record *rec = (struct bench_record *)row->rec;
    const struct bench_interval none = {NAN, NAN, NAN};
    *row = (struct bench_summary_row){rec, NAN, NAN, NAN, NAN, none, NULL, none};
    rec->status = status;
    rec->reason = copy(reason);
    rec->block_count = 0;
    rec->blocks = NULL;
}

static void add_audit(struct report_fixture *f)
{
    const struct bench_interval none = {NAN, NAN, NAN};
    static const struct baseline_claim claims[] = {
        {.kind = BASELINE_CLAIM_STEP,
         .phase = "1",
         .over = "baseline",
         .what = "projected step",
         .ratio = 1.47},
        {.kind = BASELINE_CLAIM_STEP, .phase = "3", .over = "2", .what = "projected step", .ratio = 1.08},
        {.kind = BASELINE_CLAIM_TOTAL,
         .phase = "4",
         .over = "baseline",
         .what = "goal",
         .goal = true,
         .ratio = 3.0},
        {.kind = BASELINE_CLAIM_STEP, .phase = "2", .over = "1", .what = "acceptance rule", .ratio = 1.1},
        {.kind = BASELINE_CLAIM_TOTAL,
         .phase = "1",
         .over = "baseline",
         .what = "throughput table",
         .ratio = 1.23},
    };
    static char op[] = "qk256_dequant";
    const struct baseline_audit_row rows[] = {
        {&claims[0], op, "256", "p1_unpack", "scalar", ratio(1.3, 0.002), BASELINE_REFUTED, "", 1},
        {&claims[1], op, "256", "p3_prefetch", "p2_unroll8", ratio(1.0358, 0.05), BASELINE_NOT_RESOLVED, "",
         1},
        {&claims[2], op, "256", "p4_permute", "scalar", ratio(5.0024, 0.002), BASELINE_CONFIRMED, "", 1},
        {&claims[3], op, "4096", "p2_fma", NULL, none, BASELINE_NOT_RESOLVED,
         "p2_fma failed: out[17] is 0x0p+0, expected -0x0p+0", 1},
        {&claims[4], op, "4096", "p1_unpack", "scalar", ratio(1.3, NAN), BASELINE_NOT_RESOLVED,
         "3 blocks are too few for a 95 % interval", 1},
    };
    memcpy(f->audit_rows, rows, sizeof rows);
    f->audit =
        (struct baseline_audit){.goal = 3.0, .verdicts = {1, 1, 3}, .count = sizeof rows / sizeof *rows};
    f->audit.rows = f->audit_rows;
    strcpy(f->audit.claims.source, "a completion report of 2025-10-24, projected, never measured");
    strcpy(f->audit.claims.op, "qk256_dequant");
    f->in.audit = &f->audit;
}

static void add_metric(struct bench_summary_row *row, const char *name, const char *unit, double value,
                       const char *reason)
{
    assert_true(bench_record_add_metric((struct bench_record *)row->rec, name, unit, value, reason));
}

/*
 * Counters of every kind: values, a remark, a reason; an event by its name; a histogram; one that is nowhere.
 */
static void add_metrics(struct bench_summary_row *row, double cycles)
{
    static const char none[] = "PAPI_L3_TCM: PAPI: Event does not exist";
    const bool here = row->rec->status == BENCH_OK;
    add_metric(row, "cycles", "cycles/element", cycles, NULL);
    add_metric(row, "instructions", "instructions/element", 3 * cycles, NULL);
    add_metric(row, "ipc", "instructions/cycle", 3,
               "not validated: the instruction count does not fit beside it");
    add_metric(row, "l1d_misses", "misses/1000 elements", 15.625, NULL);
    add_metric(row, "l3_misses", "misses/1000 elements", NAN, none);
    add_metric(row, "branch_misses", "misses/1000 elements", here ? 0 : NAN, here ? NULL : "no");
    add_metric(row, "core_clock_vs_cycles", "counted/estimated", 1.0004, NULL);
    add_metric(row, "perf::PAGE-FAULTS", "per call", row->rec->reference ? 1e-5 : NAN,
               row->rec->reference ? NULL
                                   : "perf::PAGE-FAULTS: PAPI: Permission level does not permit operation");
    add_metric(row, "steps", "instructions", 12345, NULL);
    add_metric(row, "steps.load", "instructions", 123, NULL);
}

/* Of a ceiling for one shape, of none for the other. The fastest row of the first is above its own. */
static void add_share(struct bench_summary_row *row, bool missing)
{
    static const char what[] = "100 % is 5.75 ns: L1 at 178.1 GB/s written and 236 GB/s read, 100 % "
                               "overlapped; ceilings of 2026-01-01T00:00:00+00:00";
    char above[200];
    const double percent = 100 * 5.75 / row->ns;
    snprintf(above, sizeof above, "%s; more than 100: why", what);
    if (row->rec->status == BENCH_OK && missing)
        add_metric(row, "percent_of_ceiling", "%", NAN,
                   "no ceilings of L2: neither sysfs nor cpuid tells the size of L2");
    else if (row->rec->status == BENCH_OK)
        add_metric(row, "percent_of_ceiling", "%", percent, percent > 100 ? above : what);
}

void report_fixture_full(struct report_fixture *f)
{
    static const struct variant fourth = {"a_variant_with_a_very_long_name_that_has_to_be_broken", "AVX2",
                                          "-", 0.9};
    begin(f);
    for (size_t shape = 0; shape < 2; shape++) {
        for (size_t v = 0; v < sizeof ladder / sizeof *ladder; v++) {
            struct bench_summary_row *row =
                add(f, &ladder[v], shape ? "4096" : "256", shape ? 4096 : 256, 0.0004 * (double)(v + 1));
            if (shape && strcmp(ladder[v].name, "p2_fma") == 0)
                stop(row, BENCH_ERROR, "out[17] is 0x0p+0, expected -0x0p+0");
            if (shape && strcmp(ladder[v].isa, "AVX512") == 0)
                stop(row, BENCH_SKIP, "needs AVX512, which QK_DISABLE_ISA switches off");
            add_share(row, shape);
            if (shape && row->rec->status == BENCH_OK && v != 3)
                add_metrics(row, ladder[v].cycles);
        }
    }
    add(f, &fourth, "4096", 4096, 0.01);
    add_audit(f);
}

void report_fixture_bare(struct report_fixture *f)
{
    static const struct variant big = {"p4_permute", "AVX2", "4", 0.08201};
    begin(f);
    strcpy(f->set.env.cpu_name, "A|B \"<i>CPU</i>\" $(exit) `x` {a_b}^2 \\n _q_ [l](u)");
    strcpy(f->set.env.virtualised, "no");
    f->set.env.commit[0] = f->set.env.isa_levels[0] = '\0';
    f->set.quick = true;
    f->set.clock_ghz = NAN;
    strcpy(f->set.clock_why, "multiply latency of this CPU is not known");
    strcpy(f->set.source, "folder/with|bar.gguf");
    f->in.no_plot = "gnuplot is not installed; on Debian: apt-get install gnuplot-nox";
    add_metric(add(f, &ladder[0], "6912x26624", 6912. * 26624, NAN), "cycles", "cycles/element", NAN,
               "PAPI_TOT_CYC: PAPI: Event does not exist (perf_event offers no preset events here)");
    add(f, &big, "6912x26624", 6912. * 26624, NAN);
    add(f, &ladder[9], "6912x26624", 6912. * 26624, NAN);
    stop(add(f, &ladder[0], "512", 512, NAN), BENCH_ERROR,
         "two\nlines\tand \033[31m colour, \xff\xfe, \xc2\xb5s");
    struct bench_summary_row *orphan = add(f, &big, "512", 512, NAN);
    orphan->speedup = (struct bench_interval){NAN, NAN, NAN};
    stop(add(f, &ladder[9], "64", 64, NAN), BENCH_SKIP, "needs AVX512");
    for (size_t i = 0; i < f->summary.count; i++)
        f->rows[i].cycles_per_element = NAN;
}

void report_fixture_sizes(struct report_fixture *f, size_t count)
{
    begin(f);
    for (size_t k = 0; k < count; k++) {
        char shape[24];
        snprintf(shape, sizeof shape, "%d", 256 << k);
        for (size_t v = 0; v < sizeof ladder / sizeof *ladder; v++)
            add(f, &ladder[v], shape, 256 << k, 0.01);
    }
    add_audit(f);
}

void report_fixture_free(struct report_fixture *f)
{
    for (size_t i = 0; i < f->summary.count; i++) {
        struct bench_record *rec = &f->records[i];
        free(rec->op);
        free(rec->variant);
        free(rec->shape);
        free(rec->isa);
        free(rec->phase);
        free(rec->reason);
        for (size_t m = 0; m < rec->metric_count; m++) {
            free(rec->metrics[m].name);
            free(rec->metrics[m].unit);
            free(rec->metrics[m].reason);
        }
        free(rec->metrics);
    }
}

char *report_fixture_written(report_writer *write, const struct report_input *in)
{
    char *text = NULL;
    size_t size;
    struct qk_error err = {0};
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (write(in, to, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(fclose(to), 0);
    return text;
}

void report_golden_check(const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", REPORT_GOLDEN_DIR, name);
    if (getenv("QK_GOLDEN_UPDATE"))
        bench_test_put(path, text, strlen(text));
    size_t size;
    char *golden = bench_test_get(path, &size);
    if (!golden)
        fail_msg("cannot open %s", path);
    assert_string_equal(text, golden);
    free(golden);
}

void report_full_stream_check(report_writer *write, const struct report_input *in)
{
    struct qk_error err = {0};
    FILE *to = fopen("/dev/full", "w");
    assert_non_null(to);
    assert_int_equal(write(in, to, &err), QK_ERR_IO);
    assert_says(err.text, "No space left");
    fclose(to);
}
