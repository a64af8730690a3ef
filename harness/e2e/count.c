/* SPDX-License-Identifier: MIT */
#include "harness/e2e/private.h"

#include <string.h>

struct counted {
    struct bench_e2e_work *work;
    struct model_state *state;
    size_t depth;
    int code; /* of the first call that failed; the others are left out */
    struct qk_error *err;
};

static void call(void *ctx, uint64_t calls)
{
    struct counted *c = ctx;
    for (uint64_t i = 0; i < calls && !c->code; i++)
        c->code = bench_e2e_generate(c->work, c->state, c->depth, 1, NULL, c->err);
}

int bench_e2e_count(struct bench_e2e_work *w, struct model_state *s, const struct bench_e2e *e,
                    struct bench_e2e_row *row, struct qk_error *err)
{
    struct bench_sample_set set;
    struct counted counted = {w, s, row->depth, 0, err};
    const struct bench_counted what = {.call = call,
                                       .ctx = &counted,
                                       .calls = 1,
                                       .elements = e->model_parameters,
                                       .bytes =
                                           row->bytes_per_token ? row->bytes_per_token : e->bytes_per_token};
    bench_sample_set_init(&set);
    struct bench_record *rec = bench_sample_set_add(&set, "model", "token", "1");
    int code = rec ? bench_counters_count(w->cfg->counters, &what, rec, err)
                   : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for counters");
    if (!code)
        code = counted.code;
    if (!code) { /* the row takes the record's metrics over */
        row->metrics = rec->metrics;
        row->metric_count = rec->metric_count;
        rec->metrics = NULL;
        rec->metric_count = 0;
    }
    bench_sample_set_free(&set);
    return code;
}
