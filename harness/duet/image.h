/* SPDX-License-Identifier: MIT */
/*
 * A kernel module's file as bytes. Launches map sealed copies of the bytes, which no path leads to. So the
 * file may change meanwhile, a file on two sides is really loaded twice, and no folder needs to allow
 * executable files.
 */
#pragma once

#include "kernels/support.h"

struct bench_image {
    const char *path; /* borrowed; messages name it */
    unsigned char *bytes;
    size_t size;
};

/*
 * Reads the file whole. Free with bench_image_free in any case. QK_ERR_IO: no such file, or not a regular
 * one. QK_ERR_FORMAT: its headers, segments or sections do not fit the file (elf_check.h). QK_ERR_MEMORY.
 */
int bench_image_read(struct bench_image *image, const char *path, struct qk_error *err);
void bench_image_free(struct bench_image *image);

bool bench_image_same(const struct bench_image *a, const struct bench_image *b);

/*
 * Makes a fresh copy that cannot be written any more, and returns its descriptor, which the caller closes.
 * /proc/PID/maps shows it as `name`. A negative value is an error: QK_ERR_IO.
 */
int bench_image_copy(const struct bench_image *image, const char *name, struct qk_error *err);
