/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML that both usual schemas accept: that of Ant's reports (github.com/windyroad/JUnit-Schema) and
 * that of Jenkins (xunit-plugin, junit-10.xsd). So dates have no zone, and a test case holds nothing beside
 * its result. Only Jenkins's schema has `file`, which GitLab and others link. Where the file is not known it
 * is left out.
 */
#include "harness/records/shown.h"
#include "reports/forms/private.h"

#include <math.h>
#include <string.h>

/*
 * What is shown of a text are characters that XML 1.0 allows (2.2); an attribute keeps its line ends as
 * references.
 */
static void write_escaped(const char *text, FILE *to)
{
    struct bench_shown one;
    for (size_t left = strlen(text); left;) {
        const size_t bytes = bench_shown_first(&one, text, left, "\t\n\r");
        if (strchr("\t\n\r&<>\"'", *one.text))
            fprintf(to, "&#%d;", *one.text);
        else
            fputs(one.text, to);
        text += bytes;
        left -= bytes;
    }
}

static void attribute(const char *name, const char *value, FILE *to)
{
    fprintf(to, " %s=\"", name);
    write_escaped(value, to);
    putc('"', to);
}

static void seconds(double s, FILE *to)
{
    fprintf(to, " time=\"%.3f\"", isfinite(s) && s > 0 ? s : 0);
}

static void property(const char *name, const char *value, FILE *to)
{
    fputs("    <property", to);
    attribute("name", name, to);
    attribute("value", value, to);
    fputs("/>\n", to);
}

/* The sentence is there twice. Some readers show the attribute, others the text. */
static void write_case(const char *class, const char *name, const char *file, double s,
                       enum report_outcome outcome, const char *type, const char *message, FILE *to)
{
    static const char *const elements[REPORT_OUTCOMES] = {NULL, "failure", "error", "skipped"};
    fputs("  <testcase", to);
    attribute("classname", class, to);
    attribute("name", name, to);
    if (*file)
        attribute("file", file, to);
    seconds(s, to);
    if (outcome != REPORT_PASSED) {
        fprintf(to, ">\n    <%s", elements[outcome]);
        attribute("type", type, to);
        attribute("message", message, to);
        putc('>', to);
        write_escaped(message, to);
        fprintf(to, "</%s>\n  </testcase>\n", elements[outcome]);
    } else {
        fputs("/>\n", to);
    }
}

/* Of a case op and variant/shape; other results are classes of their own. */
static void write_result(const struct baseline_report *r, const struct baseline_result *res, FILE *to)
{
    static const char *const types[BASELINE_VERDICTS] = {
        "pass", "perf-warning", "perf-regression", "inconclusive", "invalid", "new", "missing", "removed"};
    char message[REPORT_SAID], class[BASELINE_NAME];
    const char *const slash = strchr(res->name, '/');
    const bool split = baseline_is_case(res) && slash;
    snprintf(class, sizeof class, "%.*s", split ? (int)(slash - res->name) : BASELINE_NAME - 1,
             split ? res->name : baseline_role_names[res->role]);
    write_case(class, split ? slash + 1 : res->name, res->source, res->seconds, report_outcome_of(r, res),
               report_is_control(res) ? "control" : types[res->verdict], report_say(message, res), to);
}

static void write_properties(const struct baseline_report *r, FILE *to)
{
    char number[40];
    fputs("  <properties>\n", to);
    property("verdict", baseline_verdict_names[r->verdict], to);
    property("mode", r->mode, to);
    property("base", r->base, to);
    property("base compiler", r->base_compiler, to);
    property("candidate", r->candidate, to);
    property("candidate compiler", r->cand_compiler, to);
    property("suite", r->suite, to);
    property("policy", r->policy, to);
    snprintf(number, sizeof number, "%g", r->alpha);
    property("alpha", number, to);
    snprintf(number, sizeof number, "%llu", (unsigned long long)r->seed);
    property("seed", number, to);
    property("strict", r->strict ? "yes" : "no", to);
    property("machine", r->env.cpu_name, to);
    property("fingerprint", r->env.fingerprint, to);
    property("commit", r->env.commit, to);
    property("version", r->env.version, to);
    fputs("  </properties>\n", to);
}

static void write_suite_head(const struct report_verdicts *v, FILE *to)
{
    const struct baseline_report *r = v->r;
    size_t count[REPORT_OUTCOMES] = {0};
    char date[20];
    for (size_t i = 0; i < r->count; i++)
        count[report_outcome_of(r, &r->results[i])]++;
    count[REPORT_ERRORED] += r->verdict == BASELINE_INVALID;
    fputs("<testsuites>\n <testsuite name=\"gate\" package=\"qkbench\" id=\"0\"", to);
    attribute("hostname", *r->env.host ? r->env.host : "localhost", to);
    snprintf(date, sizeof date, "%.19s", r->env.date); /* without its zone */
    if (strlen(date) == sizeof date - 1)
        attribute("timestamp", date, to);
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", r->count + 1,
            count[REPORT_FAILED], count[REPORT_ERRORED], count[REPORT_SKIPPED]);
    seconds(r->seconds, to);
    fputs(">\n", to);
    write_properties(r, to);
}

/* What passed and still has to be read: warnings, and why a case passed without being timed. */
static void write_remarks(const struct report_verdicts *v, FILE *to)
{
    char message[REPORT_SAID];
    fputs("  <system-out>", to);
    for (size_t i = 0; i < v->r->count; i++) {
        const struct baseline_result *res = report_nth(v, i);
        if (report_outcome_of(v->r, res) != REPORT_PASSED || (res->verdict != BASELINE_WARN && !*res->reason))
            continue;
        write_escaped(res->name, to);
        fputs(": ", to);
        write_escaped(report_say(message, res), to);
        putc('\n', to);
    }
    fputs("</system-out>\n  <system-err/>\n", to);
}

int report_verdicts_junit(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    struct report_verdicts v;
    const int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    const bool invalid = r->verdict == BASELINE_INVALID;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", to);
    write_suite_head(&v, to);
    for (size_t i = 0; i < r->count; i++)
        write_result(r, &r->results[i], to);
    /* One of the run itself, which may be INVALID although each of its cases is not. */
    write_case("gate", "the run", "", r->seconds, invalid ? REPORT_ERRORED : REPORT_PASSED, "invalid",
               *r->reason ? r->reason : "a case or a control is INVALID, or nothing was measured", to);
    write_remarks(&v, to);
    fputs(" </testsuite>\n</testsuites>\n", to);
    report_verdicts_free(&v);
    return bench_written(to, "the gate's JUnit XML", err);
}
