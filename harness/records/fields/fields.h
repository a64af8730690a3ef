/* SPDX-License-Identifier: MIT */
/*
 * A JSON record is declared once, as a table of its fields. A field has a name, a type, a place in a C struct
 * and a rule. Reader, writer and JSON Schema come from the table. Rules across fields are C code, in `check`.
 *
 *     #define FIELD_OF struct point
 *     static const struct bench_field point_fields[] = {
 *         FIELD(REAL, "x", x, "Metres from the left.", 0, 0, 100),
 *         FIELD(TEXT, "label", label, "Null: it has none.", BENCH_OR_NULL),
 *     };
 *     #undef FIELD_OF
 *     static const struct bench_fields point = {FIELDS(struct point, point_fields), .title = "A point"};
 *
 * Fields are written in the order of the table. Below, `none` is the value of a C member that has no content:
 *     the empty text, -1 of an int, 0 of an unsigned integer, NaN, the null pointer, a list without elements
 */
#pragma once

#include "harness/records/json_reader.h"
#include "harness/records/json_writer.h"

#include <limits.h>
#include <stddef.h>

enum bench_field_kind {
    /*
     * low to high count bytes. With a high of 0, the size of the C member is the bound. Of a longer text the
     * reader keeps what fits a char[], in whole characters. A pattern may be the rule, too.
     */
    BENCH_FIELD_TEXT, /* char[] */
    BENCH_FIELD_COPY, /* char *, owned */
    BENCH_FIELD_SEED, /* uint64_t as decimal text, since many readers lose bits above 2^53 */
    BENCH_FIELD_BOOLEAN,
    BENCH_FIELD_WORD,    /* enum or bool: the index into words[], which ends with NULL */
    BENCH_FIELD_INTEGER, /* low to high; a high of 0 means INT_MAX, or 2^53 where 8 bytes hold it */
    BENCH_FIELD_WHOLE,   /* double without a fraction; at most 2^53 where high is 0 */
    BENCH_FIELD_REAL,    /* double, low to high */
    BENCH_FIELD_FIGURE,  /* the same as REAL, but written as an integer where it is one up to 2^53 */
    BENCH_FIELD_NUMBERS, /* double *, owned, with their count; each from low to high */
    BENCH_FIELD_CONST,   /* always `expected`, or the integer `low` where that is NULL */
    BENCH_FIELD_OBJECT,  /* a record inside the struct */
    /* Owned records with their count, which is from low to high. A high of 0 means no bound. */
    BENCH_FIELD_LIST,
    BENCH_FIELD_ARRAY, /* records inside the struct, with their count */
    /*
     * An object in JSON, a list in C. The element's BENCH_KEY field holds the member's name. It is stored as
     * LIST, or as ARRAY where its place is larger than a pointer. words[] names the members that must be
     * there.
     */
    BENCH_FIELD_MAP,
    BENCH_FIELD_JSON, /* any value: `put` (or a borrowed json_t *) and `get` do all, `schema` describes it */
};

enum bench_field_flags {
    BENCH_OR_NULL = 1,   /* null stands for none */
    BENCH_OPTIONAL = 2,  /* none is not written; a member that is absent is not read */
    BENCH_WRITTEN = 4,   /* derived: it is written, but not read */
    BENCH_ACCEPTED = 8,  /* checked against its rule when read, but not kept and never written */
    BENCH_ON_LINES = 16, /* OBJECT: one member per line. LIST: one element per line, written one by one */
    BENCH_KEY = 32,      /* the member's name in a map: see BENCH_FIELD_MAP */
    BENCH_FILLED = 64,   /* a text must not be empty; a list must have an element */
    BENCH_ONCE = 128,    /* no two elements of a list may agree in all fields with this flag */
    /* OBJECT: the struct holds a pointer to it, and NULL is written as null. It is not read. */
    BENCH_BORROWED = 256,
    BENCH_WHOLES = 512, /* NUMBERS: no fractions, written as integers. WHOLE: refuses 1.0, too */
};

