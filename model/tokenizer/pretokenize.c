/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "model/tokenizer/pretokenize.h"

#include <pcre2.h>
#include <stdlib.h>

struct model_splitter {
    pcre2_code *code;
    pcre2_match_context *limits;
};

/* Unicode's White_Space. \s would not do: PCRE2 also counts U+180E among it, as Unicode did before 6.3. */
#define WS "\\t-\\r\\x{85}\\p{Z}"

/* What DEFAULT sets apart first. */
#define APART "\\p{P}$+<=>^~|"

/* What LLAMA3 and QWEN2 have in common: all but the rule of digits. */
#define BEFORE_DIGITS "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}++|"
#define BEHIND_DIGITS                                                                                        \
    "| ?[^" WS "\\p{L}\\p{N}]++[\\r\\n]*+|[" WS "]*[\\r\\n]++|[" WS "]+(?![^" WS "])|[" WS "]++"

/* Possessive where giving back could never help: such a repeat needs no memory, however long the run is. */
static const char *const patterns[MODEL_SPLITS] = {
    [MODEL_SPLIT_LLAMA3] = BEFORE_DIGITS "\\p{N}{1,3}+" BEHIND_DIGITS,
    [MODEL_SPLIT_QWEN2] = BEFORE_DIGITS "\\p{N}" BEHIND_DIGITS,
    [MODEL_SPLIT_GPT2] = "'(?:[stmd]|re|ve|ll)| ?\\p{L}++| ?\\p{N}++| ?[^" WS "\\p{L}\\p{N}]++|[" WS
                         "]+(?![^" WS "])|[" WS "]++",
    [MODEL_SPLIT_DEFAULT] = "[" APART "]++| ?\\p{L}++| (?=\\p{N})|[0-9]{3}|(?:(?![0-9]{3})\\p{N})++| ?[^" WS
                            "\\p{L}\\p{N}" APART "]++|[" WS "]+(?![^" WS APART "])|[" WS "]++",
};

const struct model_pre *model_pre(size_t i)
{
    static const struct model_pre rows[] = {
#define PRE(name, split, bos, whole) {name, MODEL_SPLIT_##split, bos, whole},
#include "model/tokenizer/pre.def"
#undef PRE
    };
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

int model_splitter_new(struct model_splitter **s, enum model_split split, struct qk_error *err)
{
    int number;
    PCRE2_SIZE where;
    *s = calloc(1, sizeof **s);
    if (!*s)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the splitter");
    (*s)->limits = pcre2_match_context_create(NULL);
    /* Anchored here and not at each match, which would leave the compiled machine code unused. */
    (*s)->code = pcre2_compile((PCRE2_SPTR)patterns[split], PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &number, &where, NULL);
    if (!(*s)->limits) {
        model_splitter_free(*s);
        *s = NULL;
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the splitter");
    }
    if (!(*s)->code) {
        model_splitter_free(*s);
        *s = NULL;
        return qk_fail(err, QK_ERR_INTERNAL, "PCRE2", "refused the splitter's pattern at %zu: error %d",
                       where, number);
    }
    pcre2_set_match_limit((*s)->limits,
                          UINT32_MAX); /* the work is linear; the default ends it after 10 MB of spaces */
    pcre2_jit_compile((*s)->code, PCRE2_JIT_COMPLETE); /* where there is none, the interpreter does */
    return 0;
}

void model_splitter_free(struct model_splitter *s)
{
    if (s) {
        pcre2_match_context_free(s->limits);
        pcre2_code_free(s->code);
    }
    free(s);
}

/*
 * Bytes of the UTF-8 character at p, 0 when there is none: no overlong form, no surrogate, none above
 * U+10FFFF.
 */
static size_t character(const unsigned char *p, size_t left)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t n = p[0] < 0x80                   ? 1
                     : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                     : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                     : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                   : 0;
    if (n <= 1 || n > left)
        return n <= left ? n : 0;
    unsigned value = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    return value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : n;
}

int model_walk_next(const struct model_splitter *s, struct model_walk *w, size_t *piece, struct qk_error *err)
{
    if (w->at == w->size)
        return 0;
    if (!w->match && !(w->match = pcre2_match_data_create(1, NULL)))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory to split a text");
    const unsigned char *bytes = (const unsigned char *)w->text;
    if (w->valid_end <= w->at) {
        size_t n;
        w->valid_end = w->at;
        while (w->valid_end < w->size && (n = character(bytes + w->valid_end, w->size - w->valid_end)))
            w->valid_end += n;
    }
    if (w->valid_end == w->at) {
        *piece = 1;
        w->at++;
        return 1;
    }
    /* From the piece on: what is before decides nothing, and the subject is then never checked twice. */
    const uint32_t options = PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY;
    int found = pcre2_match(s->code, bytes + w->at, w->valid_end - w->at, 0, options, w->match, s->limits);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(s->code, bytes + w->at, w->valid_end - w->at, 0, options | PCRE2_NO_JIT, w->match,
                            s->limits);
    if (found < 0)
        return qk_fail(err, found == PCRE2_ERROR_NOMEMORY ? QK_ERR_MEMORY : QK_ERR_INTERNAL, "PCRE2",
                       "could not split the text at byte %zu: error %d", w->at, found);
    *piece = pcre2_get_ovector_pointer(w->match)[1];
    w->at += *piece;
    return 1;
}

void model_walk_end(struct model_walk *w)
{
    pcre2_match_data_free(w->match);
    w->match = NULL;
}
