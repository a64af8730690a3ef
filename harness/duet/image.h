/* SPDX-License-Identifier: MIT */
/*
 * A kernel module's file as bytes. Launches map sealed copies of the bytes, which no path leads to. So the
 * file may change meanwhile, a file on two sides is really loaded twice, and no folder needs to allow
 * executable files.
 */
#pragma once

#include "kernels/table/table.h"

/*
 * A path of the form ggml:FILE is a CPU library of ggml (kernels/ggml/ggml.h). It needs a second library,
 * libggml-base.so. The loader finds that one beside the first by a search path, which a copy in memory has
 * not. So it is read as well. Launches that hold two builds of ggml need two of it, but the loader knows a
 * library by its name. So both copies get another name, which is made of the second library's bytes.
 */
enum bench_image_part { BENCH_IMAGE_MODULE, BENCH_IMAGE_BASE, BENCH_IMAGE_PARTS };
enum { BENCH_BUILD_ID = 65 };

struct bench_image {
    const char *path; /* borrowed; as given. Messages name it */
    bool ggml;
    struct {
        unsigned char *bytes; /* NULL: there is no such file */
        size_t size;
    } part[BENCH_IMAGE_PARTS];
    char build_id[BENCH_BUILD_ID]; /* the linker's, of the module, in hexadecimal; empty: it has none */
};

/* The path of the file that such a path names. */
const char *bench_image_file(const char *path);

/*
 * Reads the file whole, or both. Free with bench_image_free in any case. QK_ERR_IO: no such file, or not a
 * regular one. QK_ERR_FORMAT: its headers, segments or sections do not fit the file (elf_check.h).
 * QK_ERR_MEMORY.
 */
int bench_image_read(struct bench_image *image, const char *path, struct qk_error *err);
void bench_image_free(struct bench_image *image);

bool bench_image_same(const struct bench_image *a, const struct bench_image *b);

/*
 * Makes fresh copies that cannot be written any more, and sets their descriptors, which the caller closes; -1
 * is a part that is not there. /proc/PID/maps shows them as `name`. On failure all are -1: QK_ERR_IO.
 */
int bench_image_copy(const struct bench_image *image, const char *name, int file[BENCH_IMAGE_PARTS],
                     struct qk_error *err);
/*
 * What a launch does with the descriptors: it loads the module's table and closes them. Messages name
 * /proc/self/fd/N. Errors of qk_table_load, or of qk_ggml_load.
 */
int bench_image_load(struct qk_table *t, bool ggml, const int file[BENCH_IMAGE_PARTS], struct qk_error *err);
