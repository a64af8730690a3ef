/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"

#include "harness/records/json_writer.h"

#include <errno.h>
#include <math.h>

/*
 * Estimates keep every bit, so that a reader who adds up components gets the total; samples the seven digits they
 * were rounded to when they were taken.
 */
static const size_t EXACT = JSON_REAL_PRECISION(17), ROW = JSON_REAL_PRECISION(7) | JSON_COMPACT;

/* Everything but rows and blocks. */
static json_t *header(const struct bench_breakdown *bd)
{
    json_t *o = json_object(), *clock = json_object(), *model = json_object();
    bench_json_put(&clock, "estimated_ghz", bench_json_real(bd->clock_ghz));
    bench_json_put(&clock, "reason", isnan(bd->clock_ghz) ? bench_json_text(bd->clock_why) : json_null());
    bench_json_put(&model, "name", json_string("BitNet b1.58 2B4T"));
    bench_json_put(&model, "ternary_weights", json_integer(BENCH_2B_WEIGHTS));
    bench_json_put(&o, "schema_version", json_integer(BENCH_BREAKDOWN_SCHEMA_VERSION));
    bench_json_put(&o, "kind", json_string("breakdown"));
    bench_json_put(&o, "version", bench_json_text(bd->env.version));
    bench_json_put(&o, "commit", bench_json_text(bd->env.commit));
    bench_json_put(&o, "date", bench_json_text(bd->env.date));
    bench_json_put(&o, "seed", bench_json_seed(bd->seed));
    bench_json_put(&o, "mode", json_string(bd->quick ? "quick" : "full"));
    bench_json_put(&o, "shapes", bench_json_text(bd->source));
    bench_json_put(&o, "pinned_cpu", json_integer(bd->cpu));
    bench_json_put_dropped(&o, "dropped_blocks", &bd->dropped);
    bench_json_put(&o, "clock", clock);
    bench_json_put(&o, "model", model);
    bench_json_put(&o, "fingerprint", bench_json_fingerprint(&bd->env));
    return o;
}

static json_t *part_row(const struct bench_part *part)
{
    json_t *o = json_object();
    bench_json_put(&o, "name", bench_json_text(part->name));
    bench_json_put(&o, "ns", bench_json_real(part->ns.value));
    bench_json_put(&o, "ns_low", bench_json_real(part->ns.low));
    bench_json_put(&o, "ns_high", bench_json_real(part->ns.high));
    bench_json_put(&o, "ns_paired", bench_json_real(part->paired_ns));
    bench_json_put(&o, "cycles_per_element", bench_json_real(part->cycles_per_element));
    bench_json_put(&o, "share_percent", bench_json_real(part->share));
    bench_json_put(&o, "ms_per_token", bench_json_real(part->ms_per_token.value));
    bench_json_put(&o, "ms_per_token_low", bench_json_real(part->ms_per_token.low));
    bench_json_put(&o, "ms_per_token_high", bench_json_real(part->ms_per_token.high));
    bench_json_put(&o, "resolved", json_boolean(part->resolved));
    bench_json_put(&o, "reason", bench_json_text_or_null(part->why));
    return o;
}

static json_t *case_name(const struct bench_breakdown_row *row)
{
    char name[BENCH_NAME_MAX];
    return bench_json_text(bench_breakdown_name(row, name, sizeof name));
}

/* What a row that was not timed has, too. */
static json_t *row_head(const struct bench_breakdown_row *row)
{
    static const char *const words[] = {[BENCH_OK] = "ok", [BENCH_SKIP] = "skip", [BENCH_ERROR] = "error"};
    const struct qk_variant *v = row->variant;
    json_t *o = json_object();
    bench_json_put(&o, "name", case_name(row));
    bench_json_put(&o, "op", bench_json_text(v->op_name));
    bench_json_put(&o, "variant", bench_json_text(v->name));
    bench_json_put(&o, "shape", bench_json_text(row->shape));
    bench_json_put(&o, "isa", bench_json_text(v->isa_name));
    bench_json_put(&o, "phase", bench_json_text(v->phase));
    bench_json_put(&o, "flags", bench_json_text(v->flags));
    bench_json_put(&o, "elements", json_integer((json_int_t)row->elements));
    bench_json_put(&o, "status", json_string(words[row->status]));
    bench_json_put(&o, "reason", bench_json_text_or_null(row->reason));
    return o;
}

