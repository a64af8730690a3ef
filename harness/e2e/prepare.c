/* SPDX-License-Identifier: MIT */
#include "harness/e2e/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t longest(const struct bench_e2e_config *cfg)
{
    return cfg->prompt > cfg->generate ? cfg->prompt : cfg->generate;
}

static size_t depths(const struct bench_e2e_config *cfg)
{
    return cfg->depths ? cfg->depth_count : 1;
}

static size_t depth_at(const struct bench_e2e_config *cfg, size_t i)
{
    return cfg->depths ? cfg->depths[i] : 0;
}

static size_t deepest(const struct bench_e2e_config *cfg)
{
    size_t most = 0;
    for (size_t i = 0; i < depths(cfg); i++)
        most = depth_at(cfg, i) > most ? depth_at(cfg, i) : most;
    return most;
}

static int check(const struct bench_e2e_config *cfg, struct qk_error *err)
{
    const size_t context = cfg->weights->config.context;
    if (!longest(cfg))
        return qk_fail(err, QK_ERR_ARG, NULL, "neither prompt nor generation: nothing to measure");
    if (longest(cfg) > context)
        return qk_fail(err, QK_ERR_ARG, NULL, "%zu tokens do not fit the model's context of %zu",
                       longest(cfg), context);
    if (deepest(cfg) > context - longest(cfg))
        return qk_fail(err, QK_ERR_ARG, NULL, "%zu tokens behind %zu do not fit the model's context of %zu",
                       longest(cfg), deepest(cfg), context);
    if (cfg->repetitions < 1 || cfg->repetitions > BENCH_E2E_REPETITIONS_MAX)
        return qk_fail(err, QK_ERR_ARG, NULL, "%zu repetitions; expected 1 to %d", cfg->repetitions,
                       BENCH_E2E_REPETITIONS_MAX);
    if (!cfg->set_count || !cfg->thread_count || !depths(cfg))
        return qk_fail(err, QK_ERR_ARG, NULL, "no set of kernels, number of threads or depth given");
    return 0;
}

/*
 * Names the row's kernels, the kernel that multiplies a token's ternary matrices, and the phase. Only a set
 * that dequantises is a rung of the ladder.
 */
static void describe_kernels(struct bench_e2e_row *row, const struct model_kernels *k, enum model_head head)
{
    const struct qk_variant *v = k->of[model_path_op(k->path)->op];
    memcpy(row->kernels, k->name, sizeof row->kernels);
    snprintf(row->head, sizeof row->head, "%s", model_head_names[head]);
    snprintf(row->matrices, sizeof row->matrices, "%s/%s", v->op_name, v->name);
    snprintf(row->phase, sizeof row->phase, "%s", k->path == MODEL_PATH_DEQUANT ? v->phase : "-");
}

/* "bitnet-b1.58 2.4B I2_S" */
static void describe_model(struct bench_e2e *e, const struct model_weights *w)
{
    const struct model_gguf *g = &w->gguf;
    e->model_bytes = e->model_parameters = 0;
    for (size_t i = 0; i < g->tensor_count; i++) {
        e->model_bytes += g->tensors[i].size;
        e->model_parameters += g->tensors[i].elements;
    }
    const double n = (double)e->model_parameters;
    snprintf(e->model, sizeof e->model, "%s", g->name);
    snprintf(e->model_type, sizeof e->model_type, n >= 1e9 ? "%s %.1fB %s" : "%s %.1fM %s", w->config.arch,
             n >= 1e9 ? n * 1e-9 : n * 1e-6, model_gguf_type_name(w->config.matrix_type));
    e->layers = w->config.layers;
    /* Scales of groups belong to both copies, and are there once. */
    e->i2s16_bytes = w->i2s16_bytes + (w->i2s16_bytes ? w->scale_bytes : 0);
    e->qk256_bytes = w->qk256_bytes + (w->i2s16_bytes ? 0 : w->scale_bytes);
    e->head_bytes = w->head_copy ? w->head_copy->bytes : 0;
    e->kept_bytes = e->model_bytes;
    for (size_t i = 0; i < w->config.layers * MODEL_MATRICES; i++) {
        const struct model_matrix *m = &w->layer[i / MODEL_MATRICES].matrix[i % MODEL_MATRICES];
        e->kept_bytes -= m->i2s ? 0 : m->file_bytes;
    }
    e->bytes_per_token = model_bytes_per_token(&w->config);
}

static size_t heads(const struct bench_e2e_config *cfg)
{
    return cfg->heads ? cfg->head_count : 1;
}

static enum model_head head_at(const struct bench_e2e_config *cfg, size_t i)
{
    return cfg->heads ? cfg->heads[i] : MODEL_HEAD_FULL;
}

static int add_samples(struct bench_e2e_row *row, const char *peer, struct qk_error *err)
{
    const size_t n = row->repetitions;
    row->samples_ns = calloc(n, sizeof *row->samples_ns);
    row->parts_ns = calloc(n * BENCH_E2E_PARTS, sizeof *row->parts_ns);
    row->token_ns = calloc(row->generate ? n * row->generate : 1, sizeof *row->token_ns);
    row->first_ns = calloc(n, sizeof *row->first_ns);
    if (!row->samples_ns || !row->parts_ns || !row->token_ns || !row->first_ns)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu samples", n);
    if (peer && !(row->peer.samples_ns = calloc(n, sizeof *row->peer.samples_ns)))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu samples of a peer", n);
    row->peer.count = peer ? n : 0;
    row->token_count = n * row->generate;
    row->first_count = row->prompt ? n : 0;
    return 0;
}

