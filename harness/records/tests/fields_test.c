/* SPDX-License-Identifier: MIT */
/* A record with a field of every kind is read, written, checked against its rules, and described. */
#include "harness/records/fields/fields.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum colour { RED, GREEN };
static const char *const colours[] = {"red", "green", NULL};

struct leaf {
    char *key;
    char label[8];
    int level;
    double share;
};

struct tree {
    char text[8], date[40];
    char *copy, *or_null;
    uint64_t seed, wide;
    bool flag;
    enum colour colour;
    int narrow;
    unsigned plain;
    double whole, real, figure, unknown;
    double *numbers;
    size_t number_count, list_count, row_count;
    struct leaf place, *list, array[2], *map;
    int array_count, map_count;
    double rows[3];
    char any[8];
};

#define FIELD_OF struct leaf
static const struct bench_field leaf_fields[] = {
    FIELD(COPY, "key", key, "", BENCH_KEY | BENCH_FILLED, 0, 3),
    FIELD(TEXT, "label", label, "", BENCH_OPTIONAL),
    FIELD(INTEGER, "level", level, "", BENCH_OPTIONAL),
    FIELD(REAL, "share", share, "", BENCH_OPTIONAL, 0, 1),
};
#undef FIELD_OF
static void check_leaf(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct leaf *leaf = record;
    const struct tree *tree = whole;
    bench_demand(r, leaf->level < 0 || leaf->level != tree->narrow, at, "level",
                 "another level than the tree's");
}
static const struct bench_fields leaf = {FIELDS(struct leaf, leaf_fields), .check = check_leaf};

struct row {
    size_t i;
    double x;
    char *name;
};

#define FIELD_OF struct row
static const struct bench_field row_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_OR_NULL),
    FIELD(REAL, "x", x, "", 0, 0, 10),
};
#undef FIELD_OF
static const struct bench_fields row = {FIELDS(struct row, row_fields)};

static bool next_row(const void *record, void *to)
{
    const struct tree *tree = record;
    struct row *next = to;
    next->x = next->i < tree->row_count ? tree->rows[next->i] : 0;
    return next->i++ < tree->row_count;
}

static void take_row(struct bench_reader *r, const struct bench_place *at, void *record, void *from)
{
    struct tree *tree = record;
    struct row *taken = from;
    bench_demand(r, taken->i < 3, at, "x", "three rows at most");
    if (!r->code)
        tree->rows[tree->row_count++] = taken->x;
    free(taken->name);
    *taken = (struct row){.i = taken->i + 1};
}

static json_t *twice(const void *tree)
{
    return bench_json_real(2 * ((const struct tree *)tree)->real);
}

static json_t *put_any(const void *tree)
{
    return json_string(((const struct tree *)tree)->any);
}

static void get_any(struct bench_reader *r, const struct bench_place *at, void *tree)
{
    if (!json_is_string(at->json) || json_string_length(at->json) > 7)
        bench_refuse(r, at->path, at->json, "anything short");
    else if (tree)
        strcpy(((struct tree *)tree)->any, json_string_value(at->json));
}