struct bench_field {
    const char *name;
    enum bench_field_kind kind;
    bool is_signed;
    size_t at, size;
    const char *about; /* description for the schema; may be empty */
    unsigned flags;    /* enum bench_field_flags */
    double low, high;
    const char *pattern;  /* a regular expression that PCRE and ECMA 262 read alike */
    const char *expected; /* the rule in words; NULL: it is made of kind and bounds */
    const char *const *words;
    const struct bench_fields *of;
    size_t count_at, count_size;
    /* Makes the value, in place of the kind's own code. NULL means that memory was refused. */
    json_t *(*put)(const void *record);
    /*
     * Called after the value was checked against the kind's rule. record may be NULL when only rules are
     * checked.
     */
    void (*get)(struct bench_reader *r, const struct bench_place *at, void *record);
    /* For BENCH_OPTIONAL: is it written? NULL: it is written when it is not none. */
    bool (*there)(const void *record);
    /*
     * For a LIST, in place of `at` and the count. Moves *row, zeroed before the first call, to the next
     * element. False after the last one.
     */
    bool (*next)(const void *record, void *row);
    /*
     * For a LIST. Moves what was read into *row, zeroed before the first element, to the record. It is also
     * called after an error, to free what the row owns. The next row begins with what this call leaves in
     * *row.
     */
    void (*take)(struct bench_reader *r, const struct bench_place *at, void *record, void *row);
    const char *schema; /* JSON text; for BENCH_FIELD_JSON */
    size_t json;        /* for BENCH_ON_LINES: jansson's flags, in place of the record's */
};

struct bench_fields {
    const struct bench_field *fields;
    size_t count, size; /* number of fields; size of the C struct */
    const char *title;  /* for a document */
    const char *about;
    bool closed; /* a member without a field is refused; otherwise it is ignored */
    bool lines;  /* one member per line; for a document or an element of BENCH_ON_LINES */
    bool rows;   /* the document is an array of at least one of these */
    bool bare;   /* no object in JSON: the last field's value stands for the record, as in a list of texts */
    size_t json; /* for a document: jansson's flags */
    /*
     * Checks the rules across fields, after each field has passed its own. `at` is the record's JSON, for
     * bench_demand. `whole` is the document's record.
     */
    void (*check)(struct bench_reader *r, const struct bench_place *at, const void *record,
                  const void *whole);
};

#define FIELDS(type, table) .fields = (table), .count = sizeof(table) / sizeof *(table), .size = sizeof(type)
/* FIELD(KIND, name, place, about[, flags[, low, high]][, .member = ...]...) */
#define FIELD(which, key, place, ...)                                                                        \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_##which, FIELD_SIGN(place), .at = offsetof(FIELD_OF, place),      \
        .size = sizeof(((FIELD_OF *)0)->place), __VA_ARGS__                                                  \
    }
/* A list with its count: FIELD_LIST(LIST, name, place, count, element, about[, flags[, low, high]]...) */
#define FIELD_LIST(which, key, place, number, element, ...)                                                  \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_##which, .of = (element), .count_at = offsetof(FIELD_OF, number), \
        .count_size = sizeof(((FIELD_OF *)0)->number), .at = offsetof(FIELD_OF, place),                      \
        .size = sizeof(((FIELD_OF *)0)->place), __VA_ARGS__                                                  \
    }
#define FIELD_NUMBERS(key, place, number, ...) FIELD_LIST(NUMBERS, key, place, number, NULL, __VA_ARGS__)
/* An object in JSON whose fields are members of the surrounding struct. */
#define FIELD_PART(key, element, ...)                                                                        \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_OBJECT, .of = (element), .at = 0, .size = 0, __VA_ARGS__          \
    }
/* A value that `put` makes and only `get` keeps: FIELD_MADE(KIND, name, put, about[, flags...]) */
#define FIELD_MADE(which, key, function, ...)                                                                \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_##which, .put = (function), .at = 0, .size = 0, __VA_ARGS__       \
    }
#define FIELD_CONST(key, text)                                                                               \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_CONST, .expected = (text)                                         \
    }
#define FIELD_NUMBER(key, number)                                                                            \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_CONST, .low = (number)                                            \
    }
#define FIELD_VERSION(number) FIELD_NUMBER("schema_version", number)
#define FIELD_SIGN(place)     .is_signed = _Generic(((FIELD_OF *)0)->place, int : true, default : false)

/* ISO 8601 with zone. Empty where the machine could not tell. FIELD(TEXT, "date", date, "", 0, FIELD_DATE) */
#define FIELD_DATE                                                                                           \
    .pattern = "^$|^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:"        \
               "([0-5][0-9]|60)(Z|[+-]00:00)$",                                                              \
    .expected = "a date and time as 2026-01-02T03:04:05+00:00"
