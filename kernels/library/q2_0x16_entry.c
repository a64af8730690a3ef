/* SPDX-License-Identifier: MIT */
#include "kernels/library/q2_0x16_entry.h"

#include "kernels/layout.h"
#include "kernels/library/spans.h"

static int check_sizes(const struct qk_q2_0x16_call *c, struct qk_error *err)
{
    if (c->group != 64 && c->group != 128 && c->group != 256)
        return qk_fail(err, QK_ERR_ARG, "group", "%zu weights per scale; expected 64, 128 or 256", c->group);
    if (c->block != Q8_0_BLOCK && c->block != c->group)
        return qk_fail(err, QK_ERR_ARG, "block", "%zu activations per scale; expected %d or the group, %zu",
                       c->block, Q8_0_BLOCK, c->group);
    if (c->rows % I2S16_ROWS)
        return qk_fail(err, QK_ERR_ARG, "rows", "%zu rows; expected a multiple of %d", c->rows, I2S16_ROWS);
    if (c->columns % c->group)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %zu", c->columns,
                       c->group);
    return 0;
}

static int check_bias(const int32_t *bias, size_t blocks, size_t tokens, struct qk_error *err)
{
    enum { MOST = 1 << 24 };
    for (size_t i = 0; i < blocks * tokens; i++)
        if (bias[i] < -MOST || bias[i] > MOST)
            return qk_fail(err, QK_ERR_ARG, "bias", "%d in block %zu of token %zu; expected -%d to %d",
                           bias[i], i % blocks, i / blocks, MOST, MOST);
    return 0;
}

int qk_q2_0x16_check(enum qk_op op, const struct qk_q2_0x16_call *c, const struct qk_variant **best,
                     struct qk_error *err)
{
    int code = check_sizes(c, err);
    if (code)
        return code;
    const size_t blocks = c->columns / c->block;
    const struct qk_array arrays[] = {{"y", c->y, c->tokens, c->rows, sizeof *c->y},
                                      {"codes", c->codes, c->rows, c->columns / 4, sizeof *c->codes},
                                      {"scale", c->scale, c->rows, c->columns / c->group, sizeof *c->scale},
                                      {"q", c->q, c->tokens, c->columns, sizeof *c->q},
                                      {"bias", c->bias, c->tokens, blocks, sizeof *c->bias},
                                      {"x_scale", c->x_scale, c->tokens, blocks, sizeof *c->x_scale}};
    code = qk_check_arrays(op, arrays, sizeof arrays / sizeof *arrays, 1, best, err);
    return code ? code : check_bias(c->bias, blocks, c->tokens, err);
}
