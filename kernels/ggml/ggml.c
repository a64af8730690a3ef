/* SPDX-License-Identifier: MIT */
#include "kernels/ggml/ggml.h"

#include "kernels/ggml/rows.h"

#include <stdlib.h>
#include <string.h>

/* Rows in both ops. */
static const struct {
    enum qk_ggml_id id;
    const char *repacked, *name;
} kinds[] = {{QK_GGML_TQ1_0, NULL, "tq1_0"},         {QK_GGML_TQ2_0, NULL, "tq2_0"},
             {QK_GGML_Q2_0, NULL, "q2_0"},           {QK_GGML_Q1_0, NULL, "q1_0_twice"},
             {QK_GGML_Q8_0, NULL, "q8_0"},           {QK_GGML_Q8_0, "4x4", "q8_0_4x4"},
             {QK_GGML_Q8_0, "4x8", "q8_0_4x8"},      {QK_GGML_Q1_0, "4x4", "q1_0_4x4_twice"},
             {QK_GGML_Q1_0, "4x8", "q1_0_4x8_twice"}};
static const enum qk_op ops[] = {QK_OP_ternary_gemv, QK_OP_ternary_gemm};
enum { KINDS = sizeof kinds / sizeof *kinds, OPS = sizeof ops / sizeof *ops };

static const char cannot_run[] = "this CPU lacks something that the library was built for: its score is 0";

/* What a table owns, in one piece: qk_table_free frees it by its rows. */
struct owned {
    struct qk_variant rows[OPS * KINDS];
    struct qk_ggml_row of[KINDS];
    struct qk_form form[KINDS];
    char version[64];
};

static void make_rows(struct qk_table *t, struct owned *o, const struct qk_ggml *g)
{
    const bool runs = g->score > 0;
    for (size_t op = 0; op < OPS; op++)
        for (size_t k = 0; k < KINDS; k++) {
            if (!qk_ggml_row_find(&o->of[k], g, kinds[k].id, kinds[k].repacked))
                continue;
            o->form[k] = qk_ggml_row_form(&o->of[k]);
            o->rows[t->count++] = (struct qk_variant){.op = ops[op],
                                                      .isa = g->isa,
                                                      .kind = QK_PREPARED,
                                                      .made = QK_BY_COMPILER,
                                                      .touches = QK_TOUCHES_ALL,
                                                      .op_name = qk_op_row(ops[op])->name,
                                                      .name = kinds[k].name,
                                                      .isa_name = qk_isa_row(g->isa)->name,
                                                      .phase = "-",
                                                      .why = "",
                                                      .flags = "",
                                                      .unknown = runs ? NULL : cannot_run,
                                                      .fn = runs ? qk_ggml_row_kernel(&o->of[k]) : NULL,
                                                      .form = &o->form[k]};
        }
}

int qk_ggml_load(struct qk_table *t, const char *path, const char *base, struct qk_error *err)
{
    struct qk_ggml g;
    struct owned *o = NULL;
    *t = (struct qk_table){.path = "", .name = ""};
    int code = qk_ggml_open(&g, path, base, err);
    char *const copy = code ? NULL : strdup(path);
    if (!code && (!copy || !(o = calloc(1, sizeof *o))))
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for the rows of '%s'", path);
    if (code) {
        free(copy);
        qk_ggml_close(&g);
        return code;
    }
    memcpy(o->version, g.version, sizeof o->version);
    *t = (struct qk_table){.rows = o->rows,
                           .compiler = "unknown",
                           .version = o->version,
                           .name = "",
                           .path = copy,
                           .handle = g.handle};
    make_rows(t, o, &g);
    if (t->count)
        return 0;
    qk_table_free(t);
    return qk_fail(err, QK_ERR_FORMAT, path, "'%s' has no type that this program knows", path);
}
