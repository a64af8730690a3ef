/* SPDX-License-Identifier: MIT */
#include "harness/duet/trace.h"

#include "harness/records/json_writer.h"

#include <errno.h>
#include <math.h>
#include <xxhash.h>

/* Slices were rounded to seven digits when they were taken; the ratio keeps every bit, as a decision saw it. */
static const size_t EXACT = JSON_REAL_PRECISION(17) | JSON_COMPACT;

static json_t *hash_of(const struct bench_image *image)
{
    char hex[17];
    if (!image->bytes)
        return json_null();
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)XXH3_64bits(image->bytes, image->size));
    return json_string(hex);
}

static json_t *module_list(const struct bench_duet_config *cfg)
{
    json_t *list = json_array();
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (!cfg->image[side])
            continue;
        json_t *o = json_object();
        bench_json_put(&o, "side", json_string(bench_side_names[side]));
        bench_json_put(&o, "path", bench_json_text(cfg->image[side]->path));
        bench_json_put(&o, "xxh3", hash_of(cfg->image[side]));
        bench_json_append(&list, o);
    }
    return list;
}

static json_t *arm_object(const struct bench_duet_arm *arm)
{
    json_t *o = json_object();
    bench_json_put(&o, "side", json_string(bench_side_names[arm->side]));
    bench_json_put(&o, "variant", bench_json_text(arm->variant));
    return o;
}

static json_t *case_list(const struct bench_duet_config *cfg)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cfg->case_count; i++) {
        const struct bench_duet_case *c = &cfg->cases[i];
        char shape[QK_SHAPE_TEXT];
        json_t *o = json_object();
        qk_shape_print(&c->shape, shape);
        bench_json_put(&o, "name", bench_json_text(c->name));
        bench_json_put(&o, "op", json_string(qk_op_row(c->op)->name));
        bench_json_put(&o, "shape", json_string(shape));
        bench_json_put(&o, "memory", json_string(bench_memory_names[c->memory]));
        bench_json_put(&o, "base", arm_object(&c->arm[0]));
        bench_json_put(&o, "candidate", arm_object(&c->arm[1]));
        bench_json_put(&o, "extra", json_real(c->extra));
        bench_json_put(&o, "budget_ns", isfinite(c->budget_ns) ? json_real(c->budget_ns) : json_null());
        bench_json_append(&list, o);
    }
    return list;
}

static int write_line(json_t *o, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {to, QK_OK};
    errno = 0;
    bench_json_emit(&out, "", o, EXACT);
    bench_json_emit_text(&out, "\n");
    return bench_json_finish(&out, "the trace", err);
}

int bench_trace_header(const struct bench_duet_config *cfg, const struct bench_environment *env,
                       json_t *policy, FILE *to, struct qk_error *err)
{
    json_t *o = json_object();
    bench_json_put(&o, "schema_version", json_integer(BENCH_TRACE_SCHEMA_VERSION));
    bench_json_put(&o, "kind", json_string("duet_trace"));
    bench_json_put(&o, "version", bench_json_text(env->version));
    bench_json_put(&o, "commit", bench_json_text(env->commit));
    bench_json_put(&o, "date", bench_json_text(env->date));
    bench_json_put(&o, "seed", bench_json_seed(cfg->job.seed));
    bench_json_put(&o, "pinned_cpu", json_integer(cfg->job.cpu));
    bench_json_put(&o, "modules", module_list(cfg));
    bench_json_put(&o, "policy", json_incref(policy));
    bench_json_put(&o, "cases", case_list(cfg));
    bench_json_put(&o, "fingerprint", bench_json_fingerprint(env));
    return write_line(o, to, err);
}

static json_t *numbers(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        bench_json_append(&list, bench_json_real(x[i]));
    return list;
}

int bench_trace_block(const struct bench_duet_config *cfg, const struct bench_duet_block *block, FILE *to,
                      struct qk_error *err)
{
    const double *events = block->events.value;
    char order[BENCH_DUET_PAIRS_MAX + 1] = "";
    json_t *o = json_object();
    for (size_t p = 0; p < block->pairs; p++)
        order[p] = block->order >> p & 1 ? '1' : '0';
    bench_json_put(&o, "case", json_integer((json_int_t)block->index));
    bench_json_put(&o, "name", bench_json_text(cfg->cases[block->index].name));
    bench_json_put(&o, "block", json_integer((json_int_t)block->number));
    bench_json_put(&o, "launch", json_integer((json_int_t)block->launch));
    bench_json_put(&o, "order", json_string(order));
    bench_json_put(&o, "base_ns", numbers(block->base_ns, block->pairs));
    bench_json_put(&o, "cand_ns", numbers(block->cand_ns, block->pairs));
    bench_json_put(&o, "base_wait_ns", numbers(block->base_wait_ns, block->pairs));
    bench_json_put(&o, "cand_wait_ns", numbers(block->cand_wait_ns, block->pairs));
    bench_json_put(&o, "log_ratio", json_real(block->log_ratio));
    bench_json_put(&o, "extra", json_real(block->extra));
    bench_json_put(&o, "wall_ns", json_real(block->wall_ns));
    if (block->proof_ns > 0)
        bench_json_put(&o, "proof_ns", json_real(block->proof_ns));
    bench_json_put(&o, "core_ghz", bench_json_real(block->core_ghz));
    bench_json_put(&o, "steal_ns",
                   block->events.recorded ? bench_json_real(events[BENCH_EVENT_STEAL]) : json_null());
    bench_json_put(&o, "switches",
                   block->events.recorded ? bench_json_real(events[BENCH_EVENT_INVOLUNTARY]) : json_null());
    bench_json_put(&o, "disturbed",
                   block->events.recorded ? json_boolean(block->events.disturbed) : json_null());
    return write_line(o, to, err);
}
