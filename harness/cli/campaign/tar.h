/* SPDX-License-Identifier: MIT */
/*
 * What is sent to nodes and what comes back: tar archives (ustar) of plain files. libarchive would do it,
 * too. But a campaign sends this program with the libraries that it needs, and libarchive needs a dozen, of
 * which ICU alone has 30 MB. And an answer comes from a stranger's machine: here nothing but plain files is
 * understood.
 */
#pragma once

#include "kernels/support.h"

#include <stdio.h>

enum { CLI_TAR_NAME = 101, CLI_TAR_FILES = 1000, CLI_TAR_TIME = 1000000000 };

struct cli_tar_file {
    char name[CLI_TAR_NAME];
    const unsigned char *bytes; /* inside the archive */
    size_t size;
};
struct cli_tar {
    size_t count;
    struct cli_tar_file files[CLI_TAR_FILES];
};

/* Adds a file. Its time is always the same, so that the same files make the same archive. */
void cli_tar_put(FILE *to, const char *name, bool executable, const void *bytes, size_t size);
void cli_tar_end(FILE *to);

/*
 * Reads a whole archive. Folders are passed over. QK_ERR_IO: it is torn. QK_ERR_FORMAT says what is wrong and
 * where:
 *   - it is no tar, or a header's sum is wrong
 *   - a link, a device, or anything else but a file or folder
 *   - a name that is absolute, leads upward, has other characters than a name of ours, or stands there twice
 *   - too many files
 */
int cli_tar_read(struct cli_tar *t, const unsigned char *bytes, size_t size, struct qk_error *err);
/* NULL when there is no such file. */
const struct cli_tar_file *cli_tar_find(const struct cli_tar *t, const char *name);
