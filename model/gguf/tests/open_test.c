/* SPDX-License-Identifier: MIT */
/* Opening files, and things that are not files. */
#include "model/gguf/gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

UNIT_TEST(file_is_mapped)
{
    struct model_build b = {0};
    model_build_small(&b);
    char path[] = "/tmp/qk-gguf-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, b.bytes, b.size) == (ssize_t)b.size);
    struct model_gguf g;
    struct qk_error err;
    assert_int_equal(model_gguf_open(path, &g, &err), 0);
    assert_true(g.mapped && g.size == b.size);
    assert_memory_equal(g.bytes, b.bytes, b.size);
    model_gguf_close(&g);
    model_gguf_close(&g);

    assert_int_equal(ftruncate(fd, (off_t)b.size - 1), 0);
    assert_int_equal(model_gguf_open(path, &g, &err), QK_ERR_FORMAT);
    assert_int_equal(strncmp(err.where, path, strlen(path)), 0);
    assert_says(err.where, ": byte ");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(model_gguf_open(path, &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, "the file is empty");
    assert_null(g.name);
    close(fd);
    unlink(path);
    free(b.bytes);
}

UNIT_TEST(what_is_no_file_is_refused)
{
    struct model_gguf g;
    struct qk_error err;
    assert_int_equal(model_gguf_open("/nonexistent/x.gguf", &g, &err), QK_ERR_IO);
    assert_says(err.text, "cannot open: No such file");
    assert_string_equal(err.where, "/nonexistent/x.gguf");
    assert_int_equal(model_gguf_open("/", &g, &err), QK_ERR_IO);
    assert_says(err.text, "is a directory, a regular file expected");
    assert_int_equal(model_gguf_open("/dev/zero", &g, &err), QK_ERR_IO);
    assert_says(err.text, "is a device, a regular file expected");
    char folder[] = "/tmp/qk-gguf-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    /* An open that waits for a writer would hang here. */
    assert_int_equal(model_gguf_open(path, &g, &err), QK_ERR_IO);
    assert_says(err.text, "is a FIFO, a regular file expected");
    unlink(path);
    rmdir(folder);
}

UNIT_TEST(long_path_keeps_its_offset)
{
    char name[400];
    memset(name, 'x', sizeof name);
    strcpy(name + 380, "/end.gguf");
    struct model_gguf g;
    struct qk_error err;
    assert_int_equal(model_gguf_parse("GGUX", 4, name, &g, &err), QK_ERR_FORMAT);
    assert_int_equal(strncmp(err.where, "...xx", 5), 0);
    assert_says(err.where, "/end.gguf: byte 0");
}

UNIT_TESTS(open, NULL, NULL)
