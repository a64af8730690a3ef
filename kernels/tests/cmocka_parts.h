/* SPDX-License-Identifier: MIT */
/* parts.h for tests that use cmocka, with the headers that cmocka's own header needs before it. */
#pragma once

#include "kernels/tests/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * Begins a test; its body follows. Tests enter themselves, so no list names them. They run in the order of
 * the file. UNIT_TEST_WITH gives a test its own set-up and tear-down, or NULL.
 */
#define UNIT_TEST(NAME) UNIT_TEST_WITH(NAME, NULL, NULL)
#define UNIT_TEST_WITH(NAME, SET_UP, TEAR_DOWN)                                                              \
    enum { NAME##_place = __COUNTER__ };                                                                     \
    _Static_assert((int)NAME##_place < UNIT_TESTS_MAX, "more tests in a file than cmocka_parts.h expects");  \
    static void NAME(void **state);                                                                          \
    __attribute__((constructor)) static void NAME##_enters(void)                                             \
    {                                                                                                        \
        unit_tests[NAME##_place] = (struct CMUnitTest){#NAME, NAME, SET_UP, TEAR_DOWN, NULL};                \
    }                                                                                                        \
    static void NAME(__attribute__((unused)) void **state)
/* Begins a fixture that does not use cmocka's state; its body follows. */
#define UNIT_FIXTURE(NAME) static int NAME(__attribute__((unused)) void **state)

enum { UNIT_TESTS_MAX = 64 };
/* The tests of this file. Free places are NULL. */
__attribute__((unused)) static struct CMUnitTest unit_tests[UNIT_TESTS_MAX];

/*
 * Runs the file's tests between a set-up and a tear-down, each of which may be NULL. Returns what a part
 * returns.
 */
#define unit_tests_run(NAME, SET_UP, TEAR_DOWN)                                                              \
    cmocka_run_group_tests_name(NAME, unit_tests, SET_UP, TEAR_DOWN)
/* A part that does only that. */
#define UNIT_TESTS(PART, SET_UP, TEAR_DOWN)                                                                  \
    TEST_PART(PART)                                                                                          \
    {                                                                                                        \
        return unit_tests_run(argv[0], SET_UP, TEAR_DOWN);                                                   \
    }

/* Fails with both texts unless the second is part of the first. */
#define assert_says(found, text)                                                                             \
    do {                                                                                                     \
        if (!strstr(found, text))                                                                            \
            fail_msg("'%s' does not say '%s'", found, text);                                                 \
    } while (0)
/* Fails, with the text of the struct qk_error, when the call that fills it does not return 0. */
#define assert_works(call, err)                                                                              \
    do {                                                                                                     \
        if (call)                                                                                            \
            fail_msg("%s: %s", (err).where, (err).text);                                                     \
    } while (0)
