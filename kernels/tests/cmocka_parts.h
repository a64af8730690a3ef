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

#endif
