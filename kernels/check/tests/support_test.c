/* SPDX-License-Identifier: MIT */
#include "kernels/support.h"

#include "kernels/cases/case.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"

#include <stdlib.h>
#include <string.h>

static struct qk_error err;

static void sizes(void)
{
    size_t r = 1;
    tap(qk_mul_size(3, 5, &r) && r == 15, "3 * 5", NULL);
    tap(!qk_mul_size(SIZE_MAX / 2, 3, &r) && r == 15, "a product that overflows leaves the result alone",
        NULL);
    tap(!qk_add_size(SIZE_MAX, 1, &r) && r == 15, "a sum that overflows", NULL);
    tap(qk_align_size(65, 64, &r) && r == 128, "65 aligned to 64", NULL);
    tap(!qk_align_size(SIZE_MAX - 3, 64, &r), "an alignment that overflows", NULL);
}

/* State {1, 2, 3, 4}: first outputs worked out by hand from the definition of xoshiro256**. */
static void generator(void)
{
    struct qk_rng rng = {{1, 2, 3, 4}};
    tap(qk_rng_next(&rng) == 11520 && qk_rng_next(&rng) == 0, "xoshiro256** from {1, 2, 3, 4}", NULL);
    /* splitmix64 of seed 0 begins with this value (Steele, Lea, Flood 2014). */
    qk_rng_seed(&rng, 0);
    tap(rng.s[0] == 0xe220a8397b1dcdafu, "splitmix64 from 0", NULL);
    bool in = true, all = true;
    int seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        const uint64_t k = qk_rng_below(&rng, 7);
        const float u = qk_rng_unit(&rng);
        in = in && k < 7 && u >= 0.0f && u < 1.0f;
        seen[k < 7 ? k : 0]++;
    }
    for (int i = 0; i < 7; i++)
        all = all && seen[i] > 850 && seen[i] < 1150; /* 1000 +- 5 sigma */
    tap(in && all, "draws below 7 are in range and even", NULL);
}

static void errors(void)
{
    char long_text[2000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    tap(qk_fail(&err, QK_ERR_IO, NULL, "%s", long_text) == QK_ERR_IO && strlen(err.text) < sizeof err.text &&
            !*err.where,
        "a text that is too long is cut", NULL);
    tap(qk_fail(NULL, QK_ERR_IO, "where", "text") == QK_ERR_IO, "no error struct", NULL);
}

static void shapes(void)
{
    static const char *const bad[] = {
        "",     "0",    "x",    "256x", "x256", "1x2x3x4x5x6", "-1", " 1", "1 ", "99999999999999999999",
        "1xx2", "0x10", "4096,"};
    static const char *const good[] = {
        "1", "4096", "6912x2560", "6912x2560x512", "20x128x64x16", "48x256x64x32x13"};
    struct qk_shape s;
    char text[QK_SHAPE_TEXT];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        tap(qk_shape_parse(bad[i], &s, &err) == QK_ERR_ARG && strstr(err.text, "expected"), "a bad shape",
            &err);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const bool parsed = !qk_shape_parse(good[i], &s, &err);
        qk_shape_print(&s, text);
        tap(parsed && !strcmp(text, good[i]), good[i], &err);
    }
}

