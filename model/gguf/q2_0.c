/* SPDX-License-Identifier: MIT */
#include "model/gguf/q2_0.h"

#include "kernels/layout.h"

#include <string.h>

static int refuse_keys(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err)
{
    static const char key[] = "oxibonsai.quant_format", other[] = "TQ2_0_G128";
    const struct model_gguf_value *version = model_gguf_find(g, "general.quantization_version");
    struct model_gguf_string text;
    if (model_gguf_find(g, key))
        return model_gguf_fail(
            g, t->info_at, err,
            "tensor \"%s\" has its scales behind the codes, as key %s shows; expected scales "
            "first",
            t->name, key);
    if (version && model_gguf_value_string(version, &text) && text.length == strlen(other) &&
        !memcmp(text.bytes, other, strlen(other)))
        return model_gguf_fail(
            g, t->info_at, err,
            "tensor \"%s\" has its scales behind the codes, as general.quantization_version "
            "%s shows; expected scales first",
            t->name, other);
    return 0;
}

int model_q2_0_validate(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err)
{
    enum { SAMPLES = 4096, INFINITE = 0x7c00 };
    const size_t codes = (t->type == MODEL_GGUF_TYPE_Q2_0 ? Q2_0_GROUP : Q2_0_GROUP_LARGE) / 4;
    const size_t block = 2 + codes, blocks = t->size / block, step = blocks / SAMPLES + 1;
    const int code = refuse_keys(g, t, err);
    for (size_t i = 0; i < blocks && !code;
         i = i + step < blocks || i == blocks - 1 ? i + step : blocks - 1) {
        const unsigned char *at = t->data + i * block;
        const unsigned scale = at[0] | (unsigned)at[1] << 8;
        if (scale >= INFINITE)
            return model_gguf_fail(
                g, (size_t)(at - g->bytes), err,
                "a scale of tensor \"%s\" has the bits 0x%04x, a finite f16 from 0 on expected", t->name,
                scale);
        for (size_t c = 0; c < codes; c++)
            if (at[2 + c] & at[2 + c] >> 1 & 0x55)
                return model_gguf_fail(g, (size_t)(at + 2 + c - g->bytes), err,
                                       "byte 0x%02x of tensor \"%s\" has a code 3, 0 to 2 expected",
                                       at[2 + c], t->name);
    }
    return code;
}
