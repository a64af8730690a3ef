/* SPDX-License-Identifier: MIT */
/* write_verdicts FORM KIND prints a report made by hand, for tests that read such a form. */
#include "harness/records/tests/read_again.h"
#include "reports/forms/tests/verdicts_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_verdicts)
{
    struct baseline_report r;
    struct qk_error err;
    report_verdicts_writer *const write = argc == 3 ? report_verdicts_writer_of(argv[1]) : NULL;
    if (!write || !report_verdicts_fixture(&r, argv[2])) {
        fputs("write_verdicts FORM KIND\n", stderr);
        return 2;
    }
    const int code = write(&r, stdout, &err);
    if (code)
        fprintf(stderr, "%s\n", err.text);
    report_verdicts_fixture_free(&r);
    return code ? 1 : 0;
}

static int take(const json_t *json, FILE *to, struct qk_error *err)
{
    struct baseline_report r;
    int code = report_verdicts_take_json(&r, json, "", err);
    if (code)
        return code;
    if (to)
        code = report_verdicts_json(&r, to, err);
    baseline_report_free(&r);
    return code;
}

TEST_PART(read_verdicts)
{
    return bench_test_read_again(argc, argv, take);
}
