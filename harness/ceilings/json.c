/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/private.h"

#include "harness/records/json_reader.h"
#include "harness/records/json_writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t LINE = JSON_REAL_PRECISION(7) | JSON_COMPACT;
static const char unit_bandwidth[] = "GB/s", unit_peak[] = "instructions/ns";
/* More than rounding to seven digits can move a derived number by. */
static const double DERIVED = 1e-5;

/* Two dozen loops on a handful of levels, by one thread and by all. */
static const size_t ROWS_MOST = 4096;

static bool is_peak(const struct bench_ceiling *row)
{
    return row->level == BENCH_REGISTERS;
}

static double gop_s(const struct bench_ceiling *row)
{
    return is_peak(row) ? row->best * row->loop->ops : NAN;
}

static json_t *header(const struct bench_ceilings *c)
{
    json_t *o = json_object(), *clock = json_object(), *timer = json_object();
    const bool known = !isnan(c->clock_ghz);
    bench_json_put(&clock, "estimated_ghz", bench_json_real(c->clock_ghz));
    bench_json_put(&clock, "fastest_ghz", bench_json_real(c->clock_best));
    bench_json_put(&clock, "reason", known ? json_null() : bench_json_text(c->clock_why));
    bench_json_put(&timer, "smallest_step_ns", bench_json_real(c->timer_step_ns));
    bench_json_put(&timer, "cost_ns", bench_json_real(c->timer_cost_ns));
    bench_json_put(&o, "schema_version", json_integer(BENCH_CEILINGS_SCHEMA_VERSION));
    bench_json_put(&o, "kind", json_string("ceilings"));
    bench_json_put(&o, "version", bench_json_text(c->env.version));
    bench_json_put(&o, "commit", bench_json_text(c->env.commit));
    bench_json_put(&o, "date", bench_json_text(c->env.date));
    bench_json_put(&o, "seed", bench_json_seed(c->seed));
    bench_json_put(&o, "mode", json_string(c->quick ? "quick" : "full"));
    bench_json_put(&o, "seconds", bench_json_real(c->seconds));
    bench_json_put(&o, "pinned_cpu", json_integer(c->cpu));
    bench_json_put(&o, "threads", json_integer(c->threads));
    bench_json_put(&o, "huge_page_share", bench_json_real(c->huge_share));
    bench_json_put(&o, "timer", timer);
    if (c->dropped_repetitions)
        bench_json_put(&o, "dropped_repetitions", json_integer((json_int_t)c->dropped_repetitions));
    bench_json_put(&o, "clock", clock);
    bench_json_put(&o, "fingerprint", bench_json_fingerprint(&c->env));
    return o;
}

static json_t *row_json(const struct bench_ceiling *row)
{
    char name[64];
    json_t *o = json_object();
    bench_json_put(&o, "name", json_string(bench_ceiling_name(row, name, sizeof name)));
    bench_json_put(&o, "kind", json_string(bench_ceiling_kind_names[row->loop->kind]));
    bench_json_put(&o, "level", json_string(bench_ceiling_level(row->level)));
    bench_json_put(&o, "isa", json_string(qk_isa_row(row->loop->isa)->name));
    bench_json_put(&o, "threads", json_integer(row->threads));
    bench_json_put(&o, "instruction", json_sprintf("%s %s", row->loop->instruction, row->loop->registers));
    bench_json_put(&o, "bytes_per_thread", row->bytes ? json_integer((json_int_t)row->bytes) : json_null());
    bench_json_put(&o, "unit", json_string(is_peak(row) ? unit_peak : unit_bandwidth));
    bench_json_put(&o, "best", bench_json_real(row->best));
    bench_json_put(&o, "median", bench_json_real(row->median));
    bench_json_put(&o, "spread", bench_json_real(row->spread));
    bench_json_put(&o, "repetitions", json_integer((json_int_t)row->repetitions));
    bench_json_put(&o, "clock_ghz", bench_json_real(bench_ceiling_ghz(row)));
    bench_json_put(&o, "per_cycle", bench_json_real(row->per_cycle));
    bench_json_put(&o, "ops_per_instruction", is_peak(row) ? json_real(row->loop->ops) : json_null());
    bench_json_put(&o, "gop_s", bench_json_real(gop_s(row)));
    bench_json_put(&o, "reason", bench_json_text_or_null(row->reason));
    return o;
}

