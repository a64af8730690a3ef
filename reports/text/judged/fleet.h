/* SPDX-License-Identifier: MIT */
/* What the nodes of a campaign found, merged: cases by nodes, and the nodes, as tables and as JSON. */
#pragma once

#include "baselines/fleet/fleet.h"
#include "reports/text/table.h"

/* QK_ERR_IO when the stream fails, QK_ERR_MEMORY. */
int report_fleet(const struct baseline_fleet *f, report_render *render, FILE *to, struct qk_error *err);
/* The JSON of a merged fleet. Nobody reads it back: plan and answers are what it is made from. */
extern const struct bench_fields report_fleet_fields;
