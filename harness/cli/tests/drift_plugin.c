/* SPDX-License-Identifier: MIT */
/*
 * A plug-in whose kernel does a known amount of work: TURNS turns of a loop that takes a clock or so each,
 * beside a few sums. A module with 0.2 % more turns is 0.2 % slower on any machine (history_drift_test.sh).
 */
#include <qkbench/plugin.h>

#ifndef TURNS
#define TURNS 20000
#endif

typedef qk_own_fn qk_toil_fn;

static void scalar(void *const *buffers, const size_t *dims)
{
    int32_t *const y = (int32_t *)buffers[0];
    const int8_t *const x = (const int8_t *)buffers[1];
    for (size_t m = 0; m < dims[0]; m++)
        y[m] = 3 * x[m];
}

static void steady(void *const *buffers, const size_t *dims)
{
    scalar(buffers, dims);
    for (size_t turn = 0; turn < TURNS; turn++)
        __asm__ volatile("" : "+r"(turn));
}

static const struct qk_own_buffer buffers_of_toil[] = {
    QK_OUTPUT("y", QK_I32, QK_COUNT(1, 1, QK_M), 0, 0),
    {"x", QK_VARIED, QK_I8, 1, QK_COUNT(1, 1, QK_M), -127, 127, 0, 0}};
static const struct qk_own_op ops[] = {QK_OWN_OP(toil, "three times a vector", 1, QK_MULTIPLE(1),
                                                 buffers_of_toil, "64", "1 5 64", "5", QK_COUNT(1, 1, QK_M),
                                                 QK_COUNT(1, 1, QK_M), 0)};

QK_PLUGIN_WITH_OPS("drift", ops, QK_ROW(toil, scalar, BASE, scalar), QK_ROW(toil, steady, BASE, steady));
