/* SPDX-License-Identifier: MIT */
#include "model/tokenizer/private.h"

#include "model/gguf/cursor.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* tokenizer.ggml.token_type */
enum { TYPE_NORMAL = 1, TYPE_CONTROL = 3, TYPE_USER = 4 };

/*
 * GPT-2's table backwards: the byte that each character below 512 stands for, or -1. Printable bytes stand
 * for themselves; the other 68, in ascending order, for U+0100 and on.
 */
static void make_table(int16_t table[512])
{
    unsigned other = 0x100;
    for (int c = 0; c < 512; c++)
        table[c] = -1;
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        table[itself ? byte : other++] = (int16_t)byte;
    }
}

/*
 * Stand-ins to bytes; the size, or SIZE_MAX when a character is none. All of them are one or two bytes of
 * UTF-8.
 */
static size_t spell(char *to, const char *from, size_t size, const int16_t *table)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)from[i];
        unsigned character = c;
        if (c >= 0xc2 && c < 0xe0 && i + 1 < size && ((unsigned char)from[i + 1] & 0xc0) == 0x80)
            character = (c & 0x1fu) << 6 | ((unsigned char)from[++i] & 0x3fu);
        else if (c >= 0x80)
            return SIZE_MAX;
        if (character >= 512 || table[character] < 0)
            return SIZE_MAX;
        to[n++] = (char)table[character];
    }
    return n;
}

