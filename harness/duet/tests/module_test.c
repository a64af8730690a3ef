/* SPDX-License-Identifier: MIT */
/*
 * Kernel modules: which of them load, what messages say of the others, and whether a row does what it
 * claims.
 */
#include "harness/duet/duet.h"

#include "harness/counters/tests/step_fixture.h"
#include "harness/machine/tests/scratch.h"
#include "kernels/module.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

static struct qk_error err;
static char note[BENCH_DUET_NAME]; /* of the row verified last */

static void refused(const char *path, int code, const char *text)
{
    struct qk_table m;
    assert_int_equal(qk_table_load(&m, path, &err), code);
    assert_says(err.text, text);
    assert_null(m.handle);
    assert_null(m.rows);
    qk_table_free(&m);
}

UNIT_TEST(ours_holds_every_row)
{
    struct qk_table m;
    assert_int_equal(qk_table_load(&m, KERNELS, &err), 0);
    assert_int_equal(m.count, qk_table_builtin()->count);
    assert_string_equal(m.compiler, qk_table_builtin()->compiler);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *mine = &qk_table_builtin()->rows[i];
        const struct qk_variant *row = qk_table_find(&m, mine->op_name, mine->name);
        assert_non_null(row);
        assert_null(row->unknown);
        assert_int_equal(row->op, mine->op);
        assert_int_equal(row->isa, mine->isa);
        assert_int_equal(row->kind, mine->kind);
        assert_int_equal(row->made, mine->made);
        assert_int_equal(row->touches, mine->touches);
        assert_int_equal(!row->fn, !mine->fn);
        assert_string_equal(row->phase, mine->phase);
        assert_string_equal(row->flags, mine->flags);
        assert_int_equal(mine->at, 0);
        assert_int_equal(!row->at, !mine->fn);
        if (mine->fn)
            assert_memory_not_equal(&row->fn, &mine->fn,
                                    sizeof row->fn); /* its own code, not the program's */
        for (size_t k = 0; k < i && mine->fn; k++)
            assert_int_not_equal(row->at, m.rows[k].at);
    }
    assert_null(qk_table_find(&m, "qk256_dequant", "no_such"));
    qk_table_free(&m);
}

UNIT_TEST(two_copies_are_two_mappings)
{
    struct qk_table a, b;
    size_t size;
    char *const bytes = bench_test_get(KERNELS, &size);
    bench_test_put(bench_test_path("copy.so"), bytes, size);
    free(bytes);
    assert_int_equal(qk_table_load(&a, KERNELS, &err), 0);
    assert_int_equal(qk_table_load(&b, bench_test_path("copy.so"), &err), 0);
    assert_true(a.handle != b.handle && a.rows != b.rows);
    for (size_t i = 0; i < a.count; i++) {
        const struct qk_variant *x = &a.rows[i], *y = &b.rows[i];
        Dl_info of_x, of_y;
        void *at_x, *at_y;
        if (!x->fn)
            continue;
        memcpy(&at_x, &x->fn, sizeof at_x);
        memcpy(&at_y, &y->fn, sizeof at_y);
        assert_true(dladdr(at_x, &of_x) && dladdr(at_y, &of_y));
        assert_ptr_not_equal(of_x.dli_fbase, of_y.dli_fbase);
        assert_int_equal((uintptr_t)at_x - (uintptr_t)of_x.dli_fbase, x->at);
        assert_int_equal(x->at, y->at);
    }
    qk_table_free(&a);
    qk_table_free(&b);
}

UNIT_TEST(what_is_no_module_is_refused)
{
    static char text[2000];
    memset(text, 'x', sizeof text);
    bench_test_put(bench_test_path("text.so"), text, sizeof text);
    bench_test_put(bench_test_path("empty.so"), "", 0);
    refused("/nonexistent/x.so", QK_ERR_IO, "No such file");
    refused(bench_test_dir, QK_ERR_IO, "not a regular file");
    refused(bench_test_path("text.so"), QK_ERR_IO, "invalid ELF header");
    refused(bench_test_path("empty.so"), QK_ERR_IO, "file too short");
    assert_int_equal(mkfifo(bench_test_path("pipe.so"), 0600), 0);
    refused(bench_test_path("pipe.so"), QK_ERR_IO, "not a regular file");
    refused(NO_MODULE, QK_ERR_INVALID, "it has no function qk_kernels_module");
    refused(FAKE_MAGIC_SO, QK_ERR_INVALID, "starts with 0x12345678, expected 0x4d4b5151");
    refused(FAKE_ROW_SO, QK_ERR_INVALID, "broken table");
    refused(OLD_BAD_SO, QK_ERR_INVALID, "what qk_kernels_traits returns does not fit it");
    refused(FAKE_ABI_SO, QK_ERR_INVALID, "ABI version 5 of the kernels, this program reads versions 1 to 4");
}

