/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/roofline.h"

#include "harness/records/json_writer.h"
#include "harness/records/summary.h"
#include "kernels/table/table.h"

#include <math.h>
#include <string.h>

static double best_of(const struct bench_ceilings *c, enum bench_ceiling_kind kind, int level)
{
    const struct bench_ceiling *row = bench_ceilings_find(c, kind, level, 1);
    return row ? row->best : NAN;
}

static int level_of(const struct bench_environment *env, double bytes)
{
    for (int level = 1; level < BENCH_DRAM; level++) {
        const uint64_t size = bench_environment_cache(env, level);
        if (size && bytes <= (double)size)
            return level;
    }
    return BENCH_DRAM;
}

/* Why no ceiling of that level was measured. */
static const char *reason_of(const struct bench_ceilings *c, int level)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].level == level && c->rows[i].threads == 1 && *c->rows[i].reason)
            return c->rows[i].reason;
    return "the stored ceilings have none";
}

static double largest_peak(const struct bench_ceilings *c, const struct bench_ceiling **which)
{
    double largest = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct bench_ceiling *row = &c->rows[i];
        if (row->level == BENCH_REGISTERS && !isnan(row->best) && row->best * row->loop->ops > largest) {
            largest = row->best * row->loop->ops;
            *which = row;
        }
    }
    return largest;
}

struct bench_bound bench_roofline_bound(const struct bench_ceilings *c, const struct bench_environment *env,
                                        double bytes_read, double bytes_written, double ops)
{
    const int level = level_of(env, bytes_read + bytes_written);
    const double read = best_of(c, BENCH_CEILING_read, level), plain = best_of(c, BENCH_CEILING_write, level),
                 copy = best_of(c, BENCH_CEILING_copy, level),
                 write = fmax(plain, best_of(c, BENCH_CEILING_nt_write, level));
    const struct bench_ceiling *peak = NULL;
    const double peak_ops = largest_peak(c, &peak);
    struct bench_bound bound = {.ns = NAN};
    if (isnan(read) || isnan(plain) || isnan(copy)) {
        snprintf(bound.text, sizeof bound.text, "no ceilings of %s: %s", bench_ceiling_levels[level],
                 reason_of(c, level));
        return bound;
    }
    const double least = fmax(1 / read, 1 / plain), most = 1 / read + 1 / plain;
    const double serial = fmin(1, fmax(0, (2 / copy - least) / (most - least)));
    const double r = bytes_read / read, w = bytes_written / write;
    bound.ns = fmax(r, w) + serial * fmin(r, w);
    snprintf(bound.text, sizeof bound.text,
             "100 %% is %.4g ns: %s at %.4g GB/s written and %.4g GB/s read, %.0f %% overlapped", bound.ns,
             bench_ceiling_levels[level], write, read, 100 * (1 - serial));
    if (peak && ops / peak_ops > bound.ns) {
        bound.ns = ops / peak_ops;
        snprintf(bound.text, sizeof bound.text, "100 %% is %.4g ns: %.4g Gop/s of %s %s", bound.ns, peak_ops,
                 peak->loop->instruction, peak->loop->registers);
    }
    return bound;
}

static bool is_ceiling_row(const struct bench_record *rec)
{
    const struct qk_variant *v = qk_table_find(qk_table_builtin(), rec->op, rec->variant);
    return v && v->kind == QK_CEILING;
}

static bool add_share(struct bench_record *rec, double ns, const struct bench_ceilings *c,
                      const struct bench_environment *env)
{
    const struct bench_bound bound =
        bench_roofline_bound(c, env, rec->bytes_read, rec->bytes_written, rec->ops);
    const double percent = bench_stored(100 * bound.ns / ns);
    const char *above = "";
    char text[480];
    if (percent > 100)
        above = is_ceiling_row(rec) ? "; more than 100: this row touches less than the op declares"
                                    : "; more than 100: the machine was faster than when its ceilings were "
                                      "measured (qkbench ceilings --fresh)";
    snprintf(text, sizeof text, "%s; ceilings of %s%s", bound.text, c->env.date, isnan(percent) ? "" : above);
    return bench_record_add_metric(rec, "percent_of_ceiling", "%", percent, text);
}

int bench_roofline_apply(struct bench_sample_set *set, const struct bench_ceilings *c, struct qk_error *err)
{
    struct bench_summary sum;
    int code = bench_summary_make(&sum, set, err);
    if (code)
        return code;
    for (size_t i = 0; i < sum.count && !code; i++)
        if (set->records[i].status == BENCH_OK && !add_share(&set->records[i], sum.rows[i].ns, c, &set->env))
            code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the share of the ceiling");
    bench_summary_free(&sum);
    return code;
}
