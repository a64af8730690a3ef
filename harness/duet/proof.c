/* SPDX-License-Identifier: MIT */
/*
 * What a slice works on, and whether it did what it was timed for. Some kernels return early, reuse old
 * output, or write where they should not. A proof finds that, whatever the cause, because its calls are
 * those of a timed slice: as many, and on as many rows.
 */
#include "harness/duet/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    PIECE = 64 << 10,   /* bytes of an input that have a digest of their own */
    BAND = 4096,        /* bytes before and after a part of a buffer that are poisoned with it */
    PADDING = 0xa5,     /* between a buffer and the page that cannot be touched */
    EXCHANGE = 1 << 20, /* bytes of inputs that are worth it (exchange) */
};

static bool alternates(const struct bench_duet_room *room, int i)
{
    return room->buffers.odd[i] != room->buffers.at[i];
}

/* One that both arms read. */
static bool is_input(const struct bench_duet_room *room, int i)
{
    return !room->buffers.plan.buffers[i].output && room->buffers.at[i];
}

static size_t pieces(size_t bytes)
{
    return bytes / PIECE + (bytes % PIECE != 0);
}

static uint64_t digest(const void *buffer, size_t bytes, size_t piece)
{
    const size_t from = piece * PIECE;
    return XXH3_64bits((const char *)buffer + from, bytes - from < PIECE ? bytes - from : PIECE);
}

static void poison_padding(const struct bench_duet_room *room)
{
    for (int i = 0; i < room->buffers.plan.buffer_count; i++) {
        const size_t bytes = room->buffers.plan.buffers[i].bytes;
        if (!room->buffers.at[i]) /* the row's own */
            continue;
        memset((char *)room->buffers.at[i] + bytes, PADDING, bench_map_padding(bytes));
        memset((char *)room->buffers.odd[i] + bytes, PADDING, bench_map_padding(bytes));
    }
}

int bench_duet_remember(struct bench_duet_room *room, struct qk_error *err)
{
    const struct qk_plan *const plan = &room->buffers.plan;
    poison_padding(room);
    for (int i = 0; i < plan->buffer_count; i++) {
        const size_t bytes = plan->buffers[i].bytes;
        for (int value = 0; value <= alternates(room, i) && is_input(room, i); value++) {
            uint64_t *const to = calloc(pieces(bytes), sizeof *to);
            if (!to)
                return qk_fail(err, QK_ERR_MEMORY, room->group.name, "no memory for digests of its inputs");
            room->digests[value][i] = to;
            for (size_t piece = 0; piece < pieces(bytes); piece++)
                to[piece] = digest(value ? room->buffers.odd[i] : room->buffers.at[i], bytes, piece);
        }
    }
    return 0;
}

void bench_duet_forget(struct bench_duet_room *room)
{
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < QK_BUFFERS_MAX; i++)
            free(room->digests[value][i]);
    memset(room->digests, 0, sizeof room->digests);
}

size_t bench_duet_next_rows(struct bench_duet_room *room, size_t rows)
{
    if (room->next_row + rows > room->rows) {
        room->next_row = 0;
        room->odd = !room->odd;
    }
    room->next_row += rows;
    return room->next_row - rows;
}

struct bench_buffers bench_duet_at(const struct bench_duet_ready_arm *arm, size_t row, bool odd)
{
    struct bench_buffers at = arm->view;
    at.of = NULL; /* turns are the slice's */
    at.turn = odd;
    for (int i = 0; i < at.plan.buffer_count; i++) {
        at.at[i] = (char *)at.at[i] + row * arm->unit[i];
        at.odd[i] = (char *)at.odd[i] + row * arm->unit[i];
    }
    return at;
}

/*
 * Exchanges the two values of the inputs that alternate, each in the place of the other. A kernel that knows
 * results by its arguments' addresses is then wrong about them. Not where that would cost a good part of a
 * block.
 */
static void exchange(struct bench_duet_room *room)
{
    const struct bench_buffers *const b = &room->buffers;
    char part[BAND];
    size_t sum = 0;
    for (int i = 0; i < b->plan.buffer_count; i++)
        sum += alternates(room, i) ? b->plan.buffers[i].bytes : 0;
    if (sum > EXCHANGE)
        return;
    for (int i = 0; i < b->plan.buffer_count; i++)
        for (size_t from = 0, n; alternates(room, i) && from < b->plan.buffers[i].bytes; from += n) {
            char *const x = (char *)b->at[i] + from, *const y = (char *)b->odd[i] + from;
            n = b->plan.buffers[i].bytes - from < BAND ? b->plan.buffers[i].bytes - from : BAND;
            memcpy(part, x, n);
            memcpy(x, y, n);
            memcpy(y, part, n);
        }
    room->exchanged = !room->exchanged;
}

/* The first of n bytes that is not the poison, or n. */
static size_t touched(const unsigned char *from, size_t n, int poison)
{
    size_t at = 0;
    if (n && from[0] == poison && !memcmp(from, from + 1, n - 1))
        return n;
    while (at < n && from[at] == poison)
        at++;
    return at;
}

