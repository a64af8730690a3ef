/* SPDX-License-Identifier: MIT */
/* libFuzzer target. Any bytes either fail to parse, with a text and a place, or can be used in full. */
#include <stdlib.h>
#include <string.h>

#include "model/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that parses to be listed only has a fault, which is what parsing says of it. */
static void list(const uint8_t *data, size_t size, int strictly, const struct qk_error *why)
{
    struct model_gguf g;
    const int code = model_gguf_parse_any(data, size, "fuzz", &g, NULL);
    volatile uint64_t sink = 0;
    if (code ? !strictly || g.entries || g.tensors || g.name : !g.fault != !strictly)
        abort();
    if (g.fault && strcmp(g.fault->text, why->text) != 0)
        abort();
    for (size_t i = 0; i < g.tensor_count && g.fault; i++) {
        if (g.tensors[i].data || !model_gguf_find_tensor(&g, g.tensors[i].name))
            abort();
        sink += g.tensors[i].size;
    }
    (void)sink;
    model_gguf_close(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model_gguf g;
    struct qk_error err = {0};
    const int code = model_gguf_parse(data, size, "fuzz", &g, &err);
    list(data, size, code, &err);
    if (code == 0) {
        volatile uint64_t sink = model_gguf_walk(&g);
        (void)sink;
    } else if (!err.text[0] || strncmp(err.where, "fuzz", 4) != 0 || g.entries || g.tensors || g.name) {
        abort();
    }
    model_gguf_close(&g);
    return 0;
}
