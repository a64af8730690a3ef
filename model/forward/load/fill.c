/* SPDX-License-Identifier: MIT */
/* Makes the copies of a matrix that kernels read, and their scales. */
#include "model/forward/private.h"

#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "model/forward/load/ternary.h"
#include "model/gguf/i2s.h"

#include <stdatomic.h>
#include <stdlib.h>

static size_t qk256_row(size_t columns)
{
    return (columns / QK256_BLOCK + (columns % QK256_BLOCK != 0)) * QK256_BLOCK_BYTES;
}

size_t model_scale_group(const struct model_config *c, const struct model_gguf_tensor *t)
{
    const size_t group = model_ternary_group(t->type);
    return group || c->graph->rule == MODEL_RULE_INT8 ? group : I2S_BLOCK;
}

size_t model_scale_bytes(const struct model_config *c, const struct model_gguf_tensor *t)
{
    const size_t group = model_scale_group(c, t), rows = (size_t)t->dims[1];
    return group ? (rows + I2S16_ROWS - 1) / I2S16_ROWS * I2S16_ROWS * ((size_t)t->dims[0] / group) *
                       sizeof(uint16_t)
                 : 0;
}

struct filling {
    const struct model_matrix *m;
    const struct model_gguf_tensor *t;
    uint16_t *scales;   /* of the matrix, or NULL */
    atomic_int scale;   /* that all of them are, by its bits; NO_SCALE before the first */
    atomic_bool uneven; /* they are not all the same */
    atomic_bool bad;    /* a code or a scale */
    atomic_int code;    /* the first failure */
};
enum { NO_SCALE = -1 };

static void fail_part(struct filling *f, int code)
{
    if (code)
        atomic_store(&f->code, code);
}

/* Makes the copies of rows whose codes are there in I2_S order. */
static void copy_rows(struct filling *f, const uint8_t *codes, size_t first, size_t rows)
{
    const struct model_matrix *m = f->m;
    size_t to;
    int code = 0;
    if (m->i2s16)
        code = qk_i2s16_bytes(rows, m->columns, &to, NULL);
    if (m->i2s16 && !code)
        code = qk_i2s16_make(m->i2s16 + first * m->columns / 4, to, codes, rows * m->columns / 4, rows,
                             m->columns, NULL);
    fail_part(f, code);
    if (m->qk256)
        model_i2s_rows_to_qk256(codes, rows, m->columns, m->qk256 + first * qk256_row(m->columns));
}

/* Rows of I2_S. Scales of groups are all 1: the rule wants some, and the matrix has but one. */
static void fill_i2s(struct filling *f, size_t first, size_t rows)
{
    const size_t columns = f->m->columns, groups = f->scales ? columns / f->m->group : 0;
    const uint8_t *codes = f->t->data + first * columns / 4;
    if (model_i2s_below_3(codes, rows * columns / 4))
        copy_rows(f, codes, first, rows);
    else
        atomic_store(&f->bad, true);
    for (size_t i = 0; i < (rows + I2S16_ROWS - 1) / I2S16_ROWS * I2S16_ROWS * groups; i++)
        f->scales[first * groups + i] = 0x3c00;
}

/* Is a group of columns of a row, in I2_S order, all of code 1? */
static bool all_zero(const uint8_t *row, size_t from, size_t columns)
{
    for (size_t c = from; c < from + columns; c++)
        if ((row[c / I2S_BLOCK * I2S_BLOCK_BYTES + c % I2S_GROUP] >> (6 - 2 * (c / I2S_GROUP % 4)) & 3) != 1)
            return false;
    return true;
}

/* A writer gives a group of zeros the scale 0, where the tensor's would do as well. */
static void compare_scale(struct filling *f, uint16_t scale, const uint8_t *row, size_t group)
{
    int none = NO_SCALE;
    if (scale == 0 && all_zero(row, group * f->m->group, f->m->group))
        return;
    if (!atomic_compare_exchange_strong(&f->scale, &none, scale) && none != scale)
        atomic_store(&f->uneven, true);
}

/* At most 16 rows of a type with groups: codes to I2_S order, and scales interleaved. */
static void fill_unit(struct filling *f, size_t first, size_t rows, uint8_t *codes, uint16_t *scales)
{
    const size_t columns = f->m->columns, groups = columns / f->m->group;
    model_ternary_rows(f->t, first, rows, codes, scales);
    if (model_ternary_check(f->t->type, codes, rows * columns / 4, scales, rows * groups)) {
        atomic_store(&f->bad, true);
        return;
    }
    copy_rows(f, codes, first, rows);
    for (size_t g = 0; g < groups; g++)
        for (size_t r = 0; r < I2S16_ROWS; r++) {
            const uint16_t scale = r < rows ? scales[r * groups + g] : 0;
            f->scales[first * groups + g * I2S16_ROWS + r] = scale;
            if (r < rows && scale != atomic_load_explicit(&f->scale, memory_order_relaxed))
                compare_scale(f, scale, codes + r * (columns / 4), g);
        }
}

static void fill_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct filling *f = ctx;
    const size_t columns = f->m->columns;
    (void)thread;
    if (f->t->type == MODEL_GGUF_TYPE_I2_S) {
        fill_i2s(f, first, end - first);
        return;
    }
    uint8_t *codes = malloc(I2S16_ROWS * columns / 4);
    uint16_t *scales = malloc(I2S16_ROWS * columns / f->m->group * sizeof *scales);
    fail_part(f, codes && scales ? 0 : QK_ERR_MEMORY);
    for (size_t r = first; r < end && codes && scales; r += I2S16_ROWS)
        fill_unit(f, r, end - r < I2S16_ROWS ? end - r : I2S16_ROWS, codes, scales);
    free(codes);
    free(scales);
}

/* One scale for all replaces those of groups, unless the rule wants them. */
static void settle_scales(struct model_matrix *m, enum model_rule rule, const struct filling *f)
{
    if (!f->scales)
        return;
    m->scales = f->scales;
    if (rule != MODEL_RULE_INT8 || atomic_load(&f->uneven))
        return;
    const int scale = atomic_load(&f->scale);
    m->scale = scale == NO_SCALE ? 1 : qk_f16_to_f32((uint16_t)scale);
    m->scales = NULL;
    m->group = 0;
}

/*
 * Checks the codes and makes the copies of them, in one pass. Pages lie where the threads are that write them
 * first, and that is the share each will read. A huge page on the border of shares lies with one of them.
 */
int model_fill(struct model_matrix *m, const struct model_gguf *g, const struct model_gguf_tensor *t,
               uint16_t *scales, enum model_rule rule, struct model_pool *pool, struct model_pace *pace,
               struct qk_error *err)
{
    struct filling f = {.m = m, .t = t, .scales = m->group ? scales : NULL, .scale = NO_SCALE};
    if (pool)
        model_pool_run(pool, m->rows, I2S16_ROWS, pace, fill_part, &f);
    else
        fill_part(&f, 0, m->rows, 0);
    if (f.bad)
        return t->type == MODEL_GGUF_TYPE_I2_S ? model_i2s_validate(g, t, err)
                                               : model_ternary_report(g, t, err);
    settle_scales(m, rule, &f);
    return f.code ? qk_fail(err, f.code, t->name, "cannot interleave %zux%zu codes", m->rows, m->columns) : 0;
}
