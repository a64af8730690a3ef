/* SPDX-License-Identifier: MIT */
#include "reports/plots/series.h"

#include <string.h>

/* The number of that name, which is entered when it is new. */
static size_t find(struct report_series *s, const char *name)
{
    size_t i = 0;
    while (i < s->count && strncmp(s->name[i], name, sizeof *s->name - 1) != 0)
        i++;
    if (i == s->count && i < REPORT_SERIES)
        snprintf(s->name[s->count++], sizeof *s->name, "%s", name);
    s->rest += i == REPORT_SERIES;
    return i;
}

void report_series_point(struct report_series *s, struct report_tsv *t, const char *name, double x,
                         const struct bench_interval *y, bool joined)
{
    const size_t i = find(s, name);
    if (joined && i < REPORT_SERIES) {
        if (s->begun[i])
            report_tsv_joint(t, i, s->last[i], (double[]){x, y->value});
        s->begun[i] = true;
        s->last[i][0] = x;
        s->last[i][1] = y->value;
    }
    report_tsv_point(t, i, x, y, name);
}

void report_series_say(const struct report_series *s, struct report_tsv *t)
{
    char key[32];
    for (size_t i = 0; i < s->count; i++) {
        snprintf(key, sizeof key, "series%zu", i);
        report_tsv_say(t, key, "%s", s->name[i]);
    }
    if (s->rest)
        report_tsv_say(t, "series24", "others");
}
