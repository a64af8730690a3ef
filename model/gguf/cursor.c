/* SPDX-License-Identifier: MIT */
#include "model/gguf/cursor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int model_gguf_fail(const struct model_gguf *g, size_t offset, struct qk_error *err, const char *fmt, ...)
{
    if (!err)
        return QK_ERR_FORMAT;
    char text[sizeof err->text], where[sizeof err->where];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    /* of a long path the end says more than the beginning, and the offset must not be the part that is cut */
    const size_t room = sizeof where - sizeof "...: byte 18446744073709551615", length = strlen(g->name);
    if (length > room)
        snprintf(where, sizeof where, "...%s: byte %zu", g->name + (length - room), offset);
    else
        snprintf(where, sizeof where, "%s: byte %zu", g->name, offset);
    return qk_fail(err, QK_ERR_FORMAT, where, "%s", text);
}

size_t model_gguf_left(const struct model_gguf_cursor *c)
{
    return c->g->size - c->at;
}

int model_gguf_take(struct model_gguf_cursor *c, uint64_t need, const char *what, const unsigned char **to)
{
    if (need > model_gguf_left(c))
        return model_gguf_fail(c->g, c->at, c->err, "%s needs %llu bytes, the file has %zu left", what,
                               (unsigned long long)need, model_gguf_left(c));
    *to = c->g->bytes + c->at;
    c->at += (size_t)need;
    return 0;
}

uint64_t model_gguf_decode(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

int model_gguf_take_u32(struct model_gguf_cursor *c, const char *what, uint32_t *to)
{
    const unsigned char *bytes = NULL;
    const int rc = model_gguf_take(c, 4, what, &bytes);
    if (rc == 0)
        *to = (uint32_t)model_gguf_decode(bytes, 4);
    return rc;
}

int model_gguf_take_u64(struct model_gguf_cursor *c, const char *what, uint64_t *to)
{
    const unsigned char *bytes = NULL;
    const int rc = model_gguf_take(c, 8, what, &bytes);
    if (rc == 0)
        *to = model_gguf_decode(bytes, 8);
    return rc;
}

int model_gguf_take_string(struct model_gguf_cursor *c, const char *what, struct model_gguf_string *to)
{
    const size_t start = c->at;
    const unsigned char *bytes = NULL;
    uint64_t length;
    int rc = model_gguf_take_u64(c, what, &length);
    if (rc)
        return rc;
    if (length > model_gguf_left(c))
        return model_gguf_fail(c->g, start, c->err, "%s has length %llu, the file has %zu bytes left", what,
                               (unsigned long long)length, model_gguf_left(c));
    if (length > MODEL_GGUF_MAX_STRING)
        return model_gguf_fail(c->g, start, c->err, "%s has length %llu, at most %llu is accepted", what,
                               (unsigned long long)length, (unsigned long long)MODEL_GGUF_MAX_STRING);
    rc = model_gguf_take(c, length, what, &bytes);
    if (rc == 0)
        *to = (struct model_gguf_string){(const char *)bytes, (size_t)length};
    return rc;
}

struct model_gguf_shown model_gguf_show(struct model_gguf_string string)
{
    struct model_gguf_shown shown;
    char *to = shown.text;
    for (size_t i = 0; i < string.length && i < 64; i++) {
        const unsigned char byte = (unsigned char)string.bytes[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
            *to++ = (char)byte;
        else
            to += sprintf(to, "\\x%02x", byte);
    }
    strcpy(to, string.length > 64 ? "..." : "");
    return shown;
}

static const struct {
    const char *name;
    size_t size;
} kinds[MODEL_GGUF_KINDS] = {
    [MODEL_GGUF_U8] = {"u8", 1},       [MODEL_GGUF_I8] = {"i8", 1},     [MODEL_GGUF_U16] = {"u16", 2},
    [MODEL_GGUF_I16] = {"i16", 2},     [MODEL_GGUF_U32] = {"u32", 4},   [MODEL_GGUF_I32] = {"i32", 4},
    [MODEL_GGUF_F32] = {"f32", 4},     [MODEL_GGUF_BOOL] = {"bool", 1}, [MODEL_GGUF_STRING] = {"string", 0},
    [MODEL_GGUF_ARRAY] = {"array", 0}, [MODEL_GGUF_U64] = {"u64", 8},   [MODEL_GGUF_I64] = {"i64", 8},
    [MODEL_GGUF_F64] = {"f64", 8},
};

size_t model_gguf_kind_size(uint32_t kind)
{
    return kind < MODEL_GGUF_KINDS ? kinds[kind].size : 0;
}

const char *model_gguf_kind_name(uint32_t kind)
{
    return kind < MODEL_GGUF_KINDS ? kinds[kind].name : NULL;
}