static int by_spelling(const void *a, const void *b, void *tokenizer)
{
    const struct model_spelling *x = a, *y = b;
    const struct model_tokenizer *t = tokenizer;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    const int order = model_token_compare(t, x->id, t->text + t->token[y->id].at, t->token[y->id].size);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static int by_pair(const void *a, const void *b)
{
    const struct model_merge *x = a, *y = b;
    return x->pair != y->pair ? (x->pair > y->pair) - (x->pair < y->pair)
                              : (x->rank > y->rank) - (x->rank < y->rank);
}

static void sort_spellings(struct model_tokenizer *t)
{
    qsort_r(t->spelling, t->spellings, sizeof *t->spelling, by_spelling, t);
    for (size_t b = 0, i = 0; b <= MODEL_BUCKETS; b++) {
        while (i < t->spellings && t->spelling[i].hash >> MODEL_BUCKET_SHIFT < b)
            i++;
        t->bucket[b] = (uint32_t)i;
    }
}

static int reserve_tokens(struct model_tokenizer *t, const struct model_gguf_value *tokens,
                          const struct model_gguf *g, struct qk_error *err)
{
    t->count = (size_t)tokens->count;
    t->token = calloc(t->count, sizeof *t->token);
    t->text = malloc(tokens->size + 1); /* decoded text is never longer than the file's */
    t->spelling = calloc(t->count, sizeof *t->spelling);
    t->bucket = calloc(MODEL_BUCKETS + 1, sizeof *t->bucket);
    t->control.id = calloc(t->count, sizeof *t->control.id);
    t->plain.id = calloc(t->count, sizeof *t->plain.id);
    if (!t->token || !t->text || !t->spelling || !t->bucket || !t->control.id || !t->plain.id)
        return qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %zu tokens", t->count);
    return 0;
}

/* The type that counts for the token of that name, of which the file says `type`. */
static int64_t type_of(const struct model_tokenizer *t, int32_t id, const struct model_gguf_string *name,
                       int64_t type)
{
    bool special = id == t->bos;
    for (size_t i = 0; i < t->stops; i++)
        special = special || t->stop[i] == id;
    special = special && name->length > 2 && name->bytes[0] == '<' && name->bytes[name->length - 1] == '>';
    return special || model_name_stops(name->bytes, name->length) ? TYPE_CONTROL : type;
}

/* One token, whose bytes go to text[used..]. Returns their number. */
static size_t read_token(struct model_tokenizer *t, int32_t id, const struct model_gguf_string *name,
                         int64_t type, size_t used, const int16_t *table)
{
    struct model_token *token = &t->token[id];
    char *const to = t->text + used;
    size_t size = type == TYPE_CONTROL ? SIZE_MAX : spell(to, name->bytes, name->length, table);
    /* A user-defined token's name is its text. Pieces give it only when it reads the same both ways. */
    if (type == TYPE_USER && (size != name->length || memcmp(to, name->bytes, name->length) != 0))
        size = SIZE_MAX;
    token->spelled = size != SIZE_MAX && size > 0;
    token->at = used;
    token->size = size == SIZE_MAX ? name->length : size;
    if (size == SIZE_MAX && name->length)
        memcpy(to, name->bytes, name->length);
    if (token->spelled)
        t->spelling[t->spellings++] = (struct model_spelling){XXH3_64bits(to, token->size), id};
    if (type == TYPE_CONTROL && token->size)
        t->control.id[t->control.count++] = id;
    if (type == TYPE_USER && token->size)
        t->plain.id[t->plain.count++] = id;
    return token->size;
}

static int read_tokens(struct model_tokenizer *t, const struct model_gguf_value *tokens,
                       const struct model_gguf_value *types, const int16_t *table, const struct model_gguf *g,
                       struct qk_error *err)
{
    struct model_gguf_string s;
    size_t at = 0, used = 0;
    for (size_t id = 0; model_gguf_next_string(tokens, &at, &s); id++) {
        int64_t type = TYPE_NORMAL;
        if (types) {
            const struct model_gguf_value element = model_gguf_element(types, id);
            model_gguf_value_i64(&element, &type);
        }
        used += read_token(t, (int32_t)id, &s, type_of(t, (int32_t)id, &s, type), used, table);
    }
    sort_spellings(t);
    model_names_sort(t, &t->control);
    model_names_sort(t, &t->plain);
    for (int byte = 0; byte < 256; byte++) {
        const char c = (char)byte;
        t->byte[byte] = model_tokenizer_spelled(t, &c, 1);
        if (t->byte[byte] < 0)
            return qk_fail(err, QK_ERR_FORMAT, g->name,
                           "tokenizer.ggml.tokens has no token for the byte 0x%02x", byte);
    }
    return 0;
}

/* "left right", both tokens, and both together one too. */
static int read_merge(struct model_tokenizer *t, const struct model_gguf_string *s, char *scratch,
                      const int16_t *table, struct model_merge *merge)
{
    const char *space = memchr(s->bytes, ' ', s->length);
    if (!space || memchr(space + 1, ' ', s->length - (size_t)(space + 1 - s->bytes)))
        return QK_ERR_FORMAT;
    const size_t left = spell(scratch, s->bytes, (size_t)(space - s->bytes), table);
    if (left == SIZE_MAX)
        return QK_ERR_FORMAT;
    const size_t right = spell(scratch + left, space + 1, s->length - (size_t)(space + 1 - s->bytes), table);
    if (right == SIZE_MAX || !left || !right)
        return QK_ERR_FORMAT;
    const int32_t ids[] = {model_tokenizer_spelled(t, scratch, left),
                           model_tokenizer_spelled(t, scratch + left, right),
                           model_tokenizer_spelled(t, scratch, left + right)};
    if (ids[0] < 0 || ids[1] < 0 || ids[2] < 0)
        return QK_ERR_FORMAT;
    merge->pair = (uint64_t)ids[0] << 32 | (uint32_t)ids[1];
    merge->result = ids[2];
    return 0;
}

static int read_merges(struct model_tokenizer *t, const struct model_gguf_value *merges, const int16_t *table,
                       const struct model_gguf *g, struct qk_error *err)
{
    struct model_gguf_string s;
    size_t at = 0, kept = 0;
    char *scratch = malloc(merges->size + 1);
    t->merge = calloc((size_t)merges->count + 1, sizeof *t->merge);
    int code = t->merge && scratch ? 0
                                   : qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for %llu merges",
                                             (unsigned long long)merges->count);
    while (!code && model_gguf_next_string(merges, &at, &s)) {
        t->merge[t->merges].rank = (uint32_t)t->merges;
        code = read_merge(t, &s, scratch, table, &t->merge[t->merges]);
        if (code)
            model_gguf_fail(g, (size_t)((const unsigned char *)s.bytes - g->bytes), err,
                            "merge %zu of tokenizer.ggml.merges is \"%s\"; two tokens with one space "
                            "between, which together are a token, expected",
                            t->merges, model_gguf_show(s).text);
        t->merges++;
    }
    free(scratch);
    if (code)
        return code;
    qsort(t->merge, t->merges, sizeof *t->merge, by_pair);
    for (size_t i = 0; i < t->merges; i++) /* of a pair that is there twice the lower rank counts */
        if (!kept || t->merge[kept - 1].pair != t->merge[i].pair)
            t->merge[kept++] = t->merge[i];
    t->merges = kept;
    return 0;
}

static int read_special(const struct model_tokenizer *t, const struct model_gguf *g, const char *key,
                        int32_t *to, struct qk_error *err)
{
    uint64_t id;
    *to = -1;
    if (!model_gguf_find(g, key))
        return 0;
    const int code = model_gguf_get_u64(g, key, 0, t->count - 1, &id, err);
    if (!code)
        *to = (int32_t)id;
    return code;
}

