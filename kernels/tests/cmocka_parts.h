/* SPDX-License-Identifier: MIT */
/* parts.h for tests that use cmocka, whose header wants these before it. */
#ifndef QKBENCH_KERNELS_TESTS_CMOCKA_PARTS_H
#define QKBENCH_KERNELS_TESTS_CMOCKA_PARTS_H

#include "kernels/tests/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Begin a test and a fixture that do without cmocka's state; the body follows. */
#define UNIT_TEST(NAME)    static void NAME(__attribute__((unused)) void **state)
#define UNIT_FIXTURE(NAME) static int NAME(__attribute__((unused)) void **state)

#endif