/* The padding of a buffer. */
static bool padding_whole(const struct qk_buffer *buffer, const void *start, char *why, size_t size)
{
    const unsigned char *const end = (const unsigned char *)start + buffer->bytes;
    const size_t padding = bench_map_padding(buffer->bytes), at = touched(end, padding, PADDING);
    if (at < padding)
        snprintf(why, size, "%zu bytes past the end of %s: found 0x%02x, expected it untouched (0x%02x)",
                 at + 1, buffer->name, end[at], PADDING);
    return at == padding;
}

/*
 * What is in all inputs, or in the rows of a slice of the arm, and in the padding of all buffers. arm may be
 * NULL.
 */
static bool rest_whole(const struct bench_duet_room *room, const struct bench_duet_ready_arm *arm, size_t row,
                       char *why, size_t size)
{
    for (int i = 0; i < room->buffers.plan.buffer_count; i++) {
        const struct qk_buffer *const buffer = &room->buffers.plan.buffers[i];
        if (!room->buffers.at[i])
            continue;
        const size_t unit = arm ? arm->unit[i] : 0, from = row * unit;
        const size_t to = unit ? from + arm->view.plan.buffers[i].bytes : buffer->bytes;
        for (int set = 0; set <= alternates(room, i); set++) {
            const void *const start = set ? room->buffers.odd[i] : room->buffers.at[i];
            const uint64_t *const kept = room->digests[alternates(room, i) ? set ^ room->exchanged : 0][i];
            if (!padding_whole(buffer, start, why, size))
                return false;
            for (size_t piece = from / PIECE; !buffer->output && piece < pieces(to); piece++) {
                const uint64_t found = digest(start, buffer->bytes, piece);
                if (found == kept[piece])
                    continue;
                snprintf(
                    why, size,
                    "input %s was changed, among its bytes from %zu on: found XXH3 %016llx, expected %016llx",
                    buffer->name, piece * PIECE, (unsigned long long)found, (unsigned long long)kept[piece]);
                return false;
            }
        }
    }
    return true;
}

/* How far the band before or after a part reaches. */
static size_t band(size_t bytes)
{
    return bytes < BAND ? bytes : BAND;
}

/* Poisons an arm's rows of the outputs and a band around them, or finds that the band is not as it was. */
static bool poisoned(const struct bench_duet_room *room, const struct bench_duet_ready_arm *arm, size_t row,
                     int poison, bool look, char *why, size_t size)
{
    for (int i = 0; i < arm->view.plan.buffer_count; i++) {
        const struct qk_buffer *const buffer = &arm->view.plan.buffers[i];
        const size_t from = row * arm->unit[i], to = from + buffer->bytes;
        const size_t before = band(from), after = band(room->buffers.plan.buffers[i].bytes - to);
        unsigned char *const start = arm->view.at[i];
        if (!buffer->output)
            continue;
        if (!look) {
            memset(start + from - before, poison, before + buffer->bytes + after);
            continue;
        }
        const size_t low = touched(start + from - before, before, poison);
        const size_t high = touched(start + to, after, poison);
        if (low < before)
            snprintf(why, size,
                     "%zu bytes before the start of %s: found 0x%02x, expected it untouched (0x%02x)",
                     before - low, buffer->name, start[from - before + low], poison);
        else if (high < after)
            snprintf(why, size, "%zu bytes past the end of %s: found 0x%02x, expected it untouched (0x%02x)",
                     high + 1, buffer->name, start[to + high], poison);
        if (low < before || high < after)
            return false;
    }
    return true;
}

/* Runs the reference on the same inputs and compares. */
static int compare(const struct bench_duet_room *room, const struct qk_plan *plan, void *const *found,
                   bool *same, char *why, size_t size, struct qk_error *err)
{
    void *expected[QK_BUFFERS_MAX] = {NULL};
    int code = 0;
    for (int i = 0; i < plan->buffer_count && !code; i++) {
        expected[i] = plan->buffers[i].output ? bench_map(plan->buffers[i].bytes) : found[i];
        if (!expected[i])
            code = qk_fail(err, QK_ERR_MEMORY, room->group.name, "cannot map %zu bytes for %s",
                           plan->buffers[i].bytes, plan->buffers[i].name);
    }
    if (!code) {
        qk_expect(room->group.op, plan, expected);
        *same = qk_op_row(room->group.op)->on->same(plan, expected, found, why, size);
    }
    for (int i = 0; i < plan->buffer_count; i++)
        if (plan->buffers[i].output)
            bench_unmap(expected[i], plan->buffers[i].bytes);
    return code;
}

static uint64_t digest_outputs(const struct qk_plan *plan, void *const *found)
{
    uint64_t sum = plan->ops;
    for (int i = 0; i < plan->buffer_count; i++)
        if (plan->buffers[i].output)
            sum = XXH3_64bits_withSeed(found[i], plan->buffers[i].bytes, sum);
    return sum ? sum : 1;
}

