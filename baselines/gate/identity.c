/* SPDX-License-Identifier: MIT */
#include "baselines/gate/identity.h"

#include "harness/records/json_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const sides[] = {"base", "candidate"};

static void read_word(struct bench_reader *r, const struct bench_place *at, const char *key,
                      char to[QK_MODULE_WORD])
{
    bool good = true;
    bench_get_fixed_text(r, at, key, to, QK_MODULE_WORD, false);
    for (const char *c = to; *c; c++)
        good &= *c > ' ' && *c <= '~' && *c != '/';
    bench_demand(r, good && *to, at, key, "a word of printable characters without slashes");
}

static void read_rows(struct bench_reader *r, const struct bench_place *root, struct baseline_identity *id)
{
    static const char *const members[] = {"op", "name", "base", "candidate", NULL};
    const struct bench_place list = bench_get_array(r, root, "rows");
    const size_t count = r->code ? 0 : json_array_size(list.json);
    bench_demand(r, count <= QK_MODULE_ROWS_MAX, root, "rows", "as many rows as a module can have");
    if (r->code || !count)
        return;
    id->rows = calloc(count, sizeof *id->rows);
    if (!id->rows) {
        bench_reader_no_memory(r);
        return;
    }
    for (; id->count < count && !r->code; id->count++) {
        struct baseline_identity_row *row = &id->rows[id->count];
        const struct bench_place at = bench_element(&list, id->count);
        bench_expect(r, &at, JSON_OBJECT, "an object");
        bench_known_members(r, &at, members);
        read_word(r, &at, "op", row->op);
        read_word(r, &at, "name", row->name);
        for (int side = 0; side < 2; side++)
            row->at[side] = (uint64_t)bench_get_integer(r, &at, sides[side], 1, INT64_MAX);
        bool once = true;
        for (size_t k = 0; k < id->count; k++)
            once &= strcmp(row->op, id->rows[k].op) != 0 || strcmp(row->name, id->rows[k].name) != 0;
        bench_demand(r, once, &at, "name", "each op and name once");
    }
}

int baseline_identity_read(struct baseline_identity *id, const char *path, struct qk_error *err)
{
    static const char *const members[] = {"schema_version", "base", "candidate", "rows", NULL};
    static const char *const of_file[] = {"size", "mtime_ns", NULL};
    struct bench_reader r = {.file = path, .err = err};
    *id = (struct baseline_identity){.count = 0};
    json_t *json = bench_json_load(path, &r.code, err);
    const struct bench_place root = {json, "$"};
    bench_expect(&r, &root, JSON_OBJECT, "an object");
    bench_known_members(&r, &root, members);
    bench_get_integer(&r, &root, "schema_version", BASELINE_IDENTITY_SCHEMA_VERSION,
                      BASELINE_IDENTITY_SCHEMA_VERSION);
    for (int side = 0; side < 2; side++) {
        const struct bench_place file = bench_get_object(&r, &root, sides[side]);
        bench_known_members(&r, &file, of_file);
        id->file[side].size = (uint64_t)bench_get_integer(&r, &file, "size", 1, INT64_MAX);
        id->file[side].mtime_ns = (uint64_t)bench_get_integer(&r, &file, "mtime_ns", 0, INT64_MAX);
    }
    read_rows(&r, &root, id);
    json_decref(json);
    if (r.code)
        baseline_identity_free(id);
    return r.code;
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
