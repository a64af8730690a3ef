/* SPDX-License-Identifier: MIT */
/*
 * Records that the program keeps of a machine, one file for each kind and fingerprint. They are in
 * $XDG_CACHE_HOME/qkbench, else in ~/.cache/qkbench, as the XDG base directory specification has it. A
 * relative XDG_CACHE_HOME counts as not set.
 */
#pragma once

#include "harness/records/fields/fields.h"

struct bench_kept {
    const char *kind;                  /* "ceilings": how the file's name begins, and what messages say */
    const struct bench_fields *fields; /* of the document */
    size_t fingerprint;                /* offset of a char[] in the record */
};

/* To be freed. QK_ERR_IO when there is no such folder to be had. QK_ERR_MEMORY. */
int bench_kept_path(const char *kind, const char *fingerprint, char **path, struct qk_error *err);
/*
 * Reads the record of that fingerprint into *record, which the caller has set to what optional fields are
 * when they are not there. When none is kept, or there is no folder to keep it in, returns 0 and *found is
 * false. Codes of bench_fields_read; what *record owns is the caller's to free after an error, too.
 * QK_ERR_FORMAT also for a file that holds another fingerprint's.
 */
int bench_kept_load(const struct bench_kept *kept, void *record, const char *fingerprint, bool *found,
                    struct qk_error *err);
/* Makes the folder and writes the file, whole or not at all. QK_ERR_IO, QK_ERR_MEMORY. */
int bench_kept_store(const struct bench_kept *kept, const void *record, struct qk_error *err);
