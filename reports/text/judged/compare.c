/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/compare.h"

#include "harness/counters/counters.h"
#include "reports/text/content.h"

#include <math.h>
#include <string.h>

static void add_side(struct report_table *t, const char *label, const struct baseline *b)
{
    report_table_fact(t, label, "%s: commit %s, %s, %s, median of %zu launch%s, shapes %s", b->name,
                      b->env.commit, b->env.date, b->quick ? "quick: not for quoting" : "full", b->launches,
                      b->launches == 1 ? "" : "es", b->shapes);
}

static void add_ns(struct report_table *t, const struct baseline_part *part)
{
    if (!part)
        report_table_cell(t, "-");
    else if (isnan(part->ns.low))
        report_table_cell(t, "%.4g", part->ns.value);
    else
        report_table_cell(t, "%.4g [%.4g, %.4g]", part->ns.value, part->ns.low, part->ns.high);
}

static void add_ratio(struct report_table *t, const struct bench_interval *x)
{
    report_add_ratio(t, x, isnan(x->low) ? report_table_note(t, "too few blocks for an interval") : 0);
}

static void add_speedup(struct report_table *t, const struct baseline_case *c)
{
    if (!c)
        report_table_cell(t, "-");
    else if (c->reference)
        report_table_cell(t, "reference");
    else
        add_ratio(t, &c->speedup);
}

static const struct baseline_part *find_part(const struct baseline_case *c, const char *name)
{
    for (size_t i = 0; i < c->component_count; i++)
        if (!strcmp(c->components[i].name, name))
            return &c->components[i];
    return NULL;
}

/* The rows of both sides' lists: first those of `first`, then those that only `second` has. */
static void add_parts(struct report_table *t, const struct baseline_difference *d)
{
    const struct baseline_case *const side[] = {d->old_case, d->new_case};
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < side[s]->component_count; i++) {
            const char *name = side[s]->components[i].name;
            const struct baseline_part *was = find_part(d->old_case, name),
                                       *is = find_part(d->new_case, name);
            const double old_share = was ? was->share : NAN, new_share = is ? is->share : NAN;
            if (s && was)
                continue;
            bool grew = false;
            for (size_t k = 0; k < d->component_count; k++)
                grew |= d->components[k].grew && !strcmp(d->components[k].name, name);
            report_table_texts(t, d->name, name, NULL);
            add_ns(t, was);
            add_ns(t, is);
            report_table_number(t, old_share, "%.1f", old_share);
            report_table_number(t, new_share, "%.1f", new_share);
            report_table_cell(t, "%s", grew ? "its share grew" : "");
        }
}

static void add_component_table(struct report_table *t, const struct baseline_comparison *c)
{
    report_table_title(t, "Components; named when the share grew by more than %.3g points",
                       c->component_share);
    report_table_columns(t, "wlrrrrw", "case", "component", "old ns", "new ns", "old %", "new %", "remark");
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].old_case && c->rows[i].new_case)
            add_parts(t, &c->rows[i]);
}

/* Beside two values that are not one backend's; 0 when they are. */
static size_t note_backends(struct report_table *t, const struct bench_metric *was,
                            const struct bench_metric *is)
{
    size_t length[2];
    if (!was || !is || bench_counted_alike(was, is))
        return 0;
    const char *old_one = bench_counted_by(was, &length[0]), *new_one = bench_counted_by(is, &length[1]);
    return report_table_note(t, BENCH_COUNTED_BY "%.*s, now by %.*s: events of one name may differ",
                             (int)length[0], old_one, (int)length[1], new_one);
}

static void add_counters(struct report_table *t, const struct baseline_difference *d)
{
    const struct baseline_case *const side[] = {d->old_case, d->new_case};
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < side[s]->counter_count; i++) {
            const struct bench_metric *m = &side[s]->counters[i],
                                      *was = baseline_find_counter(d->old_case, m->name),
                                      *is = baseline_find_counter(d->new_case, m->name);
            const double x = was ? was->value : NAN, y = is ? is->value : NAN;
            if ((s && was) || (isnan(x) && isnan(y)))
                continue;
            report_table_texts(t, d->name, m->name, m->unit, NULL);
            report_table_number(t, x, "%.5g", x);
            const size_t note = note_backends(t, was, is);
            if (note)
                report_table_cell(t, "%.5g [%zu]", y, note);
            else
                report_table_number(t, y, "%.5g", y);
        }
}

