/* SPDX-License-Identifier: MIT */
/*
 * A JSON record, declared once: a table of its fields, each with name, type, place in a C struct, and rule.
 * Reader, writer and JSON Schema come from the table. Rules across fields are C, in `check`.
 *
 *     #define FIELD_OF struct point
 *     static const struct bench_field point_fields[] = {
 *         FIELD(REAL, "x", x, "Metres from the left.", 0, 0, 100),
 *         FIELD(TEXT, "label", label, "Null: it has none.", BENCH_OR_NULL),
 *     };
 *     #undef FIELD_OF
 *     static const struct bench_fields point = {FIELDS(struct point, point_fields), .title = "A point"};
 *
 * Fields are written in the order of the table. `none` is the empty text, -1 of an int, 0 of an unsigned
 * integer, NaN, the null pointer, a list without elements.
 */
#pragma once

#include "harness/records/json_reader.h"
#include "harness/records/json_writer.h"

#include <limits.h>
#include <stddef.h>

enum bench_field_kind {
    /* low to high are bytes; a high of 0 is what fits. The rule may also be a pattern. */
    BENCH_FIELD_TEXT, /* char[] */
    BENCH_FIELD_COPY, /* char *, owned */
    BENCH_FIELD_SEED, /* uint64_t as decimal text, since many readers lose bits above 2^53 */
    BENCH_FIELD_BOOLEAN,
    BENCH_FIELD_WORD,    /* enum or bool: the index among words[], which ends with NULL */
    BENCH_FIELD_INTEGER, /* low to high; a high of 0 is INT_MAX, or 2^53 where 8 bytes hold it */
    BENCH_FIELD_WHOLE,   /* double without a fraction, at most 2^53 where high is 0 */
    BENCH_FIELD_REAL,    /* double, low to high */
    BENCH_FIELD_FIGURE,  /* the same, written as an integer where it is one up to 2^53 */
    BENCH_FIELD_NUMBERS, /* double *, owned, and their count; each from low to high */
    BENCH_FIELD_CONST,   /* always `expected`, or the integer `low` where that is NULL */
    BENCH_FIELD_OBJECT,  /* a record in place */
    /* Records, owned, and their count, which is from low to high. A high of 0 is no bound. */
    BENCH_FIELD_LIST,
    BENCH_FIELD_ARRAY, /* records in place, and their count */
    /*
     * As LIST, or as ARRAY where it is larger than a pointer; an object in JSON: the element's BENCH_KEY
     * field is the member's name. words[]: the members that must be there.
     */
    BENCH_FIELD_MAP,
    BENCH_FIELD_JSON, /* any value: `put` (or a json_t *, borrowed) and `get` do all, `schema` describes it */
};

enum bench_field_flags {
    BENCH_OR_NULL = 1,   /* null is none */
    BENCH_OPTIONAL = 2,  /* none is left out; what is not there is not read */
    BENCH_WRITTEN = 4,   /* derived: written, not read */
    BENCH_ACCEPTED = 8,  /* held against its rule, kept nowhere, never written */
    BENCH_ON_LINES = 16, /* OBJECT: a member on each line. LIST: an element on each, written one by one */
    BENCH_KEY = 32,      /* see BENCH_FIELD_MAP */
    BENCH_FILLED = 64,   /* a text is not empty, a list has an element */
    BENCH_ONCE = 128,    /* no two elements of a list agree in all fields that have this flag */
    /* OBJECT: its place holds a pointer to it, and NULL is null; not read */
    BENCH_BORROWED = 256,
    BENCH_WHOLES = 512, /* NUMBERS: without fractions, written as integers. WHOLE: 1.0 is refused, too */
};

struct bench_field {
    const char *name;
    enum bench_field_kind kind;
    bool is_signed;
    size_t at, size;
    const char *about; /* for the schema; may be empty */
    unsigned flags;    /* enum bench_field_flags */
    double low, high;
    const char *pattern;  /* a regular expression that PCRE and ECMA 262 read alike */
    const char *expected; /* the rule in words; NULL: made of kind and bounds */
    const char *const *words;
    const struct bench_fields *of;
    size_t count_at, count_size;
    /* In place of what the kind does. Made: NULL is no memory. */
    json_t *(*put)(const void *record);
    /* After the kind's rule was held against it. record may be NULL: only rules are asked for. */
    void (*get)(struct bench_reader *r, const struct bench_place *at, void *record);
    bool (*there)(const void *record); /* of BENCH_OPTIONAL: is it written? NULL: when it is not none */
    /*
     * Of a LIST: moves *row, zeroed at first, to the next element; false behind the last. In place of at and
     * count.
     */
    bool (*next)(const void *record, void *row);
    /*
     * Of a LIST: moves what was read into *row, zeroed at first, to the record. Called after an error, too:
     * what the row owns is to be freed. What it leaves there the next row begins with.
     */
    void (*take)(struct bench_reader *r, const struct bench_place *at, void *record, void *row);
    const char *schema; /* JSON text; of BENCH_FIELD_JSON */
    size_t json;        /* of BENCH_ON_LINES: jansson's flags, in place of the record's */
};

