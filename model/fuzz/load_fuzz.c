/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target. Any bytes are refused as a model, with a text; or they load, and two tokens run. Large
 * models are passed over.
 */
#include <math.h>
#include <stdlib.h>

#include "model/forward/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 20, LAYOUTS = MODEL_LAYOUT_I2S | MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_QK256 };

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* What is said of keys and angles of a model that is fine. */
static void look(const struct model_config *c, const struct model_gguf *g)
{
    const size_t half = c->head_dim / 2;
    for (size_t i = 0; i < g->entry_count; i++)
        must(model_key_does(c, &g->entries[i]) <= MODEL_KEY_UNKNOWN);
    for (size_t j = 0; j < half; j++)
        must(isfinite(model_rope_frequency(&c->rope, half, j)));
    must(c->rope.magnitude > 0 && isfinite(c->rope.magnitude));
}

static void run(const struct model_weights *w)
{
    const struct model_options o = {.threads = 1, .context = w->config.context < 4 ? 1 : 4, .kv_f16 = true};
    const int32_t tokens[2] = {0, (int32_t)w->config.vocab - 1};
    struct qk_cpu cpu;
    struct model_kernels k;
    struct model_state *s;
    struct qk_error err = {.text = ""};
    float *logits = calloc(w->config.vocab, sizeof *logits);
    must(logits && !qk_cpu_detect(&cpu, "", &err));
    must(!model_kernels_parse(&k, qk_table_builtin(), "best", MODEL_ACT_ANY, &cpu, &err));
    if (!model_state_new(&s, w, &k, &o, &err)) {
        const size_t count = o.context < 2 ? 1 : 2;
        const int code = model_forward(s, tokens, count, logits, MODEL_LOGITS_LAST, NULL, &err);
        must(!code || (err.text[0] && model_position(s) == 0)); /* what f16 cannot hold */
        model_state_free(s);
    }
    free(logits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model_gguf g;
    struct model_config c;
    struct model_weights w = {0};
    struct qk_error err = {.text = ""};
    if (model_gguf_parse_any(data, size, "fuzz", &g, NULL))
        return 0;
    const int code = model_config_read(&c, &g, &err);
    must(code ? err.text[0] != 0 : !g.fault);
    if (!code)
        look(&c, &g);
    if (!code && c.vocab * c.embedding < MOST && c.feed_forward < MOST / 64 && c.q_width < MOST / 64 &&
        !model_weights_load(&w, &g, LAYOUTS, &err))
        run(&w);
    model_weights_free(&w);
    model_gguf_close(&g);
    return 0;
}
