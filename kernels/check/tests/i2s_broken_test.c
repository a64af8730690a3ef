/* SPDX-License-Identifier: MIT */
/* i2s kernels that are broken on purpose: the cases' inputs and comparisons must find each fault. */
#include "kernels/check/check.h"
#include "kernels/i2s16_repack/op.h"
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/tests/tap.h"

#include <string.h>

#define ARGS                                                                                                 \
    int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q, int32_t q_sum,             \
        size_t rows, size_t columns

static int code_at(const uint8_t *codes, size_t i)
{
    return codes[i / 128 * 32 + i % 32] >> (6 - 2 * (i / 32 % 4)) & 3;
}

static void whole(ARGS)
{
    for (size_t m = 0; m < rows; m++) {
        uint32_t sum = 0 - (uint32_t)q_sum;
        for (size_t k = 0; k < columns; k++)
            sum += (uint32_t)(code_at(codes, m * columns + k) * q[k]);
        y[m] = (int32_t)sum;
    }
}

/* The well-known form: i16 sums over 32 blocks before they are widened. */
static void wraps(ARGS)
{
    for (size_t m = 0; m < rows; m++) {
        uint32_t sum = 0 - (uint32_t)q_sum;
        for (size_t k = 0; k < columns; k += 32 * 128) {
            int16_t narrow[32] = {0};
            for (size_t i = k; i < columns && i < k + 32 * 128; i++)
                narrow[i % 32] = (int16_t)(narrow[i % 32] + code_at(codes, m * columns + i) * q[i]);
            for (int i = 0; i < 32; i++)
                sum += (uint32_t)narrow[i];
        }
        y[m] = (int32_t)sum;
    }
}

static void code_3_is_zero(ARGS)
{
    whole(y, codes, q, q_sum, rows, columns);
    for (size_t i = 0; i < rows * columns; i++)
        if (code_at(codes, i) == 3)
            y[i / columns] -= 2 * q[i % columns];
}

static void own_sum(ARGS)
{
    int32_t sum = 0;
    for (size_t k = 0; k < columns; k++)
        sum += q[k];
    (void)q_sum;
    whole(y, codes, q, sum, rows, columns);
}

static void odd_block_lost(ARGS)
{
    whole(y, codes, q, q_sum, rows, columns);
    for (size_t m = 0; m < rows && columns % 256; m++)
        for (size_t k = columns - 128; k < columns; k++)
            y[m] -= code_at(codes, m * columns + k) * q[k];
}

static void rows_of_four(ARGS)
{
    whole(y, codes, q, q_sum, rows / 4 * 4, columns);
}

static void reads_past_q(ARGS)
{
    const volatile int8_t *past = q + columns;
    (void)past[0];
    whole(y, codes, q, q_sum, rows, columns);
}

static void minus_128_is_127(ARGS)
{
    whole(y, codes, q, q_sum, rows, columns);
    for (size_t i = 0; i < rows * columns; i++)
        if (q[i % columns] == -128)
            y[i / columns] += code_at(codes, i);
}

/* The interleave, with the padding left as it was, or with that of a code of its own. */
static void repack(uint8_t *out, const uint8_t *codes, size_t rows, size_t columns, int padding)
{
    for (size_t at = 0; at < (rows + 15) / 16 * 16 * columns; at += 4) {
        const size_t unit = at / 256, m = unit / (columns / 16) * 16 + at / 16 % 16;
        const size_t k = unit % (columns / 16) * 16 + at / 4 % 4;
        int byte = padding;
        if (m < rows) {
            byte = 0;
            for (size_t f = 0; f < 4; f++)
                byte |= code_at(codes, m * columns + k + 4 * f) << 2 * f;
        }
        if (byte >= 0)
            out[at / 4] = (uint8_t)byte;
    }
}

static void repack_whole(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows, size_t columns)
{
    repack(out, codes, rows, columns, 0x55);
}

static void repack_zero(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows, size_t columns)
{
    repack(out, codes, rows, columns, 0);
}

static void repack_unpadded(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows, size_t columns)
{
    repack(out, codes, rows, columns, -1);
}

static void judge(struct qk_variant v, const char *says, const char *name)
{
    struct qk_error err = {0};
    const int code = qk_check_variant(&v, 1, NULL, &err);
    tap(says ? code == QK_ERR_CHECK && strstr(err.text, says) : !code, name, &err);
}

static struct qk_variant gemv(qk_i2s_gemv_fn *fn)
{
    return (struct qk_variant){.op = QK_OP_i2s_gemv, .kind = QK_PLAIN, .fn = (qk_fn *)fn};
}

static struct qk_variant repacker(qk_i2s16_repack_fn *fn)
{
    return (struct qk_variant){.op = QK_OP_i2s16_repack, .kind = QK_PLAIN, .fn = (qk_fn *)fn};
}

TEST_PART(i2s_broken)
{
    judge(gemv(whole), NULL, "the loop without a fault passes");
    judge(gemv(wraps), "expected", "sums that wrap at 16 bits");
    judge(gemv(code_3_is_zero), "expected", "code 3 counted as 0");
    judge(gemv(own_sum), "expected", "the caller's sum not used");
    judge(gemv(odd_block_lost), "expected", "an odd last block lost");
    judge(gemv(rows_of_four), "row 0 of 1", "rows in fours only");
    judge(gemv(reads_past_q), "past the end of q", "a byte past the activations");
    judge(gemv(minus_128_is_127), "expected", "-128 taken for -127");
    judge(repacker(repack_whole), NULL, "the interleave without a fault passes");
    judge(repacker(repack_zero), "expected 0x55", "padding of code 0");
    judge(repacker(repack_unpadded), "expected 0x55", "padding not written");
    return tap_end();
}
