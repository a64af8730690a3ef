/* SPDX-License-Identifier: MIT */
/*
 * The description of a plug-in's own op (own_op.h) without pointers. So it can be sent from the launch that
 * read it to the process that decides, and be judged again there.
 */
#pragma once

#include "kernels/cases/case.h"
#include "kernels/own_op.h"

struct qk_own_spec {
    char name[QK_OWN_NAME], what[QK_OWN_TEXT];
    char shapes[QK_OWN_TEXT], check_shapes[QK_OWN_TEXT], touch_shape[QK_SHAPE_TEXT];
    uint32_t dims, buffer_count;
    struct qk_own_spec_buffer {
        char name[QK_OWN_NAME];
        uint32_t role, type, align;
        struct qk_own_count elements;
        double low, high, absolute, relative;
    } buffers[QK_OWN_BUFFERS];
    uint32_t multiple[QK_OWN_DIMS];
    struct qk_own_count results, operations;
    bool fills; /* by a function of its own */
};

/* Does a description keep to the contract, wherever it comes from? False: why[size] says what is wrong. */
bool qk_own_sound(const struct qk_own_spec *spec, char *why, size_t size);

/* Which part of two descriptions differs, "its shapes"; NULL: none. */
const char *qk_own_differs(const struct qk_own_spec *a, const struct qk_own_spec *b);

/* Bytes of an element. */
size_t qk_own_type_bytes(uint32_t type);

/* As in struct qk_case. QK_ERR_ARG, or QK_ERR_MEMORY when a size overflows. */
int qk_own_plan(const struct qk_own_spec *spec, const struct qk_shape *shape, struct qk_plan *plan,
                struct qk_error *err);
