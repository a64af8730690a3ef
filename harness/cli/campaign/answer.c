/* SPDX-License-Identifier: MIT */
#include "harness/cli/campaign/campaign.h"
#include "harness/cli/campaign/tar.h"
#include "harness/cli/cli.h"
#include "reports/forms/verdicts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char answer_name[] = "node.json", report_name[] = "gate.json", trace_name[] = "trace.jsonl";

/* What is wrong with an answer is said in it, and nothing of its report counts. */
static void set_state(struct baseline_fleet_node *n, enum baseline_fleet_state state, const char *where,
                      const char *why)
{
    n->answer.state = state;
    snprintf(n->answer.reason, sizeof n->answer.reason, "%.90s%s%.300s", where, *where ? ": " : "", why);
    baseline_report_free(&n->report);
    bench_environment_init(&n->report.env);
}

static int check_report(const struct baseline_fleet_plan *plan, struct baseline_fleet_node *n,
                        const json_t *json, struct qk_error *err)
{
    int code = report_verdicts_take_json(&n->report, json, report_name, err);
    if (!code)
        code = baseline_fleet_report_check(plan, &n->report, err);
    const enum baseline_verdict said = n->report.verdict;
    if (!code)
        baseline_report_judge(&n->report); /* from its results: what it says of itself decides nothing */
    if (!code && n->report.verdict != said)
        code = qk_fail(err, QK_ERR_INVALID, report_name, "is %s, but its results give %s%s%.200s",
                       baseline_verdict_names[said], baseline_verdict_names[n->report.verdict],
                       *n->report.reason ? ": " : "", n->report.reason);
    if (!code && baseline_report_exit(&n->report) != n->answer.exit_code)
        code = qk_fail(err, QK_ERR_INVALID, report_name, "is %s, but the gate ended with %d",
                       baseline_verdict_names[n->report.verdict], n->answer.exit_code);
    return code;
}

static bool has_module(const json_t *header, const char *side, const char *hash)
{
    size_t i;
    json_t *module;
    const char *name, *xxh3;
    json_array_foreach(json_object_get(header, "modules"), i, module)
    {
        if (!json_unpack(module, "{s:s, s:s}", "side", &name, "xxh3", &xxh3) && !strcmp(name, side))
            return !strcmp(xxh3, hash);
    }
    return false;
}

static bool has_timed(const struct baseline_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->results[i].timed)
            return true;
    return false;
}

/*
 * The head of a trace has hashes of the modules as the gate read them. A report has only their build ids.
 * There is no head where nothing was timed.
 */
static int check_trace(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                       const struct baseline_fleet_node *n, struct qk_error *err)
{
    char *const path = cli_folder_file(f, n->answer.node, trace_name), *line = NULL;
    size_t room = 0;
    FILE *const from = path ? fopen(path, "re") : NULL;
    json_t *const header = from && getline(&line, &room, from) > 0 ? json_loads(line, 0, NULL) : NULL;
    const bool silent = !header && !has_timed(&n->report);
    const bool base = silent || has_module(header, "base", plan->base.hash);
    const bool candidate = silent || has_module(header, "candidate", plan->candidate.hash);
    json_decref(header);
    free(line);
    if (from)
        fclose(from);
    free(path);
    return base && candidate
               ? 0
               : qk_fail(err, QK_ERR_INVALID, trace_name, "is of another %s than %s",
                         base ? "candidate" : "base", base ? plan->candidate.name : plan->base.name);
}

/*
 * Reads gate.json of the node's folder. A gate that could not judge has measured nothing: it is to run again.
 */
