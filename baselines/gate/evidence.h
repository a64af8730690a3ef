/* SPDX-License-Identifier: MIT */
/* How the evidence of a gate's cases grew block by block, made anew from the trace that the gate wrote. */
#pragma once

#include "baselines/gate/decide.h"

/* The three processes of decide.h. */
enum baseline_process { BASELINE_SLOWER, BASELINE_BEYOND, BASELINE_WITHIN, BASELINE_PROCESSES };

/* After a block. */
struct baseline_look {
    double log_ratio;                 /* the block's own: ln of the candidate's time over the base's */
    double log_e[BASELINE_PROCESSES]; /* ln E of all blocks until then */
    bool disturbed;
};

struct baseline_evidence {
    double threshold; /* what ln E must reach; NaN for a result that the trace does not have */
    size_t count, room;
    struct baseline_look *looks; /* owned */
};

/*
 * (*list)[report->count], one for each result; controls and rules have none. The trace is JSON lines
 * (harness/duet/trace.h) of the same run. QK_ERR_INVALID when it is of another run. QK_ERR_FORMAT with the
 * line. QK_ERR_IO, QK_ERR_MEMORY. Free with baseline_evidence_free in any case.
 */
int baseline_evidence_read(struct baseline_evidence **list, const struct baseline_report *report,
                           const char *trace, struct qk_error *err);
void baseline_evidence_free(struct baseline_evidence *list, const struct baseline_report *report);