int bench_ceilings_write_json(const struct bench_ceilings *c, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    errno = 0;
    bench_json_emit_members(&out, "{\n", header(c), LINE);
    for (size_t i = 0; i < c->count; i++)
        bench_json_emit(&out, i ? ",\n" : ",\n\"ceilings\": [\n", row_json(&c->rows[i]), LINE);
    bench_json_emit_text(&out, c->count ? "\n]\n}\n" : ",\n\"ceilings\": []\n}\n");
    return bench_json_finish(&out, "the ceilings", err);
}

static void refuse(struct bench_reader *r, const struct bench_place *at, const char *key,
                   const char *expected)
{
    const struct bench_place p = bench_member(at, key);
    bench_refuse(r, p.path, p.json, expected);
}

/* A rate, or null. */
static double rate(struct bench_reader *r, const struct bench_place *at, const char *key)
{
    return bench_get_real(r, at, key, BENCH_RATIO_LEAST, BENCH_RATIO_MOST, true);
}

static void check_derived(struct bench_reader *r, const struct bench_place *at, const char *key,
                          double expected)
{
    const double x = bench_get_real(r, at, key, 0, BENCH_FIGURE_MOST, true);
    char text[48];
    snprintf(text, sizeof text, isnan(expected) ? "null" : "%.7g", expected);
    if (isnan(x) != isnan(expected) || fabs(x - expected) > DERIVED * expected)
        refuse(r, at, key, text);
}

static const struct bench_ceiling_loop *loop_of(struct bench_reader *r, const struct bench_place *at)
{
    const char *isas[QK_ISA_COUNT];
    for (int i = 0; i < QK_ISA_COUNT; i++)
        isas[i] = qk_isa_row(i)->name;
    const int kind = bench_get_word(r, at, "kind", bench_ceiling_kind_names, BENCH_CEILING_KINDS);
    const int isa = bench_get_word(r, at, "isa", isas, QK_ISA_COUNT);
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        if ((int)bench_ceiling_loops[i].kind == kind && (int)bench_ceiling_loops[i].isa == isa)
            return &bench_ceiling_loops[i];
    refuse(r, at, "isa", "an ISA level this kind has a loop for");
    return NULL;
}

static void check_numbers(struct bench_reader *r, const struct bench_place *at,
                          const struct bench_ceiling *row)
{
    const bool measured = !isnan(row->best);
    if (measured == (*row->reason != '\0'))
        refuse(r, at, "reason", measured ? "null beside a number" : "why there is no number");
    if (measured != !isnan(row->median) || row->median > row->best)
        refuse(r, at, "median", measured ? "a number no larger than the best" : "null as the best is");
    if (!measured && !isnan(row->spread))
        refuse(r, at, "spread", "null as the best is");
    if (measured != (row->repetitions > 0))
        refuse(r, at, "repetitions", measured ? "at least 1" : "0");
    if (measured && !is_peak(row) && row->bytes == 0)
        refuse(r, at, "bytes_per_thread", "a working set");
    if ((!measured || !is_peak(row)) && !isnan(row->per_cycle))
        refuse(r, at, "per_cycle", "null but for a peak that was measured");
    check_derived(r, at, "gop_s", gop_s(row));
    check_derived(r, at, "clock_ghz", bench_ceiling_ghz(row));
}

static void read_row(struct bench_reader *r, const struct bench_place *at, struct bench_ceilings *c)
{
    static const char *const levels[] = {"registers", "L1", "L2", "L3", "DRAM"};
    struct bench_ceiling *row = &c->rows[c->count];
    char name[64], expected[64];
    bench_expect(r, at, JSON_OBJECT, "an object");
    const struct bench_ceiling_loop *loop = r->code == QK_OK ? loop_of(r, at) : NULL;
    if (r->code != QK_OK)
        return;
    *row =
        (struct bench_ceiling){.loop = loop, .level = bench_get_word(r, at, "level", levels, BENCH_DRAM + 1)};
    row->threads = (int)bench_get_integer(r, at, "threads", 1, BENCH_CPUS_MAX);
    if (!json_is_null(json_object_get(at->json, "bytes_per_thread")))
        row->bytes = (size_t)bench_get_integer(r, at, "bytes_per_thread", 1, (json_int_t)BENCH_WHOLE_MOST);
    row->best = rate(r, at, "best");
    row->median = rate(r, at, "median");
    row->spread = bench_get_real(r, at, "spread", 0, BENCH_FIGURE_MOST, true);
    row->per_cycle = rate(r, at, "per_cycle");
    row->repetitions = (size_t)bench_get_integer(r, at, "repetitions", 0, INT32_MAX);
    bench_get_fixed_text(r, at, "reason", row->reason, sizeof row->reason, true);
    bench_get_fixed_text(r, at, "name", name, sizeof name, false);
    if (r->code != QK_OK)
        return;
    if (is_peak(row) == bench_ceiling_is_bandwidth(loop->kind))
        refuse(r, at, "level", is_peak(row) ? "a level of memory" : "registers");
    if (strcmp(name, bench_ceiling_name(row, expected, sizeof expected)) != 0)
        refuse(r, at, "name", expected);
    check_numbers(r, at, row);
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(name, bench_ceiling_name(&c->rows[i], expected, sizeof expected)))
            refuse(r, at, "name", "each ceiling once");
    c->count++;
}

