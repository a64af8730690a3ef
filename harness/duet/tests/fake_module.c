/* SPDX-License-Identifier: MIT */
/*
 * A kernel module whose rows misbehave in known ways. Built several times: FAKE_MAGIC, FAKE_ABI, FAKE_ROW_BYTES break
 * its table; FAKE_LOG in the environment names a file to which every load appends the address it was loaded at.
 */
#include "kernels/module.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef FAKE_MAGIC
#define FAKE_MAGIC QK_MODULE_MAGIC
#endif
#ifndef FAKE_ABI
#define FAKE_ABI QK_MODULE_ABI
#endif
#ifndef FAKE_ROW_BYTES
#define FAKE_ROW_BYTES sizeof(struct qk_module_row)
#endif

/* Called by rows that do their work; its own in every module, set by a test. */
extern void (*fake_hook)(void *ctx, size_t blocks, const void *out);
extern void *fake_ctx;
void (*fake_hook)(void *, size_t, const void *);
void *fake_ctx;

static void right(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                  const float *restrict lut, size_t blocks)
{
    if (fake_hook)
        fake_hook(fake_ctx, blocks, out);
    for (size_t i = 0; i < 256 * blocks; i++)
        out[i] = lut[codes[i / 4] >> 2 * (i % 4) & 3] * scale[i / 256];
}

/* Longer than any slice, whatever the machine. */
static void slow(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                 const float *restrict lut, size_t blocks)
{
    const struct timespec nap = {0, 20000 * (long)blocks};
    right(out, codes, scale, lut, blocks);
    nanosleep(&nap, NULL);
}

/* As memory touched for the first time: the first call takes far longer than the others. */
static void slow_first(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                       const float *restrict lut, size_t blocks)
{
    static bool warm;
    const struct timespec nap = {0, 50 * 1000 * 1000};
    right(out, codes, scale, lut, blocks);
    if (!warm)
        nanosleep(&nap, NULL);
    warm = true;
}

/* Reports rows of weights interleaved by 16 and does nothing else: 4096 of them take longer than any slice. */
static void slow_rows(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                      int32_t q_sum, size_t rows, size_t columns)
{
    const struct timespec nap = {0, 1000 * (long)rows};
    (void)codes, (void)q, (void)q_sum, (void)columns;
    if (fake_hook)
        fake_hook(fake_ctx, rows, y);
    nanosleep(&nap, NULL);
}

static void wrong(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                  const float *restrict lut, size_t blocks)
{
    right(out, codes, scale, lut, blocks);
    out[256 * blocks - 1] += 1;
}

static void crash(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                  const float *restrict lut, size_t blocks)
{
    right(out, codes, scale, lut, blocks);
    raise(SIGSEGV);
}

/* Not while it is checked: in a block, or on the way to it. */
static void crash_later(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                        const float *restrict lut, size_t blocks)
{
    static int calls;
    right(out, codes, scale, lut, blocks);
    if (calls++)
        raise(SIGSEGV);
}

static void hang(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                 const float *restrict lut, size_t blocks)
{
    right(out, codes, scale, lut, blocks);
    for (;;)
        pause();
}

static void leave(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                  const float *restrict lut, size_t blocks)
{
    right(out, codes, scale, lut, blocks);
    _exit(9);
}

#define ROW(name_, isa_, kind_)                                                                              \
    {                                                                                                        \
        .op = "qk256_dequant", .name = #name_, .isa = isa_, .phase = "-", .kind = kind_, .flags = "",        \
        .hash = "0123456789abcdef", .fn = (qk_fn *)name_                                                     \
    }

static const struct qk_module_row rows[] = {
    ROW(right, "BASE", "PLAIN"),
    ROW(slow, "BASE", "PLAIN"),
    ROW(slow_first, "BASE", "PLAIN"),
    ROW(wrong, "BASE", "PLAIN"),
    ROW(crash, "BASE", "PLAIN"),
    ROW(crash_later, "BASE", "PLAIN"),
    ROW(hang, "BASE", "PLAIN"),
    ROW(leave, "BASE", "PLAIN"),
    {"qk256_dequant", "claims_avx512", "AVX512", "-", "PLAIN", "", "0123456789abcdef", (qk_fn *)right, NULL},
    {"qk256_dequant", "of_tomorrow", "AVX2048", "-", "PLAIN", "", "0123456789abcdef", (qk_fn *)right, NULL},
    {"qk256_dequant", "odd_kind", "BASE", "-", "ROUND", "", "0123456789abcdef", (qk_fn *)right, NULL},
    {"qk256_dequant", "elsewhere", "AVX512", "-", "PLAIN", "", "", NULL, NULL},
    {"i2s16_gemv", "slow_rows", "BASE", "-", "PLAIN", "", "0123456789abcdef", (qk_fn *)slow_rows, NULL},
    {"other_op", "right", "BASE", "-", "PLAIN", "", "0123456789abcdef", (qk_fn *)right, NULL},
};

__attribute__((constructor)) static void log_place(void)
{
    char line[60];
    struct stat st = {.st_ino = 0};
    Dl_info here;
    const char *path = getenv("FAKE_LOG");
    const int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (!dladdr(&rows, &here) || stat(here.dli_fname, &st))
        abort();
    const int n =
        snprintf(line, sizeof line, "%p %llu\n", (void *)(uintptr_t)&rows, (unsigned long long)st.st_ino);
    if (write(fd, line, (size_t)n) != n)
        abort();
    close(fd);
}

const struct qk_module *qk_kernels_module(void)
{
    static const struct qk_module module = {
        FAKE_MAGIC, FAKE_ABI, FAKE_ROW_BYTES, sizeof rows / sizeof *rows, rows, "fake 1", "0"};
    return &module;
}

/* The other builds have no such symbol, as builds of old have not. */
#ifdef FAKE_TRAITS
const struct qk_module_traits *qk_kernels_traits(void)
{
    static const struct qk_module_trait one = {"HAND", "ALL"};
    static const struct qk_module_traits traits = {QK_MODULE_MAGIC, sizeof one, FAKE_TRAITS, &one};
    return &traits;
}
#endif
