/* SPDX-License-Identifier: MIT */
#include "baselines/gate/identity.h"

#include "harness/records/fields/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WORD        .pattern = "^[!-.0-~]+$", .expected = "a word of at most 63 characters without slashes"
#define FROM(least) least, (double)INT64_MAX
#define FIELD_OF    struct baseline_identity_row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_ONCE, WORD),
    FIELD(TEXT, "op", op, "", BENCH_ONCE, WORD),
    FIELD(INTEGER, "base", at[0], "", 0, FROM(1)),
    FIELD(INTEGER, "candidate", at[1], "", 0, FROM(1)),
};
#undef FIELD_OF
static const struct bench_fields same_row = {FIELDS(struct baseline_identity_row, row_fields),
                                             .closed = true};

#define FIELD_OF struct baseline_identity_file
static const struct bench_field file_fields[] = {
    FIELD(INTEGER, "size", size, "", 0, FROM(1)),
    FIELD(INTEGER, "mtime_ns", mtime_ns, "", 0, FROM(0)),
};
#undef FIELD_OF
static const struct bench_fields module_file = {FIELDS(struct baseline_identity_file, file_fields),
                                                .closed = true};

#define FIELD_OF struct baseline_identity
static const struct bench_field identity_fields[] = {
    FIELD_VERSION(BASELINE_IDENTITY_SCHEMA_VERSION),
    FIELD(OBJECT, "base", file[0], "", .of = &module_file),
    FIELD(OBJECT, "candidate", file[1], "", .of = &module_file),
    FIELD_LIST(LIST, "rows", rows, count, &same_row, "", 0, 0, QK_MODULE_ROWS_MAX),
};
#undef FIELD_OF
static const struct bench_fields same_code = {FIELDS(struct baseline_identity, identity_fields),
                                              .closed = true};

int baseline_identity_read(struct baseline_identity *id, const char *path, struct qk_error *err)
{
    *id = (struct baseline_identity){.count = 0};
    const int code = bench_fields_read(&same_code, path, id, err);
    if (code)
        baseline_identity_free(id);
    return code;
}

void baseline_identity_free(struct baseline_identity *id)
{
    free(id->rows);
    *id = (struct baseline_identity){.count = 0};
}

int baseline_identity_holds(const struct baseline_identity *id, const char *base, const char *cand,
                            struct qk_error *err)
{
    const char *const paths[] = {base, cand};
    for (int side = 0; side < 2; side++) {
        struct stat st;
        if (stat(paths[side], &st))
            return qk_fail(err, QK_ERR_INVALID, paths[side], "cannot look at it: %s", strerror(errno));
        const uint64_t ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
        if ((uint64_t)st.st_size != id->file[side].size || ns != id->file[side].mtime_ns)
            return qk_fail(err, QK_ERR_INVALID, paths[side],
                           "the list of rows that are the same code was made for another file: found %" PRIu64
                           " bytes, changed at %" PRIu64 " ns, expected %" PRIu64 " and %" PRIu64,
                           (uint64_t)st.st_size, ns, id->file[side].size, id->file[side].mtime_ns);
    }
    return 0;
}

bool baseline_identity_same(const struct baseline_identity *id, const struct qk_variant *base,
                            const struct qk_variant *cand)
{
    for (size_t i = 0; i < id->count; i++) {
        const struct baseline_identity_row *row = &id->rows[i];
        if (!strcmp(row->op, base->op_name) && !strcmp(row->name, base->name))
            return !strcmp(row->op, cand->op_name) && !strcmp(row->name, cand->name) &&
                   row->at[0] == base->at && row->at[1] == cand->at;
    }
    return false;
}
