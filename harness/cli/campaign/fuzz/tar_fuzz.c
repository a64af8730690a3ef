/* SPDX-License-Identifier: MIT */
/* libFuzzer target. Any bytes are refused as an answer, with a text; or they are files inside these bytes. */
#include "harness/cli/campaign/tar.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cli_tar t;
    struct qk_error err = {0};
    const int code = cli_tar_read(&t, data, size, &err);
    volatile unsigned sink = 0;
    must(t.count <= CLI_TAR_FILES);
    must(!code || *err.text);
    for (size_t i = 0; i < t.count && !code; i++) {
        const struct cli_tar_file *const f = &t.files[i];
        const size_t length = strnlen(f->name, sizeof f->name);
        must(length && length < sizeof f->name && *f->name != '/' && !strstr(f->name, ".."));
        must(f->bytes >= data && f->size <= size && (size_t)(f->bytes - data) <= size - f->size);
        must(cli_tar_find(&t, f->name) == f);
        for (size_t k = 0; k < f->size; k++)
            sink += f->bytes[k];
    }
    (void)sink;
    return 0;
}
