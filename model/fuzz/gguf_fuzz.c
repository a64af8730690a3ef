/* SPDX-License-Identifier: MIT */
/* libFuzzer target. Any bytes either fail to parse, with a text and a place, or can be used in full. */
#include <stdlib.h>
#include <string.h>

#include "model/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model_gguf g;
    struct qk_error err = {0};
    if (model_gguf_parse(data, size, "fuzz", &g, &err) == 0) {
        volatile uint64_t sink = model_gguf_walk(&g);
        (void)sink;
    } else if (!err.text[0] || strncmp(err.where, "fuzz", 4) != 0 || g.entries || g.tensors || g.name) {
        abort();
    }
    model_gguf_close(&g);
    return 0;
}