static json_t *count_row(const struct bench_breakdown_row *row, const struct bench_breakdown_count *count)
{
    const bool known = !isnan(count->value[0]);
    json_t *o = json_object(), *prefixes = known ? json_array() : json_null(),
           *components = known && count->adds_up ? json_array() : json_null();
    for (size_t i = 0; i < row->stages && known; i++) {
        bench_json_append(&prefixes, bench_json_real(count->value[i]));
        if (count->adds_up)
            bench_json_append(&components, bench_json_real(bench_breakdown_counted(count, i)));
    }
    bench_json_put(&o, "name", bench_json_text(count->name));
    bench_json_put(&o, "unit", bench_json_text(count->unit));
    bench_json_put(&o, "shape", bench_json_text(count->shape));
    bench_json_put(&o, "prefixes", prefixes);
    bench_json_put(&o, "components", components);
    bench_json_put(&o, "kernel", bench_json_real(count->value[row->stages]));
    bench_json_put(&o, "reason", bench_json_text_or_null(count->why));
    return o;
}

static json_t *row_full(const struct bench_breakdown_row *row)
{
    json_t *o = row_head(row), *prefixes = json_array(), *calls = json_array(), *components = json_array(),
           *counts = json_array();
    if (row->status != BENCH_OK) {
        json_decref(prefixes);
        json_decref(calls);
        json_decref(components);
        json_decref(counts);
        return o;
    }
    for (size_t i = 0; i < row->stages; i++) {
        bench_json_append(&prefixes, bench_json_real(row->prefix_ns[i]));
        bench_json_append(&components, part_row(&row->component[i]));
    }
    for (size_t a = 0; a <= row->stages; a++)
        bench_json_append(&calls, json_integer((json_int_t)row->calls[a]));
    bench_json_put(&o, "core_ghz", bench_json_real(row->clock_ghz));
    bench_json_put(&o, "calls_per_slice", calls);
    bench_json_put(&o, "prefixes_ns", prefixes);
    bench_json_put(&o, "components", components);
    bench_json_put(&o, "total", part_row(&row->total));
    bench_json_put(&o, "kernel", part_row(&row->kernel));
    bench_json_put(&o, "difference", part_row(&row->difference));
    bench_json_put(&o, "same_code", json_boolean(row->same_code));
    bench_json_put(&o, "noise_percent", bench_json_real(100 * row->noise));
    for (size_t i = 0; i < row->count_count; i++)
        bench_json_append(&counts, count_row(row, &row->counts[i]));
    bench_json_put(&o, "counts", counts);
    return o;
}

static json_t *block_row(const struct bench_breakdown_row *row, size_t b)
{
    json_t *o = json_object(), *arms = json_array();
    const double *x = row->samples_ns + b * (row->stages + 1) * row->rounds;
    for (size_t a = 0; a <= row->stages; a++) {
        json_t *samples = json_array();
        for (size_t r = 0; r < row->rounds; r++)
            bench_json_append(&samples, json_real(*x++));
        bench_json_append(&arms, samples);
    }
    bench_json_put(&o, "name", case_name(row));
    bench_json_put(&o, "block", json_integer((json_int_t)b));
    bench_json_put(&o, "core_ghz", bench_json_real(row->core_ghz[b]));
    bench_json_put(&o, "samples_ns", arms);
    return o;
}

int bench_breakdown_write_json(const struct bench_breakdown *bd, json_t *claims, FILE *to,
                               struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    errno = 0;
    bench_json_emit_members(&out, "{\n", header(bd), EXACT);
    for (size_t i = 0; i < bd->count && out.code == QK_OK; i++)
        bench_json_emit(&out, i ? ",\n" : ",\n\"rows\": [\n", row_full(&bd->rows[i]), EXACT);
    bench_json_emit_text(&out, bd->count ? "\n]" : ",\n\"rows\": []");
    if (claims)
        bench_json_emit(&out, ",\n\"claims\": ", json_incref(claims), EXACT);
    bool any = false;
    for (size_t i = 0; i < bd->count; i++)
        for (size_t b = 0; b < bd->rows[i].blocks && out.code == QK_OK; b++, any = true)
            bench_json_emit(&out, any ? ",\n" : ",\n\"blocks\": [\n", block_row(&bd->rows[i], b), ROW);
    bench_json_emit_text(&out, any ? "\n]\n}\n" : ",\n\"blocks\": []\n}\n");
    return bench_json_finish(&out, "the breakdown", err);
}
