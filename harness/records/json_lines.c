/* SPDX-License-Identifier: MIT */
#include "harness/records/json_lines.h"

#include "harness/records/files/infile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int take_line(const char *where, const char *text, size_t length, bench_line_take *take, void *ctx,
                     bool *torn, struct qk_error *err)
{
    struct bench_reader r = {.file = where, .err = err};
    json_error_t bad;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &bad);
    if (!json && json_error_code(&bad) == json_error_out_of_memory)
        return qk_fail(err, QK_ERR_MEMORY, where, "no memory for a line of %zu bytes", length);
    if (!json && torn && text[length - 1] != '\n') {
        *torn = true;
        return 0;
    }
    if (!json)
        return qk_fail(err, QK_ERR_FORMAT, where, "found no JSON at column %d: %s", bad.column, bad.text);
    const int code = take(ctx, &r, &(struct bench_place){json, "$"});
    json_decref(json);
    return r.code ? r.code : code;
}

int bench_json_lines(const char *path, bench_line_take *take, void *ctx, bool *torn, struct qk_error *err)
{
    struct stat st;
    char *text = NULL, *where = NULL;
    size_t room = 0;
    int code = 0;
    if (torn)
        *torn = false;
    const int fd = bench_infile_open(path, &st);
    FILE *const from = fd < 0 ? NULL : fdopen(fd, "r");
    if (!from) {
        code = qk_fail(err, QK_ERR_IO, path, "cannot be opened: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return code;
    }
    for (size_t line = 1; !code; line++) {
        errno = 0;
        const ssize_t length = getline(&text, &room, from);
        if (length < 0)
            break;
        free(where);
        if (asprintf(&where, "%s:%zu", path, line) < 0) {
            where = NULL;
            code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for line %zu", line);
        } else if (length > BENCH_LINE_MOST) {
            code = qk_fail(err, QK_ERR_FORMAT, where, "found a line of %zd bytes, expected at most %d",
                           length, BENCH_LINE_MOST);
        } else {
            code = take_line(where, text, (size_t)length, take, ctx, torn, err);
        }
    }
    if (!code && !feof(from))
        code = qk_fail(err, errno == ENOMEM ? QK_ERR_MEMORY : QK_ERR_IO, path, "cannot be read: %s",
                       strerror(errno));
    fclose(from);
    free(where);
    free(text);
    return code;
}
