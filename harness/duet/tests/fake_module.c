/* SPDX-License-Identifier: MIT */
/*
 * A kernel module whose rows misbehave in known ways. It is built several times: FAKE_MAGIC, FAKE_ABI and
 * FAKE_ROW_BYTES break its table. The environment variable FAKE_FLAW breaks its last row, or the number of
 * rows. FAKE_LOG names a file to which every load appends the address it was loaded at.
 */
#include "harness/duet/tests/fake.h"

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
#define FAKE_ROW_BYTES sizeof(struct fake_row)
#endif

/* A row as modules of FAKE_ABI, 2 or later, have it. */
struct fake_row {
    const char *op, *name, *isa, *phase, *kind, *made, *touches, *flags;
    qk_fn *fn;
    qk_upto_fn *upto;
#ifndef FAKE_NO_FORM
    const struct qk_form *form;
#endif
};

/* Called by rows that do their work; its own in every module, set by a test. */
extern void (*fake_hook)(void *ctx, size_t blocks, const void *out, const void *alternates);
extern void *fake_ctx;
void (*fake_hook)(void *, size_t, const void *, const void *);
void *fake_ctx;

KERNEL(right)
{
    if (fake_hook)
        fake_hook(fake_ctx, blocks, out, scale);
    dequantise(out, codes, scale, lut, blocks);
}

/* Longer than any slice, whatever the machine. */
KERNEL(slow)
{
    const struct timespec nap = {0, 20000 * (long)blocks};
    right(out, codes, scale, lut, blocks);
    nanosleep(&nap, NULL);
}

/* As memory touched for the first time: the first call takes far longer than the others. */
KERNEL(slow_first)
{
    static bool warm;
    const struct timespec nap = {0, 50 * 1000 * 1000};
    right(out, codes, scale, lut, blocks);
    if (!warm)
        nanosleep(&nap, NULL);
    warm = true;
}

/*
 * Reports rows of weights interleaved by 16 and does nothing else: 4096 of them take longer than any slice.
 */
static void slow_rows(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                      int32_t q_sum, size_t rows, size_t columns)
{
    const struct timespec nap = {0, 1000 * (long)rows};
    (void)codes, (void)q, (void)q_sum, (void)columns;
    if (fake_hook)
        fake_hook(fake_ctx, rows, y, q);
    nanosleep(&nap, NULL);
}

KERNEL(wrong)
{
    right(out, codes, scale, lut, blocks);
    out[256 * blocks - 1] += 1;
}

KERNEL(crash)
{
    right(out, codes, scale, lut, blocks);
    raise(SIGSEGV);
}

/* Not while it is checked: in a block, or on the way to it. */
KERNEL(crash_later)
{
    static int calls;
    right(out, codes, scale, lut, blocks);
    if (calls++)
        raise(SIGSEGV);
}

KERNEL(hang)
{
    right(out, codes, scale, lut, blocks);
    for (;;)
        pause();
}

KERNEL(leave)
{
    right(out, codes, scale, lut, blocks);
    _exit(9);
}

/* Rows that leave something behind besides their output. */
KERNEL(deep)
{
    volatile char frame[4096];
    frame[0] = (char)blocks;
    right(out, codes, scale, lut, blocks);
    if (blocks < 1000000)
        deep(out, codes, scale, lut, blocks);
    frame[1] = frame[0];
}

/* On a shape that the checker does not have by itself. */
KERNEL(wrong_at_10_blocks)
{
    right(out, codes, scale, lut, blocks);
    out[0] += blocks == 10;
}

KERNEL(masks)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, NULL);
    right(out, codes, scale, lut, blocks);
}

#if defined __x86_64__
KERNEL(flushes)
{
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8000);
    right(out, codes, scale, lut, blocks);
}

KERNEL(x87)
{
    const unsigned short single = 0x7f;
    __asm__ volatile("fldcw %0" : : "m"(single));
    right(out, codes, scale, lut, blocks);
}

