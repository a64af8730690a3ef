/* SPDX-License-Identifier: MIT */
/*
 * Names of series and their numbers. Each has a colour and a shape of its own; the rest share the last
 * number.
 */
#pragma once

#include "reports/plots/tsv.h"

enum { REPORT_SERIES = 24 };

struct report_series {
    size_t count, rest; /* rest: names beyond REPORT_SERIES, each time they were asked for */
    char name[REPORT_SERIES][164];
    double last[REPORT_SERIES][2]; /* where the series is, when it has begun */
    bool begun[REPORT_SERIES];
};

/* A point of the series of that name; `joined` by a line to the one before. */
void report_series_point(struct report_series *s, struct report_tsv *t, const char *name, double x,
                         const struct bench_interval *y, bool joined);
/* The legend's entries. */
void report_series_say(const struct report_series *s, struct report_tsv *t);
