/* SPDX-License-Identifier: MIT */
#include "reports/text/result.h"

#include <math.h>
#include <string.h>

const struct bench_environment *report_result_environment(const struct report_result *r)
{
    return r->gate                 ? &r->gate->env
           : r->run && r->run->set ? &r->run->set->env
           : r->run                ? &r->run->e2e->env
           : r->ceilings           ? &r->ceilings->env
           : r->breakdown          ? &r->breakdown->env
                                   : NULL;
}

const char *report_result_date(const struct report_result *r)
{
    const struct bench_environment *env = report_result_environment(r);
    const bool of_model = r->run && !r->run->set && r->run->e2e->count;
    return of_model ? r->run->e2e->rows[0].date : env ? env->date : r->doctor ? r->doctor->date : "";
}

const char *report_result_kind(const struct report_result *r)
{
    return r->gate                 ? "Gate"
           : r->run && r->run->set ? "Run"
           : r->run                ? "Whole model"
           : r->ceilings           ? "Ceilings of the machine"
           : r->breakdown          ? "Breakdown"
                                   : "Doctor";
}

/* Samples of a run, repetitions of a model; 0 of what keeps none. */
static size_t samples_of(const struct report_result *r)
{
    size_t samples = 0;
    if (r->run && r->run->set)
        for (size_t i = 0; i < r->run->set->record_count; i++)
            for (size_t b = 0; b < r->run->set->records[i].block_count; b++)
                samples += r->run->set->records[i].blocks[b].slices;
    else if (r->run)
        for (size_t i = 0; i < r->run->e2e->count; i++)
            samples += r->run->e2e->rows[i].repetitions;
    return samples;
}

const char *report_result_caption(char to[REPORT_CAPTION], const struct report_result *r)
{
    const struct bench_environment *env = report_result_environment(r);
    const char *const date = report_result_date(r);
    const size_t samples = samples_of(r);
    const bool quick = (r->run && r->run->set && r->run->set->quick) || (r->breakdown && r->breakdown->quick);
    size_t at = 0;
    *to = '\0';
    if (env)
        at += (size_t)snprintf(to, REPORT_CAPTION, "%.120s, %.120s, commit %.60s%s%.60s. ",
                               *env->cpu_name ? env->cpu_name : "unknown CPU",
                               *env->compiler ? env->compiler : "unknown compiler",
                               *env->commit ? env->commit : "unknown", *date ? ", " : "", date);
    if (samples)
        at += (size_t)snprintf(to + at, REPORT_CAPTION - at, "%zu samples%s. ", samples,
                               quick ? " of a quick run, which is not for quoting" : "");
    else if (quick)
        at += (size_t)snprintf(to + at, REPORT_CAPTION - at, "A quick run, which is not for quoting. ");
    snprintf(to + at, REPORT_CAPTION - at, "From %.500s.", r->file);
    return to;
}

const char *report_number(char to[REPORT_NUMBER], double x)
{
    const double size = fabs(x);
    if (!isfinite(x))
        strcpy(to, "-");
    else if (size >= 1e7 || (size < 1e-4 && size > 0))
        snprintf(to, REPORT_NUMBER, "%.3g", x);
    else
        snprintf(to, REPORT_NUMBER, "%.*f",
                 size >= 999.5    ? 0
                 : size >= 99.95  ? 1
                 : size >= 9.995  ? 2
                 : size >= 0.9995 ? 3
                                  : 4,
                 x);
    return to;
}
