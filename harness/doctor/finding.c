/* SPDX-License-Identifier: MIT */
/* The texts of a finding, and the limits at which verdicts change. */
#include "harness/doctor/private.h"

#include <stdarg.h>

const struct bench_limit bench_limits[BENCH_LIMITS] = {
#define LIMIT(name, value, unit, why) {#name, value, unit, why},
#include "harness/doctor/doctor.def"
#undef LIMIT
};

double bench_limit(enum bench_limit_name name)
{
    return bench_limits[name].value;
}

/* What files say goes into texts: a byte that is no printable ASCII would break a line or the JSON. */
static void print(char *to, size_t size, const char *fmt, va_list args)
{
    vsnprintf(to, size, fmt, args);
    for (; *to; to++)
        if (*to < ' ' || *to > '~')
            *to = '?';
}

void bench_found(struct bench_finding *to, enum bench_health health, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(to->found, sizeof to->found, fmt, args);
    va_end(args);
    to->health = health;
}

void bench_costs(struct bench_finding *to, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(to->costs, sizeof to->costs, fmt, args);
    va_end(args);
}

void bench_mend(struct bench_finding *to, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(to->mend, sizeof to->mend, fmt, args);
    va_end(args);
}

const char *const bench_health_words[] = {
    [BENCH_HEALTH_OK] = "ok", [BENCH_HEALTH_WARN] = "warn", [BENCH_HEALTH_BAD] = "bad", NULL};
