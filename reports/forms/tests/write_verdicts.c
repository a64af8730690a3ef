/* SPDX-License-Identifier: MIT */
/* write_verdicts FORM KIND prints a report made by hand, for tests that read such a form. */
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
