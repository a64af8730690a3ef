/* SPDX-License-Identifier: MIT */
#include "model/synth/preset.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct model_synth_preset *model_synth_preset(size_t i)
{
    static const struct model_synth_preset rows[] = {
#define PRESET(name, model, cut, arch, vocab, context, embedding, layers, feed_forward, head_dim, heads,     \
               kv_heads, merges, base, epsilon, pre, own_head, matrices, table, unverified)                  \
    {name,                                                                                                   \
     model,                                                                                                  \
     cut,                                                                                                    \
     arch,                                                                                                   \
     vocab,                                                                                                  \
     context,                                                                                                \
     embedding,                                                                                              \
     layers,                                                                                                 \
     feed_forward,                                                                                           \
     head_dim,                                                                                               \
     heads,                                                                                                  \
     kv_heads,                                                                                               \
     merges,                                                                                                 \
     base,                                                                                                   \
     epsilon,                                                                                                \
     pre,                                                                                                    \
     own_head,                                                                                               \
     MODEL_GGUF_TYPE_##matrices,                                                                             \
     MODEL_GGUF_TYPE_##table,                                                                                \
     unverified},
#include "model/synth/presets.def"
#undef PRESET
    };
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

static const enum model_gguf_type matrix_types[] = {MODEL_GGUF_TYPE_I2_S, MODEL_GGUF_TYPE_TQ1_0,
                                                    MODEL_GGUF_TYPE_TQ2_0, MODEL_GGUF_TYPE_Q2_0,
                                                    MODEL_GGUF_TYPE_PQ2_0};
static const enum model_gguf_type table_types[] = {
    MODEL_GGUF_TYPE_F32,  MODEL_GGUF_TYPE_F16,  MODEL_GGUF_TYPE_BF16, MODEL_GGUF_TYPE_Q8_0,
    MODEL_GGUF_TYPE_Q6_K, MODEL_GGUF_TYPE_Q2_0, MODEL_GGUF_TYPE_PQ2_0};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool find_type(enum model_gguf_type *to, const enum model_gguf_type *list, size_t count,
                      const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = model_gguf_type_name(list[i]);
        if (strlen(name) == length && !strncasecmp(name, text, length)) {
            *to = list[i];
            return true;
        }
    }
    return false;
}

/* The word behind a comma. */
static bool parse_word(struct model_synth_name *to, const char *word, size_t length)
{
    static const char peaked[] = "head=peaked", head[] = "head=", matrices[] = "matrices=";
    if (length == strlen(peaked) && !memcmp(word, peaked, length))
        return to->peaked = true;
    if (length > strlen(head) && !memcmp(word, head, strlen(head)))
        return find_type(&to->table, table_types, COUNT(table_types), word + strlen(head),
                         length - strlen(head));
    return length > strlen(matrices) && !memcmp(word, matrices, strlen(matrices)) &&
           find_type(&to->matrices, matrix_types, COUNT(matrix_types), word + strlen(matrices),
                     length - strlen(matrices));
}

/* The layers behind NAME/, or 0. */
static uint32_t read_layers(const struct model_synth_preset *p, const char *digits)
{
    for (uint32_t layers = 1; layers <= p->layers; layers++) {
        char written[12];
        snprintf(written, sizeof written, "%u", layers);
        if (!strcmp(digits, written))
            return layers;
    }
    return 0;
}

static int fail_name(const char *name, struct qk_error *err)
{
    const struct model_synth_preset *p;
    char all[200] = "";
    for (size_t i = 0; (p = model_synth_preset(i)); i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s%s", i ? ", " : "", p->name,
                 p->cut ? "[/N]" : "");
    return qk_fail(err, QK_ERR_ARG, NULL,
                   "no synthetic model '%s'; there are %s (N: its first layers), each also with "
                   ",head=peaked, ,head=TYPE and ,matrices=TYPE",
                   name, all);
}

static int find_preset(struct model_synth_name *to, const char *base, const char *name, struct qk_error *err)
{
    const struct model_synth_preset *p;
    for (size_t i = 0; (p = model_synth_preset(i)); i++) {
        const size_t n = strlen(p->name);
        *to = (struct model_synth_name){
            .preset = p, .layers = p->layers, .matrices = p->matrices, .table = p->table};
        if (!strcmp(base, p->name))
            return 0;
        if (!p->cut || strncmp(base, p->name, n) || base[n] != '/')
            continue;
        to->layers = read_layers(p, base + n + 1);
        return to->layers ? 0
                          : qk_fail(err, QK_ERR_ARG, NULL,
                                    "'%s': layers behind the slash are a whole number from 1 to %u", name,
                                    p->layers);
    }
    return fail_name(name, err);
}

int model_synth_parse(struct model_synth_name *to, const char *name, struct qk_error *err)
{
    char base[64];
    const size_t length = strcspn(name, ",");
    snprintf(base, sizeof base, "%.*s", length < sizeof base ? (int)length : 0, name);
    const int code = find_preset(to, base, name, err);
    if (code)
        return code;
    for (const char *at = name + length; *at;) {
        const size_t n = strcspn(++at, ",");
        if (!parse_word(to, at, n))
            return qk_fail(err, QK_ERR_ARG, NULL,
                           "'%s': '%.*s' is none of head=peaked, head=F32|F16|BF16|Q8_0|Q6_K|Q2_0|PQ2_0 and "
                           "matrices=I2_S|TQ1_0|TQ2_0|Q2_0|PQ2_0",
                           name, (int)n, at);
        at += n;
    }
    return 0;
}