UNIT_TEST(a_broken_table_is_refused)
{
    static const struct {
        const char *flaw, *why; /* NULL: none */
    } tables[] = {{"", NULL},
                  {"empty op", "its op or its name"},
                  {"no op", "its op or its name"},
                  {"wild op", "its op or its name"},
                  {"empty name", "its op or its name"},
                  {"name with a slash", "its op or its name"},
                  {"name with a blank", "its op or its name"},
                  {"name with an escape", "its op or its name"},
                  {"name of 64 bytes", "its op or its name"},
                  {"name of 63 bytes", NULL},
                  {"no level", "it lacks a text"},
                  {"no maker", "it lacks a text"},
                  {"no touches", "it lacks a text"},
                  {"no flags", "its compiler flags"},
                  {"flags of 4096 bytes", "its compiler flags"},
                  {"flags of 4095 bytes", NULL},
                  {"no compiler", "no compiler or version"},
                  {"wild rows", "rows of 88 bytes, expected 1 to 4096 of 88, in the module"},
                  {"rows of libc", "rows of 88 bytes, expected 1 to 4096 of 88, in the module"},
                  {"a row twice", "an earlier row has the same op and name"},
                  {"code of libc", "its function is not in the module's own code"},
                  {"code in data", "its function is not in the module's own code"},
                  {"stages of libc", "its function is not in the module's own code"},
                  {"own stages", NULL},
                  {"form of a plain row", "it has a form, but its kind is not PREPARED"},
                  {"form: right", NULL},
                  {"form: none", "its kind is PREPARED, but it has no form"},
                  {"form: wild", "its form is not in the module, or of another size"},
                  {"form: of another size", "its form is not in the module, or of another size"},
                  {"form: aligned to 48", "alignment is no power of two"},
                  {"form: bound 3", "its form's bound is unknown"},
                  {"form: tolerance 4097", "its tolerance above 4096"},
                  {"form: scale per 48", "its form has no scales, or rows or columns in multiples of 0"},
                  {"form: columns of 0", "its form has no scales, or rows or columns in multiples of 0"},
                  {"form: no prepare_weights", "a function of its form is not in the module's own code"},
                  {"form: size of libc", "a function of its form is not in the module's own code"},
                  {"module with a slash", "the module's name is no word"},
                  {"wild module", "the module's name is no word"},
                  {"too many rows", "2147483648 rows of 88 bytes"},
                  {"no rows", "0 rows of 88 bytes"},
                  {"rows past the module", "4096 rows of 88 bytes"}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct qk_table m;
        setenv("FAKE_FLAW", tables[i].flaw, 1);
        if (tables[i].why)
            refused(FAKE_SO, QK_ERR_INVALID, tables[i].why);
        else
            assert_int_equal(qk_table_load(&m, FAKE_SO, &err), 0);
        unsetenv("FAKE_FLAW");
        if (!tables[i].why)
            qk_table_free(&m);
    }
}

UNIT_TEST(a_module_of_old_is_read)
{
    static const char *const paths[] = {OLD_SO, OLD_TRAITS_SO};
    for (int traits = 0; traits < 2; traits++) {
        struct qk_table m;
        double instructions;
        assert_int_equal(qk_table_load(&m, paths[traits], &err), 0);
        assert_int_equal(m.count, 2);
        assert_string_equal(m.compiler, "old 1");
        const struct qk_variant *row = qk_table_find(&m, "qk256_dequant", "scalar");
        assert_string_equal(row->flags, "-O2");
        assert_int_equal(row->op, QK_OP_qk256_dequant);
        assert_int_equal(row->made, traits ? QK_BY_COMPILER : QK_BY_HAND);
        assert_int_equal(row->touches, traits ? QK_TOUCHES_STORES : QK_TOUCHES_ALL);
        assert_true(row->at > 0);
        assert_null(row->upto);
        assert_int_equal(bench_module_verify(row, 1, &instructions, note, &err), 0);
        row = qk_table_find(&m, "qk256_dequant", "p4_permute");
        assert_true(!row->fn && !row->at && row->isa == QK_ISA_AVX512);
        qk_table_free(&m);
    }
}

