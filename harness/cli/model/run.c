/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"
#include "harness/cli/model/text.h"
#include "harness/machine/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Why generation ended, and how long it took. */
struct outcome {
    size_t prompt, generated;
    double prompt_ns, generate_ns; /* the latter of all but the first, which the prompt's logits give */
    const char *odd;               /* why these are not to be believed; NULL when they are */
    const char *ended;
};

/* One line of times; without them where the clock was none. */
static void print_time(const char *what, size_t n, const char *each, double ns, const char *odd)
{
    struct qk_error why;
    fprintf(stderr, "%-10s %7zu %-6s", what, n, each);
    if (n && !odd && bench_clock_check(ns, "this", &why))
        odd = why.text;
    if (odd)
        fprintf(stderr, "  not timed: %s\n", odd);
    else if (n)
        fprintf(stderr, "  %10.2f ms  %9.3f ms/token  %9.2f tokens/s\n", ns * 1e-6, ns * 1e-6 / (double)n,
                (double)n * 1e9 / ns);
    else
        fprintf(stderr, "  %10.2f ms\n", 0.0);
}

/* Which head gave the logits, and what it read. */
static void print_head(const struct model_head_work *w, enum model_head head, const struct model_config *c)
{
    const double tokens = (double)w->tokens, full = (double)model_head_bytes(c) * 1e-6;
    if (head == MODEL_HEAD_CERTIFIED && w->tokens)
        fprintf(stderr,
                "head       certified: %.1f of %zu rows computed and %.1f MB read a token, of %.1f MB\n",
                (double)w->rescored / tokens, c->vocab, (double)w->bytes * 1e-6 / tokens, full);
    else if (head == MODEL_HEAD_I8)
        fprintf(stderr, "head       i8, not exact: %.1f MB read a token, of %.1f MB\n",
                (double)w->bytes * 1e-6 / tokens, full);
    else
        fprintf(stderr, "head       full: %.1f MB read a token\n", full);
}

static void print_timings(const struct outcome *t, const struct cli_model_run *o)
{
    const size_t n = t->generated ? t->generated - 1 : 0;
    print_time("prompt", t->prompt, "tokens", t->prompt_ns, t->odd);
    print_time("generation", n, "passes", t->generate_ns, t->odd);
    fprintf(stderr, "%zu tokens generated; %s", t->generated, t->ended);
    if (o->how.temperature > 0)
        fprintf(stderr, "; temperature %g, top-k %zu, top-p %g, seed %llu", (double)o->how.temperature,
                o->how.top_k, (double)o->how.top_p, (unsigned long long)o->how.seed);
    fputs("\n", stderr);
}

struct run {
    const struct cli_model_run *o;
    const struct cli_model *m;
    struct model_state *state;
    struct model_sampler *sampler;
    float *logits;        /* of a head that gives all */
    struct model_top top; /* of one that gives the largest */
    size_t largest;       /* how many of them; 0: all logits */
    size_t context;
    struct cli_text text;
    struct bench_clocks clocks; /* before what is timed */
};

/* ns since `begin`. The first reason why that is not to be believed goes to *odd. */
static double took(const struct bench_clocks *begin, const char **odd)
{
    struct bench_clocks end;
    bench_clocks_read(&end);
    *odd = *odd ? *odd : bench_clocks_differ(begin, &end);
    return (double)(int64_t)(end.ns - begin->ns);
}

static int feed(struct run *r, const int32_t *ids, size_t count, struct qk_error *err)
{
    return r->largest ? model_forward_top(r->state, ids, count, r->largest, &r->top, NULL, err)
                      : model_forward(r->state, ids, count, r->logits, MODEL_LOGITS_LAST, NULL, err);
}

static int sample(struct run *r, int32_t *id, struct qk_error *err)
{
    return r->largest ? model_sampler_among(r->sampler, r->top.id, r->top.logit, r->top.count, id, err)
                      : model_sampler_next(r->sampler, r->logits, id, err);
}

static int generate(struct run *r, struct outcome *t, struct qk_error *err)
{
    const struct model_tokenizer *tok = r->m->tokenizer;
    int32_t id;
    t->ended = "that many were asked for";
    while (t->generated < r->o->max_tokens) {
        int code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
        if (!code)
            code = sample(r, &id, err);
        if (code)
            return code;
        t->generated++;
        if (model_tokenizer_stops(tok, id)) {
            t->ended = "the model ended its text";
            return 0;
        }
        const struct model_gguf_string piece = model_tokenizer_text(tok, id);
        cli_text_put(&r->text, piece.bytes, piece.length);
        if (t->generated == r->o->max_tokens || ferror(stdout))
            return 0;
        if (model_position(r->state) == r->context) {
            t->ended = "the context is full";
            return 0;
        }
        bench_clocks_read(&r->clocks);
        code = feed(r, &id, 1, err);
        t->generate_ns += took(&r->clocks, &t->odd);
        if (code)
            return code;
    }
    return 0;
}

static int run_ids(struct run *r, const struct model_ids *ids, struct outcome *t, struct qk_error *err)
{
    const size_t vocab = r->m->weights.config.vocab, has = r->m->weights.config.context;
    const size_t limit = r->o->context ? r->o->context : has;
    const size_t rest = limit - ids->count; /* meaningless until checked */
    if (limit > has)
        return qk_fail(err, QK_ERR_ARG, "--context", "%zu is more than the model's context of %zu", limit,
                       has);
    if (ids->count > limit)
        return qk_fail(err, QK_ERR_ARG, "--prompt", "%zu tokens do not fit the context of %zu", ids->count,
                       limit);
    r->context = ids->count + (rest < r->o->max_tokens ? rest : r->o->max_tokens);
    r->logits = calloc(vocab, sizeof *r->logits);
    int code = r->logits ? model_sampler_new(&r->sampler, &r->o->how, vocab, err)
                         : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu logits", vocab);
    if (!code)
        code = cli_model_state(&r->state, r->m, &r->o->model, r->context, 0, err);
    if (!code && model_sampler_needs(r->sampler) <= model_top_most(r->state))
        r->largest = model_sampler_needs(r->sampler);
    bench_clocks_read(&r->clocks);
    if (!code)
        code = feed(r, ids->id, ids->count, err);
    t->prompt = ids->count;
    t->prompt_ns = took(&r->clocks, &t->odd);
    return code ? code : generate(r, t, err);
}

int cli_model_run_do(const struct cli_model_run *o, struct qk_error *err)
{
    struct cli_model m = {0};
    struct model_ids ids = {0};
    struct outcome t = {.ended = "interrupted"};
    struct run r = {.o = o, .m = &m};
    struct cli_model_options how = o->model;
    if (how.head == MODEL_HEAD_CERTIFIED && o->how.temperature > 0 && !o->how.top_k)
        how.head = MODEL_HEAD_FULL; /* no copy for a draw that needs every logit */
    char *text = NULL;
    size_t size;
    int code = cli_model_prompt(o, &text, &size, err);
    if (!code)
        code = cli_model_load(&m, &how, true, err);
    if (!code)
        code = cli_model_prompt_ids(o, m.tokenizer, text, size, &ids, err);
    free(text);
    if (!code)
        code = run_ids(&r, &ids, &t, err);
    cli_text_end(&r.text);
    if (!code || (code == QK_ERR_INTERRUPTED && t.prompt)) {
        print_timings(&t, o);
        print_head(model_head_work(r.state), m.head, &m.weights.config);
    }
    model_state_free(r.state);
    model_sampler_free(r.sampler);
    free(r.logits);
    model_ids_free(&ids);
    cli_model_close(&m);
    return code;
}