#define FIELD_OF struct tree
static const struct bench_field beside_fields[] = {FIELD(INTEGER, "plain", plain, "", 0, 0, 4e9)};
static const struct bench_fields beside = {FIELDS(struct tree, beside_fields), .about = "Beside the rest."};
static const struct bench_field tree_fields[] = {
    FIELD_VERSION(3),
    FIELD_CONST("kind", "tree"),
    FIELD(TEXT, "text", text, "Some.", 0, .pattern = "^[a-z]*$"),
    FIELD(TEXT, "date", date, "", 0, FIELD_DATE),
    FIELD(COPY, "copy", copy, "", BENCH_FILLED),
    FIELD(COPY, "or_null", or_null, "", BENCH_OR_NULL),
    FIELD(SEED, "seed", seed, ""),
    FIELD(BOOLEAN, "flag", flag, ""),
    FIELD(WORD, "colour", colour, "", 0, .words = colours),
    FIELD(INTEGER, "narrow", narrow, "", BENCH_OR_NULL, 1),
    FIELD(INTEGER, "wide", wide, ""),
    FIELD_PART("part", &beside, ""),
    FIELD(WHOLE, "whole", whole, ""),
    FIELD(REAL, "real", real, "", 0, FIELD_AMOUNT),
    FIELD(FIGURE, "figure", figure, "", 0, FIELD_ANY),
    FIELD(REAL, "unknown", unknown, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD_MADE(REAL, "twice", twice, "", BENCH_WRITTEN, FIELD_AMOUNT),
    FIELD_NUMBERS("numbers", numbers, number_count, "", BENCH_FILLED, FIELD_NS),
    FIELD(OBJECT, "place", place, "", .of = &leaf),
    FIELD_LIST(LIST, "list", list, list_count, &leaf, "", BENCH_ON_LINES, 0, 2),
    FIELD_LIST(ARRAY, "array", array, array_count, &leaf, ""),
    FIELD_LIST(MAP, "map", map, map_count, &leaf, "", BENCH_FILLED),
    FIELD_MADE(LIST, "rows", NULL, "", BENCH_ON_LINES, .of = &row, .next = next_row, .take = take_row),
    FIELD_MADE(JSON, "any", put_any, "", 0, .get = get_any, .schema = "{\"type\": \"string\"}"),
    FIELD_MADE(INTEGER, "old", NULL, "", BENCH_ACCEPTED | BENCH_OPTIONAL, 0, 5),
};
#undef FIELD_OF
static const struct bench_fields tree_type = {FIELDS(struct tree, tree_fields), .title = "A tree",
                                              .closed = true, .lines = true, .json = JSON_REAL_PRECISION(7)};

static const char good[] =
    "{\n\"schema_version\": 3,\n\"kind\": \"tree\",\n\"text\": \"abc\",\n\"date\": \"\",\n"
    "\"copy\": \"c\",\n\"or_null\": null,\n\"seed\": \"18446744073709551615\",\n"
    "\"flag\": true,\n\"colour\": \"green\",\n\"narrow\": null,\n"
    "\"wide\": 9007199254740992,\n\"part\": {\"plain\": 4000000000},\n\"whole\": 7,\n"
    "\"real\": 1.0,\n\"figure\": 2.5,\n\"unknown\": null,\n\"twice\": 2.0,\n"
    "\"numbers\": [1.0, 2.5],\n\"place\": {\"label\": \"p\"},\n"
    "\"list\": [\n{},\n{\"level\": 0, \"share\": 0.0}\n],\n"
    "\"array\": [{\"level\": 3}],\n\"map\": {\"b\": {}, \"a\": {\"label\": \"m\"}},\n"
    "\"rows\": [\n{\"name\": null, \"x\": 1.0},\n{\"name\": null, \"x\": 9.0}\n],\n"
    "\"any\": \"thing\"\n}\n";

static void tree_free(struct tree *tree)
{
    free(tree->copy);
    free(tree->or_null);
    free(tree->numbers);
    free(tree->list);
    for (int i = 0; i < tree->map_count; i++)
        free(tree->map[i].key);
    free(tree->map);
    *tree = (struct tree){.narrow = -1};
}

static int tree_read(const char *path, struct tree *tree, struct qk_error *err)
{
    *tree = (struct tree){.place = {.level = -1, .share = NAN}};
    const int code = bench_fields_read(&tree_type, path, tree, err);
    if (code)
        tree_free(tree);
    return code;
}

static int read_good(struct tree *tree)
{
    struct qk_error err = {.text = ""};
    bench_test_put(bench_test_path("good.json"), good, strlen(good));
    const int code = tree_read(bench_test_path("good.json"), tree, &err);
    if (code)
        print_message("# %s (%s)\n", err.text, err.where);
    return code;
}

UNIT_TEST(every_kind_comes_and_goes)
{
    struct tree tree;
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(read_good(&tree), QK_OK);
    assert_true(tree.seed == UINT64_MAX && tree.wide == 1ULL << 53 && tree.plain == 4000000000U);
    assert_true(tree.flag && tree.colour == GREEN && tree.narrow == -1 && isnan(tree.unknown));
    assert_null(tree.or_null);
    assert_true(tree.number_count == 2 && tree.numbers[1] == 2.5);
    assert_true(tree.list_count == 2 && tree.list[0].level == -1 && isnan(tree.list[0].share));
    assert_true(tree.list[1].level == 0 && tree.list[1].share == 0);
    assert_int_equal(tree.array_count, 1);
    assert_int_equal(tree.map_count, 2);
    assert_string_equal(tree.map[1].key, "a");
    assert_true(tree.row_count == 2 && tree.rows[1] == 9);
    assert_string_equal(tree.any, "thing");
    assert_int_equal(bench_fields_check(&tree_type, &tree, NULL), QK_OK);
    FILE *f = open_memstream(&bytes, &size);
    assert_int_equal(bench_fields_write(&tree_type, &tree, "the tree", f, NULL), QK_OK);
    fclose(f);
    assert_string_equal(bytes, good);
    free(bytes);
    tree_free(&tree);
}

static const struct bench_test_bad bad[] = {
    {"$.schema_version", "2", "found 2, expected an integer from 3 to 3", NULL},
    {"$.kind", "\"bush\"", "found \"bush\", expected \"tree\"", NULL},
    {"$.text", NULL, "found nothing, expected a string of at most 7 bytes", NULL},
    {"$.text", "\"abcdefgh\"", "expected a string of at most 7 bytes", NULL},
    {"$.text", "\"a\\nb\"", "expected ^[a-z]*$", NULL},
    {"$.text", "\"ab\\n\"", "expected ^[a-z]*$", NULL},
    {"$.date", "\"2026-13-02T03:04:05Z\"", "expected a date and time as", NULL},
    {"$.copy", "\"\"", "expected a text that is not empty", NULL},
    {"$.copy", "null", "found null, expected a string", NULL},
    {"$.or_null", "1", "found 1, expected a string or null", NULL},
    {"$.seed", "\"18446744073709551616\"", "decimal digits of a number below 2^64", NULL},
    {"$.seed", "\"01\"", "decimal digits", NULL},
    {"$.seed", "1", "decimal digits", NULL},
    {"$.flag", "0", "found 0, expected true or false", NULL},
    {"$.colour", "\"blue\"", "found \"blue\", expected \"red\" or \"green\"", NULL},
    {"$.narrow", "0", "found 0, expected an integer from 1 to 2147483647 or null", NULL},
    {"$.narrow", "2147483648", "from 1 to 2147483647", NULL},
    {"$.narrow", "1.0", "found 1, expected an integer", NULL},
    {"$.wide", "9007199254740993", "found 9007199254740993, expected an integer from 0 to 9007199254740992",
     NULL},
    {"$.wide", "-1", "found -1", NULL},
    {"$.part.plain", "4000000001", "from 0 to 4000000000", NULL},
    {"$.whole", "0.5", "found 0.5, expected an integer from 0 to 9007199254740992", NULL},
    {"$.whole", "9007199254740993", "found 9007199254740993", NULL},
    {"$.real", "-1", "found -1, expected a number from 0 to 1e+15", NULL},
    {"$.real", "null", "found null", NULL},
    {"$.figure", "1.1e18", "from -1e+18 to 1e+18", NULL},
    {"$.unknown", "0", "from 0.001 to 1000 or null", NULL},
    {"$.numbers", "[]", "found an array of 0, expected at least 1", NULL},
    {"$.numbers[1]", "0", "found 0, expected a number from 0.001 to 1e+15", NULL},
    {"$.numbers[1]", "null", "found null", NULL},
    {"$.place", "[]", "found an array of 0, expected an object", NULL},
    {"$.place.label", "\"abcdefgh\"", "at most 7 bytes", NULL},
    {"$.list", "[{}, {}, {}]", "found an array of 3, expected at most 2", NULL},
    {"$.list[1]", "3", "found 3, expected an object", NULL},
    {"$.list[1].share", "2", "from 0 to 1", NULL},
    {"$.array", "[{}, {}, {}]", "found an array of 3, expected at most 2", NULL},
    {"$.array", "{}", "found an object, expected an array", NULL},
    {"$.map", "{}", "found an object, expected at least 1", NULL},
    {"$.map", "[]", "expected an object", NULL},
    {"$.map", "{\"abcd\": {}}", "found \"abcd\", expected a string of at most 3 bytes", "$.map.abcd"},
    {"$.map.a.level", "-1", "found -1", NULL},
    {"$.rows[1].x", "11", "from 0 to 10", NULL},
    {"$.rows[1].name", "7", "a string or null", NULL},
    {"$.rows", "[{\"name\": \"a\", \"x\": 1}, {\"name\": \"b\", \"x\": 11}]", "found 11", "$.rows[1].x"},
    {"$.any", "[]", "anything short", NULL},
    {"$.old", "6", "from 0 to 5", NULL},
    {"$.new", "6", "no such member", NULL},
    {"$.narrow", "3", "found 3, expected another level than the tree's", "$.array[0].level"},
};

static int read_tree(const char *path, struct qk_error *err)
{
    struct tree tree;
    const int code = tree_read(path, &tree, err);
    tree_free(&tree);
    return code;
}

UNIT_TEST(each_rule_is_held)
{
    bench_test_refused(good, read_tree, bad, sizeof bad / sizeof *bad);
}

static void assert_invalid(const struct tree *tree, const char *where, const char *text)
{
    struct qk_error err = {.text = ""};
    assert_int_equal(bench_fields_check(&tree_type, tree, &err), QK_ERR_INVALID);
    if (strcmp(err.where, where) != 0 || !strstr(err.text, text))
        fail_msg("found '%s' (%s), expected '%s' (%s)", err.text, err.where, text, where);
}

/* What a reader would refuse. */
UNIT_TEST(records_are_held_against_the_same_rules)
{
    struct tree tree;
    assert_int_equal(read_good(&tree), QK_OK);
#define BREAK(place, value, where, text) BENCH_TEST_WITH(place, value, assert_invalid(&tree, where, text))
    BREAK(tree.text[1], 'B', "$.text", "found \"aBc\", expected ^[a-z]*$");
    BREAK(*tree.copy, '\0', "$.copy", "not empty");
    BREAK(tree.narrow, -2, "$.narrow", "found -2");
    BREAK(tree.wide, (1ULL << 53) + 1, "$.wide", "found 9007199254740993");
    BREAK(tree.plain, UINT_MAX, "$.part.plain", "found 4294967295");
    BREAK(tree.whole, 0.5, "$.whole", "found 0.5, expected an integer");
    BREAK(tree.real, NAN, "$.real", "found null, expected a number");
    BREAK(tree.figure, INFINITY, "$.figure", "found \"inf\", expected a number");
    BREAK(tree.unknown, -INFINITY, "$.unknown", "found \"-inf\", expected a number from 0.001");
    BREAK(tree.number_count, 0, "$.numbers", "at least 1");
    BREAK(tree.place.share, 1.5, "$.place.share", "from 0 to 1");
    BREAK(tree.array[0].level, -2, "$.array[0].level", "found -2");
    BREAK(tree.narrow, 3, "$.array[0].level", "another level than the tree's");
    BREAK(tree.map_count, 0, "$.map", "at least 1");
    BREAK(tree.rows[1], NAN, "$.rows[1].x", "found null");
    BREAK(tree.numbers[1], INFINITY, "$.numbers[1]", "found \"inf\", expected a number from 0.001");
    BREAK(tree.numbers[1], NAN, "$.numbers[1]", "found null, expected a number from 0.001");
    BREAK(tree.map[1].level, -2, "$.map.a.level", "found -2");
    BREAK(tree.list[1].share, -1, "$.list[1].share", "found -1");
#undef BREAK
    tree_free(&tree);
}

static void assert_schema(const json_t *schema, const char *member, const char *expected)
{
    json_t *rule = json_object_get(json_object_get(schema, "properties"), member);
    char *text = json_dumps(rule, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text ? text : "none", expected);
    free(text);
}

UNIT_TEST(schema)
{
    json_t *schema = bench_fields_schema(&tree_type);
    assert_int_equal(json_array_size(json_object_get(schema, "required")), 23);
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    assert_schema(schema, "schema_version", "{\"const\":3}");
    assert_schema(schema, "text",
                  "{\"type\":\"string\",\"maxLength\":7,\"pattern\":\"^[a-z]*$\",\"description\":\"Some.\"}");
    assert_schema(schema, "or_null", "{\"type\":[\"string\",\"null\"]}");
    assert_schema(schema, "colour", "{\"enum\":[\"red\",\"green\"]}");
    assert_schema(schema, "narrow", "{\"type\":[\"integer\",\"null\"],\"minimum\":1,\"maximum\":2147483647}");
    assert_schema(schema, "whole", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":9007199254740992}");
    assert_schema(schema, "part",
                  "{\"type\":\"object\",\"description\":\"Beside the rest.\",\"required\":[\"plain\"],"
                  "\"properties\":{\"plain\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4000000000}}}");
    assert_schema(schema, "numbers",
                  "{\"type\":\"array\",\"minItems\":1,"
                  "\"items\":{\"type\":\"number\",\"minimum\":0.001,\"maximum\":1000000000000000}}");
    assert_schema(schema, "any", "{\"type\":\"string\"}");
    assert_schema(schema, "old", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":5}");
    json_t *map = json_object_get(json_object_get(schema, "properties"), "map");
    assert_int_equal(json_integer_value(json_object_get(map, "minProperties")), 1);
    json_decref(schema);
}

/* Each allocation of jansson is refused in turn. */
UNIT_TEST(memory_runs_out)
{
    struct tree tree, again;
    struct qk_error err;
    assert_int_equal(read_good(&tree), QK_OK);
    for (int step = 0; step < 4; step++) {
        int code = QK_ERR_MEMORY;
        long n;
        for (n = 0; code != QK_OK; n++) {
            FILE *f = fopen("/dev/null", "w");
            bench_test_scarce(n);
            json_t *schema = step == 3 ? bench_fields_schema(&tree_type) : NULL;
            code = step == 0   ? bench_fields_write(&tree_type, &tree, "the tree", f, &err)
                   : step == 1 ? bench_fields_check(&tree_type, &tree, &err)
                   : step == 2 ? tree_read(bench_test_path("good.json"), &again, &err)
                   : schema    ? QK_OK
                               : QK_ERR_MEMORY;
            json_decref(schema);
            bench_test_scarce(-1);
            fclose(f);
            /* jansson takes some refused allocations of its lexer for a wrong token. */
            if (code != QK_OK && code != QK_ERR_MEMORY && !strstr(err.text, "not JSON"))
                fail_msg("step %d, allocation %ld: code %d, %s (%s)", step, n, code, err.text, err.where);
        }
        assert_true(n > 30);
    }
    assert_int_equal(again.map_count, tree.map_count);
    tree_free(&again);
    tree_free(&tree);
}

UNIT_TESTS(fields, bench_test_dir_make, bench_test_dir_remove)
