/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -ln softmax(logits)[id], in doubles; NaN when a logit is. */
static double nats(const float *logits, size_t vocab, int32_t id)
{
    double most = logits[0], sum = 0;
    for (size_t i = 1; i < vocab; i++)
        most = logits[i] > most ? logits[i] : most;
    for (size_t i = 0; i < vocab; i++)
        sum += exp(logits[i] - most);
    return log(sum) + most - logits[id];
}

/* feed[n] from position 0, target[i] scored by the logits of feed[i]. */
static int score_chunk(const struct cli_model *m, struct model_state *s, const int32_t *feed,
                       const int32_t *target, size_t n, float *logits, struct cli_score *score,
                       struct qk_error *err)
{
    const size_t vocab = m->weights.config.vocab;
    model_rewind(s, 0);
    for (size_t i = 0; i < n; i += CLI_SCORE_AT_ONCE) {
        const size_t count = n - i < CLI_SCORE_AT_ONCE ? n - i : CLI_SCORE_AT_ONCE;
        int code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
        if (!code)
            code = model_forward(s, feed + i, count, logits, MODEL_LOGITS_ALL, NULL, err);
        if (code)
            return code;
        for (size_t j = 0; j < count; j++) {
            score->nats += nats(logits + j * vocab, vocab, target[i + j]);
            score->bytes += model_tokenizer_text(m->tokenizer, target[i + j]).length;
        }
        score->tokens += count;
    }
    if (!isfinite(score->nats))
        return qk_fail(err, QK_ERR_INVALID, NULL, "the logits of chunk %zu hold a NaN or an infinity",
                       score->chunks);
    score->chunks++;
    return 0;
}

int cli_score(const struct cli_model *m, struct model_state *s, size_t context, size_t chunks,
              const struct model_ids *ids, struct cli_score *score, struct qk_error *err)
{
    const int32_t bos = model_tokenizer_bos(m->tokenizer);
    int32_t *feed = calloc(context, sizeof *feed);
    float *logits = calloc(CLI_SCORE_AT_ONCE * m->weights.config.vocab, sizeof *logits);
    int code = feed && logits ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for logits");
    for (size_t at = 0, chunk = 0; at < ids->count && !code && (!chunks || chunk < chunks); chunk++) {
        const size_t n = ids->count - at < context ? ids->count - at : context;
        const int32_t *text = ids->id + at;
        feed[0] = bos;
        memcpy(feed + 1, text, (n - 1) * sizeof *feed);
        code = bos >= 0 ? score_chunk(m, s, feed, text, n, logits, score, err)
                        : score_chunk(m, s, text, text + 1, n - 1, logits, score, err);
        at += n;
        cli_progress(NULL, (double)at / (double)ids->count, "chunks");
    }
    cli_progress_end();
    free(feed);
    free(logits);
    return code;
}
