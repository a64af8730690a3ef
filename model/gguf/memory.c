/* SPDX-License-Identifier: MIT */
#include "model/gguf/memory.h"

static model_memory_check *asked;

void model_memory_ask(model_memory_check *check)
{
    asked = check;
}

int model_memory_may(size_t bytes, const char *what, struct qk_error *err)
{
    const size_t few = 1 << 20;
    return asked && bytes >= few ? asked(bytes, what, err) : 0;
}
