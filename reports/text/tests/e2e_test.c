/* SPDX-License-Identifier: MIT */
#include "reports/text/e2e.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"
#include "reports/tests/fixture.h"

#include <stdlib.h>
#include <string.h>

enum form { LADDER, LADDER_MARKDOWN, MARKDOWN };

static int write_form(const struct bench_e2e *e, const struct baseline_e2e_audit *audit, enum form form,
                      FILE *to, struct qk_error *err)
{
    return form == MARKDOWN ? report_e2e_markdown(e, to, err)
                            : report_e2e_ladder(e, audit, to, form == LADDER_MARKDOWN, err);
}

static void check(size_t repetitions, double parameters, enum form form, const char *golden)
{
    struct bench_e2e e;
    struct baseline_e2e_audit audit;
    struct qk_error err;
    char *text = NULL;
    size_t size;
    bench_test_e2e(&e, repetitions);
    e.model_parameters = (uint64_t)parameters;
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "no ceilings are stored here", NULL), 0);
    assert_works(baseline_e2e_audit_make(&audit, ROADMAP_JSON, &e, &err), err);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(write_form(&e, &audit, form, to, NULL), 0);
    assert_int_equal(fclose(to), 0);
    report_golden_check(golden, text);
    free(text);

    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(write_form(&e, &audit, form, full, &err), QK_ERR_IO);
    fclose(full);
    baseline_e2e_audit_free(&audit);
    bench_e2e_free(&e);
}

UNIT_TEST(a_ladder_with_verdicts)
{
    check(7, 2412820480, LADDER, "e2e_ladder.txt");
}

UNIT_TEST(a_ladder_in_markdown)
{
    check(7, 2412820480, LADDER_MARKDOWN, "e2e_ladder.md");
}

UNIT_TEST(a_smaller_model_and_few_repetitions_are_said)
{
    check(3, 606268928, LADDER, "e2e_short.txt");
}

UNIT_TEST(one_repetition_has_no_interval)
{
    check(1, 2412820480, LADDER, "e2e_one.txt");
}

static struct bench_e2e_read read_by(const void *gbs, size_t threads)
{
    return (struct bench_e2e_read){*(const double *)gbs * (double)threads, threads == 1 ? 11 : NAN};
}

/* A quarter slower in each repetition, and one row that skipped work. */
UNIT_TEST(a_peer_in_one_table)
{
    struct bench_e2e e;
    struct qk_error err;
    char *text = NULL;
    size_t size;
    bench_test_e2e(&e, 7);
    for (size_t i = 0; i < e.count; i++) {
        struct bench_e2e_peer *p = &e.rows[i].peer;
        p->count = 7;
        p->samples_ns = calloc(7, sizeof *p->samples_ns);
        assert_non_null(p->samples_ns);
        for (size_t r = 0; r < 7; r++)
            p->samples_ns[r] = 1.25 * e.rows[i].samples_ns[r];
        strcpy(p->command, "llama-bench -m model.gguf");
        strcpy(p->build, "bebc9350e");
        strcpy(p->model, "model.gguf");
        strcpy(p->model_type, "bitnet 2B IQ2_BN");
        strcpy(p->backends, "CPU");
    }
    const double gbs = 2;
    e.rows[6].threads = e.rows[7].threads = 2;
    assert_works(bench_e2e_summarise(&e, read_by, &gbs, NULL, &err), err);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_works(report_e2e_markdown(&e, to, &err), err);
    fclose(to);
    report_golden_check("e2e_peer.md", text);
    free(text);
    bench_e2e_free(&e);
}

UNIT_TEST(the_table_of_llama_bench)
{
    check(7, 2412820480, MARKDOWN, "e2e.md");
}

UNIT_TESTS(e2e, NULL, NULL)
