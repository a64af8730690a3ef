/* SPDX-License-Identifier: MIT */
/*
 * Preloaded by tests: a machine whose clock is bad in the way that BAD_CLOCK says.
 *   - coarse=NS: it steps by NS
 *   - back=N:NS: it goes back by NS at the Nth reading, once
 *   - jump=N:NS: it goes forward by NS at the Nth reading, once
 *   - stuck=N:COUNT: it stands still from the Nth reading on for COUNT readings; 0 means for ever
 *   - rate=PERCENT: it runs at that share of the right speed
 *
 * CLOCK_MONOTONIC is bad. With BAD_CLOCK_ALL set, so are the other clocks that advance by themselves. CPU
 * times never are.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    char kind[8];
    long long first, second;
    int all;
} bad;
static atomic_llong readings, stood;

__attribute__((constructor)) static void read_wishes(void)
{
    const char *wish = getenv("BAD_CLOCK");
    if (wish)
        sscanf(wish, "%7[a-z]=%lld:%lld", bad.kind, &bad.first, &bad.second);
    bad.all = getenv("BAD_CLOCK_ALL") != NULL;
}

static long long twist(long long ns)
{
    const long long n = ++readings;
    if (!strcmp(bad.kind, "coarse"))
        return ns - ns % bad.first;
    if (!strcmp(bad.kind, "back"))
        return n >= bad.first ? ns - bad.second : ns;
    if (!strcmp(bad.kind, "jump"))
        return n >= bad.first ? ns + bad.second : ns;
    if (!strcmp(bad.kind, "rate"))
        return ns / 100 * bad.first;
    if (!strcmp(bad.kind, "stuck") && n >= bad.first && (!bad.second || n < bad.first + bad.second)) {
        long long none = 0;
        atomic_compare_exchange_strong(&stood, &none, ns);
        return stood;
    }
    return ns;
}

int clock_gettime(clockid_t id, struct timespec *to)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    const int code = real(id, to);
    const int ours = id == CLOCK_MONOTONIC ||
                     (bad.all && (id == CLOCK_MONOTONIC_RAW || id == CLOCK_BOOTTIME || id == CLOCK_REALTIME));
    if (code || !ours)
        return code;
    const long long ns = twist(to->tv_sec * 1000000000LL + to->tv_nsec);
    to->tv_sec = ns / 1000000000;
    to->tv_nsec = ns % 1000000000;
    return 0;
}