/* Those that keys name. They must be known before the tokens are read: see type_of. */
static int read_specials(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err)
{
    static const char *const ends[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                       "tokenizer.ggml.eom_token_id"};
    int code = read_special(t, g, "tokenizer.ggml.bos_token_id", &t->bos, err);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && !code; i++) {
        code = read_special(t, g, ends[i], &t->stop[t->stops], err);
        t->stops += !code && t->stop[t->stops] >= 0;
    }
    return code;
}

/* Those that are known by name, of each name the one with the lowest id. */
static void find_stops(struct model_tokenizer *t)
{
    for (size_t i = 0; i < t->control.count && t->stops < MODEL_STOPS; i++) {
        const struct model_token *token = &t->token[t->control.id[i]], *before = token;
        if (i)
            before = &t->token[t->control.id[i - 1]];
        const bool again = i && before->size == token->size &&
                           !memcmp(t->text + before->at, t->text + token->at, token->size);
        if (!again && model_name_stops(t->text + token->at, token->size))
            t->stop[t->stops++] = t->control.id[i];
    }
}

static bool is_integer(enum model_gguf_kind kind)
{
    return kind <= MODEL_GGUF_I32 || kind == MODEL_GGUF_U64 || kind == MODEL_GGUF_I64;
}

/*
 * An array with one element for each token, when the file has it; to->count is 0 when not. Its elements are
 * integers of any kind, or f32.
 */
static int read_per_token(const struct model_gguf *g, const char *key, bool integers, uint64_t count,
                          struct model_gguf_value *to, struct qk_error *err)
{
    const struct model_gguf_value *const v = model_gguf_find(g, key);
    *to = (struct model_gguf_value){0};
    if (!v)
        return 0;
    const int code = integers && v->kind == MODEL_GGUF_ARRAY && is_integer(v->element)
                         ? model_gguf_get_array(g, key, v->element, to, err)
                         : model_gguf_get_array(g, key, integers ? MODEL_GGUF_I32 : MODEL_GGUF_F32, to, err);
    if (!code && to->count != count)
        return qk_fail(err, QK_ERR_FORMAT, g->name, "%s has %llu entries, %llu as tokens expected", key,
                       (unsigned long long)to->count, (unsigned long long)count);
    return code;
}

static int read_vocabulary(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err)
{
    struct model_gguf_value tokens, types, scores, merges;
    int16_t table[512];
    make_table(table);
    int code = model_gguf_get_array(g, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, &tokens, err);
    if (!code && (tokens.count < 256 || tokens.count > INT32_MAX))
        code =
            qk_fail(err, QK_ERR_FORMAT, g->name, "tokenizer.ggml.tokens has %llu entries, 256 to %d expected",
                    (unsigned long long)tokens.count, INT32_MAX);
    if (!code)
        code = read_per_token(g, "tokenizer.ggml.token_type", true, tokens.count, &types, err);
    if (!code) /* not used, but a file where they do not match is damaged */
        code = read_per_token(g, "tokenizer.ggml.scores", false, tokens.count, &scores, err);
    if (!code)
        code = model_gguf_get_array(g, "tokenizer.ggml.merges", MODEL_GGUF_STRING, &merges, err);
    if (!code)
        code = reserve_tokens(t, &tokens, g, err);
    if (!code)
        code = read_specials(t, g, err);
    if (!code)
        code = read_tokens(t, &tokens, types.count ? &types : NULL, table, g, err);
    return code ? code : read_merges(t, &merges, table, g, err);
}

static int read_all(struct model_tokenizer *t, const struct model_gguf *g, struct qk_error *err)
{
    static const char add[] = "tokenizer.ggml.add_bos_token";
    int code = model_rules_read(t, g, err);
    if (!code)
        code = read_vocabulary(t, g, err);
    bool add_bos = !code && t->pre->bos;
    if (!code && model_gguf_find(g, add))
        code = model_gguf_get_bool(g, add, &add_bos, err);
    if (code)
        return code;
    if (!add_bos)
        t->bos = -1;
    find_stops(t);
    t->chat = model_chat_detect(t, g);
    return model_splitter_new(&t->splitter, t->pre->split, err);
}

int model_tokenizer_open(struct model_tokenizer **to, const struct model_gguf *g, struct qk_error *err)
{
    struct model_tokenizer *t = calloc(1, sizeof *t);
    *to = NULL;
    if (!t)
        return qk_fail(err, QK_ERR_MEMORY, g->name, "no memory for a tokenizer");
    const int code = read_all(t, g, err);
    if (code) {
        model_tokenizer_close(t);
        return code;
    }
    *to = t;
    return 0;
}

void model_tokenizer_close(struct model_tokenizer *t)
{
    if (!t)
        return;
    model_splitter_free(t->splitter);
    free(t->control.id);
    free(t->plain.id);
    free(t->merge);
    free(t->spelling);
    free(t->bucket);
    free(t->text);
    free(t->token);
    free(t);
}
