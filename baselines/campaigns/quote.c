/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/campaign.h"
#include "baselines/stored/baseline.h"
#include "harness/machine/datafile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The row of extra calls that is nearest to the size, which it must not miss by a third. */
static const struct baseline_campaign_row *nearest(const struct baseline_campaign_summary *s,
                                                   enum baseline_class memory, double size)
{
    const struct baseline_campaign_row *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const struct baseline_campaign_row *const r = &s->rows[i];
        const double far = fabs(r->extra - size);
        if (r->of->arm == BASELINE_ARM_CALLS && !r->of->busy && !r->of->neighbour && r->memory == memory &&
            far < size / 3 && (!best || far < fabs(best->extra - size)))
            best = r;
    }
    return best;
}

static void quote(const struct baseline_campaign_summary *s, char *to, size_t size)
{
    static const double sizes[] = {[BASELINE_CLASS_CACHE] = 0.01, [BASELINE_CLASS_DRAM] = 0.02};
    static const char *const where[] = {
        [BASELINE_CLASS_CACHE] = "in cache", [BASELINE_CLASS_DRAM] = "from DRAM"};
    size_t used = 0, quiet = 0, alarms = 0;
    for (int m = 0; m < 2; m++) {
        const struct baseline_campaign_row *const r = nearest(s, (enum baseline_class)m, sizes[m]);
        if (r && used < size)
            used += (size_t)snprintf(to + used, size - used, "%s +%.1f %% %s %s %zu of %zu cases",
                                     used ? "," : "on this machine", 100 * r->extra, where[m],
                                     used ? "in" : "is caught in", r->caught.hits, r->caught.runs);
    }
    for (size_t i = 0; i < s->alarm_count; i++)
        if (!s->alarms[i].of->busy && !s->alarms[i].of->neighbour &&
            !baseline_campaign_is_whole(s->alarms[i].of)) {
            quiet += s->alarms[i].alarms.runs;
            alarms += s->alarms[i].alarms.hits;
        }
    if (quiet && used < size)
        snprintf(to + used, size - used, "%s false alarms in %zu of %zu runs", used ? ";" : "on this machine",
                 alarms, quiet);
}

int baseline_campaign_quote(const struct bench_environment *env, char *to, size_t size, struct qk_error *err)
{
    struct baseline_campaign all = {0};
    struct baseline_campaign_summary s = {0};
    char machine[80], name[120], path[4096];
    *to = '\0';
    baseline_machine(env, machine);
    snprintf(name, sizeof name, "baselines/campaigns/%s.jsonl", machine);
    if (bench_data_path(name, path, sizeof path, NULL))
        return 0;
    int code = baseline_campaign_read(&all, path, NULL, err);
    if (!code)
        code = baseline_campaign_summary(&all, &s, err);
    if (!code)
        quote(&s, to, size);
    baseline_campaign_summary_free(&s);
    baseline_campaign_free(&all);
    return code;
}
