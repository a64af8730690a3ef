/* SPDX-License-Identifier: MIT */
#include "harness/cli/campaign/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char place[] = "{node}";

bool cli_words_add(struct cli_words *w, const char *word)
{
    char *const copy = w->count < CLI_WORDS ? strdup(word) : NULL;
    if (!copy)
        return false;
    w->words[w->count++] = copy;
    return true;
}

void cli_words_free(struct cli_words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->words[i]);
    *w = (struct cli_words){.count = 0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Copies the word at *from to `to`, without its quotes. Returns the quote that was left open, or 0. */
static char take_word(const char **from, char *to)
{
    char quote = 0;
    const char *c = *from;
    for (; *c && (quote || !is_blank(*c)); c++)
        if (quote ? *c == quote : *c == '\'' || *c == '"')
            quote = quote ? 0 : *c;
        else if (*c == '\\' && quote != '\'' && c[1] && (!quote || strchr("\\\"", c[1])))
            *to++ = *++c;
        else
            *to++ = *c;
    *to = '\0';
    *from = c;
    return quote;
}

int cli_words_split(struct cli_words *w, const char *template, struct qk_error *err)
{
    char *const word = malloc(strlen(template) + 1);
    const char *c = template;
    char open = 0;
    int code = word ? 0 : qk_fail(err, QK_ERR_MEMORY, "--launch", "no memory for a template");
    *w = (struct cli_words){.count = 0};
    while (!code) {
        while (is_blank(*c))
            c++;
        if (!*c)
            break;
        const size_t at = (size_t)(c - template);
        open = take_word(&c, word);
        if (open)
            code = qk_fail(err, QK_ERR_ARG, "--launch", "the word at byte %zu has no closing %c: %.200s", at,
                           open, template);
        else if (!cli_words_add(w, word))
            code =
                qk_fail(err, QK_ERR_ARG, "--launch", "found more than %d words: %.200s", CLI_WORDS, template);
    }
    if (!code && (!w->count || !*w->words[0]))
        code = qk_fail(err, QK_ERR_ARG, "--launch",
                       "found no command, expected local, 'ssh {node}' or "
                       "'srun -N1 --exclusive -C {node}'");
    free(word);
    return code;
}

bool cli_words_name_node(const struct cli_words *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (strstr(w->words[i], place))
            return true;
    return false;
}

static char *for_node(const char *word, const char *node)
{
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    if (!to)
        return NULL;
    for (const char *next; (next = strstr(word, place)); word = next + strlen(place))
        fprintf(to, "%.*s%s", (int)(next - word), word, node);
    fputs(word, to);
    if (fclose(to)) {
        free(text);
        return NULL;
    }
    return text;
}

int cli_words_for(struct cli_words *to, const struct cli_words *template, const char *node,
                  struct qk_error *err)
{
    *to = (struct cli_words){.count = 0};
    for (size_t i = 0; i < template->count; i++) {
        to->words[to->count] = for_node(template->words[i], node);
        if (!to->words[to->count])
            return qk_fail(err, QK_ERR_MEMORY, node, "no memory for its launcher's words");
        to->count++;
    }
    return 0;
}

int cli_words_shells(const struct cli_words *w)
{
    int shells = 0;
    for (size_t i = 0; i < w->count; i++) {
        const char *const slash = strrchr(w->words[i], '/');
        shells += !strcmp(slash ? slash + 1 : w->words[i], "ssh");
    }
    return shells;
}

static char *quote_once(const char *word)
{
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    if (!to)
        return NULL;
    putc('\'', to);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    putc('\'', to);
    if (fclose(to)) {
        free(text);
        return NULL;
    }
    return text;
}

char *cli_words_quote(const char *word, int shells)
{
    char *text = strdup(word);
    for (int i = 0; i < shells && text; i++) {
        char *const next = quote_once(text);
        free(text);
        text = next;
    }
    return text;
}
