/* SPDX-License-Identifier: MIT */
/* What both ends of a duet know about a case: its sides and its coins. */
#include "harness/duet/case.h"

const char *const bench_side_names[] = {"base", "candidate", "copy", NULL};

uint64_t bench_duet_coins(uint64_t seed, size_t index, size_t number)
{
    /* Stirred in one after the other: a sum of the three would give neighbours the same coins. */
    const uint64_t parts[] = {seed, index, number};
    struct qk_rng rng;
    uint64_t state = 0;
    for (int i = 0; i < 3; i++) {
        qk_rng_seed(&rng, state ^ parts[i]);
        state = qk_rng_next(&rng);
    }
    return state;
}

struct bench_duet_draw bench_duet_draw(uint64_t seed, size_t index, size_t number, size_t pairs)
{
    struct qk_rng rng;
    qk_rng_seed(&rng, bench_duet_coins(~seed, index, number));
    return (struct bench_duet_draw){
        .pair = qk_rng_below(&rng, pairs),
        .first = (int)qk_rng_below(&rng, 2),
        .value = (int)((bench_duet_coins(~seed, index, number / 2) ^ number) & 1),
        .poison = qk_rng_below(&rng, 2) ? 0xa5 : 0x5a,
        .rows = qk_rng_next(&rng),
    };
}
