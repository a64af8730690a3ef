/* SPDX-License-Identifier: MIT */
/*
 * A kernel module whose rows are right while single calls are checked, and do something else in timed calls.
 */
#include "harness/duet/tests/fake.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

KERNEL(right)
{
    dequantise(out, codes, scale, lut, blocks);
}

/* What these do instead of their work, once nobody checks single calls any more. */
KERNEL(idle)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
}

KERNEL(half)
{
    right(out, codes, scale, lut, blocks / 2);
}

KERNEL(past_end)
{
    right(out, codes, scale, lut, blocks);
    out[256 * blocks] = 1;
}

KERNEL(before_start)
{
    static float *lowest; /* where a buffer starts, beside a page that cannot be touched */
    right(out, codes, scale, lut, blocks);
    if (!lowest || out < lowest)
        lowest = out;
    else if (out > lowest)
        out[-1] = 1;
}

/* Eight bytes count: one would be as it was after 256 calls. */
KERNEL(change_input)
{
    uint64_t first;
    right(out, codes, scale, lut, blocks);
    memcpy(&first, codes, sizeof first);
    first++;
    memcpy((void *)(uintptr_t)codes, &first, sizeof first);
}

enum { RESULTS = 256 };
static struct result {
    uint64_t key[3];
    float *out;
} results[RESULTS];

__attribute__((destructor)) static void forget(void)
{
    for (int i = 0; i < RESULTS; i++)
        free(results[i].out);
}

/* Copies the result of a call that had the same key; does the work where there was none. */
static void remember(uint64_t key, uint64_t more, float *out, const uint8_t *codes, const float *scale,
                     const float *lut, size_t blocks)
{
    const uint64_t keys[3] = {key, more, blocks};
    for (int i = 0; i < RESULTS; i++) {
        struct result *const r = &results[i];
        if (r->out && memcmp(r->key, keys, sizeof keys) != 0)
            continue;
        if (!r->out) {
            memcpy(r->key, keys, sizeof keys);
            r->out = calloc(blocks, 1024);
            if (!r->out)
                abort();
            right(r->out, codes, scale, lut, blocks);
        }
        memcpy(out, r->out, 1024 * blocks);
        return;
    }
    abort();
}

KERNEL(by_address)
{
    remember((uintptr_t)out, (uintptr_t)scale, out, codes, scale, lut, blocks);
}

KERNEL(by_first_weights)
{
    uint64_t first;
    memcpy(&first, codes, sizeof first);
    remember(first, 0, out, codes, scale, lut, blocks);
}

/*
 * Right for so many calls, then that. The second is right for fewer, and naps a microsecond a block, so that
 * a call is longer than a slice and is walked over.
 */
#define TURNS(then)                                                                                          \
    KERNEL(then##_later)                                                                                     \
    {                                                                                                        \
        static unsigned calls;                                                                               \
        (calls++ < 300 ? right : then)(out, codes, scale, lut, blocks);                                      \
    }                                                                                                        \
    KERNEL(slow_##then)                                                                                      \
    {                                                                                                        \
        static unsigned calls;                                                                               \
        const struct timespec nap = {0, 1000 * (long)blocks};                                                \
        (calls++ < 6 ? right : then)(out, codes, scale, lut, blocks);                                        \
        nanosleep(&nap, NULL);                                                                               \
    }
TURNS(idle)
TURNS(half)
TURNS(past_end)
TURNS(before_start)
TURNS(change_input)
TURNS(by_address)
TURNS(by_first_weights)
TURNS(right)

#define TURNING(then) ROW(then##_later, "BASE"), ROW(slow_##then, "BASE")

static const struct qk_module_row rows[] = {
    ROW(right, "BASE"),    TURNING(idle),         TURNING(half),       TURNING(past_end),
    TURNING(before_start), TURNING(change_input), TURNING(by_address), TURNING(by_first_weights),
    TURNING(right),
};

MODULE
