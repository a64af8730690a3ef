/* SPDX-License-Identifier: MIT */
#include "harness/records/sample_set.h"

#include "harness/records/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ghz[] = "a number from 0.001 to 1000 or null", amount[] = "a number from 0 to 1e+15";

struct check {
    const struct bench_sample_set *set;
    const char *file;
    int code;
    struct qk_error *err;
};

static int refuse(const struct check *c, const char *where, const char *found, const char *expected)
{
    return qk_fail(c->err, c->code, where, "%s%sfound %s, expected %s", c->file, *c->file ? ": " : "", found,
                   expected);
}

static int refuse_number(const struct check *c, const char *where, double found, const char *expected)
{
    char text[32];
    snprintf(text, sizeof text, "%.7g", found);
    return refuse(c, where, text, expected);
}

static int refuse_case(const struct check *c, size_t i, const char *member, double found,
                       const char *expected)
{
    char where[64];
    snprintf(where, sizeof where, "$.qkbench.cases[%zu].%s", i, member);
    return refuse_number(c, where, found, expected);
}

static int refuse_metric(const struct check *c, size_t i, size_t m, const char *member, const char *found,
                         const char *expected)
{
    char where[80];
    snprintf(where, sizeof where, "$.qkbench.cases[%zu].metrics[%zu].%s", i, m, member);
    return refuse(c, where, found, expected);
}

static int refuse_row(const struct check *c, size_t row, const char *member, double found,
                      const char *expected)
{
    char where[80];
    snprintf(where, sizeof where, "$.benchmarks[%zu].%s", row, member);
    return refuse_number(c, where, found, expected);
}

static bool whole(double x)
{
    return x >= 0 && x <= BENCH_WHOLE_MOST && x == floor(x);
}

static bool good_word(const char *word)
{
    if (!*word)
        return false;
    for (; *word; word++)
        if (*word == '/' || (unsigned char)*word < 0x20 || *word == 0x7f)
            return false;
    return true;
}

static int check_run(const struct check *c)
{
    const struct bench_sample_set *set = c->set;
    if (set->cpu < 0)
        return refuse_number(c, "$.qkbench.pinned_cpu", set->cpu, "0 or more");
    if (!isnan(set->timer_ns) && !bench_is_amount(set->timer_ns))
        return refuse_number(c, "$.qkbench.timer_ns", set->timer_ns, amount);
    if (!bench_is_ghz(set->clock_ghz))
        return refuse_number(c, "$.qkbench.clock.estimated_ghz", set->clock_ghz, ghz);
    if (isnan(set->clock_ghz) && !*set->clock_why)
        return refuse(c, "$.qkbench.clock.reason", "none", "a reason, because estimated_ghz is null");
    char hash[20];
    bench_environment_hash(&set->env, hash);
    if (strcmp(hash, set->env.fingerprint) != 0)
        return qk_fail(c->err, c->code, "$.qkbench.fingerprint.hash",
                       "%s%sfound \"%s\", expected \"%s\", which the identity beside it gives", c->file,
                       *c->file ? ": " : "", set->env.fingerprint, hash);
    return QK_OK;
}

static int by_metric(const void *a, const void *b)
{
    const struct bench_metric *x = *(const struct bench_metric *const *)a;
    const struct bench_metric *y = *(const struct bench_metric *const *)b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x > y) - (x < y);
}

/* The first metric whose name stands before it already; else their number. */
static int find_twice(const struct check *c, const struct bench_record *rec, size_t *twice)
{
    *twice = rec->metric_count;
    if (rec->metric_count < 2)
        return QK_OK;
    const struct bench_metric **order = calloc(rec->metric_count, sizeof *order);
    if (!order)
        return qk_fail(c->err, QK_ERR_MEMORY, c->file, "out of memory");
    for (size_t m = 0; m < rec->metric_count; m++)
        order[m] = &rec->metrics[m];
    qsort(order, rec->metric_count, sizeof *order, by_metric);
    for (size_t m = 1; m < rec->metric_count; m++) {
        const size_t at = (size_t)(order[m] - rec->metrics);
        if (!strcmp(order[m]->name, order[m - 1]->name) && at < *twice)
            *twice = at;
    }
    free(order);
    return QK_OK;
}

