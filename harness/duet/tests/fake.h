/* SPDX-License-Identifier: MIT */
/*
 * For modules whose rows misbehave: kernels of qk256_dequant, their rows, and the function that a module
 * exports.
 */
#pragma once

#include "kernels/module.h"

/* Begins a kernel; its body follows. */
#define KERNEL(name)                                                                                         \
    static void name(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,        \
                     const float *restrict lut, size_t blocks)

/* The work itself. */
__attribute__((unused)) KERNEL(dequantise)
{
    for (size_t i = 0; i < 256 * blocks; i++)
        out[i] = lut[codes[i / 4] >> 2 * (i % 4) & 3] * scale[i / 256];
}

#define ROW(name_, isa_)                                                                                     \
    {                                                                                                        \
        .op = "qk256_dequant", .name = #name_, .isa = isa_, .phase = "-", .kind = "PLAIN", .made = "HAND",   \
        .touches = "ALL", .flags = "", .fn = (qk_fn *)name_                                                  \
    }

/* The module of the array `rows`. */
#define MODULE                                                                                               \
    const struct qk_module *qk_kernels_module(void)                                                          \
    {                                                                                                        \
        static const struct qk_module module = {.magic = QK_MODULE_MAGIC,                                    \
                                                .abi = QK_MODULE_ABI,                                        \
                                                .row_bytes = sizeof *rows,                                   \
                                                .row_count = sizeof rows / sizeof *rows,                     \
                                                .rows = rows,                                                \
                                                .compiler = "fake 1",                                        \
                                                .version = "0"};                                             \
        return &module;                                                                                      \
    }
