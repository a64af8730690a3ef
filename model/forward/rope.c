/* SPDX-License-Identifier: MIT */
#include "model/forward/rope.h"

#include "model/forward/forward.h"
#include "model/gguf/cursor.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

const char *const model_rope_names[] = {
    [MODEL_ROPE_NONE] = "none", [MODEL_ROPE_LINEAR] = "linear", [MODEL_ROPE_YARN] = "yarn", NULL};

/* Stays as it is without the key. */
static int read_scaling(enum model_rope_scaling *to, const struct model_config *c, const struct model_gguf *g,
                        struct qk_error *err)
{
    const struct model_key_name name = model_key_name(c, "rope.scaling.type");
    struct model_gguf_string type;
    if (!model_gguf_find(g, name.text))
        return 0;
    const int code = model_gguf_get_string(g, name.text, &type, err);
    for (int i = 0; !code && model_rope_names[i]; i++)
        if (type.length == strlen(model_rope_names[i]) &&
            !memcmp(type.bytes, model_rope_names[i], type.length)) {
            *to = (enum model_rope_scaling)i;
            return 0;
        }
    return code ? code
                : qk_fail(err, QK_ERR_UNAVAILABLE, g->name,
                          "key \"%s\" is \"%s\", not done here; none, linear or yarn expected", name.text,
                          model_gguf_show(type).text);
}

/* 0 stands for 1. The old name counts where the new one is absent. */
static int read_factor(double *to, const struct model_config *c, const struct model_gguf *g,
                       struct qk_error *err)
{
    const char *const key = model_gguf_find(g, model_key_name(c, "rope.scaling.factor").text)
                                ? "rope.scaling.factor"
                                : "rope.scale_linear";
    const int code = model_key_real(c, g, key, 0, 1e6, to, err);
    if (*to == 0)
        *to = 1;
    if (!code && *to < 1e-6)
        return qk_fail(err, QK_ERR_FORMAT, g->name, "key \"%s\" is %g, 0 or 1e-06 to 1e+06 expected",
                       model_key_name(c, key).text, *to);
    return code;
}

static int read_dimensions(const struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    const struct model_key_name name = model_key_name(c, "rope.dimension_count");
    uint64_t rotated = c->head_dim;
    const int code =
        model_gguf_find(g, name.text) ? model_gguf_get_u64(g, name.text, 1, UINT32_MAX, &rotated, err) : 0;
    if (!code && rotated != c->head_dim)
        return qk_fail(err, QK_ERR_FORMAT, g->name,
                       "%s is %llu, and a head is %zu wide; parts of heads are not rotated here", name.text,
                       (unsigned long long)rotated, c->head_dim);
    return code;
}

int model_rope_read(struct model_rope *rope, const struct model_config *c, const struct model_gguf *g,
                    struct qk_error *err)
{
    struct model_rope r = {10000, MODEL_ROPE_LINEAR, 1, (double)c->context, 1};
    int code = model_key_real(c, g, "rope.freq_base", 1e-6, 1e12, &r.base, err);
    if (!code)
        code = read_dimensions(c, g, err);
    if (!code)
        code = read_scaling(&r.scaling, c, g, err);
    if (!code)
        code = read_factor(&r.factor, c, g, err);
    if (!code)
        code = model_key_real(c, g, "rope.scaling.attn_factor", 1e-3, 1e3, &r.magnitude, err);
    if (!code)
        code = model_key_real(c, g, "rope.scaling.original_context_length", 1, 1e9, &r.original, err);
    if (code)
        return code;
    if (r.scaling == MODEL_ROPE_LINEAR && r.factor == 1)
        r.scaling = MODEL_ROPE_NONE;
    if (r.scaling == MODEL_ROPE_YARN && !(r.base > 1))
        return qk_fail(err, QK_ERR_FORMAT, g->name, "%s is %g; with yarn more than 1 expected",
                       model_key_name(c, "rope.freq_base").text, r.base);
    if (r.scaling == MODEL_ROPE_YARN)
        r.magnitude *= 1 + 0.1 * log(r.factor);
    if (!(r.magnitude > 0))
        return qk_fail(err, QK_ERR_FORMAT, g->name,
                       "%s is %g, for which yarn's magnitude is %g, a value above 0 expected",
                       model_key_name(c, "rope.scaling.factor").text, r.factor, r.magnitude);
    *rope = r;
    return 0;
}

/* The pair, as a real number, that turns so many times in the original context. */
static double pair_of(const struct model_rope *rope, size_t half, double turns)
{
    return (double)half * log(rope->original / (2 * PI * turns)) / log(rope->base);
}

/* r of the pair j: 1 where angles stay as they are, 0 where they are scaled. */
static double ramp(const struct model_rope *rope, size_t half, size_t j)
{
    const double low = fmax(0, floor(pair_of(rope, half, 32)));
    const double high = fmin((double)(2 * half - 1), ceil(pair_of(rope, half, 1)));
    const double at = ((double)j - low) / fmax(0.001, high - low);
    return 1 - fmin(1, fmax(0, at));
}

double model_rope_frequency(const struct model_rope *rope, size_t half, size_t j)
{
    const double plain = pow(rope->base, -(double)j / (double)half);
    if (rope->scaling == MODEL_ROPE_NONE)
        return plain;
    const double kept = rope->scaling == MODEL_ROPE_YARN ? ramp(rope, half, j) : 0;
    return plain * ((1 - kept) / rope->factor + kept);
}
