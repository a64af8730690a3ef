/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of head4_pack, block by block, four columns a step. */
#include "kernels/f16.h"
#include "kernels/head4_pack/op.h"
#include "kernels/head4_pack/unit.h"
#include "kernels/layout.h"

#include <string.h>

/* Four lanes, which every machine has. A compiler left to itself makes less of these loops. */
typedef float quad __attribute__((vector_size(16)));
typedef int32_t quad_int __attribute__((vector_size(16)));
enum { QUAD = 4, QUADS = HEAD4_BLOCK / QUAD, LANE_QUADS = HEAD4_LANES / QUAD };

static quad load(const float *from)
{
    quad q;
    memcpy(&q, from, sizeof q);
    return q;
}

/* As integers, so that of what is not finite something not finite stays. */
static uint32_t largest(const float *w, size_t n)
{
    quad_int most = {0};
    for (size_t i = 0; i < n; i += QUAD) {
        const quad_int size = (quad_int)load(w + i) & 0x7fffffff, more = size > most;
        most = (size & more) | (most & ~more);
    }
    int32_t of_all = 0;
    for (int i = 0; i < QUAD; i++)
        of_all = most[i] > of_all ? most[i] : of_all;
    return (uint32_t)of_all;
}

/* Adds the squares of a block, lane by lane. */
static void add_squares(quad *sum, const quad *x)
{
    for (size_t j = 0; j < LANE_QUADS; j++) {
        const quad a = x[j], b = x[j + LANE_QUADS], c = x[j + 2 * LANE_QUADS], d = x[j + 3 * LANE_QUADS];
        sum[j] += (a * a + b * b) + (c * c + d * d);
    }
}

/*
 * Codes of a block of a row, and what is left of it. Any scale and any codes are right, because the rest is
 * taken of what they really say; these make it small.
 */
static uint16_t code_block(int32_t *code, const float *from, const struct head4_unit *u,
                           quad sum[HEAD4_SQUARES][LANE_QUADS])
{
    const uint32_t bits = u->finite ? largest(from, HEAD4_BLOCK) : 0;
    float most;
    memcpy(&most, &bits, sizeof most);
    most *= u->by;
    uint16_t half = qk_f32_to_f16(most * 0x1p-7f);
    if (most > 0 && !half)
        half = 1;
    const float scale = qk_f16_to_f32(half), inverse = half ? 1 / scale : 0;
    quad w[QUADS], coarse[QUADS], both[QUADS];
    for (int i = 0; i < QUADS; i++) {
        const quad zero = {0};
        w[i] = u->finite ? load(from + i * QUAD) * u->by : zero;
        /* a half more than 127.5: what follows cuts off */
        quad_int c = __builtin_convertvector(w[i] * inverse + 128, quad_int);
        c &= ~(c >> 31);
        c = (c | (c > 255)) & 255;
        both[i] = w[i] - scale * (__builtin_convertvector(c, quad) - 127.5f);
        coarse[i] = w[i] - scale * __builtin_convertvector((c & ~15) - 120, quad);
        memcpy(code + i * QUAD, &c, sizeof c);
    }
    add_squares(sum[0], w);
    add_squares(sum[1], coarse);
    add_squares(sum[2], both);
    return half;
}

/* The block's codes to its units; coarse, fine: the row's dword of the first. */
static void place(uint8_t *coarse, uint8_t *fine, const int32_t *code)
{
    const uint64_t low = 0x0f0f0f0f0f0f0f0fu;
    uint8_t byte[HEAD4_BLOCK];
    for (size_t i = 0; i < HEAD4_BLOCK; i++)
        byte[i] = (uint8_t)code[i];
    for (size_t u = 0; u < HEAD4_BLOCK / HEAD4_UNIT_COLUMNS; u++) {
        uint64_t eight;
        memcpy(&eight, byte + u * HEAD4_UNIT_COLUMNS, sizeof eight);
        const uint64_t high = eight >> 4 & low;
        eight &= low;
        const uint32_t a = (uint32_t)high | (uint32_t)(high >> 32) << 4;
        const uint32_t b = (uint32_t)eight | (uint32_t)(eight >> 32) << 4;
        memcpy(coarse + u * HEAD4_UNIT_BYTES, &a, sizeof a);
        memcpy(fine + u * HEAD4_UNIT_BYTES, &b, sizeof b);
    }
}

void qk_head4_pack_scalar(uint8_t *restrict coarse, uint8_t *restrict fine, uint16_t *restrict scale,
                          float *restrict unit, float *restrict squares, const float *restrict w, size_t rows,
                          size_t columns)
{
    const size_t blocks = columns / HEAD4_BLOCK;
    for (size_t r = 0; r < rows; r++, w += columns) {
        const size_t first = r / HEAD4_ROWS * blocks, lane = r % HEAD4_ROWS;
        const struct head4_unit u = head4_unit(largest(w, columns));
        quad sum[HEAD4_SQUARES][LANE_QUADS] = {{{0}}};
        for (size_t b = 0; b < blocks; b++) {
            int32_t code[HEAD4_BLOCK];
            const size_t at = (first + b) * HEAD4_BLOCK_BYTES + 4 * lane;
            scale[(first + b) * HEAD4_ROWS + lane] = code_block(code, w + b * HEAD4_BLOCK, &u, sum);
            place(coarse + at, fine + at, code);
        }
        unit[r] = u.unit;
        for (size_t i = 0; i < HEAD4_SQUARES * LANE_QUADS; i++, squares += QUAD)
            memcpy(squares, &sum[i / LANE_QUADS][i % LANE_QUADS], sizeof(quad));
    }
}