/* What the state of that number has, in the order of rows. */
struct place {
    size_t set, head, threads, depth;
};
static struct place place_of(const struct bench_e2e_config *cfg, size_t state)
{
    const size_t threads = state / depths(cfg), head = threads / cfg->thread_count;
    return (struct place){.depth = state % depths(cfg),
                          .threads = threads % cfg->thread_count,
                          .head = head % heads(cfg),
                          .set = head / heads(cfg)};
}

static size_t states(const struct bench_e2e_config *cfg)
{
    return cfg->set_count * heads(cfg) * cfg->thread_count * depths(cfg);
}

static int add_rows(struct bench_e2e *e, struct bench_e2e_work *w, struct qk_error *err)
{
    const struct bench_e2e_config *cfg = w->cfg;
    w->tests = (cfg->prompt > 0) + (cfg->generate > 0);
    const size_t count = states(cfg) * w->tests;
    int code = 0;
    e->rows = calloc(count, sizeof *e->rows);
    w->order = calloc(count, sizeof *w->order);
    if (!e->rows || !w->order)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu rows", count);
    e->count = count;
    for (size_t i = 0; i < count && !code; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        const struct place at = place_of(cfg, i / w->tests);
        const bool prompt = cfg->prompt && i % w->tests == 0;
        describe_kernels(row, &cfg->sets[at.set], head_at(cfg, at.head));
        row->threads = cfg->threads[at.threads];
        row->depth = depth_at(cfg, at.depth);
        row->prompt = prompt ? cfg->prompt : 0;
        row->generate = prompt ? 0 : cfg->generate;
        row->repetitions = cfg->repetitions;
        row->cache_bytes = model_position_bytes(&cfg->weights->config, cfg->kv_f16) *
                           (row->depth + row->prompt + row->generate);
        if (cfg->peer.command)
            snprintf(row->peer.command, sizeof row->peer.command, "%s", cfg->peer.command);
        code = add_samples(row, cfg->peer.command, err);
    }
    return code;
}

static int add_states(struct bench_e2e_work *w, struct qk_error *err)
{
    const struct bench_e2e_config *cfg = w->cfg;
    w->states = calloc(states(cfg), sizeof(struct model_state *));
    if (!w->states)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the models' states");
    for (size_t i = 0; i < states(cfg); i++) {
        const struct place at = place_of(cfg, i);
        const struct model_options options = {.threads = cfg->threads[at.threads],
                                              .at_once = cfg->at_once,
                                              .calls = cfg->calls,
                                              .context = depth_at(cfg, at.depth) + longest(cfg),
                                              .batch = cfg->batch,
                                              .kv_f16 = cfg->kv_f16,
                                              .head_input = cfg->head_input,
                                              .head = head_at(cfg, at.head)};
        const int code = model_state_new(&w->states[i], cfg->weights, &cfg->sets[at.set], &options, err);
        if (code)
            return code;
        w->state_count++;
    }
    return 0;
}

static int add_tokens(struct bench_e2e_work *w, struct qk_error *err)
{
    const struct bench_e2e_config *cfg = w->cfg;
    const size_t positions = deepest(cfg) + longest(cfg);
    const size_t vocab = cfg->weights->config.vocab;
    w->tokens = calloc(positions, sizeof *w->tokens);
    w->logits = calloc(vocab, sizeof *w->logits);
    if (!w->tokens || !w->logits)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu logits", vocab);
    for (size_t i = 0; i < positions; i++)
        w->tokens[i] = (int32_t)qk_rng_below(&w->rng, vocab);
    return model_sampler_new(&w->sampler, &(struct model_sampling){.top_p = 1}, vocab, err);
}

int bench_e2e_prepare(struct bench_e2e *e, struct bench_e2e_work *w, struct qk_error *err)
{
    const struct bench_e2e_config *cfg = w->cfg;
    const struct bench_environment env = e->env;
    int code = check(cfg, err);
    memset(e, 0, sizeof *e);
    e->env = env;
    if (code)
        return code;
    e->seed = cfg->job.seed;
    e->batch = cfg->batch ? cfg->batch : MODEL_BATCH_MAX;
    e->kv_f16 = cfg->kv_f16;
    e->head_input = cfg->head_input;
    e->load = cfg->load;
    snprintf(e->cpu_mask, sizeof e->cpu_mask, "%s", cfg->cpu_mask ? cfg->cpu_mask : "0x0");
    e->cpu_strict = cfg->cpu_mask != NULL;
    describe_model(e, cfg->weights);
    qk_rng_seed(&w->rng, cfg->job.seed);
    code = add_rows(e, w, err);
    if (!code)
        code = add_tokens(w, err);
    if (!code)
        code = add_states(w, err);
    return code;
}

void bench_e2e_finish(struct bench_e2e_work *w)
{
    for (size_t i = 0; i < w->state_count; i++)
        model_state_free(w->states[i]);
    free(w->states);
    model_sampler_free(w->sampler);
    free(w->tokens);
    free(w->logits);
    free(w->order);
}