KERNEL(down)
{
    right(out, codes, scale, lut, blocks);
    __asm__ volatile("std" ::: "cc");
}
#endif

KERNEL(forks)
{
    static bool forked;
    right(out, codes, scale, lut, blocks);
    if (forked)
        return;
    forked = true;
    if (!fork()) {
        setsid();
        if (!fork())
            for (;;)
                pause();
        _exit(0);
    }
}

KERNEL(closes)
{
    right(out, codes, scale, lut, blocks);
    for (int i = 0; i < 100; i++)
        close(i);
}

#define OTHER(op_, name_, isa_, kind_, fn_)                                                                  \
    {                                                                                                        \
        .op = op_, .name = name_, .isa = isa_, .phase = "-", .kind = kind_, .made = "HAND",                  \
        .touches = "ALL", .flags = "", .fn = (qk_fn *)(fn_)                                                  \
    }

static struct fake_row rows[] = {
    ROW(right, "BASE"),
    ROW(slow, "BASE"),
    ROW(slow_first, "BASE"),
    ROW(wrong, "BASE"),
    ROW(crash, "BASE"),
    ROW(crash_later, "BASE"),
    ROW(hang, "BASE"),
    ROW(leave, "BASE"),
    ROW(deep, "BASE"),
    ROW(wrong_at_10_blocks, "BASE"),
    ROW(masks, "BASE"),
#if defined __x86_64__
    ROW(flushes, "BASE"),
    ROW(x87, "BASE"),
    ROW(down, "BASE"),
#endif
    ROW(forks, "BASE"),
    ROW(closes, "BASE"),
    OTHER("qk256_dequant", "claims_avx512", "AVX512", "PLAIN", right),
    OTHER("qk256_dequant", "of_tomorrow", "AVX2048", "PLAIN", right),
    OTHER("qk256_dequant", "odd_kind", "BASE", "ROUND", right),
    OTHER("qk256_dequant", "elsewhere", "AVX512", "PLAIN", NULL),
    OTHER("i2s16_gemv", "slow_rows", "BASE", "PLAIN", slow_rows),
#ifdef FAKE_ATTENTION
    OTHER("attention_f16", "right", "BASE", "PLAIN", right),
#endif
    OTHER("other_op", "right", "BASE", "PLAIN", right),
};

static qk_fn *no_stage(int stage)
{
    (void)stage;
    return NULL;
}

static struct qk_module module = {
    FAKE_MAGIC, FAKE_ABI, FAKE_ROW_BYTES, sizeof rows / sizeof *rows, (const void *)rows, "fake 1", "0", NULL,
    NULL,       0};

#ifndef FAKE_NO_FORM
static size_t no_bytes(const struct qk_ternary *t)
{
    (void)t;
    return 0;
}

static void no_weights(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    (void)weights, (void)w, (void)scale, (void)t;
}

static void no_activations(void *activations, const float *x, const struct qk_ternary *t)
{
    (void)activations, (void)x, (void)t;
}