/* For a fingerprint. */
#define FIELD_HASH .pattern = "^[0-9a-f]{16}$", .expected = "16 hexadecimal digits"

/* Bounds: FIELD(REAL, "ns", ns, "", 0, FIELD_NS). */
#define FIELD_NS     BENCH_NS_LEAST, BENCH_NS_MOST
#define FIELD_GHZ    BENCH_GHZ_LEAST, BENCH_GHZ_MOST
#define FIELD_RATIO  BENCH_RATIO_LEAST, BENCH_RATIO_MOST
#define FIELD_AMOUNT 0, BENCH_NS_MOST
#define FIELD_ANY    -BENCH_FIGURE_MOST, BENCH_FIGURE_MOST

/*
 * Reads the JSON into *record. The caller has set the optional fields to the values they have when absent.
 * The caller frees what *record owns, also after an error. When record is NULL, the JSON is only checked
 * against the fields' own rules.
 */
void bench_fields_get(struct bench_reader *r, const struct bench_place *at, const struct bench_fields *type,
                      void *record, const void *whole);
/* Reads a document that was loaded; `path` is for messages. Owned parts of *record as above. */
int bench_fields_take(const struct bench_fields *type, const json_t *json, const char *path, void *record,
                      struct qk_error *err);
/* The same of a file. Also returns the codes of bench_json_load. */
int bench_fields_read(const struct bench_fields *type, const char *path, void *record, struct qk_error *err);

/* An integer where x is whole, up to 2^53. Otherwise as many digits as jansson's flags say, or 7. */
json_t *bench_json_figure(double x, size_t json);
/* The record as JSON. NULL when memory is refused. */
json_t *bench_fields_json(const struct bench_fields *type, const void *record);
/*
 * Writes a document with one member per line. It writes the elements of BENCH_ON_LINES one by one, so that
 * memory holds one of them. `what` is for messages: "the ceilings". QK_ERR_IO, QK_ERR_MEMORY.
 */
int bench_fields_write(const struct bench_fields *type, const void *record, const char *what, FILE *to,
                       struct qk_error *err);
/* QK_ERR_INVALID, with the JSON path, when the record breaks a rule that a reader would enforce. */
int bench_fields_check(const struct bench_fields *type, const void *record, struct qk_error *err);

/* JSON Schema (2020-12) of a document. NULL when memory is refused. */
json_t *bench_fields_schema(const struct bench_fields *type);

/* The bounds that a field's rules give, for reading and for the schema. */
struct bench_text_bounds {
    size_t least, most; /* bytes; SIZE_MAX: no bound */
};
struct bench_list_bounds {
    double least, most; /* entries; INFINITY: no bound */
};
struct bench_text_bounds bench_field_text_bounds(const struct bench_field *f);
struct bench_list_bounds bench_field_list_bounds(const struct bench_field *f);
/* Number of entries of a list or map. 0 after an error; a number outside the bounds is one. */
size_t bench_field_list_count(struct bench_reader *r, const struct bench_place *at,
                              const struct bench_field *f);
double bench_field_most(const struct bench_field *f);   /* upper bound of a number */
bool bench_field_in_place(const struct bench_field *f); /* true for an ARRAY, or a MAP stored like one */
/*
 * For BENCH_ONCE. Compares an element of a list with those before it, which *seen holds. *seen is NULL before
 * the first element. The caller releases it.
 */
void bench_fields_hold_once(struct bench_reader *r, const struct bench_place *at,
                            const struct bench_fields *type, json_t **seen);
const struct bench_field *bench_fields_key(const struct bench_fields *type); /* its BENCH_KEY field */
extern const struct bench_field bench_seed_rule;

/* Does the text match a field's pattern? Returns 1, 0, or QK_ERR_MEMORY. */
int bench_text_matches(const char *pattern, const char *text);

/* Parts of a struct bench_environment that several documents have in common. */
extern const struct bench_fields bench_cache_fields, bench_identity_fields, bench_closed_identity_fields,
    bench_fingerprint_fields;
json_t *bench_load_put(const void *environment); /* 1, 5 and 15 minutes, or [] */
void bench_load_get(struct bench_reader *r, const struct bench_place *at, void *environment);
extern const char bench_load_schema[];
extern const char *const bench_mode_words[]; /* words of `quick`: "full", "quick", NULL */
