/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"
#include "model/tokenizer/chat.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { SHOWN = 72, ELEMENTS = 6 };

/* Prints text on one line. Bytes that are not printable ASCII are escaped, and long text is cut. */
static void print_text(const struct model_gguf_string *s)
{
    putchar('"');
    for (size_t i = 0; i < s->length && i < SHOWN; i++) {
        const unsigned char c = (unsigned char)s->bytes[i];
        if (c == '\n')
            fputs("\\n", stdout);
        else if (isprint(c) && c != '"' && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
    fputs(s->length > SHOWN ? "...\"" : "\"", stdout);
}

static void print_scalar(const struct model_gguf_value *v)
{
    struct model_gguf_string text;
    uint64_t u;
    int64_t i;
    double d;
    bool b;
    if (model_gguf_value_string(v, &text))
        print_text(&text);
    else if (model_gguf_value_bool(v, &b))
        fputs(b ? "true" : "false", stdout);
    else if (model_gguf_value_u64(v, &u))
        printf("%" PRIu64, u);
    else if (model_gguf_value_i64(v, &i))
        printf("%" PRIi64, i);
    else if (model_gguf_value_f64(v, &d))
        printf("%.9g", d);
}

static void print_array(const struct model_gguf_value *v)
{
    struct model_gguf_string text;
    size_t at = 0;
    printf("%" PRIu64 ":", v->count);
    for (uint64_t i = 0; i < v->count && i < ELEMENTS; i++) {
        putchar(' ');
        if (v->element == MODEL_GGUF_STRING) {
            if (model_gguf_next_string(v, &at, &text))
                print_text(&text);
        } else {
            const struct model_gguf_value one = model_gguf_element(v, i);
            print_scalar(&one);
        }
    }
    fputs(v->count > ELEMENTS ? " ..." : "", stdout);
}

static void print_metadata(const struct model_gguf *g)
{
    printf("metadata, %zu entries\n", g->entry_count);
    for (size_t i = 0; i < g->entry_count; i++) {
        const struct model_gguf_entry *e = &g->entries[i];
        const bool array = e->value.kind == MODEL_GGUF_ARRAY;
        char key[256];
        snprintf(key, sizeof key, "%.*s", (int)e->key.length, e->key.bytes);
        fputs("  ", stdout);
        cli_cell(key, 0);
        printf(" %s%s  ", array ? "array of " : "", model_gguf_kind_name(e->value.element));
        if (array)
            print_array(&e->value);
        else
            print_scalar(&e->value);
        putchar('\n');
    }
}

/* The type's name, or its number. */
static void print_type(const struct model_gguf_tensor *t, char *to, size_t size)
{
    const char *const name = model_gguf_type_name(t->type);
    if (name)
        snprintf(to, size, "%s", name);
    else
        snprintf(to, size, "type %u", (unsigned)t->type);
}

static void print_tensors(const struct model_gguf *g)
{
    uint64_t elements = 0, bytes = 0;
    printf("\ntensors, %zu; data from byte %zu, aligned to %zu\n", g->tensor_count, g->data_offset,
           g->alignment);
    for (size_t i = 0; i < g->tensor_count; i++) {
        const struct model_gguf_tensor *t = &g->tensors[i];
        char dims[96] = "";
        for (uint32_t d = 0; d < t->n_dims; d++)
            snprintf(dims + strlen(dims), sizeof dims - strlen(dims), "%s%" PRIu64, d ? " x " : "",
                     t->dims[d]);
        fputs("  ", stdout);
        cli_cell(t->name, 32);
        char type[24];
        print_type(t, type, sizeof type);
        printf("%-5s %-18s %12zu bytes at %" PRIu64 "\n", type, dims, t->size,
               (uint64_t)g->data_offset + t->offset);
        elements += t->elements;
        bytes += t->size;
    }
    printf("  %" PRIu64 " parameters in %" PRIu64 " bytes of %zu\n", elements, bytes, g->size);
}

/* The keys of the architecture that do this, in lines of at most WIDTH columns. */
static void print_keys(const struct model_weights *w, enum model_key does, const char *what)
{
    enum { WIDTH = 110, INDENT = 14 };
    const size_t prefix = strlen(w->config.arch) + 1;
    size_t column = 0;
    for (size_t i = 0; i < w->gguf.entry_count; i++) {
        const struct model_gguf_string key = w->gguf.entries[i].key;
        if (model_key_does(&w->config, &w->gguf.entries[i]) != does)
            continue;
        if (!column || column + key.length - prefix > WIDTH) {
            printf("%s%-*s", column ? "\n" : "", INDENT, column ? "" : what);
            column = INDENT;
        }
        printf(" %.*s", (int)(key.length - prefix), key.bytes + prefix);
        column += key.length - prefix + 1;
    }
    if (column)
        putchar('\n');
}

static void print_rope(const struct model_config *c)
{
    const struct model_rope *const r = &c->rope;
    printf("%-14s base %.9g, %zu dimensions, scaling %s", "rope", r->base, c->head_dim,
           model_rope_names[r->scaling]);
    if (r->scaling != MODEL_ROPE_NONE)
        printf(" by %.9g", r->factor);
    if (r->scaling == MODEL_ROPE_YARN)
        printf(" from %.9g positions", r->original);
    if (r->magnitude != 1)
        printf(", sines and cosines times %.9g", r->magnitude);
    putchar('\n');
}

/* How it reads and writes text, or why it cannot. */
static void print_tokenizer(const struct model_tokenizer *t, const struct qk_error *why)
{
    bool said;
    if (!t) {
        cli_print("without text, for its tokenizer is unusable: %s: %s", why->where, why->text);
        return;
    }
    const struct model_chat_form *const form = model_chat_of(t);
    const char *const pre = model_tokenizer_pre(t, &said);
    printf("%-14s split as %s%s; messages %s%s\n", "text", pre, said ? "" : ", which the file does not say",
           form ? "as " : "in no known form", form ? form->name : "");
}

/* Loads it, as run would. *g is taken over or closed. */
static void print_verdict(struct model_gguf *g)
{
    struct model_weights w = {0};
    struct model_tokenizer *tokenizer = NULL;
    struct qk_error why, mute;
    model_tokenizer_open(&tokenizer, g, &mute);
    if (cli_model_weights(&w, g, MODEL_LAYOUT_I2S, &(struct cli_model_options){0}, &why)) {
        putchar('\n');
        cli_print("cannot run: %s%s%s", why.where, *why.where ? ": " : "", why.text);
        model_tokenizer_close(tokenizer);
        return;
    }
    const struct model_config *c = &w.config;
    printf("\ncan run: %s, %zu layers of %zu wide, feed-forward %zu, %zu heads (%zu of keys) of %zu, "
           "vocabulary %zu, context %zu\n",
           c->arch, c->layers, c->embedding, c->feed_forward, c->heads, c->kv_heads, c->head_dim, c->vocab,
           c->context);
    printf("reads %zu bytes of weights per token\n", model_bytes_per_token(c));
    print_keys(&w, MODEL_KEY_APPLIED, "keys applied");
    print_keys(&w, MODEL_KEY_IDLE, "of no effect");
    print_keys(&w, MODEL_KEY_UNKNOWN, "ignored");
    print_rope(c);
    print_tokenizer(tokenizer, &mute);
    model_tokenizer_close(tokenizer);
    model_weights_free(&w);
}

int cli_model_info(int argc, char **argv)
{
    static const struct cli_option none[] = {{0}};
    static const struct cli_usage usage = {
        none, cli_model_parse, "[MODEL]",
        "What a GGUF file holds: metadata, tensors, sizes, bytes read per token, and whether it can run or "
        "why not. Then what its keys do: applied, without effect, or not known.\vMODEL: see qkbench model "
        "--help. Examples:\n  qkbench model info\n  qkbench model info "
        "a.gguf"};
    struct cli_model_options o = {0};
    struct model_gguf g = {0};
    struct qk_error err;
    cli_parse(&usage, argc, argv, &o);
    const int code = cli_model_open(&g, o.model, &err);
    if (code)
        return cli_fail(code, &err);
    cli_print("%s: GGUF version %u", g.name, g.version);
    putchar('\n');
    print_metadata(&g);
    print_tensors(&g);
    print_verdict(&g);
    return CLI_DONE;
}
