/* SPDX-License-Identifier: MIT */
/* What would change the result and is not done here: each is named, with the reason. */
#include "model/forward/private.h"

#include "model/gguf/cursor.h"

#include <stdio.h>
#include <string.h>

#define EXPERTS "it belongs to a mixture of experts, which is another graph"

/* By a part of the name. */
static const struct {
    const char *part, *why;
} tensors[] = {{"rope_freqs.", "it divides the angles of rope, which is not done here"},
               {"rope_factors_", "it divides the angles of rope, which is not done here"},
               {"ffn_gate_inp", EXPERTS},
               {"_exps.", EXPERTS},
               {"_shexp.", EXPERTS}};

static const char rotated[] = "prism.hadamard.";

static int refuse_key(const struct model_config *c, const struct model_gguf *g,
                      const struct model_gguf_entry *e, struct qk_error *err)
{
    char experts[64];
    uint64_t count;
    const int length = snprintf(experts, sizeof experts, "%s.expert_count", c->arch);
    const char *why = NULL;
    if (e->key.length >= strlen(rotated) && !memcmp(e->key.bytes, rotated, strlen(rotated)))
        why = "the weights are stored in a rotated basis, and are not turned back here";
    else if (e->key.length == (size_t)length && !memcmp(e->key.bytes, experts, e->key.length) &&
             !(model_gguf_value_u64(&e->value, &count) && !count))
        why = "a mixture of experts is another graph, 0 expected";
    return why ? qk_fail(err, QK_ERR_UNAVAILABLE, g->name, "key \"%s\": %s", model_gguf_show(e->key).text,
                         why)
               : 0;
}

int model_refuse(const struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    for (size_t i = 0; i < g->entry_count; i++) {
        const int code = refuse_key(c, g, &g->entries[i], err);
        if (code)
            return code;
    }
    for (size_t i = 0; i < g->tensor_count; i++)
        for (size_t k = 0; k < sizeof tensors / sizeof *tensors; k++)
            if (strstr(g->tensors[i].name, tensors[k].part))
                return qk_fail(err, QK_ERR_UNAVAILABLE, g->name, "tensor \"%s\": %s", g->tensors[i].name,
                               tensors[k].why);
    return 0;
}
