/* SPDX-License-Identifier: MIT */
#include "model/gguf/tests/gguf_expect.h"
#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM ((size_t)1 << 20)

int parse_guarded(const struct model_build *b, struct model_gguf *g, struct qk_error *err)
{
    static unsigned char *room;
    if (!room) {
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        room = mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(room != MAP_FAILED && mprotect(room + ROOM, page, PROT_NONE) == 0);
    }
    assert_true(b->size <= ROOM);
    unsigned char *bytes = room + ROOM - b->size;
    if (b->size)
        memcpy(bytes, b->bytes, b->size);
    return model_gguf_parse(bytes, b->size, "test", g, err);
}

void parse_ok(const struct model_build *b, struct model_gguf *g)
{
    struct qk_error err = {0};
    assert_works(parse_guarded(b, g, &err), err);
    (void)model_gguf_walk(g);
}

void expect_format(const struct model_build *b, const char *fragment, size_t offset)
{
    struct model_gguf g;
    struct qk_error err = {0};
    char where[64];
    assert_int_equal(parse_guarded(b, &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, fragment);
    snprintf(where, sizeof where, "test: byte %zu", offset);
    assert_string_equal(err.where, where);
    assert_true(!g.name && !g.entries && !g.tensors);
    assert_int_equal(model_gguf_parse(b->bytes, b->size, "test", &g, NULL), QK_ERR_FORMAT);
}

void expect_and_free(struct model_build *b, const char *fragment, size_t offset)
{
    expect_format(b, fragment, offset);
    free(b->bytes);
    *b = (struct model_build){0};
}
