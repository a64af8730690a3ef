/* SPDX-License-Identifier: MIT */
#include "harness/machine/events.h"

#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char stat_text[] = "cpu  10 20 30 40 50 60 70 80 90 100\n"
                                "cpu0 1 2 3 4 5 6 7 8 9 10\n"
                                "cpu10 0 0 0 0 0 0 0 999 0 0\n"
                                "cpu1 11 12 13 14 15 16 17 18 19 20\n"
                                "intr 5\n";

static void put(const char *name, const char *text)
{
    bench_test_put(bench_test_path(name), text, strlen(text));
}

UNIT_TEST(steal_and_migrations_are_differences)
{
    struct bench_sw sw;
    struct bench_sw_reading begin;
    struct bench_events events;
    put("proc/stat", stat_text);
    put("proc/thread-self/sched", "x (1, #threads: 1)\nse.nr_migrations      :      41\nnr_switches : 7\n");
    bench_sw_open(bench_test_dir, &sw, 1);
    assert_string_equal(sw.why, "");
    bench_sw_begin(&sw, &begin);
    bench_sw_end(&sw, &begin, &events);
    assert_true(events.recorded);
    assert_true(events.value[BENCH_EVENT_STEAL] == 0);
    assert_true(events.value[BENCH_EVENT_MIGRATIONS] == 0);
    put("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 21 0 0\n");
    put("proc/thread-self/sched", "x (1, #threads: 1)\nse.nr_migrations : 43\n");
    bench_sw_end(&sw, &begin, &events);
    assert_true(events.value[BENCH_EVENT_STEAL] == 3e9 / (double)sysconf(_SC_CLK_TCK));
    assert_true(events.value[BENCH_EVENT_MIGRATIONS] == 2);
    assert_true(events.disturbed);
    put("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 3 0 0\n");
    bench_sw_end(&sw, &begin, &events);
    assert_true(events.value[BENCH_EVENT_STEAL] == 0); /* went backwards */
    bench_sw_close(&sw);
}

UNIT_TEST(what_cannot_be_read_is_null_with_a_reason)
{
    struct bench_sw sw;
    struct bench_sw_reading begin;
    struct bench_events events;
    unlink(bench_test_path("proc/thread-self/sched"));
    put("proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\n");
    bench_sw_open(bench_test_dir, &sw, 0);
    assert_says(sw.why, "steal: no line of 8 numbers for cpu0");
    assert_says(sw.why, "; migrations: seen only where a block ends on another CPU");
    bench_sw_begin(&sw, &begin);
    bench_sw_end(&sw, &begin, &events);
    assert_true(isnan(events.value[BENCH_EVENT_STEAL]));
    assert_true(events.value[BENCH_EVENT_MIGRATIONS] >= 0);
    begin.cpu = begin.cpu + 1; /* the block began elsewhere */
    bench_sw_end(&sw, &begin, &events);
    assert_true(events.value[BENCH_EVENT_MIGRATIONS] == 1);
    bench_sw_close(&sw);
    unlink(bench_test_path("proc/stat"));
    bench_sw_open(bench_test_dir, &sw, 0);
    assert_says(sw.why, "steal: cannot open /proc/stat: No such file");
    bench_sw_close(&sw);
}

UNIT_TEST(real_events_are_counted)
{
    enum { PAGES = 100, SIZE = PAGES * 4096 };
    struct bench_sw sw;
    struct bench_sw_reading begin;
    struct bench_events events;
    bench_sw_open("", &sw, 0);
    bench_sw_begin(&sw, &begin);
    char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    madvise(p, SIZE, MADV_NOHUGEPAGE);
    for (int i = 0; i < SIZE; i += 4096)
        ((volatile char *)p)[i] = 1;
    usleep(20000);
    bench_sw_end(&sw, &begin, &events);
    munmap(p, SIZE);
    assert_true(events.value[BENCH_EVENT_MINOR_FAULTS] >= PAGES);
    assert_true(events.value[BENCH_EVENT_VOLUNTARY] >= 1);
    assert_true(events.value[BENCH_EVENT_WALL] >= 2e7);
    assert_true(events.value[BENCH_EVENT_TASK] < events.value[BENCH_EVENT_WALL]);
    assert_true(events.disturbed); /* it slept most of the time */
    bench_sw_close(&sw);
}

UNIT_TEST(the_rule)
{
    static const enum bench_event each[] = {BENCH_EVENT_INVOLUNTARY, BENCH_EVENT_MAJOR_FAULTS,
                                            BENCH_EVENT_MIGRATIONS, BENCH_EVENT_STEAL};
    struct bench_events calm = {.recorded = true};
    calm.value[BENCH_EVENT_WALL] = 2e7;
    calm.value[BENCH_EVENT_TASK] = 1.99e7;
    calm.value[BENCH_EVENT_MINOR_FAULTS] = 1000;
    calm.value[BENCH_EVENT_VOLUNTARY] = 3;
    calm.value[BENCH_EVENT_STEAL] = NAN;
    assert_false(bench_sw_disturbed(&calm));
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct bench_events one = calm;
        one.value[each[i]] = 1;
        assert_true(bench_sw_disturbed(&one));
    }
    calm.value[BENCH_EVENT_TASK] = 1.97e7;
    assert_true(bench_sw_disturbed(&calm));
    for (int e = 0; e < BENCH_EVENT_COUNT; e++)
        calm.value[e] = NAN;
    assert_false(bench_sw_disturbed(&calm));
}

UNIT_TESTS(events, bench_test_dir_make, bench_test_dir_remove)
