/* SPDX-License-Identifier: MIT */
#include "baselines/gate/evidence.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] =
    "{\"schema_version\":1,\"kind\":\"duet_trace\",\"seed\":\"7\",\"cases\":["
    "{\"name\":\"a/b/1\",\"base\":{\"side\":\"base\"},\"candidate\":{\"side\":\"candidate\"}},"
    "{\"name\":\"a/b/1\",\"base\":{\"side\":\"base\"},\"candidate\":{\"side\":\"copy\"}}]}\n";

/* The result of reading that trace, beside a gate of one case and its control. */
static int read_trace(const char *text, struct baseline_evidence **list, struct baseline_report *r,
                      struct qk_error *err)
{
    char path[] = "/tmp/evidence-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(baseline_report_make(r, 2, NULL), 0);
    r->seed = 7;
    r->alpha = 0.001;
    r->results[1].role = BASELINE_AA;
    for (int i = 0; i < 2; i++) {
        strcpy(r->results[i].name, "a/b/1");
        r->results[i].timed = true;
        r->results[i].ignorable = 0.002;
        r->results[i].must_catch = 0.008;
    }
    const int code = baseline_evidence_read(list, r, path, err);
    unlink(path);
    return code;
}

/* The same as the decision itself comes to: one case of two, so ln(2 / 0.001). */
UNIT_TEST(evidence_grows_as_the_decision_says)
{
    struct baseline_evidence *list;
    struct baseline_report r;
    struct qk_error err;
    char text[2000];
    snprintf(text, sizeof text, "%s%s%s%s", head, "{\"case\":0,\"log_ratio\":0.1,\"disturbed\":true}\n",
             "{\"case\":1,\"log_ratio\":9,\"disturbed\":false}\n",
             "{\"case\":0,\"log_ratio\":0.004,\"disturbed\":false}\n");
    if (read_trace(text, &list, &r, &err))
        fail_msg("%s", err.text);
    assert_int_equal(list[0].count, 2);
    assert_int_equal(list[1].count, 0);
    assert_true(isnan(list[1].threshold));
    assert_true(fabs(list[0].threshold - log(2 / 0.001)) < 1e-12);
    const struct baseline_look *looks = list[0].looks;
    assert_true(looks[0].disturbed && !looks[1].disturbed && looks[1].log_ratio == 0.004);
    assert_true(looks[1].log_e[BASELINE_SLOWER] == baseline_log_e(2, 2));
    assert_true(looks[1].log_e[BASELINE_BEYOND] == baseline_log_e(1, 2));
    assert_true(looks[1].log_e[BASELINE_WITHIN] == baseline_log_e(1, 2));
    baseline_evidence_free(list, &r);
    baseline_report_free(&r);
}

UNIT_TEST(what_is_no_trace_of_it_is_refused)
{
    static const struct {
        const char *from, *to, *more;
        int code;
        const char *says;
    } wrong[] = {
        {"\"7\"", "\"8\"", "", QK_ERR_INVALID, "found the seed 8, expected 7"},
        {"duet_trace", "trace", "", QK_ERR_FORMAT, "\"trace\""},
        {"[{", "[3,{", "", QK_ERR_FORMAT, "found 3"},
        {"", "", "{\"case\":2,\"log_ratio\":0,\"disturbed\":true}\n", QK_ERR_FORMAT, "less than the 2 cases"},
        {"", "", "{\"case\":0,\"log_ratio\":\"x\",\"disturbed\":true}\n", QK_ERR_FORMAT, "\"x\""},
        {"", "", "{\"case\":0,", QK_ERR_FORMAT, "line 2 is no JSON"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct baseline_evidence *list;
        struct baseline_report r;
        struct qk_error err;
        char text[2000];
        const char *const at = strstr(head, wrong[i].from);
        snprintf(text, sizeof text, "%.*s%s%s%s", (int)(at - head), head, wrong[i].to,
                 at + strlen(wrong[i].from), wrong[i].more);
        assert_int_equal(read_trace(text, &list, &r, &err), wrong[i].code);
        if (!strstr(err.text, wrong[i].says))
            fail_msg("found '%s', expected '%s'", err.text, wrong[i].says);
        baseline_evidence_free(list, &r);
        baseline_report_free(&r);
    }
}

UNIT_TESTS(evidence, NULL, NULL)