static int take_report(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                       struct baseline_fleet_node *n, bool first)
{
    char hash[BENCH_JSON_HASH];
    struct qk_error why;
    char *const path = cli_folder_file(f, n->answer.node, report_name);
    int code = path ? 0 : qk_fail(&why, QK_ERR_MEMORY, NULL, "no memory for a path");
    json_t *const json = path ? bench_json_load_hashed(path, hash, &code, &why) : NULL;
    if (!code && first)
        strcpy(n->answer.report, hash);
    if (!code && strcmp(hash, n->answer.report) != 0)
        code = qk_fail(&why, QK_ERR_INVALID, report_name, "found hash %s, expected %s, which node.json names",
                       hash, n->answer.report);
    if (!code)
        code = check_report(plan, n, json, &why);
    if (!code)
        code = check_trace(f, plan, n, &why);
    json_decref(json);
    free(path);
    if (code)
        set_state(n, code == QK_ERR_CHECK ? BASELINE_FLEET_MISSING : BASELINE_FLEET_REFUSED, why.where,
                  why.text);
    return code == QK_ERR_MEMORY ? code : 0;
}

int cli_answer_read(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    struct baseline_fleet_node *n, struct qk_error *err)
{
    struct baseline_fleet_answer found = {.exit_code = -1};
    struct qk_error why;
    char node[BASELINE_FLEET_NODE];
    strcpy(node, n->answer.node);
    char *const path = cli_folder_file(f, node, answer_name);
    if (!path)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a path");
    int code = 0;
    if (!access(path, F_OK)) {
        code = bench_fields_read(&baseline_fleet_answer_fields, path, &found, &why);
        if (!code && (strcmp(found.node, node) != 0 || strcmp(found.plan, plan->hash) != 0))
            code = qk_fail(&why, QK_ERR_INVALID, path, "is of node %s and plan %s, expected %s and %s",
                           found.node, found.plan, node, plan->hash);
        if (!code) {
            baseline_fleet_answer_free(&n->answer);
            n->answer = found;
        } else {
            baseline_fleet_answer_free(&found);
            set_state(n, BASELINE_FLEET_REFUSED, why.where, why.text);
        }
    }
    free(path);
    if (n->answer.state == BASELINE_FLEET_ANSWERED && plan->gate)
        code = take_report(f, plan, n, false);
    return code == QK_ERR_MEMORY ? qk_fail(err, code, NULL, "no memory for the answer of %s", node) : 0;
}

static int refuse(struct baseline_fleet_node *n, const char *why)
{
    set_state(n, BASELINE_FLEET_REFUSED, "", why);
    return QK_ERR_INVALID;
}

/* A text of at most 31 characters, without its end of line. */
static bool get_text(const struct cli_tar *t, const char *name, char to[32])
{
    const struct cli_tar_file *const f = cli_tar_find(t, name);
    if (!f || f->size < 2 || f->size > 31 || f->bytes[f->size - 1] != '\n')
        return false;
    memcpy(to, f->bytes, f->size - 1);
    to[f->size - 1] = '\0';
    return strlen(to) == f->size - 1;
}

/* Whose answer is it, and how did the command end? 0, or the state is set. */
static int identify(const struct baseline_fleet_plan *plan, struct baseline_fleet_node *n,
                    const struct cli_tar *t)
{
    char text[32], said[120], *end;
    if (!get_text(t, ".plan", text) || strcmp(text, plan->hash) != 0) {
        snprintf(said, sizeof said, "its answer is to another campaign: found plan %s, expected %s",
                 cli_tar_find(t, ".plan") ? text : "nothing", plan->hash);
        return refuse(n, said);
    }
    if (!get_text(t, ".exit_code", text))
        return refuse(n, "its answer has no exit code");
    const long code = strtol(text, &end, 10);
    if (*end || code < 0 || code > 255)
        return refuse(n, "its exit code is no number from 0 to 255");
    n->answer.exit_code = (int)code;
    if (plan->gate && code > 128 && code != CLI_INTERRUPTED) {
        /* Its gate.json says that it has not ended. */
        snprintf(said, sizeof said, "its gate died of signal %ld", code - 128);
        set_state(n, BASELINE_FLEET_MISSING, "", said);
        return QK_ERR_INVALID;
    }
    if (plan->gate && !cli_tar_find(t, report_name)) {
        snprintf(said, sizeof said, "its gate ended with exit code %ld and left no gate.json", code);
        set_state(n, BASELINE_FLEET_MISSING, "", said);
        return QK_ERR_INVALID;
    }
    return 0;
}

