/* SPDX-License-Identifier: MIT */
/* What a test reads from memory. */
#include "harness/e2e/private.h"

/* Keys and values that the passes of a prompt read, each those of all positions up to its own end, once. */
static double positions_read(const struct bench_e2e_row *row, size_t batch)
{
    double sum = 0;
    for (size_t end = 0; end < row->prompt;) {
        end += row->prompt - end < batch ? row->prompt - end : batch;
        sum += (double)(row->depth + end);
    }
    return sum;
}

void bench_e2e_put_bytes(const struct bench_e2e *e, const struct bench_e2e_config *cfg,
                         struct bench_e2e_row *row, const struct model_head_work *before,
                         const struct model_head_work *now)
{
    const struct model_config *c = &cfg->weights->config;
    const double uses = (double)(now->tokens - before->tokens), full = (double)model_head_bytes(c);
    const double head = uses > 0 ? (double)(now->bytes - before->bytes) / uses : full;
    const double position = (double)model_position_bytes(c, cfg->kv_f16);
    const double layers = (double)e->bytes_per_token - full; /* and a row of the embedding */
    if (row->generate && uses > 0) {
        row->head_rows = (double)(now->rescored - before->rescored) / uses;
        row->bytes_per_token = (uint64_t)(layers + head);
    }
    if (row->generate) {
        row->read_bytes = layers + head + position * ((double)row->depth + (double)(row->generate + 1) / 2);
        return;
    }
    const double n = (double)row->prompt, embedding = full / (double)c->vocab;
    const double passes = (double)((row->prompt + e->batch - 1) / e->batch);
    row->read_bytes =
        (passes * (layers - embedding) + n * embedding + head + position * positions_read(row, e->batch)) / n;
}
