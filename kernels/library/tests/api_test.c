/* SPDX-License-Identifier: MIT */
/* Tests every refusal of qk256_dequant's checked entry point: its text, and that the output is untouched. */
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "kernels/library/tests/refused.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 2, ELEMENTS = BLOCKS * QK256_BLOCK, BYTES = BLOCKS * QK256_BLOCK_BYTES };

static float out[ELEMENTS + 1], scale[BLOCKS] = {2.0f, 3.0f}, lut[4] = {-2.0f, -1.0f, 1.0f, 2.0f};
static uint8_t codes[BYTES];

static bool untouched(void)
{
    bool whole = true;
    for (int i = 0; i < ELEMENTS; i++)
        whole &= out[i] == 7.0f;
    return whole;
}

static void all_codes(void)
{
    bool right = true;
    memset(codes, 0xe4, sizeof codes); /* codes 0, 1, 2, 3 in every byte */
    const int code = qk_qk256_dequantise(out, codes, BYTES, scale, BLOCKS, lut, 256, &err);
    for (int i = 0; i < ELEMENTS; i++)
        right &= out[i] == lut[i % 4] * scale[i / QK256_BLOCK];
    tap(!code && right, "byte 0xe4 gives -2 -1 +1 +2 times the scale", &err);
    memset(codes, 0xaa, sizeof codes);
    right = !qk_qk256_dequantise(out, codes, BYTES, scale, BLOCKS, lut, 256, &err);
    for (int i = 0; i < ELEMENTS; i++)
        right &= out[i] == scale[i / QK256_BLOCK];
    tap(right, "byte 0xaa gives +1 times the scale", &err);
}

TEST_PART(api)
{
    void *const misaligned = (unsigned char *)scale + 1;
    for (int i = 0; i < ELEMENTS; i++)
        out[i] = 7.0f;
#define CALL(o, c, bytes, s, blocks, table, size)                                                            \
    qk_qk256_dequantise(o, c, bytes, s, blocks, table, size, &err)
    refused("block size 128", CALL(out, codes, BYTES, scale, BLOCKS, lut, 128), "block_size=128",
            "block_size=256");
    refused("one byte missing", CALL(out, codes, BYTES - 1, scale, BLOCKS, lut, 256), "127 bytes",
            "expected 128");
    refused("one byte too many", CALL(out, codes, BYTES + 1, scale, BLOCKS, lut, 256), "size mismatch",
            "expected 128");
    refused("NULL output", CALL(NULL, codes, BYTES, scale, BLOCKS, lut, 256), "NULL", "expected");
    refused("NULL codes", CALL(out, NULL, BYTES, scale, BLOCKS, lut, 256), "NULL", "128 bytes");
    refused("NULL scale", CALL(out, codes, BYTES, NULL, BLOCKS, lut, 256), "NULL", "8 bytes");
    refused("NULL table", CALL(out, codes, BYTES, scale, BLOCKS, NULL, 256), "NULL", "16 bytes");
    refused("misaligned scale", CALL(out, codes, BYTES, misaligned, BLOCKS, lut, 256), "buffer at",
            "multiple of 4");
    refused("codes inside the output", CALL(out, (uint8_t *)out + 64, BYTES, scale, BLOCKS, lut, 256),
            "overlaps", "apart");
    refused("scale is the output's last element",
            CALL(out, codes, BYTES, out + ELEMENTS - 1, BLOCKS, lut, 256), "overlaps", "apart");
    refused("output inside the codes",
            CALL((float *)(void *)(out + 8), (uint8_t *)(out + 7), BYTES, scale, BLOCKS, lut, 256),
            "overlaps", "apart");
    too_large("size that overflows", CALL(out, codes, BYTES, scale, SIZE_MAX / 4, lut, 256), "at most");
    setenv("QK_DISABLE_ISA", "sse9", 1);
    refused("unknown ISA level", CALL(out, codes, BYTES, scale, BLOCKS, lut, 256), "sse9", SOME_LEVEL);
    unsetenv("QK_DISABLE_ISA");
    tap(CALL(out, codes, BYTES, out + ELEMENTS, 0, lut, 256) == QK_ERR_ARG, "0 blocks want 0 bytes", &err);
    tap(!CALL(out, codes, 0, scale, 0, lut, 256) && out[0] == 7.0f, "0 blocks do nothing", &err);
    all_codes();
    return tap_end();
}
