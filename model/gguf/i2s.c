/* SPDX-License-Identifier: MIT */
#include "model/gguf/i2s.h"

#include <assert.h>
#include <string.h>

#include "model/gguf/cursor.h"

#define GROUP_ELEMENTS 128 /* elements of an I2_S block; half a QK256 block */
#define GROUP_BYTES    32
#define QK256_ELEMENTS 256
#define QK256_BYTES    64

#define FOUR_ZEROES 0x55 /* code 1 four times */

uint64_t model_i2s_rows(const struct model_gguf_tensor *tensor)
{
    return tensor->elements / tensor->dims[0];
}

uint64_t model_i2s_cols(const struct model_gguf_tensor *tensor)
{
    return tensor->dims[0];
}

float model_i2s_scale(const struct model_gguf_tensor *tensor)
{
    assert(tensor->type == MODEL_GGUF_TYPE_I2_S);
    const uint32_t bits = (uint32_t)model_gguf_decode(tensor->data + tensor->elements / 4, 4);
    float scale;
    memcpy(&scale, &bits, 4);
    return scale;
}

unsigned model_i2s_code(const struct model_gguf_tensor *tensor, uint64_t i)
{
    assert(tensor->type == MODEL_GGUF_TYPE_I2_S && i < tensor->elements);
    const unsigned byte = tensor->data[i / GROUP_ELEMENTS * GROUP_BYTES + i % 32];
    return byte >> (6 - 2 * (i / 32 % 4)) & 3;
}

float model_i2s_value(const struct model_gguf_tensor *tensor, uint64_t i)
{
    return model_i2s_scale(tensor) * (float)((int)model_i2s_code(tensor, i) - 1);
}

static int report_code_3(const struct model_gguf *g, const struct model_gguf_tensor *tensor, uint64_t block,
                         struct qk_error *err)
{
    uint64_t i = block * GROUP_ELEMENTS;
    while (model_i2s_code(tensor, i) != 3)
        i++;
    const size_t at = (size_t)(tensor->data - g->bytes) + (size_t)(i / GROUP_ELEMENTS * GROUP_BYTES + i % 32);
    return model_gguf_fail(
        g, at, err, "element %llu of tensor \"%s\" has code 3, 0 to 2 expected", (unsigned long long)i,
        model_gguf_show((struct model_gguf_string){tensor->name, strlen(tensor->name)}).text);
}

bool model_i2s_below_3(const unsigned char *codes, size_t bytes)
{
    uint64_t both = 0;
    for (size_t i = 0; i < bytes; i += GROUP_BYTES) {
        uint64_t words[GROUP_BYTES / 8];
        memcpy(words, codes + i, GROUP_BYTES);
        for (int w = 0; w < GROUP_BYTES / 8; w++)
            both |= words[w] & words[w] >> 1; /* bit 2p is set when both bits of pair p are */
    }
    return !(both & 0x5555555555555555u);
}

int model_i2s_validate(const struct model_gguf *g, const struct model_gguf_tensor *tensor,
                       struct qk_error *err)
{
    assert(tensor->type == MODEL_GGUF_TYPE_I2_S);
    const uint64_t blocks = tensor->elements / GROUP_ELEMENTS;
    for (uint64_t block = 0; block < blocks; block++)
        if (!model_i2s_below_3(tensor->data + block * GROUP_BYTES, GROUP_BYTES))
            return report_code_3(g, tensor, block, err);
    return 0;
}

bool model_i2s_qk256_blocks(uint64_t rows, uint64_t cols, size_t *blocks)
{
    const uint64_t per_row = cols / QK256_ELEMENTS + (cols % QK256_ELEMENTS != 0);
    size_t count, bytes;
    if (rows > SIZE_MAX || per_row > SIZE_MAX || !qk_mul_size((size_t)rows, (size_t)per_row, &count) ||
        !qk_mul_size(count, QK256_BYTES, &bytes))
        return false;
    *blocks = count;
    return true;
}

/*
 * 128 elements. Four neighbouring bytes hold, in the field of bits 6-2g, elements 32g+4k .. 32g+4k+3 of the
 * block: exactly one QK256 byte. The multiplication moves byte r of `fields` from bit 8r to bit 24+2r; the
 * other partial products end below bit 24 without meeting, so nothing carries into the result.
 */
static void repack_group(unsigned char to[static GROUP_BYTES], const unsigned char from[static GROUP_BYTES])
{
    for (unsigned g = 0; g < 4; g++)
        for (unsigned k = 0; k < 8; k++) {
            const uint32_t word = (uint32_t)from[4 * k] | (uint32_t)from[4 * k + 1] << 8 |
                                  (uint32_t)from[4 * k + 2] << 16 | (uint32_t)from[4 * k + 3] << 24;
            const uint32_t fields = word >> (6 - 2 * g) & 0x03030303u;
            to[8 * g + k] = (unsigned char)(fields * (1u << 24 | 1u << 18 | 1u << 12 | 1u << 6) >> 24);
        }
}

void model_i2s_rows_to_qk256(const unsigned char *from, uint64_t rows, uint64_t cols, unsigned char *to)
{
    for (uint64_t row = 0; row < rows; row++) {
        for (uint64_t col = 0; col < cols; col += GROUP_ELEMENTS, from += GROUP_BYTES, to += GROUP_BYTES)
            repack_group(to, from);
        if (cols % QK256_ELEMENTS) {
            memset(to, FOUR_ZEROES, QK256_BYTES - GROUP_BYTES);
            to += QK256_BYTES - GROUP_BYTES;
        }
    }
}

int model_i2s_to_qk256(const struct model_gguf_tensor *tensor, unsigned char *to, size_t size,
                       struct qk_error *err)
{
    assert(tensor->type == MODEL_GGUF_TYPE_I2_S);
    const uint64_t rows = model_i2s_rows(tensor), cols = model_i2s_cols(tensor);
    size_t blocks;
    if (!model_i2s_qk256_blocks(rows, cols, &blocks))
        return qk_fail(err, QK_ERR_MEMORY, tensor->name, "%llux%llu elements in blocks of %d overflow",
                       (unsigned long long)rows, (unsigned long long)cols, QK256_ELEMENTS);
    if (size != blocks * QK256_BYTES)
        return qk_fail(err, QK_ERR_ARG, tensor->name, "%zu bytes given for the QK256 codes, %zu expected",
                       size, blocks * QK256_BYTES);
    model_i2s_rows_to_qk256(tensor->data, rows, cols, to);
    return 0;
}
