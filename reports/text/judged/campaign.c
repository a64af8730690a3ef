/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/campaign.h"

#include "reports/text/judged/replay.h"

#include <math.h>
#include <string.h>

static const char *noise_of(const struct baseline_campaign_run *run)
{
    return run->busy ? run->neighbour ? "busy, neighbour" : "busy" : run->neighbour ? "neighbour" : "none";
}

static const char *build_of(const struct baseline_campaign_run *run)
{
    static const char *const modules[BASELINE_ARMS] = {"same file", "other link order", "extra calls",
                                                       "slower stage"};
    static const char *const programs[BASELINE_ARMS] = {"same program", "program linked anew", "extra tokens",
                                                        "slower program"};
    return (baseline_campaign_is_whole(run) ? programs : modules)[run->arm];
}

static void add_verdicts(struct report_table *t, const size_t verdicts[BASELINE_VERDICTS])
{
    static const enum baseline_verdict columns[] = {BASELINE_PASS, BASELINE_WARN, BASELINE_INCONCLUSIVE,
                                                    BASELINE_INVALID};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        report_table_cell(t, "%zu", verdicts[columns[i]]);
}

/* What all machines saw beside the same noise, when there are several. */
static void add_together(struct report_table *t, const struct baseline_campaign_summary *s)
{
    for (size_t i = 0; i < s->alarm_count; i++) {
        struct baseline_campaign_alarm all;
        if (!baseline_campaign_together(s, i, &all))
            continue;
        report_table_texts(t, "all of these", noise_of(all.of),
                           baseline_campaign_is_whole(all.of) ? "programs" : "modules", NULL);
        report_add_rate(t, &all.alarms);
        add_verdicts(t, all.verdicts);
        report_table_texts(t, "-", "-", NULL);
    }
}

static void add_alarms(struct report_table *t, const struct baseline_campaign_summary *s)
{
    report_table_title(t, "Unchanged builds: how runs ended");
    report_table_columns(t, "wlwrrrrrrr", "machine", "noise", "candidate", "false alarms", "PASS", "WARN",
                         "INCON-\nCLUSIVE", "INVALID", "median\ns", "longest\ns");
    for (size_t i = 0; i < s->alarm_count; i++) {
        const struct baseline_campaign_alarm *const a = &s->alarms[i];
        report_table_texts(t, a->of->machine, noise_of(a->of), build_of(a->of), NULL);
        report_add_rate(t, &a->alarms);
        add_verdicts(t, a->verdicts);
        report_table_cell(t, "%.1f", a->median_s);
        report_table_cell(t, "%.1f", a->longest_s);
    }
    add_together(t, s);
}

/* Of which machine a row is, where there are several. */
static void add_build(struct report_table *t, const struct baseline_campaign_summary *s,
                      const struct baseline_campaign_row *r)
{
    if (r->of->arm == BASELINE_ARM_STAGE)
        report_table_cell(t, "%s [%zu]", build_of(r->of), report_table_note(t, "%s", r->name));
    else if (strcmp(s->rows[0].of->machine, s->rows[s->count - 1].of->machine) != 0)
        report_table_cell(t, "%s [%zu]", build_of(r->of), report_table_note(t, "%s", r->of->machine));
    else
        report_table_cell(t, "%s", build_of(r->of));
}

/* Cases of slowed builds that were caught, or of unchanged ones that were called slower. */
static void add_cases(struct report_table *t, const struct baseline_campaign_summary *s, bool slowed)
{
    if (slowed)
        report_table_title(t, "Slowed builds: cases that were caught");
    else
        report_table_title(t, "Unchanged builds: cases that were called slower");
    report_table_columns(
        t, "wllrrrrrrr", "candidate", "noise", "memory", slowed ? "slower\nby %" : "extra\n%", "margin\n%",
        "runs", slowed ? "caught" : "false alarms", "WARN,\nopen", "INVALID", "s: median,\n95 %, most");
    for (size_t i = 0; i < s->count; i++) {
        const struct baseline_campaign_row *const r = &s->rows[i];
        if (baseline_arm_is_slowed(r->of->arm) != slowed)
            continue;
        add_build(t, s, r);
        report_table_texts(t, noise_of(r->of), baseline_class_names[r->memory], NULL);
        report_table_number(t, r->extra, "%+.2f", 100 * r->extra);
        report_table_cell(t, "%.1f", 100 * r->must_catch);
        report_table_cell(t, "%zu", r->runs);
        report_add_rate(t, &r->caught);
        report_table_cell(t, "%zu, %zu", r->verdicts[BASELINE_WARN], r->verdicts[BASELINE_INCONCLUSIVE]);
        report_table_cell(t, "%zu", r->verdicts[BASELINE_INVALID]);
        const int decimals = r->longest_s < 9.995 ? 2 : 1;
        report_table_cell(t, "%.*f, %.*f, %.*f", decimals, r->median_s, decimals, r->late_s, decimals,
                          r->longest_s);
    }
}

/* One row for each machine, noise, memory and margin. */
static void add_places(struct report_table *t, const struct baseline_campaign_summary *s)
{
    report_table_title(
        t, "By memory class: the smallest slow-down caught 95 %% of the time, and how far ratios repeat");
    report_table_columns(t, "wllrrrrr", "machine", "noise", "memory", "margin\n%", "caught from\n+ % on",
                         "sd of a\nratio, %", "half an\ninterval, %", "runs");
    for (size_t i = 0; i < s->count; i++) {
        const struct baseline_campaign_row *const r = &s->rows[i],
                                                  *const least = baseline_campaign_least(s, r), *same = NULL;
        if (i && baseline_campaign_alike(r, r - 1))
            continue;
        for (size_t k = i; k < s->count && baseline_campaign_alike(r, &s->rows[k]); k++)
            if (s->rows[k].of->arm == BASELINE_ARM_SAME)
                same = &s->rows[k];
        report_table_texts(t, r->of->machine, noise_of(r->of), baseline_class_names[r->memory], NULL);
        report_table_cell(t, "%.1f", 100 * r->must_catch);
        report_table_number(t, least ? least->extra : NAN, "%.2f", least ? 100 * least->extra : 0);
        report_table_number(t, same ? same->spread : NAN, "%.3f", same ? 100 * same->spread : 0);
        report_table_number(t, same ? same->half_width : NAN, "%.3f", same ? 100 * same->half_width : 0);
        report_table_cell(t, "%zu", same ? same->runs : 0);
    }
}

void report_campaign_add(struct report_tables *all, const struct baseline_campaign_summary *s)
{
    add_alarms(report_tables_add(all), s);
    add_cases(report_tables_add(all), s, false);
    add_cases(report_tables_add(all), s, true);
    add_places(report_tables_add(all), s);
}

int report_campaign(struct baseline_campaign *c, report_render *render, FILE *to, struct qk_error *err)
{
    struct report_tables all = {0};
    struct baseline_campaign_summary s;
    int code = baseline_campaign_summary(c, &s, err);
    if (!code) {
        report_campaign_add(&all, &s);
        code = report_tables_write(&all, false, render, "the campaign", to, err);
    }
    baseline_campaign_summary_free(&s);
    return code;
}

const char *report_campaign_quote(const struct baseline_report *r, char to[REPORT_QUOTE])
{
    struct qk_error why;
    *to = '\0';
    if (!strcmp(r->mode, "duet") && baseline_campaign_quote(&r->env, to, REPORT_QUOTE, &why))
        snprintf(to, REPORT_QUOTE, "%.200s: %.190s", why.where, why.text);
    return to;
}
