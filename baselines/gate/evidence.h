/* SPDX-License-Identifier: MIT */
/*
 * How the evidence of a gate's cases grew block by block, computed again from the trace that the gate wrote.
 */
#pragma once

#include "baselines/gate/decide.h"

/* The three processes of decide.h. */
enum baseline_process { BASELINE_SLOWER, BASELINE_BEYOND, BASELINE_WITHIN, BASELINE_PROCESSES };

/* The state after a block. */
struct baseline_look {
    double log_ratio;                 /* the block's own: ln of the candidate's time over the base's */
    double log_e[BASELINE_PROCESSES]; /* ln E of all blocks so far */
    bool disturbed;
};

struct baseline_evidence {
    double threshold; /* what ln E must reach; NaN when the trace lacks the result */
    size_t count, room;
    struct baseline_look *looks; /* owned */
};

/*
 * (*list)[report->count] has one entry for each result. Those of controls and rules are empty. The trace is
 * JSON lines (harness/duet/trace.h) of the same run. QK_ERR_INVALID when it is of another run. QK_ERR_FORMAT
 * with the line. QK_ERR_IO, QK_ERR_MEMORY. Free with baseline_evidence_free in any case.
 */
int baseline_evidence_read(struct baseline_evidence **list, const struct baseline_report *report,
                           const char *trace, struct qk_error *err);
void baseline_evidence_free(struct baseline_evidence *list, const struct baseline_report *report);