UNIT_TEST(a_row_whose_op_has_changed_since_is_outdated)
{
    struct qk_table m;
    assert_int_equal(qk_table_load(&m, FAKE_OUTDATED_SO, &err), 0);
    const struct qk_variant *row = qk_table_find(&m, "attention_f16", "right");
    assert_int_equal(row->outdated, 3);
    assert_string_equal(row->unknown, "its op has another contract since ABI 3, and its module is of ABI 2");
    assert_int_equal(bench_module_verify(row, 1, &(double){0}, note, &err), QK_ERR_UNAVAILABLE);
    row = qk_table_find(&m, "qk256_dequant", "right");
    assert_true(!row->outdated && !row->unknown);
    qk_table_free(&m);
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        assert_false(qk_table_builtin()->rows[i].outdated);
}

UNIT_TEST(rows_of_another_world_are_no_variants)
{
    static const struct {
        const char *op, *name, *why;
    } rows[] = {{"qk256_dequant", "of_tomorrow", "no ISA level 'AVX2048'"},
                {"qk256_dequant", "odd_kind", "no kind of row 'ROUND'"},
                {"other_op", "right", "no op 'other_op'"}};
    struct qk_table m;
    double instructions;
    assert_int_equal(qk_table_load(&m, FAKE_SO, &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct qk_variant *row = qk_table_find(&m, rows[i].op, rows[i].name);
        assert_non_null(row);
        assert_non_null(row->unknown);
        assert_non_null(strstr(row->unknown, rows[i].why));
        assert_int_equal(bench_module_verify(row, 1, &instructions, note, &err), QK_ERR_UNAVAILABLE);
    }
    const struct qk_variant *row = qk_table_find(&m, "qk256_dequant", "elsewhere");
    assert_null(row->unknown);
    assert_null(row->fn);
    assert_int_equal(bench_module_verify(row, 1, &instructions, note, &err), QK_ERR_UNAVAILABLE);
    qk_table_free(&m);
}

static void verify(const struct qk_table *m, const char *op, const char *name, int code, const char *text)
{
    double instructions;
    const struct qk_variant *row = qk_table_find(m, op, name);
    assert_non_null(row);
    err.text[0] = '\0';
    const int got = bench_module_verify(row, 3, &instructions, note, &err);
    if (got != code || (text && !strstr(err.text, text)))
        fail_msg("%s: %d '%s', expected %d '%s'", name, got, err.text, code, text ? text : "");
}

UNIT_TEST(rows_of_ours_do_what_they_claim)
{
    struct qk_table m;
    struct qk_cpu cpu;
    assert_int_equal(qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err), 0);
    assert_int_equal(qk_table_load(&m, KERNELS, &err), 0);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
#ifdef INSTRUMENTED
        /*
         * Ten times as many steps, which say nothing about rows: kernels/check runs them all for the memory's
         * sake.
         */
        if (&qk_table_builtin()->rows[i] != qk_reference(QK_OP_qk256_dequant))
            continue;
#endif
        /* The last of each op. Others take up to two seconds each; every gate of the whole table has them. */
        if (!getenv("QK_TEST_ALL_ROWS") && i + 1 < qk_table_builtin()->count &&
            qk_table_builtin()->rows[i].op == qk_table_builtin()->rows[i + 1].op)
            continue;
        verify(&m, qk_table_builtin()->rows[i].op_name, qk_table_builtin()->rows[i].name,
               qk_variant_missing(&qk_table_builtin()->rows[i], &cpu) ? QK_ERR_UNAVAILABLE : 0, NULL);
    }
    qk_table_free(&m);
}

UNIT_TEST(a_row_that_does_not_is_told)
{
    struct qk_table m;
    struct qk_cpu cpu;
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    assert_int_equal(qk_table_load(&m, FAKE_SO, &err), 0);
    verify(&m, "qk256_dequant", "right", 0, NULL);
    verify(&m, "qk256_dequant", "slow", 0, NULL); /* by a system call */
    assert_says(note, "level not proven: ");
    verify(&m, "qk256_dequant", "wrong", QK_ERR_CHECK, "expected");
    verify(&m, "qk256_dequant", "crash", QK_ERR_CHECK, "");
    if (step_test_traps() && HAVE_KINDS && cpu.present[QK_ISA_AVX512])
        verify(&m, "qk256_dequant", "claims_avx512", QK_ERR_CHECK, "none is of level AVX512");
    qk_table_free(&m);
}

