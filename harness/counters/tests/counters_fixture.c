/* SPDX-License-Identifier: MIT */
#include "harness/counters/tests/counters_fixture.h"

#include "harness/counters/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct qk_error counters_err;
struct bench_sample_set counters_set;
uint64_t counters_called;

int counters_use(const char *module, bool fake)
{
    fake_kernel_reset();
    for (int e = 0; e < FAKE_EVENTS; e++)
        fake_kernel.refused[e] = ENOENT;
    if (!fake)
        fake_kernel.mode = FAKE_OFF;
    bench_sample_set_init(&counters_set);
    return module ? setenv("QK_PAPI_MODULE", module, 1) : unsetenv("QK_PAPI_MODULE");
}

int counters_drop(void **state)
{
    (void)state;
    bench_sample_set_free(&counters_set);
    fake_kernel.mode = FAKE_OFF;
    return 0;
}

static void call(void *ctx, uint64_t calls)
{
    (void)ctx;
    counters_called += calls;
    fake_kernel.calls += calls;
}

struct bench_record *counters_count(const char *list)
{
    const struct bench_counted what = {call, NULL, CALLS, ELEMENTS, BYTES};
    struct bench_counters *c;
    struct bench_record *rec = bench_sample_set_add(&counters_set, "op", "variant", list);
    assert_non_null(rec);
    counters_called = 0;
    assert_works(bench_counters_make(&c, list, &counters_err), counters_err);
    assert_int_equal(bench_counters_count(c, &what, rec, &counters_err), 0);
    bench_counters_free(c);
    assert_int_equal(fake_kernel.opened, 0);
    return rec;
}

double counters_value(const struct bench_record *rec, const char *name)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    assert_non_null(metric);
    if (isnan(metric->value))
        fail_msg("%s: %s", name, metric->reason);
    return metric->value;
}

void counters_reason(const struct bench_record *rec, const char *name, bool valued, const char *reason)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    assert_non_null(metric);
    if (!metric->reason || !strstr(metric->reason, reason) || !isnan(metric->value) != valued)
        fail_msg("%s: found %g, '%s'; expected %s and '%s'", name, metric->value,
                 metric->reason ? metric->reason : "nothing", valued ? "a value" : "none", reason);
}

void counters_need_papi(const struct bench_record *rec, const char *name)
{
    const struct bench_metric *metric = bench_record_metric(rec, name);
    if (!isnan(metric->value))
        return;
    print_message("# no PAPI here: %s\n", metric->reason);
    assert_true(!QK_HAVE_PAPI || strstr(metric->reason, "cannot open shared object file"));
    skip();
}