/* The outputs, or a sample of their rows. `last`: the buffers of the last call. */
static int prove_outputs(const struct bench_duet_ready *ready, int a, size_t row, void *const *last,
                         const struct bench_duet_draw *draw, struct bench_duet_proof *proof,
                         struct qk_error *err)
{
    const struct bench_duet_ready_arm *const arm = &ready->arm[a];
    const struct qk_plan *const plan = arm->sample_rows ? &arm->sample : &arm->view.plan;
    const size_t skip = arm->sample_rows ? draw->rows % arm->sample_places * 16 : 0;
    const bool whole = !arm->sample_rows && !arm->rows;
    uint64_t *const right = &proof->right[a][draw->value];
    void *found[QK_BUFFERS_MAX];
    char why[300], rows[100] = "";
    bool same = true;
    for (int i = 0; i < plan->buffer_count; i++)
        found[i] = (char *)last[i] + skip * arm->unit[i];
    const uint64_t sum = whole ? digest_outputs(plan, found) : 0;
    if (arm->variant.kind == QK_CEILING || (whole && (sum == *right || sum == proof->right[!a][draw->value])))
        return 0;
    const int code = compare(ready->room, plan, found, &same, why, sizeof why, err);
    if (code)
        return code;
    if (!same && !whole)
        snprintf(rows, sizeof rows, "in %s from row %zu on, ",
                 arm->sample_rows ? "the sample of rows" : "the part", row + skip);
    if (!same)
        return qk_fail(
            err, QK_ERR_CHECK, ready->room->group.name,
            "proof: the output of %s of the %s differs from the reference's after a timed slice: %s%s",
            arm->variant.name, bench_side_names[arm->side], rows, why);
    if (whole)
        *right = sum;
    return 0;
}

int bench_duet_kept(const struct bench_duet_desk *desk, const struct bench_duet_ready_arm *arm,
                    struct qk_error *err)
{
    char why[160];
    return qk_state_kept(&desk->state, why, sizeof why)
               ? 0
               : qk_fail(err, QK_ERR_CHECK, qk_op_row(arm->variant.op)->name,
                         "timed calls of %s of the %s %s", arm->variant.name, bench_side_names[arm->side],
                         why);
}

static int prove_arm(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready, int a,
                     size_t row, const struct bench_duet_draw *draw, struct bench_duet_proof *proof,
                     struct qk_error *err)
{
    const struct bench_duet_ready_arm *const arm = &ready->arm[a];
    struct bench_duet_room *const room = ready->room;
    const uint64_t calls = arm->calls + arm->extra;
    const bool last = draw->value ^ (int)room->exchanged;
    struct bench_buffers at = bench_duet_at(arm, row, last ^ !(calls & 1));
    char why[300];
    poisoned(room, arm, row, draw->poison, false, why, sizeof why);
    bench_buffers_call(&at, arm->variant.fn, calls);
    const int code = bench_duet_kept(desk, arm, err);
    if (code)
        return code;
    if (!arm->rows)
        room->odd = at.turn;
    if (!rest_whole(room, arm, row, why, sizeof why) ||
        !poisoned(room, arm, row, draw->poison, true, why, sizeof why))
        return qk_fail(err, QK_ERR_CHECK, room->group.name,
                       "proof: a timed slice of %s of the %s wrote what it should not: %s", arm->variant.name,
                       bench_side_names[arm->side], why);
    return prove_outputs(ready, a, row, last ? at.odd : at.at, draw, proof, err);
}

/* Everything but the outputs as it was before the first slice. */
static int restore(struct bench_duet_room *room, uint64_t seed, struct qk_error *err)
{
    room->exchanged = false;
    poison_padding(room);
    return bench_buffers_refill(&room->buffers, seed, err);
}

bool bench_duet_untouched(const struct bench_duet_ready *ready)
{
    char why[300];
    return rest_whole(ready->room, NULL, 0, why, sizeof why);
}

int bench_duet_prove(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready,
                     const struct bench_duet_draw *draw, struct bench_duet_proof *proof, struct qk_error *err)
{
    const struct bench_duet_ready_arm *const arm = ready->arm;
    const size_t rows[] = {arm[0].rows + arm[0].more_rows, arm[1].rows + arm[1].more_rows};
    const size_t row = rows[0] || rows[1] ? bench_duet_next_rows(ready->room, rows[rows[1] > rows[0]]) : 0;
    char before[300] = "";
    int code = 0;
    /* It was one of the two that changed something meanwhile. Its proof slice will tell which. */
    for (int a = 0; a < 2 && !*before; a++)
        rest_whole(ready->room, ready->memory == QK_MEMORY_CACHE ? NULL : &arm[a], rows[a] ? row : 0, before,
                   sizeof before);
    if (*before)
        code = restore(ready->room, desk->seed, err);
    if (!code)
        exchange(ready->room);
    for (int k = 0; k < 2 && !code; k++) {
        const int a = draw->first ^ k;
        code = prove_arm(desk, ready, a, rows[a] ? row : 0, draw, proof, err);
    }
    if (code == QK_ERR_CHECK)
        restore(ready->room, desk->seed, NULL);
    return code || !*before
               ? code
               : qk_fail(err, QK_ERR_CHECK, ready->room->group.name,
                         "proof: timed slices of the %s or the %s wrote what they should not: %s",
                         bench_side_names[arm[0].side], bench_side_names[arm[1].side], before);
}
