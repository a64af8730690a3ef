/* SPDX-License-Identifier: MIT */
/*
 * Builds as the deciding process sees them: what a check launch says of their rows, and what becomes of it.
 */
#include "harness/duet/build.h"

#include "harness/machine/child.h"
#include "harness/machine/clock.h"
#include "kernels/tests/cmocka_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct qk_error err;
static const struct bench_job job = {.cpu = -1, .seed = 3};
static struct bench_launcher launcher;
static struct bench_build build;

static const struct qk_variant *row(const char *name)
{
    const struct qk_variant *v = qk_table_find(&build.table, "qk256_dequant", name);
    assert_non_null(v);
    return v;
}

/* Checks the row on a shape that the checker does not have by itself. */
static void check(const char *name, int code, const char *text)
{
    struct qk_shape shape;
    assert_int_equal(qk_shape_parse("2560", &shape, &err), 0);
    for (int again = 0; again < 2; again++) { /* what is known is said again */
        err.text[0] = '\0';
        const int got = bench_build_check(&build, row(name), &shape, &err);
        if (got != code || !strstr(err.text, text))
            fail_msg("%s: %d '%s', expected %d '%s'", name, got, err.text, code, text);
    }
}

UNIT_FIXTURE(set_up)
{
    launcher = (struct bench_launcher){.program = "/proc/self/exe", .argument = "duet_launch"};
    return bench_build_open(&build, FAKE_SO, BENCH_SIDE_CANDIDATE, NULL, &launcher, &job, &err);
}

UNIT_FIXTURE(tear_down)
{
    bench_build_close(&build);
    return 0;
}

UNIT_TEST_WITH(a_table_is_read_and_nothing_is_mapped, set_up, tear_down)
{
    char line[500];
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    assert_string_equal(build.table.compiler, "fake 1");
    assert_null(row("right")->fn);
    assert_non_null(qk_table_find(&build.table, "other_op", "right")->unknown);
    while (fgets(line, sizeof line, maps))
        assert_null(strstr(line, "fake_module"));
    fclose(maps);
}

/* A row that ends the launch is wrong, and the next ones are asked of another launch. */
UNIT_TEST_WITH(rows_are_judged_one_by_one, set_up, tear_down)
{
    setenv("ASAN_OPTIONS", "handle_segv=0", 1); /* the signal itself, not a report */
    check("right", 0, "");
    check("wrong", QK_ERR_CHECK, "expected");
    check("leave", QK_ERR_CHECK,
          "ended with exit code 9 before it answered, last heard of when checking leave");
    check("deep", QK_ERR_CHECK, "SIGSEGV");
    check("right", 0, "");
    check("wrong_at_10_blocks", QK_ERR_CHECK, "expected");
    check("of_tomorrow", QK_ERR_UNAVAILABLE, "no ISA level 'AVX2048'");
    assert_true(isnan(bench_build_instructions(&build, row("leave"))));
}

UNIT_TEST_WITH(what_a_kernel_leaves_changed_is_told, set_up, tear_down)
{
    check("masks", QK_ERR_CHECK, "left signal 10");
#ifdef __x86_64__
    check("flushes", QK_ERR_CHECK, "left MXCSR at 0x9f80, found 0x1f80");
    check("x87", QK_ERR_CHECK, "left the x87 control word at 0x007f, found 0x037f");
    check("down", QK_ERR_CHECK, "left the direction flag set");
#endif
}

UNIT_TEST_WITH(a_row_that_does_not_return_is_ended, set_up, tear_down)
{
    launcher.patience_ms = 3000;
    check("hang", QK_ERR_CHECK, "gave no answer for 3000 ms and was ended");
    launcher.patience_ms = 0;
    launcher.until_ns = 1;
    check("slow", QK_ERR_UNAVAILABLE, "the time for the run is over");
    launcher.until_ns = 0;
}

/* Children of a row's end with the launches, and what a row closes is missed. */
UNIT_TEST_WITH(nothing_is_left_behind, set_up, tear_down)
{
    bench_strays_adopt();
    check("forks", 0, "");
    check("closes", QK_ERR_CHECK, "ended with exit code 1 before it answered");
    bench_build_rest(&build);
    bench_strays_end();
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

UNIT_TEST_WITH(what_cannot_be_opened_is_told, set_up, tear_down)
{
    static const struct {
        const char *path, *text;
        int code;
    } known[] = {{"/nonexistent.so", "cannot open the kernel module", QK_ERR_IO},
                 {"/", "not a regular file", QK_ERR_IO},
                 {"/dev/null", "not a regular file", QK_ERR_IO},
                 {NO_MODULE, "is no kernel module: it has no function qk_kernels_module", QK_ERR_FORMAT},
                 {FAKE_ABI_SO, "ABI version 5", QK_ERR_FORMAT},
                 {FAKE_EXIT_SO,
                  "ended with exit code 0 before it answered, last heard of when loading the copy",
                  QK_ERR_CHECK}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct bench_build b;
        const int code = bench_build_open(&b, known[i].path, BENCH_SIDE_COPY, NULL, &launcher, &job, &err);
        if (code != known[i].code || !strstr(err.text, known[i].text))
            fail_msg("%s: %d '%s', expected %d '%s'", known[i].path, code, err.text, known[i].code,
                     known[i].text);
        bench_build_close(&b);
    }
}

UNIT_TESTS(build, NULL, NULL)
