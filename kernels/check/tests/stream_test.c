/* SPDX-License-Identifier: MIT */
/*
 * Tests outputs so large that variants store past the caches; the checker's shapes are smaller. Outputs begin
 * on a cache line, or not.
 */
#include "kernels/layout.h"
#include "kernels/qk256_dequant/op.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = (33 << 20) / (QK256_BLOCK * 4), AROUND = 64 };
static const size_t floats = (size_t)BLOCKS * QK256_BLOCK;

struct work {
    uint8_t *codes;
    float *scale, *want, *room; /* room: AROUND floats before and behind */
};

static bool right(const struct qk_variant *v, const struct work *w, size_t offset)
{
    static const float lut[4] = {-2, -1, 1, 2};
    float before, behind, untouched;
    memset(&untouched, 0xa5, sizeof untouched);
    memset(w->room, 0xa5, (floats + 2 * AROUND) * sizeof *w->room);
    QK_CALL(qk256_dequant, v->fn, w->room + offset, w->codes, w->scale, lut, BLOCKS);
    memcpy(&before, w->room + offset - 1, sizeof before);
    memcpy(&behind, w->room + offset + floats, sizeof behind);
    return !memcmp(w->room + offset, w->want, floats * sizeof *w->want) &&
           !memcmp(&before, &untouched, sizeof before) && !memcmp(&behind, &untouched, sizeof behind);
}

TEST_PART(stream)
{
    static const float lut[4] = {-2, -1, 1, 2};
    struct work w = {.codes = malloc((size_t)BLOCKS * QK256_BLOCK_BYTES),
                     .scale = malloc(BLOCKS * sizeof(float)),
                     .want = malloc(floats * sizeof(float)),
                     .room = aligned_alloc(64, (floats + 2 * AROUND) * sizeof(float))};
    struct qk_cpu cpu;
    struct qk_rng rng;
    if (!w.codes || !w.scale || !w.want || !w.room || qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), NULL))
        return 1;
    qk_rng_seed(&rng, 11);
    qk_rng_bytes(&rng, w.codes, (size_t)BLOCKS * QK256_BLOCK_BYTES);
    for (size_t b = 0; b < BLOCKS; b++)
        w.scale[b] = qk_rng_unit(&rng) + 0.5f;
    QK_CALL(qk256_dequant, qk_reference(QK_OP_qk256_dequant)->fn, w.want, w.codes, w.scale, lut, BLOCKS);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        char name[96];
        if (v->op != QK_OP_qk256_dequant || v->kind == QK_CEILING || qk_variant_missing(v, &cpu))
            continue;
        snprintf(name, sizeof name, "%s gives the reference's bits for 33 MiB", v->name);
        tap(right(v, &w, AROUND) && right(v, &w, AROUND + 1), name, NULL);
    }
    free(w.codes);
    free(w.scale);
    free(w.want);
    free(w.room);
    return tap_end();
}
