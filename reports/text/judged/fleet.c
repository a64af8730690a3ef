/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/fleet.h"

#include <math.h>
#include <string.h>

/* Nodes in one table of cases; more nodes get more tables. */
enum { ABREAST = 6 };

/* A word, and the reason as a note. */
static void add_word(struct report_table *t, const char *word, const char *reason)
{
    if (*reason)
        report_table_cell(t, "%s [%zu]", word, report_table_note(t, "%s", reason));
    else
        report_table_cell(t, "%s", word);
}

/* A rule's ratio is that of two kernels, and above its bound is good. */
static void add_cell(struct report_table *t, enum baseline_role role, const struct baseline_fleet_cell *c)
{
    static const char gone[] = "n/a: not available on that machine, so not judged there";
    char text[80];
    const char *const word = baseline_verdict_names[c->verdict];
    if (c->unavailable) {
        add_word(t, "n/a", gone);
    } else if (!c->result || !c->result->timed || !isfinite(c->result->ratio.value)) {
        add_word(t, word, c->result ? c->result->reason : "");
    } else {
        if (role == BASELINE_RULE)
            snprintf(text, sizeof text, "%s %.2fx", word, 1 / c->result->ratio.value);
        else
            snprintf(text, sizeof text, "%s %+.2f", word, 100 * (c->result->ratio.value - 1));
        add_word(t, text, c->verdict == BASELINE_PASS ? "" : c->result->reason);
    }
}

static void add_cases(struct report_table *t, const struct baseline_fleet *f, size_t first)
{
    const size_t end = first + ABREAST < f->plan->node_count ? first + ABREAST : f->plan->node_count;
    report_table_title(t, "Cases by nodes, %zu to %zu of %zu; a number is per cent, above 0 is slower",
                       first + 1, end, f->plan->node_count);
    report_table_column(t, "case", false, true);
    report_table_column(t, "worst", false, false);
    for (size_t n = first; n < end; n++)
        report_table_column(t, f->plan->nodes[n], false, true);
    for (size_t i = 0; i < f->case_count; i++) {
        const struct baseline_fleet_case *const c = &f->cases[i];
        report_table_texts(t, c->name, baseline_verdict_names[c->verdict], NULL);
        for (size_t n = first; n < end; n++)
            add_cell(t, c->role, &c->cells[n]);
    }
}

/* "AVX512": levels that some node of the fleet has, and this one has not. */
static void say_lacking(const struct baseline_fleet *f, const struct baseline_fleet_node *n, char *to,
                        size_t size)
{
    *to = '\0';
    for (size_t i = 0; i < f->plan->node_count; i++) {
        char levels[64], *rest = levels;
        snprintf(levels, sizeof levels, "%s", f->nodes[i].report.env.isa_levels);
        for (char *level; (level = strsep(&rest, " "));)
            if (*level && !strstr(n->report.env.isa_levels, level) && !strstr(to, level))
                snprintf(to + strlen(to), size - strlen(to), "%s%s", *to ? " " : "", level);
    }
    if (!*to)
        snprintf(to, size, "-");
}

static void add_gate_nodes(struct report_table *t, const struct baseline_fleet *f)
{
    char lacking[128];
    report_table_title(t, "Nodes");
    report_table_columns(t, "llwwlrrl", "node", "verdict", "machine", "CPU", "without ISA", "seconds",
                         "cases", "controls\nright");
    for (size_t i = 0; i < f->plan->node_count; i++) {
        const struct baseline_fleet_node *const n = &f->nodes[i];
        const struct bench_environment *const env = &n->report.env;
        const bool answered = n->answer.state == BASELINE_FLEET_ANSWERED;
        size_t cases = 0;
        for (int v = 0; v < BASELINE_VERDICTS; v++)
            cases += n->counts[v];
        report_table_cell(t, "%s", n->answer.node);
        add_word(t, baseline_verdict_names[n->verdict],
                 *n->report.reason ? n->report.reason : n->answer.reason);
        if (!answered) {
            report_table_texts(t, "-", "-", "-", "-", "-", "-", NULL);
            continue;
        }
        say_lacking(f, n, lacking, sizeof lacking);
        report_table_texts(t, env->host, env->cpu_name, lacking, NULL);
        report_table_cell(t, "%.1f", n->answer.seconds);
        report_table_cell(t, "%zu", cases);
        report_table_cell(t, "%zu of %zu", n->right, n->controls);
    }
}

static void add_command_nodes(struct report_table *t, const struct baseline_fleet *f)
{
    report_table_title(t, "Nodes");
    report_table_columns(t, "lrrw", "node", "exit code", "seconds", "files");
    for (size_t i = 0; i < f->plan->node_count; i++) {
        const struct baseline_fleet_answer *const a = &f->nodes[i].answer;
        char files[400] = "";
        report_table_cell(t, "%s", a->node);
        if (a->state != BASELINE_FLEET_ANSWERED) {
            add_word(t, baseline_verdict_names[f->nodes[i].verdict], a->reason);
            report_table_texts(t, "-", "-", NULL);
            continue;
        }
        for (size_t k = 0; k < a->file_count; k++)
            snprintf(files + strlen(files), sizeof files - strlen(files), "%s%s", *files ? " " : "",
                     a->files[k].text);
        report_table_cell(t, "%d", a->exit_code);
        report_table_cell(t, "%.1f", a->seconds);
        report_table_cell(t, "%s", files);
    }
}

static const char *advice(const struct baseline_fleet *f)
{
    switch (f->verdict) {
    case BASELINE_INVALID:
        return "Trust nothing here: a node's answer or its gate is not to be believed. The table of nodes "
               "says why.";
    case BASELINE_MISSING:
        return "A node has not answered, and what it would have found is not known. The same command with "
               "the "
               "same --into measures it.";
    case BASELINE_REGRESSION:
        return "The candidate is slower on at least one kind of machine.";
    case BASELINE_INCONCLUSIVE:
        return "Some cases could not be decided in time; a larger --budget gives them more.";
    default:
        return "Nothing is slower on any kind of machine beyond what the policy allows.";
    }
}

static void add_outcome(struct report_table *t, const struct baseline_fleet *f)
{
    const struct baseline_fleet_plan *const p = f->plan;
    size_t answered = 0;
    for (size_t i = 0; i < p->node_count; i++)
        answered += f->nodes[i].answer.state == BASELINE_FLEET_ANSWERED;
    report_table_facts(t);
    report_table_title(t, "qkbench campaign");
    if (p->gate) {
        report_table_fact(t, "base", "%s", p->base.name);
        report_table_fact(t, "candidate", "%s", p->candidate.name);
        report_table_fact(t, "alpha", "%.3g on each of %zu nodes", p->alpha, p->node_count);
    }
    report_table_fact(t, "nodes", "%zu of %zu answered", answered, p->node_count);
    if (!p->gate) {
        report_table_fact(t, "exit code", "%d", f->exit_code);
        return;
    }
    report_table_fact(t, "verdict", "%s", baseline_verdict_names[f->verdict]);
    report_table_fact(t, "what to do", "%s", advice(f));
}

int report_fleet(const struct baseline_fleet *f, report_render *render, FILE *to, struct qk_error *err)
{
    struct report_tables tables = {0};
    for (size_t first = 0; first < f->plan->node_count && f->case_count; first += ABREAST)
        add_cases(report_tables_add(&tables), f, first);
    if (f->plan->gate)
        add_gate_nodes(report_tables_add(&tables), f);
    else
        add_command_nodes(report_tables_add(&tables), f);
    add_outcome(report_tables_add(&tables), f);
    return report_tables_write(&tables, false, render, "the campaign", to, err);
}
