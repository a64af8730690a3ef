/* SPDX-License-Identifier: MIT */
/* Lists and maps of plain values, elements that must be unique, and members that a map must have. */
#include "harness/records/fields/fields.h"
#include "harness/records/tests/fixture.h"

#include <stdlib.h>
#include <string.h>

struct word {
    char text[8];
};
struct size {
    char of[8], by[8];
    double metres;
};
struct tree {
    size_t word_count, size_count, cut_count;
    struct word *words;
    struct size sizes[2], cuts[2];
};

#define FIELD_OF struct word
static const struct bench_field word_fields[] = {FIELD(TEXT, "text", text, "A word.", BENCH_ONCE)};
#undef FIELD_OF
static const struct bench_fields word = {FIELDS(struct word, word_fields), .bare = true};
#define FIELD_OF struct size
static const struct bench_field metres_fields[] = {
    FIELD(TEXT, "of", of, "", BENCH_KEY),
    FIELD(REAL, "metres", metres, "", 0, 0, 10),
};
static const struct bench_field cut_fields[] = {
    FIELD(TEXT, "of", of, "", BENCH_ONCE),
    FIELD(REAL, "metres", metres, "", 0, 0, 10),
    FIELD(TEXT, "by", by, "", BENCH_ONCE | BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields metres = {FIELDS(struct size, metres_fields), .bare = true};
static const struct bench_fields cut = {FIELDS(struct size, cut_fields)};
static const char *const wanted[] = {"crown", NULL};
#define FIELD_OF struct tree
static const struct bench_field tree_fields[] = {
    FIELD_LIST(LIST, "words", words, word_count, &word, ""),
    FIELD_LIST(MAP, "sizes", sizes, size_count, &metres, "", .words = wanted),
    FIELD_LIST(ARRAY, "cuts", cuts, cut_count, &cut, ""),
};
#undef FIELD_OF
static const struct bench_fields tree_type = {FIELDS(struct tree, tree_fields), .title = "A tree"};

static const char good[] =
    "{\"words\": [\"a\", \"b\"], \"sizes\": {\"crown\": 2.0, \"root\": 1.0}, \"cuts\": ["
    "{\"of\": \"root\", \"metres\": 1.0}, {\"of\": \"root\", \"metres\": 1.0, \"by\": \"me\"}]}\n";

static int read_tree(const char *path, struct qk_error *err)
{
    struct tree tree = {0};
    char *bytes = NULL;
    size_t size = 0;
    const int code = bench_fields_read(&tree_type, path, &tree, err);
    if (!code) { /* the good one */
        FILE *f = open_memstream(&bytes, &size);
        assert_int_equal(bench_fields_write(&tree_type, &tree, "the tree", f, NULL), QK_OK);
        fclose(f);
        assert_string_equal(bytes, good);
        free(bytes);
        assert_int_equal(bench_fields_check(&tree_type, &tree, NULL), QK_OK);
        strcpy(tree.words[1].text, "a");
        assert_int_equal(bench_fields_check(&tree_type, &tree, err), QK_ERR_INVALID);
        assert_string_equal(err->where, "$.words[1]");
        strcpy(tree.words[1].text, "b");
        *tree.cuts[1].by = '\0';
        assert_int_equal(bench_fields_check(&tree_type, &tree, err), QK_ERR_INVALID);
        assert_string_equal(err->where, "$.cuts[1].of");
    }
    free(tree.words);
    return code;
}

UNIT_TEST(values_are_read_written_and_there_once)
{
    static const struct bench_test_bad bad[] = {
        {"$.words[1]", "7", "a string of at most 7 bytes", NULL},
        {"$.words[1]", "\"a\"", "found \"a\", expected each of them once", NULL},
        {"$.sizes.root", "11", "found 11, expected a number from 0 to 10", NULL},
        {"$.sizes.crown", NULL, "found nothing, expected a number from 0 to 10", NULL},
        {"$.sizes.leaf", "1", "found an object, expected at most 2", "$.sizes"},
        {"$.cuts[1].by", NULL, "found \"root\", expected each of and by once", "$.cuts[1].of"},
    };
    bench_test_refused(good, read_tree, bad, sizeof bad / sizeof *bad);
}

UNIT_TEST(their_schema)
{
    json_t *schema = bench_fields_schema(&tree_type);
    char *text = json_dumps(json_object_get(schema, "properties"), JSON_COMPACT);
    static const char expected[] =
        "{\"words\":{\"type\":\"array\",\"uniqueItems\":true,"
        "\"items\":{\"type\":\"string\",\"maxLength\":7,\"description\":\"A word.\"}},"
        "\"sizes\":{\"type\":\"object\",\"maxProperties\":2,\"required\":[\"crown\"],"
        "\"propertyNames\":{\"type\":\"string\",\"maxLength\":7},"
        "\"additionalProperties\":{\"type\":\"number\",\"minimum\":0,\"maximum\":10}},";
    assert_true(text && !strncmp(text, expected, strlen(expected)));
    free(text);
    json_decref(schema);
}

UNIT_TEST(of_a_longer_text_than_fits_whole_characters_are_kept)
{
    static const struct bench_field wide = {.name = "text", .kind = BENCH_FIELD_TEXT, .size = 6, .high = 7};
    static const struct bench_fields type = {.fields = &wide, .count = 1, .size = 6, .bare = true};
    static const char *const texts[][2] = {
        {"abcde", "abcde"}, {"abcdefg", "abcde"}, {"abcd\xc3\xa9", "abcd"}, {"abc\xc3\xa9z", "abc\xc3\xa9"}};
    struct qk_error err;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char kept[6];
        json_t *json = json_string(texts[i][0]);
        assert_int_equal(bench_fields_take(&type, json, "", kept, &err), 0);
        assert_string_equal(kept, texts[i][1]);
        json_decref(json);
    }
}

UNIT_TESTS(fields_lists, bench_test_dir_make, bench_test_dir_remove)