static void add_counter_table(struct report_table *t, const struct baseline_comparison *c)
{
    report_table_title(t, "Hardware counters that were valid on a side");
    report_table_columns(t, "wllrr", "case", "counter", "unit", "old", "new");
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].old_case && c->rows[i].new_case)
            add_counters(t, &c->rows[i]);
}

static void add_instructions(struct report_table *t, const struct baseline_difference *d)
{
    const struct baseline_case *const side[] = {d->old_case, d->new_case};
    char text[2][32] = {"-", "-"};
    for (int s = 0; s < 2; s++)
        if (side[s] && !isnan(side[s]->instructions))
            snprintf(text[s], sizeof text[s], "%.0f", side[s]->instructions);
    const bool both = strcmp(text[0], "-") != 0 && strcmp(text[1], "-") != 0;
    if (!both || !strcmp(text[0], text[1]))
        report_table_cell(t, "%s", text[strcmp(text[0], "-") ? 0 : 1]);
    else
        report_table_cell(t, "%s to %s", text[0], text[1]);
}

static void add_remark(struct report_table *t, const struct baseline_difference *d)
{
    char text[600] = "";
    size_t used = 0;
    if (!d->old_case || !d->new_case) {
        report_table_cell(t, "only in %s%s%s", d->old_case ? "OLD" : "NEW", d->why_not ? ": " : "",
                          d->why_not ? d->why_not->reason : "");
        return;
    }
    for (size_t i = 0; i < d->kind_count && used + 80 < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.24s %.0f to %.0f", used ? ", " : "",
                                 d->kinds[i].name, d->kinds[i].old_count, d->kinds[i].new_count);
    for (size_t i = 0; i < d->component_count && used + 80 < sizeof text; i++)
        if (d->components[i].grew)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s grew from %.1f to %.1f %%",
                                     used ? ", " : "", d->components[i].name, d->components[i].old_share,
                                     d->components[i].new_share);
    report_table_cell(t, "%s", text);
}

static void add_change(struct report_table *t, const struct baseline_difference *d)
{
    const struct bench_interval *x = &d->slower;
    if (isnan(x->value) || d->old_case->reference)
        report_table_cell(t, "-");
    else if (isnan(x->low))
        report_table_cell(t, "%+.2f", 100 * expm1(x->value));
    else
        report_table_cell(t, "%+.2f [%+.2f, %+.2f]", 100 * expm1(x->value), 100 * expm1(x->low),
                          100 * expm1(x->high));
}

static void add_case_table(struct report_table *t, const struct baseline_comparison *c)
{
    report_table_title(t, "Speed-up over the reference of the same run, and what a call takes longer for it");
    report_table_columns(t, "wrrrrw", "case", "old", "new", "slower by %", "instructions", "remark");
    for (size_t i = 0; i < c->count; i++) {
        const struct baseline_difference *d = &c->rows[i];
        report_table_cell(t, "%s", d->name);
        add_speedup(t, d->old_case);
        add_speedup(t, d->new_case);
        add_change(t, d);
        add_instructions(t, d);
        add_remark(t, d);
    }
}

static double change_of(const struct baseline_difference *d)
{
    return 100 * expm1(d->slower.value);
}

/* How many cases are more than noise apart, of those that both sides have, and the slowest of them. */
static void add_beyond_noise(struct report_table *t, const struct baseline_comparison *c)
{
    enum { NAMED = 4 };
    const struct baseline_difference *worst[NAMED] = {NULL};
    char text[400] = "";
    size_t both = 0, differ = 0, used = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct baseline_difference *next = &c->rows[i];
        both += next->old_case && next->new_case;
        if (!baseline_differs(next))
            continue;
        differ++;
        for (int k = 0; k < NAMED && next; k++)
            if (!worst[k] || change_of(next) > change_of(worst[k])) {
                const struct baseline_difference *const last = worst[k];
                worst[k] = next;
                next = last;
            }
    }
    for (int k = 0; k < NAMED && worst[k] && used + 90 < sizeof text; k++) {
        char change[32] = "other instructions";
        if (!worst[k]->old_case->reference)
            snprintf(change, sizeof change, "%+.1f %%", change_of(worst[k]));
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.60s %s", k ? ", " : ": ",
                                 worst[k]->name, change);
    }
    if (both)
        report_table_fact(t, "beyond noise", "%zu of the %zu cases that both have%s%s", differ, both, text,
                          differ > NAMED ? ", ..." : "");
}

