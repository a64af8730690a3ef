/* SPDX-License-Identifier: MIT */
/* The program's side: orders in, tokens out. */
#include "harness/e2e/serve.h"

#include "harness/machine/clock.h"
#include "model/forward/sampler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct serving {
    const struct bench_serve_config *cfg;
    struct model_sampler *sampler;
    float *logits;
    int32_t last;
    char order[BENCH_SERVE_ORDER];
    size_t got; /* bytes in `order` */
    char *answer;
    size_t room;
};

bool bench_serve_number(const char **at, uint64_t most, uint64_t *to)
{
    const char *digit = *at;
    uint64_t n = 0;
    if (*digit++ != ' ' || *digit < '0' || *digit > '9')
        return false;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        const uint64_t one = (uint64_t)(*digit - '0');
        if (n > (most - one) / 10)
            return false;
        n = 10 * n + one;
    }
    *to = n;
    *at = digit;
    return true;
}

static int interrupted(const struct serving *s, struct qk_error *err)
{
    return s->cfg->stop && s->cfg->stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
}

/* Writes all of it. */
static int say(const struct serving *s, const char *text, size_t size, struct qk_error *err)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = write(s->cfg->answers, text + done, size - done);
        if (n < 0 && errno != EINTR)
            return qk_fail(err, QK_ERR_IO, "--fd", "an answer cannot be written: %s", strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* One greedy token behind the last one. */
static int next(struct serving *s, struct qk_error *err)
{
    struct model_state *const state = s->cfg->state;
    struct model_top top;
    int code = interrupted(s, err);
    if (model_position(state) == s->cfg->context)
        model_rewind(state, 0);
    if (code)
        return code;
    if (!model_top_most(state)) {
        code = model_forward(state, &s->last, 1, s->logits, MODEL_LOGITS_LAST, NULL, err);
        return code ? code : model_sampler_next(s->sampler, s->logits, &s->last, err);
    }
    code = model_forward_top(state, &s->last, 1, 1, &top, NULL, err);
    return code ? code : model_sampler_among(s->sampler, top.id, top.logit, top.count, &s->last, err);
}

static int step(struct serving *s, size_t tokens, int32_t *ids, struct qk_error *err)
{
    const uint64_t start = bench_clock_ns();
    int code = 0;
    for (size_t i = 0; i < tokens && !code; i++) {
        code = next(s, err);
        ids[i] = s->last;
    }
    if (code)
        return code;
    size_t used = (size_t)snprintf(s->answer, s->room, "ns %.0f ids", bench_clock_since(start));
    for (size_t i = 0; i < tokens; i++)
        used += (size_t)snprintf(s->answer + used, s->room - used, " %d", (int)ids[i]);
    s->answer[used++] = '\n';
    return say(s, s->answer, used, err);
}

static int obey(struct serving *s, const char *order, struct qk_error *err)
{
    static const char word[] = "step";
    const char *at = order + strlen(word);
    char wrong[BENCH_SERVE_ORDER + 160];
    uint64_t tokens = 0, first = 0;
    bool right = !strncmp(order, word, strlen(word)) &&
                 bench_serve_number(&at, BENCH_SERVE_TOKENS_MOST, &tokens) && tokens;
    const bool anew = right && *at;
    right = right && (!anew || (bench_serve_number(&at, s->cfg->vocab - 1, &first) && !*at));
    if (!right) {
        const int n =
            snprintf(wrong, sizeof wrong,
                     "error found '%s', expected 'step N' or 'step N FIRST' with N from 1 to %d and "
                     "FIRST from 0 to %zu\n",
                     order, BENCH_SERVE_TOKENS_MOST, s->cfg->vocab - 1);
        return say(s, wrong, (size_t)n, err);
    }
    const size_t room = 64 + tokens * sizeof " 2147483647";
    if (room > s->room) {
        char *const more = realloc(s->answer, room);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for an answer of %zu bytes", room);
        s->answer = more;
        s->room = room;
    }
    int32_t *const ids = calloc(tokens, sizeof *ids);
    if (!ids)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu tokens", (size_t)tokens);
    if (anew) {
        s->last = (int32_t)first;
        model_rewind(s->cfg->state, 0);
    }
    const int code = step(s, tokens, ids, err);
    free(ids);
    return code;
}

/* The next line into s->order, without its end. *end: there are no more. */
static int wait_for(struct serving *s, char *line, bool *end, struct qk_error *err)
{
    for (;;) {
        char *const newline = memchr(s->order, '\n', s->got);
        if (newline) {
            const size_t length = (size_t)(newline - s->order);
            memcpy(line, s->order, length);
            line[length] = '\0';
            s->got -= length + 1;
            memmove(s->order, newline + 1, s->got);
            return 0;
        }
        if (s->got == sizeof s->order)
            return qk_fail(err, QK_ERR_FORMAT, "--fd", "an order is longer than %zu bytes", sizeof s->order);
        const ssize_t n = read(s->cfg->orders, s->order + s->got, sizeof s->order - s->got);
        const int code = interrupted(s, err);
        if (code)
            return code;
        if (n < 0 && errno != EINTR && errno != ECONNRESET)
            return qk_fail(err, QK_ERR_IO, "--fd", "no order can be read: %s", strerror(errno));
        if (n == 0 || (n < 0 && errno == ECONNRESET)) {
            *end = true;
            return 0;
        }
        s->got += n > 0 ? (size_t)n : 0;
    }
}

int bench_serve(const struct bench_serve_config *cfg, struct qk_error *err)
{
    struct serving s = {.cfg = cfg, .logits = calloc(cfg->vocab, sizeof *s.logits)};
    char line[BENCH_SERVE_ORDER];
    bool end = false;
    int code = s.logits ? model_sampler_new(&s.sampler, &(struct model_sampling){.top_p = 1}, cfg->vocab, err)
                        : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu logits", cfg->vocab);
    const int n = snprintf(line, sizeof line, "serves %d vocab %zu\n", BENCH_SERVE_VERSION, cfg->vocab);
    if (!code)
        code = say(&s, line, (size_t)n, err);
    while (!code && !end) {
        code = wait_for(&s, line, &end, err);
        if (!code && !end)
            code = obey(&s, line, err);
    }
    model_sampler_free(s.sampler);
    free(s.logits);
    free(s.answer);
    return code;
}
