/* SPDX-License-Identifier: MIT */
/*
 * For the files that expand variants.def. It declares the prototypes of all rows, and QK_IF_<isa>(row,). That
 * macro is empty where the level belongs to another architecture.
 */
#pragma once

#include "kernels/form.h"
#include "kernels/kernels_config.h" /* QK_IF_<isa>, QK_FLAGS_<op>_<name>, QK_COMPILER: meson.build makes it */
#include "kernels/library/qkernels.h"
#include "kernels/row.h"

#define VARIANT(op, name, isa, phase, kind, made, touches, why) QK_IF_##isa(QK_PROTOTYPES(op, name, kind))
#include "kernels/variants.def"
#undef VARIANT

#define QK_UPTO_OF_STAGED(op, name) .upto = qk_##op##_##name##_upto,
#define QK_UPTO_OF_PLAIN(op, name)
#define QK_UPTO_OF_CEILING(op, name)
#define QK_UPTO_OF_PREPARED(op, name) .form = &qk_##op##_##name##_form,
