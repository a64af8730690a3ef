/* SPDX-License-Identifier: MIT */
/* For the files that expand variants.def: the prototypes of all rows, and which ISA levels this architecture has. */
#ifndef QKBENCH_KERNELS_BUILT_H
#define QKBENCH_KERNELS_BUILT_H

#include "kernels/library/qkernels.h"
#include "kernels/row.h"

#define VARIANT(op, name, isa, phase, kind, why) QK_PROTOTYPES(op, name, kind)
#include "kernels/variants.def"
#undef VARIANT

/* QK_IF_<isa>(x, otherwise); `otherwise` must be a constant that x's place can hold. */
#if defined __x86_64__
#define QK_IF_AVX2(x, otherwise) x
#else
#define QK_IF_AVX2(x, otherwise) otherwise
#endif
#define QK_IF_BASE(x, otherwise)    x
#define QK_IF_AVXVNNI(x, otherwise) QK_IF_AVX2(x, otherwise)
#define QK_IF_AVX512(x, otherwise)  QK_IF_AVX2(x, otherwise)

#define QK_UPTO_OF_STAGED(op, name, isa) .upto = QK_IF_##isa(qk_##op##_##name##_upto, 0),
#define QK_UPTO_OF_PLAIN(op, name, isa)
#define QK_UPTO_OF_CEILING(op, name, isa)

#endif
