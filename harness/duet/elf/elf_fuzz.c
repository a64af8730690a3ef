/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes pass as a module's file, or are refused with a text. An input is a list of
 * changes to a real module, so that the fuzzer gets past its first bytes. It begins with how far the file is
 * cut. Then come places (4 bytes) and what to flip there (1 byte).
 */
#include "harness/duet/elf/elf_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned char *read_module(size_t *size)
{
    FILE *f = fopen(MODULE, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        abort();
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*size);
    if (!bytes || fread(bytes, 1, *size, f) != *size)
        abort();
    fclose(f);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *module;
    static size_t length;
    struct qk_error err = {0};
    if (!module)
        module = read_module(&length);
    const size_t kept = size && data[0] < 64 ? length * data[0] / 64 : length;
    unsigned char *bytes = malloc(kept + 1);
    if (!bytes)
        abort();
    memcpy(bytes, module, kept);
    for (size_t i = 1; kept && i + 5 <= size; i += 5) {
        uint32_t place;
        memcpy(&place, data + i, sizeof place);
        bytes[place % kept] ^= data[i + 4];
    }
    unsigned char *exact = realloc(bytes, kept ? kept : 1);
    if (!exact)
        abort();
    if (bench_elf_check(exact, kept, "fuzz", &err) && (!err.text[0] || strcmp(err.where, "fuzz") != 0))
        abort();
    free(exact);
    return 0;
}
