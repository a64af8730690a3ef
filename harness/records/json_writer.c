/* SPDX-License-Identifier: MIT */
#include "harness/records/json_writer.h"

#include "harness/records/shown.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_json_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) != 0) {
        json_decref(*object);
        *object = NULL;
    }
}

void bench_json_append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

json_t *bench_json_text(const char *s)
{
    if (!s)
        s = "";
    json_t *value = json_string(s);
    if (value)
        return value;
    char *shown = bench_show_copy(s, "");
    value = shown ? json_string(shown) : NULL;
    free(shown);
    return value;
}

json_t *bench_json_text_or_null(const char *s)
{
    return *s ? bench_json_text(s) : json_null();
}

json_t *bench_json_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

double bench_stored(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.7g", x);
    return strtod(text, NULL);
}

json_t *bench_json_seed(uint64_t seed)
{
    return json_sprintf("%llu", (unsigned long long)seed);
}

/* jansson escapes every control except DEL, which can only stand in a text. */
static int dump(const char *bytes, size_t n, void *to)
{
    const char *del;
    for (; (del = memchr(bytes, 0x7f, n)) != NULL; n -= (size_t)(del + 1 - bytes), bytes = del + 1) {
        fwrite(bytes, 1, (size_t)(del - bytes), to);
        fputs("\\u007F", to);
    }
    fwrite(bytes, 1, n, to);
    return ferror(to) ? -1 : 0;
}

int bench_json_dump(const json_t *value, FILE *to, size_t flags)
{
    return json_dump_callback(value, dump, to, flags | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
}

void bench_json_emit(struct bench_json_output *out, const char *before, json_t *value, size_t flags)
{
    if (!value && out->code == QK_OK)
        out->code = QK_ERR_MEMORY;
    bench_json_emit_text(out, before);
    if (out->code == QK_OK && bench_json_dump(value, out->to, flags) != 0)
        out->code = ferror(out->to) ? QK_ERR_IO : QK_ERR_MEMORY;
    json_decref(value);
}

void bench_json_emit_text(struct bench_json_output *out, const char *s)
{
    if (out->code == QK_OK && (fputs(s, out->to) < 0 || ferror(out->to)))
        out->code = QK_ERR_IO;
}

int bench_json_finish(const struct bench_json_output *out, const char *what, struct qk_error *err)
{
    if (out->code == QK_ERR_IO)
        return qk_fail(err, out->code, NULL, "cannot write %s: %s", what,
                       errno ? strerror(errno) : "the stream has failed");
    return out->code == QK_OK ? QK_OK : qk_fail(err, out->code, NULL, "out of memory while writing %s", what);
}