static void read_header(struct bench_reader *r, const struct bench_place *root, struct bench_ceilings *c)
{
    static const char *const kinds[] = {"ceilings"}, *const modes[] = {"full", "quick"};
    bench_get_integer(r, root, "schema_version", BENCH_CEILINGS_SCHEMA_VERSION,
                      BENCH_CEILINGS_SCHEMA_VERSION);
    bench_get_word(r, root, "kind", kinds, 1);
    bench_get_fixed_text(r, root, "version", c->env.version, sizeof c->env.version, false);
    bench_get_fixed_text(r, root, "commit", c->env.commit, sizeof c->env.commit, false);
    bench_get_date(r, root, "date", c->env.date, sizeof c->env.date);
    c->seed = bench_get_seed(r, root, "seed");
    c->quick = bench_get_word(r, root, "mode", modes, 2) == 1;
    c->seconds = bench_get_real(r, root, "seconds", 0, BENCH_NS_MOST, false);
    c->cpu = (int)bench_get_integer(r, root, "pinned_cpu", 0, BENCH_CPUS_MAX - 1);
    c->threads = (int)bench_get_integer(r, root, "threads", 1, BENCH_CPUS_MAX);
    c->huge_share = bench_get_real(r, root, "huge_page_share", 0, 1, true);
    if (bench_member(root, "dropped_repetitions").json)
        c->dropped_repetitions = (uint64_t)bench_get_integer(r, root, "dropped_repetitions", 1, INT32_MAX);
    const struct bench_place timer = bench_get_object(r, root, "timer");
    const struct bench_place clock = bench_get_object(r, root, "clock");
    const struct bench_place print = bench_get_object(r, root, "fingerprint");
    const struct bench_place shown = bench_get_object(r, &print, "shown");
    c->timer_step_ns = bench_get_time(r, &timer, "smallest_step_ns", true);
    c->timer_cost_ns = bench_get_time(r, &timer, "cost_ns", true);
    c->clock_ghz = bench_get_real(r, &clock, "estimated_ghz", BENCH_GHZ_LEAST, BENCH_GHZ_MOST, true);
    c->clock_best = bench_get_real(r, &clock, "fastest_ghz", BENCH_GHZ_LEAST, BENCH_GHZ_MOST, true);
    bench_get_fixed_text(r, &clock, "reason", c->clock_why, sizeof c->clock_why, true);
    if (isnan(c->clock_ghz) != isnan(c->clock_best))
        refuse(r, &clock, "fastest_ghz", "a number when there is an estimate, else null");
    if (isnan(c->clock_ghz) != (*c->clock_why != '\0'))
        refuse(r, &clock, "reason", "why there is no clock, when there is none, else null");
    bench_get_fixed_text(r, &print, "hash", c->env.fingerprint, sizeof c->env.fingerprint, false);
    bench_get_fixed_text(r, &shown, "cpu_name", c->env.cpu_name, sizeof c->env.cpu_name, true);
}

int bench_ceilings_read_json(struct bench_ceilings *c, const char *path, struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    json_t *json = bench_json_load(path, &r.code, err);
    const struct bench_place root = {json, "$"};
    memset(&c->env, 0, sizeof c->env);
    bench_ceilings_init(c);
    if (!json)
        return r.code;
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    read_header(&r, &root, c);
    const struct bench_place list = bench_get_array(&r, &root, "ceilings");
    const size_t count = r.code == QK_OK ? json_array_size(list.json) : 0;
    if (count > ROWS_MOST)
        bench_refuse(&r, list.path, list.json, "at most 4096 ceilings");
    c->rows = r.code == QK_OK ? calloc(count + 1, sizeof *c->rows) : NULL;
    if (r.code == QK_OK && !c->rows)
        bench_reader_no_memory(&r);
    for (size_t i = 0; i < count && r.code == QK_OK; i++) {
        const struct bench_place at = bench_element(&list, i);
        read_row(&r, &at, c);
    }
    json_decref(json);
    if (r.code != QK_OK)
        bench_ceilings_free(c);
    return r.code;
}
