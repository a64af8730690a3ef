/* SPDX-License-Identifier: MIT */
/*
 * Known blocks of activations stand for known numbers. What a library says is
 * harness/cli/tests/ggml_test.sh's.
 */
#include "kernels/ggml/types.h"
#include "kernels/tests/tap.h"

#include <string.h>

static bool stands_for(enum qk_ggml_id id, const float *expected, size_t count)
{
    const struct qk_ggml_type *const t = &qk_ggml_types[id];
    unsigned char block[QK_GGML_BYTES_MAX] = {0};
    float x[QK_GGML_BLOCK_MAX];
    bool same = strlen(t->steps) == 2 * t->bytes && strlen(t->thirds) == 2 * t->bytes;
    for (size_t i = 0; i < t->bytes && same; i++)
        same = sscanf(t->steps + 2 * i, "%2hhx", &block[i]) == 1;
    qk_ggml_dequantise(x, block, t->block, id);
    return same && !memcmp(x, expected, count * sizeof *x);
}

TEST_PART(ggml)
{
    /* Of an input of -2, 0.3125, -1.4375, ..., as the library gives them. */
    static const float q8_0[] = {-1.99987793f, 0.314941406f, -1.4329834f},
                       q8_k[] = {-2, 0.314960629f, -1.4330709f};
    float x[4];
    qk_ggml_input(x, 4, true);
    tap(x[0] == -2 && x[1] == 0.3125f && x[2] == -1.4375f, "the input in steps", NULL);
    qk_ggml_input(x, 4, false);
    tap(x[0] == 0.5f && x[1] == 0 && x[2] == -0.5f && x[3] == 0.5f, "the input in thirds", NULL);
    tap(stands_for(QK_GGML_Q8_0, q8_0, 3), "a block of Q8_0", NULL);
    tap(stands_for(QK_GGML_Q8_K, q8_k, 3), "a block of Q8_K", NULL);
    for (int i = 0; i < QK_GGML_TYPES; i++) {
        const struct qk_ggml_type *const t = &qk_ggml_types[i], *const a = &qk_ggml_types[t->activation];
        tap(strlen(t->steps) == 2 * t->bytes && strlen(t->thirds) == 2 * t->bytes &&
                t->block % a->block == 0 && t->bytes <= QK_GGML_BYTES_MAX && t->block <= QK_GGML_BLOCK_MAX,
            t->name, NULL);
    }
    return tap_end();
}
