/* SPDX-License-Identifier: MIT */
/*
 * What a row of variants.def exports:
 *
 *    - qk_<op>_<name>, of the type that <op>/op.h gives its op;
 *    - qk_<op>_<name>_form, a const struct qk_form, for a PREPARED row (form.h);
 *    - qk_<op>_<name>_upto(stage), for a STAGED row. It returns the same body cut after the stage: what the
 *      body has computed by then is dropped, not written. The stage is an index into the op's stages; the
 *      last one gives the kernel itself. It returns NULL outside [0, stages).
 *
 * meson.build compiles a row's file with this header in front and with QK_ROW=op,name,KIND. A file therefore
 * sees the prototypes of its own row and of no other. A wrong signature does not compile, and a changed row
 * recompiles its own file alone.
 */
#pragma once

/* Any kernel. QK_FN gives it back its op's type; QK_CALL calls it as that type. */
typedef void qk_fn(void);
typedef qk_fn *qk_upto_fn(int stage);
#define QK_FN(op, fn)        ((qk_##op##_fn *)(fn))
#define QK_CALL(op, fn, ...) QK_FN(op, fn)(__VA_ARGS__)

#define QK_UPTO_STAGED(op, name) qk_upto_fn qk_##op##_##name##_upto;
#define QK_UPTO_PLAIN(op, name)
#define QK_UPTO_CEILING(op, name)
#define QK_UPTO_PREPARED(op, name) extern const struct qk_form qk_##op##_##name##_form;
#define QK_PROTOTYPES(op, name, kind)                                                                        \
    qk_##op##_fn qk_##op##_##name;                                                                           \
    QK_UPTO_##kind(op, name)

#ifdef QK_ROW
#include QK_ROW_CONTRACT /* "kernels/<op>/op.h" */
#define QK_ROW_PROTOTYPES(...) QK_PROTOTYPES(__VA_ARGS__)
QK_ROW_PROTOTYPES(QK_ROW)
#endif
