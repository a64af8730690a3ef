/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/tokens.h"

#include "harness/cli/model/model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool separates(char c)
{
    return isspace((unsigned char)c) || c == ',';
}

/* Reads digits from text[*at] on. False when there are none, or the number is not below the limit. */
static bool number(const char *text, size_t size, size_t *at, size_t limit, int32_t *id)
{
    const size_t first = *at;
    size_t n = 0;
    while (*at < size && isdigit((unsigned char)text[*at])) {
        n = 10 * n + (size_t)(text[*at] - '0');
        if (n >= limit)
            return false;
        ++*at;
    }
    *id = (int32_t)n;
    return *at > first && (*at == size || separates(text[*at]));
}

int cli_read_tokens(const char *path, const struct model_config *c, struct model_ids *ids,
                    struct qk_error *err)
{
    char *text;
    size_t size;
    int code = cli_model_read(path, &text, &size, err);
    if (code)
        return code;
    for (size_t at = 0; !code;) {
        while (at < size && separates(text[at]))
            at++;
        if (at == size)
            break;
        const size_t start = at;
        char where[240];
        int32_t id;
        snprintf(where, sizeof where, "%.200s: byte %zu", path, start);
        if (!number(text, size, &at, c->vocab, &id))
            code = qk_fail(err, QK_ERR_FORMAT, where, "found '%.*s', expected a token from 0 to %zu",
                           (int)strcspn(text + start, " ,\t\r\n"), text + start, c->vocab - 1);
        else if (ids->count == c->context)
            code =
                qk_fail(err, QK_ERR_FORMAT, where, "more tokens than the model's context of %zu", c->context);
        else
            code = model_ids_append(ids, id, err);
    }
    if (!code && !ids->count)
        code = qk_fail(err, QK_ERR_FORMAT, path, "no token in it");
    free(text);
    return code;
}

int cli_read_logits(const char *path, size_t tokens, size_t vocab, float **logits, struct qk_error *err)
{
    size_t values, bytes, size;
    char *raw;
    *logits = NULL;
    if (!qk_mul_size(tokens, vocab, &values) || !qk_mul_size(values, sizeof **logits, &bytes))
        return qk_fail(err, QK_ERR_MEMORY, path, "%zu x %zu logits are too many", tokens, vocab);
    int code = cli_model_read(path, &raw, &size, err);
    if (code)
        return code;
    if (size != bytes) {
        code = qk_fail(err, QK_ERR_FORMAT, path, "found %zu bytes, expected %zu: %zu tokens of %zu logits",
                       size, bytes, tokens, vocab);
    } else if (!(*logits = malloc(bytes))) {
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for %zu bytes", bytes);
    } else {
        for (size_t i = 0; i < values; i++) {
            const unsigned char *b = (const unsigned char *)raw + 4 * i;
            const uint32_t bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
            memcpy(*logits + i, &bits, sizeof bits);
        }
    }
    free(raw);
    return code;
}
