/* SPDX-License-Identifier: MIT */
#include "harness/counters/backend.h"

#include <papi.h>
#include <sde_lib.h>

#include <stdio.h>
#include <string.h>

static long long published[3];
static papi_handle_t sde;

static int fail(char *why, size_t size, const char *what, int code)
{
    snprintf(why, size, "%s: PAPI: %s", what, PAPI_strerror(code));
    return -1;
}

/*
 * Call it before PAPI starts, because its component looks for libsde then. The events have no descriptions,
 * because libsde 7.0 leaks a name for each.
 */
static void publish_events(void)
{
    static const char *const names[] = {"calls", "elements", "bytes"};
    sde = papi_sde_init("qkbench");
    for (int i = 0; i < 3 && sde; i++)
        papi_sde_register_counter(sde, names[i], PAPI_SDE_RO | PAPI_SDE_DELTA, PAPI_SDE_long_long,
                                  &published[i]);
}

static int papi_open(char *why, size_t size)
{
    if (PAPI_is_initialized() != PAPI_NOT_INITED)
        return 0;
    if (!sde)
        publish_events();
    const int code = PAPI_library_init(PAPI_VER_CURRENT);
    if (code == PAPI_VER_CURRENT)
        return 0;
    if (code > 0) {
        snprintf(why, size, "PAPI: its library is version %d.%d, built for %d.%d", PAPI_VERSION_MAJOR(code),
                 PAPI_VERSION_MINOR(code), PAPI_VERSION_MAJOR(PAPI_VERSION),
                 PAPI_VERSION_MINOR(PAPI_VERSION));
        return -1;
    }
    return fail(why, size, "PAPI_library_init", code);
}

/* What PAPI says, and what it knows of the component, which often says more. */
static int fail_event(char *why, size_t size, const char *event, int code, int component)
{
    const PAPI_component_info_t *info = component < 0 ? NULL : PAPI_get_component_info(component);
    fail(why, size, event, code);
    const size_t used = strlen(why);
    if (info && info->disabled && *info->disabled_reason)
        snprintf(why + used, size - used, " (%s: %s)", info->name, info->disabled_reason);
    else if (info && code == PAPI_ENOEVNT && info->CmpIdx == 0 && info->num_preset_events == 0)
        snprintf(why + used, size - used, " (%s offers no preset events here)", info->name);
    return -1;
}

static int component(const char *event, char *why, size_t size)
{
    int code, found = PAPI_event_name_to_code(event, &code);
    if (found != PAPI_OK)
        return fail_event(why, size, event, found, -1);
    found = PAPI_get_event_component(code);
    return found >= 0 ? found : fail_event(why, size, event, found, -1);
}

static int set_new(char *why, size_t size)
{
    int set = PAPI_NULL;
    const int code = PAPI_create_eventset(&set);
    return code == PAPI_OK ? set : fail(why, size, "PAPI_create_eventset", code);
}

static int set_add(int set, const char *event, char *why, size_t size)
{
    int code, failed = PAPI_event_name_to_code(event, &code);
    if (failed != PAPI_OK)
        return fail_event(why, size, event, failed, -1);
    if (PAPI_num_events(set) >= BENCH_SET_EVENTS_MAX) {
        snprintf(why, size, "%s: a set has at most %d events", event, BENCH_SET_EVENTS_MAX);
        return -1;
    }
    failed = PAPI_add_event(set, code);
    return failed == PAPI_OK ? 0 : fail_event(why, size, event, failed, PAPI_get_event_component(code));
}

static void set_free(int set)
{
    PAPI_cleanup_eventset(set);
    PAPI_destroy_eventset(&set);
}

static int start(int set, char *why, size_t size)
{
    const int code = PAPI_start(set);
    return code == PAPI_OK ? 0 : fail(why, size, "PAPI_start", code);
}

static int stop(int set, long long *values, char *why, size_t size)
{
    const int code = PAPI_stop(set, values);
    return code == PAPI_OK ? 0 : fail(why, size, "PAPI_stop", code);
}

static void publish(long long calls, long long elements, long long bytes)
{
    published[0] += calls;
    published[1] += elements;
    published[2] += bytes;
}

const struct bench_backend bench_papi_module = {
    BENCH_BACKEND_VERSION, "PAPI", papi_open, component, set_new, set_add, set_free, start, stop, publish,
};