static int check_metrics(const struct check *c, size_t i)
{
    const struct bench_record *rec = &c->set->records[i];
    size_t twice;
    const int code = find_twice(c, rec, &twice);
    if (code != QK_OK)
        return code;
    for (size_t m = 0; m < rec->metric_count; m++) {
        const struct bench_metric *metric = &rec->metrics[m];
        if (!*metric->name)
            return refuse_metric(c, i, m, "name", "an empty text", "a name");
        if (m == twice)
            return refuse_metric(c, i, m, "name", metric->name, "each metric of a case once");
        if (fabs(metric->value) > BENCH_FIGURE_MOST) {
            char found[32];
            snprintf(found, sizeof found, "%.7g", metric->value);
            return refuse_metric(c, i, m, "value", found, "a number from -1e+18 to 1e+18 or null");
        }
        if (isnan(metric->value) && (!metric->reason || !*metric->reason))
            return refuse_metric(c, i, m, "reason", "none", "a reason, because the value is null");
    }
    return QK_OK;
}

static int check_case(const struct check *c, size_t i)
{
    const struct bench_record *rec = &c->set->records[i];
    const char *const words[] = {rec->op, rec->variant, rec->shape}, *const names[] = {"op", "variant",
                                                                                       "shape"};
    char where[64];
    for (int w = 0; w < 3; w++) {
        if (good_word(words[w]))
            continue;
        snprintf(where, sizeof where, "$.qkbench.cases[%zu].%s", i, names[w]);
        return refuse(c, where, *words[w] ? "a '/' or a control character" : "an empty text", "a name");
    }
    if (strlen(rec->op) + strlen(rec->variant) + strlen(rec->shape) + 3 > BENCH_NAME_MAX) {
        snprintf(where, sizeof where, "$.qkbench.cases[%zu].name", i);
        return refuse(c, where, "a longer one", "a name of at most 255 bytes");
    }
    const double work[] = {rec->elements, rec->ops, rec->bytes_read, rec->bytes_written};
    const char *const members[] = {"elements", "ops", "bytes_read", "bytes_written"};
    for (int w = 0; w < 4; w++)
        if (!whole(work[w]))
            return refuse_case(c, i, members[w], work[w], "a whole number from 0 to 2^53");
    if (rec->status != BENCH_OK) {
        snprintf(where, sizeof where, "$.qkbench.cases[%zu].reason", i);
        if (!rec->reason || !*rec->reason)
            return refuse(c, where, "none", "a reason, because the status is not ok");
        return rec->block_count == 0 && rec->calls == 0
                   ? QK_OK
                   : refuse_case(c, i, "calls_per_slice", (double)rec->calls,
                                 "0 and no rows, because the status is not ok");
    }
    if (rec->elements < 1)
        return refuse_case(c, i, "elements", rec->elements, "at least 1, because the status is ok");
    if (rec->calls < 1 || (double)rec->calls > BENCH_WHOLE_MOST)
        return refuse_case(c, i, "calls_per_slice", (double)rec->calls,
                           "1 to 2^53, because the status is ok");
    if (rec->block_count < 1 || rec->block_count > BENCH_BLOCKS_MAX) {
        snprintf(where, sizeof where, "$.qkbench.cases[%zu].status", i);
        return qk_fail(c->err, c->code, where, "%s%sfound ok with %zu rows in benchmarks, expected 1 to %d",
                       c->file, *c->file ? ": " : "", rec->block_count, BENCH_BLOCKS_MAX);
    }
    return QK_OK;
}

/* `row` is the block's index in $.benchmarks. */
static int check_block(const struct check *c, const struct bench_record *rec, size_t b, size_t row)
{
    const struct bench_block *block = &rec->blocks[b];
    char member[48];
    uint64_t iterations;
    if (!bench_is_ghz(block->core_ghz))
        return refuse_row(c, row, "core_ghz", block->core_ghz, ghz);
    if (!bench_is_amount(block->cpu_ns))
        return refuse_row(c, row, "cpu_time", block->cpu_ns, amount);
    if (block->slices == 0 || __builtin_mul_overflow(rec->calls, block->slices, &iterations) ||
        (double)iterations > BENCH_WHOLE_MOST)
        return refuse_row(c, row, "iterations", (double)rec->calls * (double)block->slices, "1 to 2^53");
    for (int e = 0; block->events.recorded && e < BENCH_EVENT_COUNT; e++)
        if (!isnan(block->events.value[e]) && !bench_is_amount(block->events.value[e])) {
            snprintf(member, sizeof member, "events.%s", bench_event_names[e]);
            return refuse_row(c, row, member, block->events.value[e], amount);
        }
    for (size_t s = 0; s < block->slices; s++)
        if (!bench_is_time(block->samples_ns[s])) {
            snprintf(member, sizeof member, "samples_ns[%zu]", s);
            return refuse_row(c, row, member, block->samples_ns[s], "a time from 0.001 to 1e+15 ns");
        }
    return QK_OK;
}

