/* SPDX-License-Identifier: MIT */
/*
 * Test programs of several parts. `PROGRAM PART [ARGUMENT...]` runs one part; `PROGRAM` alone lists them. A
 * part holds the tests of one file, or writes what a test script needs. Parts enter themselves before main,
 * so no list names them.
 */
#pragma once

struct test_part {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the part's name */
    struct test_part *next;
};
void test_part_enter(struct test_part *part);

/* Begins the part's main function; its body follows. */
#define TEST_PART(NAME)                                                                                      \
    static int NAME##_main(int argc, char **argv);                                                           \
    __attribute__((constructor)) static void NAME##_enter(void)                                              \
    {                                                                                                        \
        static struct test_part part = {#NAME, NAME##_main, 0};                                              \
        test_part_enter(&part);                                                                              \
    }                                                                                                        \
    static int NAME##_main(__attribute__((unused)) int argc, __attribute__((unused)) char **argv)