static void shape_lists(void)
{
    char word[QK_SHAPE_TEXT], longer[QK_SHAPE_TEXT + 10];
    const char *rest = qk_shape_word("  256 3x4  ", word);
    tap(rest && !strcmp(word, "256"), "first word of a list", NULL);
    rest = rest ? qk_shape_word(rest, word) : NULL;
    tap(rest && !strcmp(word, "3x4") && !qk_shape_word(rest, word), "last word of a list", NULL);
    memset(longer, '1', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    struct qk_shape s;
    tap(qk_shape_word(longer, word) && qk_shape_parse(word, &s, &err) == QK_ERR_ARG,
        "a word that is cut is no shape", &err);
}

static void ops(void)
{
    bool seed = true;
    for (int op = 0; op < QK_OP_COUNT; op++)
        seed &= !strcmp(qk_op_row(op)->on->sets[0].name, "seed");
    tap(seed, "every op's first set is named seed", NULL);
    tap(qk_stage_count(QK_OP_qk256_dequant) == 5, "stages of qk256_dequant", NULL);
}

static void plans(void)
{
    const struct qk_case *on = qk_op_row(QK_OP_qk256_dequant)->on;
    struct qk_shape s = {.dims = 1, .dim = {257}};
    struct qk_plan plan;
    tap(on->plan(&s, &plan, &err) == QK_ERR_ARG && strstr(err.text, "256"),
        "257 elements are no whole blocks", &err);
    s = (struct qk_shape){.dims = 2, .dim = {SIZE_MAX / 2, 256}};
    tap(on->plan(&s, &plan, &err) == QK_ERR_MEMORY, "a shape that overflows", &err);
    s = (struct qk_shape){.dims = 2, .dim = {3, 300}};
    tap(!on->plan(&s, &plan, &err) && plan.count == 6, "every row begins a block", &err);
    tap(qk_shape_for_bytes(on, 1 << 20, &s) && !on->plan(&s, &plan, &err) &&
            plan.bytes_read + plan.bytes_written <= 1 << 20 &&
            plan.bytes_read + plan.bytes_written > (1 << 20) - 1200,
        "a shape for one MiB", &err);
    tap(!qk_shape_for_bytes(on, 100, &s), "no shape for 100 bytes", NULL);
}

/* Is one bit in the last place of an output a difference? */
static bool last_bit_counts(enum qk_op op)
{
    const struct qk_case *on = qk_op_row(op)->on;
    void *expected[QK_BUFFERS_MAX] = {NULL}, *found[QK_BUFFERS_MAX];
    struct qk_shape shape;
    struct qk_plan plan;
    struct qk_rng rng;
    char why[200];
    int first = 0;
    qk_rng_seed(&rng, 5);
    if (qk_shape_parse(on->touch_shape, &shape, &err) || qk_plan_for(qk_reference(op), &shape, &plan, &err))
        return false;
    for (int i = 0; i < plan.buffer_count; i++)
        expected[i] = aligned_alloc(64, (plan.buffers[i].bytes + 127) / 64 * 64);
    on->fill(&plan, QK_FILL_ORDINARY, &rng, expected);
    qk_expect(op, &plan, expected);
    memcpy(found, expected, sizeof found);
    while (!plan.buffers[first].output)
        first++;
    found[first] = malloc(plan.buffers[first].bytes);
    memcpy(found[first], expected[first], plan.buffers[first].bytes);
    const bool same = on->same(&plan, expected, found, why, sizeof why);
    *(unsigned char *)found[first] ^= 1;
    const bool counts = same && !on->same(&plan, expected, found, why, sizeof why);
    free(found[first]);
    for (int i = 0; i < plan.buffer_count; i++)
        free(expected[i]);
    return counts;
}

static void exact_ops(void)
{
    bool right = true;
    for (int op = 0; op < QK_OP_COUNT; op++)
        right &= last_bit_counts((enum qk_op)op) != qk_op_row((enum qk_op)op)->on->bounded;
    tap(right, "bounded are the cases that do not compare every bit", &err);
}

static void levels(void)
{
    struct qk_cpu cpu, none;
    tap(!qk_cpu_detect(&cpu, NULL, &err) && cpu.present[QK_ISA_BASE], "BASE is everywhere", &err);
    tap(!qk_cpu_detect(&none, "AvX2", &err) && !none.present[QK_ISA_AVX2] && !none.present[QK_ISA_AVX512] &&
            !none.present[QK_ISA_AVXVNNI],
        "AVX2 off takes all above BASE with it", &err);
    const struct qk_table *table = qk_table_builtin();
    tap(qk_table_best(table, QK_OP_qk256_dequant, &none) == qk_reference(QK_OP_qk256_dequant),
        "without AVX2 the reference is the best", NULL);
    tap(!qk_cpu_detect(&none, "avx512,avxvnni", &err) &&
            none.present[QK_ISA_AVX2] == cpu.present[QK_ISA_AVX2],
        "AVX-512 off leaves AVX2", &err);
    tap(qk_cpu_detect(&none, "base", &err) == QK_ERR_ARG, "BASE cannot be switched off", &err);
    tap(qk_cpu_detect(&none, "avx512,", &err) == QK_ERR_ARG, "a trailing comma", &err);
    bool foreign = true, dispatched = false;
    for (int i = 0; i < QK_ISA_COUNT; i++)
        if (!qk_isa_of_here((enum qk_isa)i))
            foreign &= !cpu.present[i] && strstr(cpu.why[i], "architecture");
    for (size_t i = 0; i < table->count; i++) {
        foreign &= qk_isa_of_here(table->rows[i].isa);
        dispatched |= qk_table_best(table, table->rows[i].op, &cpu)->kind == QK_CEILING;
    }
    tap(foreign, "another architecture's levels are absent, and so are its rows", NULL);
    tap(!dispatched, "a ceiling is never dispatched to", NULL);
}

TEST_PART(support)
{
    sizes();
    generator();
    errors();
    shapes();
    shape_lists();
    ops();
    plans();
    levels();
    exact_ops();
    return tap_end();
}
