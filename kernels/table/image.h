/* SPDX-License-Identifier: MIT */
/* A shared library in memory: what lies in its own segments. Nothing else that it points to is read. */
#pragma once

#include "kernels/support.h"

#include <link.h>

struct qk_image {
    const struct link_map *map; /* l_addr is what its symbols count from */
    const ElfW(Phdr) * segments;
    size_t segment_count;
};

/* handle: of dlopen. QK_ERR_IO. */
int qk_image_open(struct qk_image *m, void *handle, const char *path, struct qk_error *err);

/* Has the library these bytes, for reading? */
bool qk_image_has(const struct qk_image *m, const void *at, size_t bytes);
/* Has it printable ASCII of less than `size` bytes there, with its end? */
bool qk_image_has_text(const struct qk_image *m, const char *text, size_t size);
/* Has it code there? */
bool qk_image_has_code(const struct qk_image *m, uintptr_t at);
