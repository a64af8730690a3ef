/* SPDX-License-Identifier: MIT */
/* One row of an audit: an empty one, and how it is judged. */
#include "baselines/claims/audit.h"

#include <math.h>
#include <stdlib.h>

enum baseline_audit_verdict baseline_audit_judge(const struct bench_interval *measured, double claimed)
{
    if (measured->low >= claimed)
        return BASELINE_CONFIRMED;
    return measured->high < claimed ? BASELINE_REFUTED : BASELINE_NOT_RESOLVED;
}

struct baseline_audit_row *baseline_audit_add(struct baseline_audit *audit,
                                              const struct baseline_claim *claim)
{
    struct baseline_audit_row *more = reallocarray(audit->rows, audit->count + 1, sizeof *more);
    if (!more)
        return NULL;
    audit->rows = more;
    more[audit->count] = (struct baseline_audit_row){.claim = claim,
                                                     .op = "",
                                                     .shape = "",
                                                     .variant = "",
                                                     .measured = {NAN, NAN, NAN},
                                                     .verdict = BASELINE_NOT_RESOLVED,
                                                     .of = 1};
    return &more[audit->count++];
}

const char *const baseline_audit_words[] = {"confirmed",         "refuted",    "not resolved",
                                            "not testable here", "impossible", NULL};
