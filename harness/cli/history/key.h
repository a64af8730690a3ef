/* SPDX-License-Identifier: MIT */
/* How a measurement is recognised: the XXH3-64 of its JSON, whatever blanks and order of members it has. */
#pragma once

#include "baselines/history/history.h"
#include "harness/records/json_reader.h"

/* QK_ERR_MEMORY. */
int cli_history_key(char to[BASELINE_HISTORY_KEY], const json_t *json, const char *file,
                    struct qk_error *err);
