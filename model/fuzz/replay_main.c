/* SPDX-License-Identifier: MIT */
/*
 * replay FOLDER...: runs the fuzz target over every file of the folders and prints one TAP line each. With
 * REPLAY_PARSES, a file whose name begins with "valid" must parse, and no other may. A crash ends the
 * program. No files at all is a failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/gguf/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The whole file in a block of exactly its size, so that a sanitizer sees a read behind its end. */
static bool load(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    long length = -1;
    *bytes = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length >= 0) {
        rewind(file);
        *size = (size_t)length;
        *bytes = malloc(*size ? *size : 1);
    }
    const bool ok = *bytes && fread(*bytes, 1, *size, file) == *size;
    if (file)
        fclose(file);
    return ok;
}

static bool replay(const char *path, const char *name)
{
    uint8_t *bytes;
    size_t size;
    struct model_gguf g;
    struct qk_error err = {0};
    if (!load(path, &bytes, &size)) {
        printf("# cannot read %s\n", path);
        free(bytes);
        return false;
    }
    LLVMFuzzerTestOneInput(bytes, size);
#if !REPLAY_PARSES
    free(bytes);
    return true;
#endif
    const bool parsed = model_gguf_parse(bytes, size, name, &g, &err) == 0;
    printf("# %s: %s\n", parsed ? name : err.where, parsed ? "parsed" : err.text);
    model_gguf_close(&g);
    free(bytes);
    return parsed == (strncmp(name, "valid", 5) == 0);
}

int main(int argc, char **argv)
{
    int done = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **list;
        const int count = scandir(argv[i], &list, visible, alphasort);
        if (count < 0) {
            printf("Bail out! cannot list %s\n", argv[i]);
            return 1;
        }
        for (int k = 0; k < count; k++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], list[k]->d_name);
            const bool ok = replay(path, list[k]->d_name);
            printf("%s %d - %s\n", ok ? "ok" : "not ok", ++done, list[k]->d_name);
            failed += !ok;
            free(list[k]);
        }
        free(list);
    }
    printf("1..%d\n", done);
    return failed || done == 0;
}