struct bench_fields {
    const struct bench_field *fields;
    size_t count, size; /* of fields; of the C struct */
    const char *title;  /* of a document */
    const char *about;
    bool closed; /* a member without a field is refused; else it is ignored */
    bool lines;  /* each member on a line; of a document or an element of BENCH_ON_LINES */
    bool rows;   /* the document is an array of at least one of these */
    bool bare;   /* no object in JSON: its last field's value stands for it, as in a list of texts */
    size_t json; /* of a document: jansson's flags */
    /*
     * Rules across fields; `at` is the record's JSON, for bench_demand. Called when each field has obeyed its
     * own. `whole` is the document's record.
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
/* An object in JSON whose fields lie in the struct around it. */
#define FIELD_PART(key, element, ...)                                                                        \
    {                                                                                                        \
        .name = (key), .kind = BENCH_FIELD_OBJECT, .of = (element), .at = 0, .size = 0, __VA_ARGS__          \
    }
/* A value that is made by put. FIELD_MADE(KIND, name, put, about[, flags...]) */
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

/* ISO 8601 with zone; empty where the machine could not tell. FIELD(TEXT, "date", date, "", 0, FIELD_DATE) */
#define FIELD_DATE                                                                                           \
    .pattern = "^$|^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:"        \
               "([0-5][0-9]|60)(Z|[+-]00:00)$",                                                              \
    .expected = "a date and time as 2026-01-02T03:04:05+00:00"
/* Of a fingerprint. */
#define FIELD_HASH .pattern = "^[0-9a-f]{16}$", .expected = "16 hexadecimal digits"

/* Bounds: FIELD(REAL, "ns", ns, "", 0, FIELD_NS). */
#define FIELD_NS     BENCH_NS_LEAST, BENCH_NS_MOST
#define FIELD_GHZ    BENCH_GHZ_LEAST, BENCH_GHZ_MOST
#define FIELD_RATIO  BENCH_RATIO_LEAST, BENCH_RATIO_MOST
#define FIELD_AMOUNT 0, BENCH_NS_MOST
#define FIELD_ANY    -BENCH_FIGURE_MOST, BENCH_FIGURE_MOST

/*
 * Reads the JSON into *record, which the caller has set to what optional fields are when they are not there.
 * What it owns is to be freed after an error, too. record may be NULL: only the fields' own rules are held
 * against it.
 */
void bench_fields_get(struct bench_reader *r, const struct bench_place *at, const struct bench_fields *type,
                      void *record, const void *whole);
/*
 * A document. Owned parts of *record are the caller's to free after an error, too. Codes of bench_json_load.
 */
int bench_fields_read(const struct bench_fields *type, const char *path, void *record, struct qk_error *err);

/* Whole up to 2^53 exactly and as an integer; else with as many digits as jansson's flags say, or 7. */
json_t *bench_json_figure(double x, size_t json);
/* The record as JSON. NULL: no memory. */
json_t *bench_fields_json(const struct bench_fields *type, const void *record);
/*
 * A document: a member on each line, elements of BENCH_ON_LINES one by one, so that memory holds one of them.
 * `what` is for messages: "the ceilings". QK_ERR_IO, QK_ERR_MEMORY.
 */
int bench_fields_write(const struct bench_fields *type, const void *record, const char *what, FILE *to,
                       struct qk_error *err);
/* QK_ERR_INVALID, with the JSON path, when the record breaks a rule that a reader would hold against it. */
int bench_fields_check(const struct bench_fields *type, const void *record, struct qk_error *err);

/* JSON Schema (2020-12) of a document. NULL: no memory. */
json_t *bench_fields_schema(const struct bench_fields *type);

/* What the rules of a field come to: for reading and for the schema. */
struct bench_text_bounds {
    size_t least, most; /* bytes; SIZE_MAX: no bound */
};
struct bench_list_bounds {
    double least, most; /* entries; INFINITY: no bound */
};
struct bench_text_bounds bench_field_text_bounds(const struct bench_field *f);
struct bench_list_bounds bench_field_list_bounds(const struct bench_field *f);
/* Entries of a list or map; 0 after an error, which a number of them beyond the bounds is. */
size_t bench_field_list_count(struct bench_reader *r, const struct bench_place *at,
                              const struct bench_field *f);
double bench_field_most(const struct bench_field *f);   /* of a number */
bool bench_field_in_place(const struct bench_field *f); /* an ARRAY, or a MAP like one */
/*
 * An element of a list against those before it, which *seen holds: BENCH_ONCE. *seen is NULL at first, then
 * owned.
 */
void bench_fields_hold_once(struct bench_reader *r, const struct bench_place *at,
                            const struct bench_fields *type, json_t **seen);
const struct bench_field *bench_fields_key(const struct bench_fields *type); /* its BENCH_KEY field */
extern const struct bench_field bench_seed_rule;

/* Does the text obey a pattern as fields have? 1, 0, or QK_ERR_MEMORY. */
int bench_text_matches(const char *pattern, const char *text);

/* Parts of a struct bench_environment that several documents hold. */
extern const struct bench_fields bench_cache_fields, bench_identity_fields, bench_closed_identity_fields,
    bench_fingerprint_fields;
json_t *bench_load_put(const void *environment); /* 1, 5 and 15 minutes, or [] */
void bench_load_get(struct bench_reader *r, const struct bench_place *at, void *environment);
extern const char bench_load_schema[];
extern const char *const bench_mode_words[]; /* of `quick`: "full", "quick", NULL */