/* The last row becomes a PREPARED one, for flaws of its form. */
static void bend_form(const char *flaw, struct fake_row *last)
{
    static struct qk_form form = {.bytes = sizeof form,
                                  .align = 64,
                                  .bound = QK_BOUND_PRODUCTS,
                                  .tolerance = 1,
                                  .scales = QK_SCALE_PER_ROW,
                                  .rows_of = 1,
                                  .columns_of = 1,
                                  .weight_bytes = no_bytes,
                                  .activation_bytes = no_bytes,
                                  .prepare_weights = no_weights,
                                  .prepare_activations = no_activations};
    if (!strcmp(flaw, "form of a plain row"))
        last->form = &form;
    if (strncmp(flaw, "form: ", 6) != 0)
        return;
    last->kind = "PREPARED";
    last->form = strcmp(flaw, "form: none") != 0 ? &form : NULL;
    if (!strcmp(flaw, "form: wild"))
        last->form = (const void *)8;
    if (!strcmp(flaw, "form: of another size"))
        form.bytes--;
    if (!strcmp(flaw, "form: aligned to 48"))
        form.align = 48;
    if (!strcmp(flaw, "form: bound 3"))
        form.bound = 3;
    if (!strcmp(flaw, "form: tolerance 4097"))
        form.tolerance = QK_FORM_TOLERANCE + 1;
    if (!strcmp(flaw, "form: scale per 48"))
        form.scales = 48;
    if (!strcmp(flaw, "form: columns of 0"))
        form.columns_of = 0;
    if (!strcmp(flaw, "form: no prepare_weights"))
        form.prepare_weights = NULL;
    if (!strcmp(flaw, "form: size of libc"))
        form.weight_bytes = (size_t(*)(const struct qk_ternary *))abort;
}
#endif

/* For each flaw its word; "" leaves all as it is. */
static void bend(const char *flaw)
{
    static char longest[QK_MODULE_FLAGS + 1];
    struct fake_row *last = &rows[sizeof rows / sizeof *rows - 1];
    memset(longest, 'x', QK_MODULE_FLAGS); /* its tails are texts of any length */
    const struct {
        const char *flaw;
        const void *to;
        const void *value;
    } texts[] = {{"empty op", &last->op, ""},
                 {"no op", &last->op, NULL},
                 {"wild op", &last->op, (const void *)8},
                 {"empty name", &last->name, ""},
                 {"name with a slash", &last->name, "a/b"},
                 {"name with a blank", &last->name, "a b"},
                 {"name with an escape", &last->name, "a\033b"},
                 {"name of 64 bytes", &last->name, longest + QK_MODULE_FLAGS - QK_MODULE_WORD},
                 {"name of 63 bytes", &last->name, longest + QK_MODULE_FLAGS - QK_MODULE_WORD + 1},
                 {"no level", &last->isa, NULL},
                 {"no maker", &last->made, NULL},
                 {"no touches", &last->touches, NULL},
                 {"no flags", &last->flags, NULL},
                 {"flags of 4096 bytes", &last->flags, longest},
                 {"flags of 4095 bytes", &last->flags, longest + 1},
                 {"no compiler", &module.compiler, NULL},
                 {"named module", &module.name, "inside"},
                 {"odd module", &module.name, "in:side"},
                 {"module with a slash", &module.name, "a/b"},
                 {"wild module", &module.name, (const void *)8},
                 {"wild rows", &module.rows, (const void *)8},
                 {"rows of libc", &module.rows, stderr}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(flaw, texts[i].flaw))
            memcpy((void *)(uintptr_t)texts[i].to, &texts[i].value, sizeof texts[i].value);
    if (!strcmp(flaw, "a row twice"))
        last->op = rows[0].op;
    if (!strcmp(flaw, "code of libc"))
        last->fn = (qk_fn *)abort;
    if (!strcmp(flaw, "code in data"))
        last->fn = (qk_fn *)(uintptr_t)rows;
    if (!strcmp(flaw, "stages of libc"))
        last->upto = (qk_upto_fn *)abort;
    if (!strcmp(flaw, "own stages"))
        last->upto = no_stage;
#ifndef FAKE_NO_FORM
    bend_form(flaw, last);
#endif
    if (!strcmp(flaw, "too many rows"))
        module.row_count = 1u << 31;
    if (!strcmp(flaw, "no rows"))
        module.row_count = 0;
    if (!strcmp(flaw, "rows past the module"))
        module.row_count = QK_MODULE_ROWS_MAX;
}

__attribute__((constructor)) static void log_place(void)
{
#ifdef FAKE_EXIT
    _exit(0);
#endif
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
    const char *flaw = getenv("FAKE_FLAW");
    if (flaw)
        bend(flaw);
    return &module;
}
