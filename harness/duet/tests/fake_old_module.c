/* SPDX-License-Identifier: MIT */
/*
 * A kernel module as it was at ABI 1, written out, because kernels/module.h has only today's form. Its first
 * row claims an invented hash. FAKE_TRAITS is how many rows of traits it says it has; without it there are
 * none.
 */
#include <stddef.h>
#include <stdint.h>

static void right(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                  const float *restrict lut, size_t blocks)
{
    for (size_t i = 0; i < 256 * blocks; i++)
        out[i] = lut[codes[i / 4] >> 2 * (i % 4) & 3] * scale[i / 256];
}

struct row {
    const char *op, *name, *isa, *phase, *kind, *flags;
    char hash[17];
    void (*fn)(void), *(*upto)(int);
};
static const struct row rows[] = {
    {"qk256_dequant", "scalar", "BASE", "-", "PLAIN", "-O2", "0123456789abcdef", (void (*)(void))right, NULL},
    {"qk256_dequant", "p4_permute", "AVX512", "4", "PLAIN", "", "", NULL, NULL},
};
static const struct {
    uint32_t magic, abi, row_bytes, row_count;
    const struct row *rows;
    const char *compiler, *version;
} module = {0x4d4b5151, 1, sizeof *rows, sizeof rows / sizeof *rows, rows, "old 1", "0"};

extern const void *qk_kernels_module(void);
const void *qk_kernels_module(void)
{
    return &module;
}

#ifdef FAKE_TRAITS
static const struct trait {
    const char *made, *touches;
} made[] = {{"COMPILER", "STORES"}, {"HAND", "ALL"}};
static const struct {
    uint32_t magic, row_bytes, row_count;
    const struct trait *rows;
} traits = {0x4d4b5151, sizeof *made, FAKE_TRAITS, made};

extern const void *qk_kernels_traits(void);
const void *qk_kernels_traits(void)
{
    return &traits;
}
#endif