static int by_group(const void *a, const void *b)
{
    const struct bench_record *x = *(const struct bench_record *const *)a;
    const struct bench_record *y = *(const struct bench_record *const *)b;
    int order = strcmp(x->op, y->op);
    if (!order)
        order = strcmp(x->shape, y->shape);
    if (!order)
        order = strcmp(x->variant, y->variant);
    return order ? order : (x > y) - (x < y);
}

static size_t first_row(const struct check *c, const struct bench_record *rec)
{
    size_t row = 0;
    for (const struct bench_record *r = c->set->records; r < rec; r++)
        row += r->block_count;
    return row;
}

/* Both ok and of one group. */
static int check_pair(const struct check *c, const struct bench_record *first, const struct bench_record *rec)
{
    char where[80], other[BENCH_NAME_MAX];
    bench_record_name(first, other, sizeof other);
    if (rec->block_count != first->block_count) {
        snprintf(where, sizeof where, "$.qkbench.cases[%zu]", (size_t)(rec - c->set->records));
        return qk_fail(c->err, c->code, where, "%s%sfound %zu rows in benchmarks, expected %zu as for %s",
                       c->file, *c->file ? ": " : "", rec->block_count, first->block_count, other);
    }
    for (size_t b = 0; b < rec->block_count; b++) {
        const struct bench_events *e = &rec->blocks[b].events, *one = &first->blocks[b].events;
        if (e->recorded != one->recorded || (e->recorded && e->disturbed != one->disturbed)) {
            snprintf(where, sizeof where, "$.benchmarks[%zu].disturbed", first_row(c, rec) + b);
            return qk_fail(c->err, c->code, where,
                           "%s%sfound another word than in row %zu of %s, which is the same block", c->file,
                           *c->file ? ": " : "", b, other);
        }
        if (rec->blocks[b].slices != first->blocks[b].slices) {
            snprintf(where, sizeof where, "$.benchmarks[%zu].samples_ns", first_row(c, rec) + b);
            return qk_fail(c->err, c->code, where, "%s%sfound %zu samples, expected %zu as in row %zu of %s",
                           c->file, *c->file ? ": " : "", rec->blocks[b].slices, first->blocks[b].slices, b,
                           other);
        }
    }
    return QK_OK;
}

static bool same_group(const struct bench_record *a, const struct bench_record *b)
{
    return !strcmp(a->op, b->op) && !strcmp(a->shape, b->shape);
}

/* order: the records by group, then variant. A group is measured by its first ok record in the set. */
static int check_groups(const struct check *c, const struct bench_record *const *order)
{
    const size_t count = c->set->record_count;
    int code = QK_OK;
    for (size_t start = 0, end; start < count && code == QK_OK; start = end) {
        const struct bench_record *first = NULL;
        for (end = start; end < count && same_group(order[start], order[end]); end++) {
            const struct bench_record *rec = order[end];
            if (end > start && !strcmp(rec->variant, order[end - 1]->variant)) {
                char where[64], name[BENCH_NAME_MAX];
                snprintf(where, sizeof where, "$.qkbench.cases[%zu].name", (size_t)(rec - c->set->records));
                return refuse(c, where, bench_record_name(rec, name, sizeof name), "each case once");
            }
            if (rec->status == BENCH_OK && (!first || rec < first))
                first = rec;
        }
        for (size_t i = start; i < end && code == QK_OK; i++)
            if (order[i]->status == BENCH_OK)
                code = check_pair(c, first, order[i]);
    }
    return code;
}

int bench_sample_set_check(const struct bench_sample_set *set, const char *file, int failure,
                           struct qk_error *err)
{
    const struct check c = {set, file, failure, err};
    int code = check_run(&c);
    for (size_t i = 0, row = 0; i < set->record_count && code == QK_OK; i++) {
        code = check_case(&c, i);
        if (code == QK_OK)
            code = check_metrics(&c, i);
        for (size_t b = 0; b < set->records[i].block_count && code == QK_OK; b++)
            code = check_block(&c, &set->records[i], b, row++);
    }
    if (code != QK_OK || set->record_count == 0)
        return code;
    const struct bench_record **order = calloc(set->record_count, sizeof *order);
    if (!order)
        return qk_fail(err, QK_ERR_MEMORY, file, "out of memory");
    for (size_t i = 0; i < set->record_count; i++)
        order[i] = &set->records[i];
    qsort(order, set->record_count, sizeof *order, by_group);
    code = check_groups(&c, order);
    free(order);
    return code;
}
