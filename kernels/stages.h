/* SPDX-License-Identifier: MIT */
/*
 * Staged variants. A staged file writes its loop once, as an always-inline body with a compile-time limit:
 *
 *     static QK_BODY body(float *restrict out, ..., size_t blocks, const int last) { ... }
 *     QK_STAGED_QK256_DEQUANT(p1_unpack)
 *
 * and gets the kernel, the body with every stage, and its _upto function, which hands out the same body cut
 * after a stage. A cut body passes what it has computed so far to QK_SINK_*, so that the compiler must
 * compute it; nothing else of the loop changes, so neighbouring prefixes differ by one component of the code
 * that ships.
 */
#ifndef QKBENCH_KERNELS_STAGES_H
#define QKBENCH_KERNELS_STAGES_H

#define QK_BODY inline __attribute__((always_inline)) void

/* An empty asm that takes the value in a register: computed, then dropped. INT: general, VEC: float or
 * vector. */
#define QK_SINK_INT(value) __asm__ volatile("" : : "r"(value))
#if defined __x86_64__
#define QK_SINK_VEC(value) __asm__ volatile("" : : "x"(value))
#else
#define QK_SINK_VEC(value) __asm__ volatile("" : : "w"(value))
#endif

/* The stages of qk256_dequant, in the order of ops.def. */
enum { STAGE_LOOP, STAGE_UNPACK, STAGE_LOOKUP, STAGE_SCALE, STAGE_STORE };

#define QK_ARGS_QK256_DEQUANT                                                                                \
    float *restrict out, const uint8_t *restrict codes, const float *restrict scale,                         \
        const float *restrict lut, size_t blocks

#define QK_STAGED_QK256_DEQUANT(name)                                                                        \
    static void upto_loop(QK_ARGS_QK256_DEQUANT)                                                             \
    {                                                                                                        \
        body(out, codes, scale, lut, blocks, STAGE_LOOP);                                                    \
    }                                                                                                        \
    static void upto_unpack(QK_ARGS_QK256_DEQUANT)                                                           \
    {                                                                                                        \
        body(out, codes, scale, lut, blocks, STAGE_UNPACK);                                                  \
    }                                                                                                        \
    static void upto_lookup(QK_ARGS_QK256_DEQUANT)                                                           \
    {                                                                                                        \
        body(out, codes, scale, lut, blocks, STAGE_LOOKUP);                                                  \
    }                                                                                                        \
    static void upto_scale(QK_ARGS_QK256_DEQUANT)                                                            \
    {                                                                                                        \
        body(out, codes, scale, lut, blocks, STAGE_SCALE);                                                   \
    }                                                                                                        \
    void qk_qk256_dequant_##name(QK_ARGS_QK256_DEQUANT)                                                      \
    {                                                                                                        \
        body(out, codes, scale, lut, blocks, STAGE_STORE);                                                   \
    }                                                                                                        \
    qk_qk256_dequant_fn *qk_qk256_dequant_##name##_upto(int stage)                                           \
    {                                                                                                        \
        qk_qk256_dequant_fn *const cut[] = {upto_loop, upto_unpack, upto_lookup, upto_scale,                 \
                                            qk_qk256_dequant_##name};                                        \
        return stage >= STAGE_LOOP && stage <= STAGE_STORE ? cut[stage] : 0;                                 \
    }

#endif
