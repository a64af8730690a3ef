/* SPDX-License-Identifier: MIT */
/*
 * Which rows of two builds are the same code. kernels/same_code.py makes the list from what was built, not
 * from what the modules say. The list holds for the two files it was made for, and for rows that begin where
 * it says.
 */
#pragma once

#include "kernels/module.h"
#include "kernels/support.h"

enum { BASELINE_IDENTITY_SCHEMA_VERSION = 1 };

/* Index 0 is the base, 1 the candidate. */
struct baseline_identity {
    struct baseline_identity_file {
        uint64_t size;
        uint64_t mtime_ns;
    } file[2];
    struct baseline_identity_row {
        char op[QK_MODULE_WORD], name[QK_MODULE_WORD];
        uint64_t at[2]; /* as of struct qk_variant */
    } * rows;           /* [count], each op and name once */
    size_t count;
};

/*
 * Reads the list. Free with baseline_identity_free in any case. QK_ERR_IO, QK_ERR_MEMORY. QK_ERR_FORMAT with
 * the place, when the file is not as same_code.py writes it.
 */
int baseline_identity_read(struct baseline_identity *id, const char *path, struct qk_error *err);
void baseline_identity_free(struct baseline_identity *id);

/* QK_ERR_INVALID, with what differs, when these two files are not the ones that the list was made for. */
int baseline_identity_holds(const struct baseline_identity *id, const char *base, const char *cand,
                            struct qk_error *err);
/* Does the list have this row, and do both functions begin where it says? */
bool baseline_identity_same(const struct baseline_identity *id, const struct qk_variant *base,
                            const struct qk_variant *cand);
