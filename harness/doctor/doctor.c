/* SPDX-License-Identifier: MIT */
#include "harness/doctor/private.h"

#include <string.h>

static const struct probe {
    const char *name;
    void (*judge)(const struct bench_facts *f, struct bench_finding *to);
} probes[] = {
#define PROBE(name) {#name, bench_probe_##name},
#include "harness/doctor/doctor.def"
#undef PROBE
};
_Static_assert(sizeof probes / sizeof *probes <= BENCH_FINDINGS_MAX, "findings have room for every probe");

void bench_doctor_judge(struct bench_doctor *d, const struct bench_facts *f)
{
    d->count = 0;
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        struct bench_finding *to = &d->findings[d->count++];
        *to = (struct bench_finding){0};
        snprintf(to->name, sizeof to->name, "%s", probes[i].name);
        probes[i].judge(f, to);
    }
    d->cpu = f->cpu;
    snprintf(d->date, sizeof d->date, "%s", f->env.date);
    snprintf(d->version, sizeof d->version, "%s", f->env.version);
    snprintf(d->fingerprint, sizeof d->fingerprint, "%s", f->env.fingerprint);
    d->cache = f->cache;
    d->dram = f->dram;
    d->core_ghz = f->core_ghz;
    d->adds_per_cycle = f->adds_per_cycle;
    d->timer_ns = f->timer_ns;
    d->timer_step_ns = f->timer_step_ns;
    d->steal = bench_facts_steal(f);
    d->others_busy = bench_facts_others_busy(f);
}

int bench_doctor_run(struct bench_doctor *d, const struct bench_doctor_config *cfg, struct qk_error *err)
{
    struct bench_facts f;
    memset(d, 0, sizeof *d);
    d->quick = cfg->job.quick;
    d->seed = cfg->job.seed;
    bench_facts_init(&f, "", cfg->job.cpu);
    bench_environment_built(&f.env, cfg->job.isa, cfg->job.table->compiler);
    snprintf(f.allowed, sizeof f.allowed, "%s", cfg->allowed ? cfg->allowed : "");
    bench_facts_ask(&f);
    bench_ticks_read(f.root, f.cpu, &f.before);
    f.throttled_before = bench_throttled(f.root, f.cpu);
    /* On such a clock calls seem to take no time, and a slice of enough of them has no end. */
    const bool coarse = f.timer_step_ns >= bench_limit(BENCH_LIMIT_timer_step_fatal);
    if (coarse) {
        snprintf(f.cache.why, sizeof f.cache.why, "the clock is too coarse");
        f.dram = f.cache;
    }
    const int code = coarse ? 0 : bench_doctor_measure(&f, cfg, err);
    f.throttled_after = bench_throttled(f.root, f.cpu);
    bench_ticks_read(f.root, f.cpu, &f.after);
    if (!code)
        bench_doctor_judge(d, &f);
    return code;
}

enum bench_health bench_doctor_worst(const struct bench_doctor *d)
{
    enum bench_health worst = BENCH_HEALTH_OK;
    for (size_t i = 0; i < d->count; i++)
        if (d->findings[i].health > worst)
            worst = d->findings[i].health;
    return worst;
}

const struct bench_finding *bench_doctor_fatal(const struct bench_doctor *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->findings[i].fatal)
            return &d->findings[i];
    return NULL;
}
