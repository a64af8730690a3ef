/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int cli_history_key(char to[BASELINE_HISTORY_KEY], const json_t *json, const char *file, struct qk_error *err)
{
    char *const text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        return qk_fail(err, QK_ERR_MEMORY, file, "no memory for its text");
    snprintf(to, BASELINE_HISTORY_KEY, "%016llx", (unsigned long long)XXH3_64bits(text, strlen(text)));
    free(text);
    return 0;
}
