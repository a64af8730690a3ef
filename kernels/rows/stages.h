/* SPDX-License-Identifier: MIT */
/*
 * Staged variants. An op that has them says what they share in its own <op>/stages.h, which then includes
 * this file:
 *
 *     #define QK_OP      qk256_dequant
 *     #define QK_ARGS    float *restrict out, ...       the parameters of its kernels (op.h)
 *     #define QK_PASS    out, ...                       the same, as arguments
 *     #define QK_CUTS(S) S(LOOP) S(UNPACK) ...          its stages but the last, in the order of ops.def
 *
 * A staged file writes its loop once, as an always-inline body with a compile-time limit:
 *
 *     static QK_BODY body(QK_ARGS, const int last) { ... }
 *     QK_STAGED_KERNEL(p1_unpack)
 *
 * QK_STAGED_KERNEL makes the kernel, which is the body with every stage (STAGE_WHOLE). It also makes the
 * _upto function, which returns the same body cut after a stage. A cut body passes what it has computed so
 * far to QK_SINK_*, so that the compiler must compute it. Nothing else of the loop changes. So neighbouring
 * cuts differ by one component of the code that ships.
 */
#pragma once

#include "kernels/row.h"

#define QK_BODY inline __attribute__((always_inline)) void

/*
 * An empty asm that takes the value in a register: the value is computed, then dropped. INT takes a general
 * register, VEC a float or vector register.
 */
#define QK_SINK_INT(value) __asm__ volatile("" : : "r"(value))
#if defined __x86_64__
#define QK_SINK_VEC(value) __asm__ volatile("" : : "x"(value))
#else
#define QK_SINK_VEC(value) __asm__ volatile("" : : "w"(value))
#endif

#define QK_STAGE_ENUM(stage) STAGE_##stage,
#ifdef QK_CUTS
enum { QK_CUTS(QK_STAGE_ENUM) STAGE_WHOLE };
#endif

#define QK_CUT_FUNCTION(stage)                                                                               \
    static void upto_##stage(QK_ARGS)                                                                        \
    {                                                                                                        \
        body(QK_PASS, STAGE_##stage);                                                                        \
    }
#define QK_CUT_ENTRY(stage) upto_##stage,

#define QK_STAGED_KERNEL(name)        QK_STAGED_KERNEL_OF(QK_OP, name)
#define QK_STAGED_KERNEL_OF(op, name) QK_STAGED_KERNEL_AS(op, name)
#define QK_STAGED_KERNEL_AS(op, name)                                                                        \
    QK_CUTS(QK_CUT_FUNCTION)                                                                                 \
    void qk_##op##_##name(QK_ARGS)                                                                           \
    {                                                                                                        \
        body(QK_PASS, STAGE_WHOLE);                                                                          \
    }                                                                                                        \
    qk_fn *qk_##op##_##name##_upto(int stage)                                                                \
    {                                                                                                        \
        qk_##op##_fn *const cut[] = {QK_CUTS(QK_CUT_ENTRY) qk_##op##_##name};                                \
        return stage >= 0 && stage <= STAGE_WHOLE ? (qk_fn *)cut[stage] : 0;                                 \
    }
