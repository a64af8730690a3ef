/* SPDX-License-Identifier: MIT */
/*
 * Command lines of launchers. A template is split into words as a shell does it, but nothing in it is
 * expanded: blanks separate, '...' and "..." and \ quote. `{node}` stands for the node's name in any word.
 */
#pragma once

#include "kernels/support.h"

enum { CLI_WORDS = 64 };

struct cli_words {
    size_t count;
    char *words[CLI_WORDS + 1]; /* owned; ended by NULL */
};

/* QK_ERR_ARG, with the place: an open quote, too many words, none. QK_ERR_MEMORY. Free in any case. */
int cli_words_split(struct cli_words *w, const char *template, struct qk_error *err);
void cli_words_free(struct cli_words *w);
/* Adds a word. False when there is no room or memory. */
bool cli_words_add(struct cli_words *w, const char *word);
/* Does the template name the node? */
bool cli_words_name_node(const struct cli_words *w);
/* The template's words for this node. QK_ERR_MEMORY. Free *to in any case. */
int cli_words_for(struct cli_words *to, const struct cli_words *template, const char *node,
                  struct qk_error *err);
/*
 * How many shells read the words again before they run: one for each `ssh` among them, which joins its words
 * and hands them to the shell there.
 */
int cli_words_shells(const struct cli_words *w);
/* The word as `shells` shells must get it. NULL: no memory. */
char *cli_words_quote(const char *word, int shells);