static int store_files(const struct cli_folder *f, struct baseline_fleet_node *n, const struct cli_tar *t,
                       struct qk_error *err)
{
    struct baseline_fleet_answer *const a = &n->answer;
    a->files = calloc(t->count + 1, sizeof *a->files);
    if (!a->files)
        return qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for the names of its files");
    for (size_t i = 0; i < t->count; i++) {
        const struct cli_tar_file *const one = &t->files[i];
        if (*one->name == '.')
            continue;
        if (!(a->files[a->file_count].text = strdup(one->name)))
            return qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for the names of its files");
        a->file_count++;
        const int code = cli_folder_store(f, a->node, one->name, one->bytes, one->size, err);
        if (code)
            return code;
    }
    return 0;
}

static int store_answer(const struct cli_folder *f, const struct baseline_fleet_answer *a,
                        struct qk_error *err)
{
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    int code = to ? bench_fields_write(&baseline_fleet_answer_fields, a, "a node's answer", to, err)
                  : qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for its answer");
    if (to && fclose(to) && !code)
        code = qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for its answer");
    if (!code)
        code = cli_folder_store(f, a->node, answer_name, text, size, err);
    free(text);
    return code;
}

/* What says PASS in its folder, from an earlier day or from a node that is not believed, must not stay. */
static int store_junit(const struct cli_folder *f, const struct baseline_fleet_answer *a,
                       struct qk_error *err)
{
    struct baseline_report none = {.mode = "duet"};
    char *text = NULL;
    size_t size;
    baseline_report_end(&none, 5, a->node, a->reason);
    FILE *const to = open_memstream(&text, &size);
    int code = to ? report_verdicts_junit(&none, to, err)
                  : qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for its JUnit XML");
    if (to && fclose(to) && !code)
        code = qk_fail(err, QK_ERR_MEMORY, a->node, "no memory for its JUnit XML");
    if (!code)
        code = cli_folder_store(f, a->node, "junit.xml", text, size, err);
    free(text);
    return code;
}

static bool has_ours(const struct cli_tar *t)
{
    return cli_tar_find(t, answer_name) || cli_tar_find(t, "stderr");
}

int cli_answer_take(const struct cli_folder *f, const struct baseline_fleet_plan *plan,
                    struct baseline_fleet_node *n, const unsigned char *bytes, size_t size, const char *why,
                    struct qk_error *err)
{
    struct cli_tar *const t = calloc(1, sizeof *t);
    struct qk_error said = {.text = ""};
    int code = 0, bad = 0;
    if (!t)
        return qk_fail(err, QK_ERR_MEMORY, n->answer.node, "no memory for its answer");
    baseline_fleet_answer_free(&n->answer);
    n->answer.exit_code = -1;
    *n->answer.report = '\0';
    n->answer.state = BASELINE_FLEET_ANSWERED;
    *n->answer.reason = '\0';
    if (*why) {
        set_state(n, BASELINE_FLEET_MISSING, "", why);
    } else if ((bad = cli_tar_read(t, bytes, size, &said))) {
        set_state(n, bad == QK_ERR_IO ? BASELINE_FLEET_MISSING : BASELINE_FLEET_REFUSED, "its answer",
                  said.text);
    } else if (has_ours(t)) {
        refuse(n, "its answer holds node.json or stderr, which only this side writes");
    } else if (!identify(plan, n, t)) {
        code = store_files(f, n, t, err);
        if (!code && plan->gate)
            code = take_report(f, plan, n, true);
    }
    if (!code && plan->gate && n->answer.state != BASELINE_FLEET_ANSWERED)
        code = store_junit(f, &n->answer, err);
    if (!code)
        code = store_answer(f, &n->answer, err);
    free(t);
    return code;
}
