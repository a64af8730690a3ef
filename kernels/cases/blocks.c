/* SPDX-License-Identifier: MIT */
#include "kernels/cases/blocks.h"

#include "kernels/cases/case_tools.h"

#include <string.h>

void qk_fill_blocks(uint8_t *to, size_t bytes, size_t block, size_t scale_at, enum qk_fill kind,
                    struct qk_rng *rng)
{
    enum { SCALES = 64 };
    uint16_t scale[SCALES];
    if (!to)
        return;
    qk_fill_bytes(to, bytes, kind, rng);
    for (size_t i = 0; i < bytes && kind == QK_FILL_ORDINARY; i++)
        to[i] = to[i] ? to[i] : 1;
    /* One draw decides whether extreme scales are all finite, so it is one for all blocks. */
    qk_fill_f16(scale, SCALES, kind, rng);
    for (size_t b = 0; b < bytes / block; b++) {
        if (b && b % SCALES == 0 && kind == QK_FILL_ORDINARY)
            qk_fill_f16(scale, SCALES, kind, rng);
        memcpy(to + b * block + scale_at, &scale[b % SCALES], sizeof *scale);
    }
}
