/* SPDX-License-Identifier: MIT */
#include "harness/counters/step_private.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *sets, *features;
} rows[] = {
#define SET(sets, features) {sets, features},
#include "harness/counters/step_levels.def"
#undef SET
};

const char *bench_step_features_of(const char *set)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char glob[32];
        int used;
        for (const char *at = rows[i].sets; sscanf(at, "%31s%n", glob, &used) == 1; at += used)
            if (fnmatch(glob, set, 0) == 0)
                return rows[i].features;
    }
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    char one[32];
    int used;
    for (; sscanf(list, "%31s%n", one, &used) == 1; list += used)
        if (!strcmp(one, word))
            return true;
    return false;
}

bool bench_step_level_has(enum qk_isa level, const char *features)
{
    char feature[32];
    int used;
    for (; features && sscanf(features, "%31s%n", feature, &used) == 1; features += used) {
        enum qk_isa of = level;
        while (!has_word(qk_isa_row(of)->features, feature) && of != qk_isa_row(of)->needs)
            of = qk_isa_row(of)->needs;
        if (!has_word(qk_isa_row(of)->features, feature))
            return false;
    }
    return features;
}
