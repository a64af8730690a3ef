/* SPDX-License-Identifier: MIT */
/* What would change the result and is not done here: each is named, with the reason. */
#include "model/forward/private.h"

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

int model_refuse(const struct model_gguf *g, struct qk_error *err)
{
    for (size_t i = 0; i < g->tensor_count; i++)
        for (size_t k = 0; k < sizeof tensors / sizeof *tensors; k++)
            if (strstr(g->tensors[i].name, tensors[k].part))
                return qk_fail(err, QK_ERR_UNAVAILABLE, g->name, "tensor \"%s\": %s", g->tensors[i].name,
                               tensors[k].why);
    return 0;
}