/* As fake_levels.c asks. The level AVX512 needs more of a CPU. */
static bool has_avx512f(void)
{
#if defined __x86_64__
    return __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

/* What the row's level has not is told, although this CPU has it. */
UNIT_TEST(a_row_that_runs_more_than_its_level_is_told)
{
    static const struct {
        const char *name, *level, *instruction, *text;
    } known[] = {
        {"beyond_in_a_helper", "BASE", "vpaddd (AVX2)", " on 256: the first of 2 such"},
#ifndef INSTRUMENTED /* whose calls are not stepped so far */
        {"beyond_late", "BASE", "vpaddd (AVX2)", " on 512: the first of 1 such"},
#endif
        {"beyond_when_large", "BASE", "vpaddd (AVX2)", " on 16384: the first of 1 such among 2048 "},
        {"beyond_by_vex", "BASE", "vmulss (AVX)", " on 256: the first of 1 such"},
        {"beyond_by_sse4", "BASE", "pmulld (SSE4)", " on 256: the first of 1 such"},
        {"beyond_then_asks", "BASE", "popcnt (POPCNT)", " on 256: the first of 1 such"},
        {"beyond_in_generated_code", "BASE", "vpaddd (AVX2)", " on 256: the first of 2 such"},
        {"beyond_avx2", "AVX2", "vpaddd (AVX512F_512)", " on 256: the first of 2 such"},
    };
    struct qk_table m;
    struct qk_cpu cpu;
    assert_int_equal(qk_cpu_detect(&cpu, NULL, &err), 0);
    assert_int_equal(qk_table_load(&m, FAKE_LEVELS_SO, &err), 0);
    for (size_t i = 0; i < sizeof known / sizeof *known && step_test_traps() && HAVE_KINDS; i++) {
        char claim[80];
        if (!cpu.present[QK_ISA_AVX2])
            continue;
        if (!strcmp(known[i].level, "AVX2") && !has_avx512f()) {
            verify(&m, "qk256_dequant", known[i].name, 0, NULL);
            continue;
        }
        snprintf(claim, sizeof claim, "runs %s, which level %s has not, ", known[i].instruction,
                 known[i].level);
        verify(&m, "qk256_dequant", known[i].name, QK_ERR_CHECK, claim);
        assert_says(err.text, known[i].text);
    }
    qk_table_free(&m);
}

UNIT_TEST(what_libraries_run_does_not_count)
{
    struct qk_table m;
    struct bench_steps steps;
    assert_int_equal(qk_table_load(&m, FAKE_LEVELS_SO, &err), 0);
    verify(&m, "qk256_dequant", "right", 0, NULL);
    if (step_test_traps() && HAVE_KINDS)
        assert_string_equal(note, "");
    verify(&m, "qk256_dequant", "calls_libraries", 0, NULL);
    if (step_test_traps()) {
        const struct qk_variant *row = qk_table_find(&m, "qk256_dequant", "calls_libraries");
        assert_int_equal(bench_steps_smallest(row, 3, NULL, &steps, &err), 0);
#ifndef INSTRUMENTED /* which calls more */
        assert_int_equal(steps.called_count, 2);
        assert_string_equal(steps.called[0], "memcpy");
        assert_string_equal(steps.called[1], "expf");
        if (HAVE_KINDS)
            assert_string_equal(note, "calls memcpy, expf");
#endif
    }
    qk_table_free(&m);
}

UNIT_TEST(our_own_module_is_found)
{
    char path[300];
    assert_int_equal(bench_module_own_from("/nonexistent", "/none", path, sizeof path, &err), QK_ERR_IO);
    assert_says(err.text, "neither in '/nonexistent/kernels'");
    bench_test_put(bench_test_path("libqkernels.so"), "1", 1);
    assert_int_equal(bench_module_own_from("/nonexistent", bench_test_dir, path, sizeof path, &err), 0);
    assert_string_equal(path, bench_test_path("libqkernels.so"));
    assert_int_equal(bench_module_own_from(bench_test_dir, "/none", path, sizeof path, &err), 0);
    assert_string_equal(path, bench_test_path("libqkernels.so"));
    bench_test_put(bench_test_path("kernels/libqkernels.so"), "1", 1);
    assert_int_equal(bench_module_own_from(bench_test_dir, "/none", path, sizeof path, &err), 0);
    assert_string_equal(path, bench_test_path("kernels/libqkernels.so"));
}

UNIT_TESTS(module, bench_test_dir_make, bench_test_dir_remove)
