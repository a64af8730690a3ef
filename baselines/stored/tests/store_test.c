/* SPDX-License-Identifier: MIT */
/* Where stored baselines are, and what becomes of their files. */
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/files/outfile.h"
#include "harness/records/tests/fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

UNIT_TEST(machines_and_names)
{
    struct bench_environment env = {.cpu_vendor = "GenuineIntel",
                                    .cpu_family = 6,
                                    .cpu_model = 106,
                                    .cpu_stepping = 6,
                                    .cpus = 2,
                                    .virtualised = "KVMKVMKVM"};
    char slug[80], path[BASELINE_PATH];
    baseline_machine(&env, slug);
    assert_string_equal(slug, "genuineintel-6-106-6-vm-2cpu");
    env = (struct bench_environment){.cpu_vendor = "aarch64/..",
                                     .cpu_family = -1,
                                     .cpu_model = -1,
                                     .cpu_stepping = -1,
                                     .cpus = 8,
                                     .virtualised = "no"};
    baseline_machine(&env, slug);
    assert_string_equal(slug, "aarch64___-x-x-x-metal-8cpu");
    static const char *const bad[] = {"",
                                      ".hidden",
                                      "a/b",
                                      "a b",
                                      "x.json",
                                      "..",
                                      "0123456789012345678901234567890123456789012345678901234567890123x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(baseline_path(path, "d", &env, bad[i], NULL), QK_ERR_ARG);
    assert_int_equal(baseline_path(path, "d", &env, "v1.2_x-Y", NULL), 0);
    assert_string_equal(path, "d/aarch64___-x-x-x-metal-8cpu/v1.2_x-Y.json");
}

UNIT_TEST(where_they_are)
{
    char folder[BASELINE_PATH];
    struct qk_error err;
    assert_int_equal(chdir(bench_test_dir), 0);
    for (int set = 0; set < 2; set++) {
        assert_int_equal(set ? setenv("QK_BASELINES", "", 1) : unsetenv("QK_BASELINES"), 0);
        assert_int_equal(baseline_folder(folder, NULL, &err), QK_ERR_ARG);
        assert_non_null(strstr(err.text, set ? "QK_BASELINES is empty" : "QK_BASELINES is not set"));
        assert_says(err.text, "baselines/data");
    }
    assert_int_equal(bench_make_folder("baselines/data", NULL), 0);
    assert_int_equal(baseline_folder(folder, NULL, &err), 0);
    assert_string_equal(folder, "baselines/data");
    assert_int_equal(setenv("QK_BASELINES", "elsewhere", 1), 0);
    assert_int_equal(baseline_folder(folder, NULL, &err), 0);
    assert_string_equal(folder, "elsewhere");
    assert_int_equal(baseline_folder(folder, "mine", &err), 0);
    assert_string_equal(folder, "mine");
    assert_int_equal(baseline_folder(folder, "", &err), QK_ERR_ARG);
    assert_int_equal(unsetenv("QK_BASELINES"), 0);
}

UNIT_TEST(saved_loaded_and_listed)
{
    struct baseline b, again;
    struct qk_error err = {.text = ""};
    struct baseline_entry *list;
    char path[BASELINE_PATH], other[BASELINE_PATH + 16];
    size_t count;
    const char *dir = bench_test_path("store");
    baseline_test_main(&b);
    assert_int_equal(baseline_save(&b, dir, path, &err), 0);
    assert_int_equal(baseline_load(&again, dir, &b.env, "main", &err), 0);
    assert_int_equal(again.count, b.count);
    baseline_free(&again);
    assert_int_equal(baseline_load(&again, dir, &b.env, "none", &err), QK_ERR_INVALID);
    assert_says(err.text, "there are: main");
    snprintf(other, sizeof other, "%.*sother.json", (int)(strlen(path) - 9), path);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(baseline_load(&again, dir, &b.env, "other", &err), QK_ERR_FORMAT);
    assert_says(err.text, "expected \"other\"");
    bench_test_put(bench_test_path("store/zzz/b.json"), "x", 1);
    bench_test_put(bench_test_path("store/zzz/README"), "x", 1);
    assert_int_equal(baseline_list(&list, &count, dir, NULL, &err), 0);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].name, "main");
    assert_string_equal(list[1].name, "other");
    assert_string_equal(list[2].machine, "zzz");
    free(list);
    assert_int_equal(baseline_list(&list, &count, dir, "zzz", &err), 0);
    assert_int_equal(count, 1);
    free(list);
    assert_int_equal(baseline_list(&list, &count, bench_test_path("none"), NULL, &err), QK_ERR_IO);
    bench_test_put(bench_test_path("file"), "x", 1);
    assert_int_equal(baseline_save(&b, bench_test_path("file"), path, &err), QK_ERR_IO);
    baseline_free(&b);
}

/*
 * Killed after ever longer, until a save is through: whatever is there is the old file or the new one, whole.
 */
UNIT_TEST(killed_saves_leave_the_old_file)
{
    struct baseline b, found;
    struct qk_error err = {.text = ""};
    char path[BASELINE_PATH];
    size_t kills = 0, olds = 0, news = 0;
    const char *dir = bench_test_path("killed");
    baseline_test_main(&b);
    b.launches = 100;
    assert_int_equal(baseline_save(&b, dir, path, &err), 0);
    for (long ns = 0; ns < 4000000 || !news; ns += 40000, kills++) {
        b.launches = 101 + kills;
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            for (;;)
                baseline_save(&b, dir, path, NULL);
        nanosleep(&(struct timespec){.tv_nsec = ns % 900000000}, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        if (baseline_read(&found, path, &err))
            fail_msg("after %ld ns: %s: %s", ns, err.where, err.text);
        assert_int_equal(found.count, b.count);
        assert_true(found.launches >= 100 && found.launches <= b.launches);
        olds += found.launches < b.launches;
        news += found.launches == b.launches;
        baseline_free(&found);
    }
    assert_true(kills >= 100);
    assert_true(olds > 0 && news > 0); /* both happened, or this has shown nothing */
    baseline_free(&b);
}

UNIT_TESTS(store, bench_test_dir_make, bench_test_dir_remove)
