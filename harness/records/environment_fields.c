/* SPDX-License-Identifier: MIT */
#include "harness/records/fields/fields.h"

const char *const bench_mode_words[] = {"full", "quick", NULL};

#define FIELD_OF struct bench_cache
static const struct bench_field cache_fields[] = {
    FIELD(TEXT, "type", type, "As sysfs spells it."),
    FIELD(INTEGER, "level", level, "", 0, 1, 9),
    FIELD(INTEGER, "size", bytes, "Bytes.", 0, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "num_sharing", sharing, "Logical CPUs that share it.", 0, 1, INT_MAX),
};
#undef FIELD_OF
const struct bench_fields bench_cache_fields = {FIELDS(struct bench_cache, cache_fields), .closed = true};

#define FIELD_OF struct bench_library
static const struct bench_field library_fields[] = {
    FIELD(TEXT, "name", name, "What its rows are called by; in a gate, its side.", BENCH_FILLED),
    FIELD(TEXT, "path", path, "As given.", BENCH_FILLED),
    FIELD(TEXT, "build_id", build_id, "The linker's, in hexadecimal.", BENCH_OR_NULL),
    FIELD(TEXT, "version", version, "What it says of itself.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields library_type = {FIELDS(struct bench_library, library_fields)};

#define FIELD_OF struct bench_environment
static const struct bench_field identity_fields[] = {
    FIELD(TEXT, "cpu_vendor", cpu_vendor, "", BENCH_OR_NULL),
    FIELD(INTEGER, "cpu_family", cpu_family, "", BENCH_OR_NULL),
    FIELD(INTEGER, "cpu_model", cpu_model, "", BENCH_OR_NULL),
    FIELD(INTEGER, "cpu_stepping", cpu_stepping, "", BENCH_OR_NULL),
    FIELD(TEXT, "isa_levels", isa_levels, "", BENCH_OR_NULL),
    FIELD_LIST(ARRAY, "caches", caches, cache_count, &bench_cache_fields,
               "Of the pinned CPU, by level then type."),
    FIELD(TEXT, "compiler", compiler, "Of the kernels.", BENCH_OR_NULL),
};
static const struct bench_field shown_fields[] = {
    FIELD(TEXT, "cpu_name", cpu_name, "", BENCH_OR_NULL),
    FIELD(TEXT, "cpu_flags", cpu_flags, "", BENCH_OR_NULL),
    FIELD(TEXT, "virtualised", virtualised, "", BENCH_OR_NULL),
    FIELD(TEXT, "kernel", kernel, "", BENCH_OR_NULL),
    FIELD(TEXT, "microcode", microcode, "", BENCH_OR_NULL),
    FIELD(TEXT, "governor", governor, "", BENCH_OR_NULL),
    FIELD(TEXT, "governor_reason", governor_why, "Why there is none.", BENCH_OR_NULL),
};
const struct bench_fields bench_identity_fields = {
    FIELDS(struct bench_environment, identity_fields),
    .about = "Where one of these differs, times are not comparable.",
};
const struct bench_fields bench_closed_identity_fields = {FIELDS(struct bench_environment, identity_fields),
                                                          .closed = true};
static const struct bench_fields shown = {FIELDS(struct bench_environment, shown_fields)};
static const struct bench_field fingerprint_fields[] = {
    FIELD_PART("identity", &bench_identity_fields, ""),
    FIELD(TEXT, "hash", fingerprint, "XXH3-64 of the identity.", 0, FIELD_HASH),
    FIELD_PART("shown", &shown, ""),
    FIELD_LIST(ARRAY, "libraries", libraries, library_count, &library_type, "Whose rows were measured.",
               BENCH_OPTIONAL),
};
#undef FIELD_OF
const struct bench_fields bench_fingerprint_fields = {FIELDS(struct bench_environment, fingerprint_fields)};

const char bench_load_schema[] =
    "{\"type\": \"array\", \"items\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1e15},"
    " \"anyOf\": [{\"maxItems\": 0}, {\"minItems\": 3, \"maxItems\": 3}]}";

json_t *bench_load_put(const void *environment)
{
    const double *load = ((const struct bench_environment *)environment)->load;
    json_t *list = json_array();
    for (int i = 0; i < 3 && load[0] >= 0 && load[1] >= 0 && load[2] >= 0; i++)
        bench_json_append(&list, json_real(load[i]));
    return list;
}

void bench_load_get(struct bench_reader *r, const struct bench_place *at, void *environment)
{
    struct bench_environment *env = environment;
    const size_t count = json_array_size(at->json);
    if (!json_is_array(at->json) || (count != 0 && count != 3))
        bench_refuse(r, at->path, at->json, "an array of 3 numbers or of none");
    for (size_t i = 0; i < 3; i++) {
        const json_t *one = json_array_get(at->json, i);
        if (count && (!json_is_number(one) || !bench_is_amount(json_number_value(one))))
            bench_refuse(r, bench_element(at, i).path, one, "a number from 0 to 1e+15");
        if (env)
            env->load[i] = count ? json_number_value(one) : -1;
    }
}