static void add_comparison_facts(struct report_table *t, const struct baseline_comparison *c)
{
    char text[480];
    report_table_facts(t);
    report_table_title(t, "qkbench compare");
    add_side(t, "old", c->old_side);
    add_side(t, "new", c->new_side);
    report_table_fact(t, "machine", "%s", c->new_side->env.cpu_name);
    for (size_t i = 0; i < c->identity_count; i++) {
        const struct baseline_field *f = &c->identity[i];
        report_table_fact(t, "NOT COMPARABLE", "%s: %s, now %s", f->name, f->old_value, f->new_value);
    }
    if (c->shown_count)
        report_table_fact(t, "also differs", "%s",
                          baseline_fields_text(c->shown, c->shown_count, text, sizeof text));
    add_beyond_noise(t, c);
}

int report_comparison_text(const struct baseline_comparison *c, FILE *to, struct qk_error *err)
{
    struct report_tables all = {0};
    add_comparison_facts(report_tables_add(&all), c);
    add_case_table(report_tables_add(&all), c);
    add_component_table(report_tables_add(&all), c);
    add_counter_table(report_tables_add(&all), c);
    return report_tables_write(&all, false, report_table_text, "the comparison", to, err);
}

static void add_baseline_facts(struct report_table *t, const struct baseline *b)
{
    report_table_facts(t);
    report_table_title(t, "Baseline %s", b->name);
    add_side(t, "of", b);
    report_table_fact(t, "machine", "%s", b->env.cpu_name);
    report_table_fact(t, "fingerprint", "%s", b->env.fingerprint);
    report_table_fact(t, "ISA levels", "%s", b->env.isa_levels);
    report_table_fact(t, "compiler", "%s", b->env.compiler);
    report_table_fact(t, "kernel", "%s", b->env.kernel);
}

static void add_baseline_cases(struct report_table *t, const struct baseline *b)
{
    report_table_title(t, "Cases");
    report_table_columns(t, "wrrrrw", "case", "speed-up", "spread %", "ns/call", "instructions",
                         "components");
    for (size_t i = 0; i < b->count; i++) {
        const struct baseline_case *k = &b->cases[i];
        char text[400] = "-";
        for (size_t p = 0, used = 0; p < k->component_count && used + 40 < sizeof text; p++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.0f %%", p ? ", " : "",
                                     k->components[p].name, k->components[p].share);
        report_table_cell(t, "%s", k->name);
        add_speedup(t, k);
        report_table_number(t, 100 * k->spread, "%.2f", 100 * k->spread);
        report_table_number(t, k->ns, "%.5g", k->ns);
        report_table_number(t, k->instructions, "%.0f", k->instructions);
        report_table_cell(t, "%s", text);
    }
}

static void add_baseline_history(struct report_table *t, const struct baseline *b)
{
    report_table_title(t, "Accepted changes");
    report_table_columns(t, "wllrw", "case", "date", "commit", "before", "reason");
    for (size_t i = 0; i < b->count; i++)
        for (size_t h = 0; h < b->cases[i].history_count; h++) {
            const struct baseline_accepted *a = &b->cases[i].history[h];
            report_table_texts(t, b->cases[i].name, a->date, a->commit, NULL);
            add_ratio(t, &a->speedup);
            report_table_cell(t, "%s", a->reason);
        }
}

int report_baseline_text(const struct baseline *b, FILE *to, struct qk_error *err)
{
    struct report_tables all = {0};
    add_baseline_facts(report_tables_add(&all), b);
    add_baseline_cases(report_tables_add(&all), b);
    add_baseline_history(report_tables_add(&all), b);
    return report_tables_write(&all, false, report_table_text, "the baseline", to, err);
}
