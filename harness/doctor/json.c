/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include "harness/records/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* json_pack frees what it was given when it fails, so a refused allocation anywhere makes the whole NULL. */
static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *spread(const struct bench_spread *s)
{
    return json_pack("{s:o, s:o, s:o}", "low", real(s->low), "median", real(s->median), "high",
                     real(s->high));
}

static json_t *aa(const struct bench_aa *a)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "case",
                     bench_json_text_or_null(a->name), "bytes", (json_int_t)a->bytes, "blocks",
                     (json_int_t)a->blocks, "pairs", (json_int_t)a->pairs, "ratio", real(a->ratio.value),
                     "low", real(a->ratio.low), "high", real(a->ratio.high), "ns", spread(&a->ns), "reason",
                     bench_json_text_or_null(a->why));
}

static json_t *findings(const struct bench_doctor *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->count && list; i++) {
        const struct bench_finding *f = &d->findings[i];
        json_t *one = json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}", "name", f->name, "verdict",
                                bench_health_name(f->health), "fatal", f->fatal, "found", f->found, "costs",
                                bench_json_text_or_null(f->costs), "mend", bench_json_text_or_null(f->mend));
        if (json_array_append_new(list, one)) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *limits(void)
{
    json_t *list = json_array();
    for (int i = 0; i < BENCH_LIMITS && list; i++) {
        const struct bench_limit *l = &bench_limits[i];
        if (json_array_append_new(list, json_pack("{s:s, s:f, s:s, s:s}", "name", l->name, "value", l->value,
                                                  "unit", l->unit, "why", l->why))) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

int bench_doctor_write_json(const struct bench_doctor *d, FILE *to, struct qk_error *err)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, d->seed);
    json_t *measured =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "noise_cache", aa(&d->cache), "noise_dram",
                  aa(&d->dram), "core_ghz", spread(&d->core_ghz), "adds_per_cycle",
                  spread(&d->adds_per_cycle), "timer_ns", real(d->timer_ns), "timer_step_ns",
                  real(d->timer_step_ns), "steal", real(d->steal), "others_busy", real(d->others_busy));
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:b, s:s, s:s, s:b, s:o, s:o, s:o}", "schema_version",
                  BENCH_DOCTOR_SCHEMA_VERSION, "kind", "doctor", "version", d->version, "date", d->date,
                  "fingerprint", d->fingerprint, "cpu", d->cpu, "quick", d->quick, "seed", seed, "verdict",
                  bench_health_name(bench_doctor_worst(d)), "fatal", bench_doctor_fatal(d) != NULL,
                  "findings", findings(d), "measured", measured, "limits", limits());
    if (!root)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the findings as JSON");
    errno = 0;
    const bool written =
        bench_json_dump(root, to, JSON_INDENT(2) | JSON_REAL_PRECISION(7)) == 0 && fputc('\n', to) != EOF;
    json_decref(root);
    return written ? 0
                   : qk_fail(err, QK_ERR_IO, NULL, "cannot write the findings: %s",
                             strerror(errno ? errno : EIO));
}
