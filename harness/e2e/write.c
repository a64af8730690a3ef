/* SPDX-License-Identifier: MIT */
/* The rows of whole models as JSON, JSON lines and CSV. */
#include "harness/e2e/private.h"
#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double per_second(size_t tokens, double ns)
{
    return (double)tokens * 1e9 / ns;
}

static json_t *line_json(const struct bench_e2e *e, size_t i)
{
    struct bench_e2e_line l = {.e = *e, .row = e->rows[i]};
    const size_t n = l.speed_count = l.row.repetitions;
    l.speeds = calloc(n + 1, sizeof *l.speeds);
    if (!l.speeds)
        return NULL;
    for (size_t r = 0; r < n; r++)
        l.speeds[r] = per_second(l.row.prompt + l.row.generate, l.row.samples_ns[r]);
    if (l.row.bytes_per_token)
        l.e.bytes_per_token = l.row.bytes_per_token;
    snprintf(l.backends, sizeof l.backends, "CPU, %s (%.*s), %s head, %s input", l.row.kernels,
             (int)strcspn(l.row.matrices, "/"), l.row.matrices,
             *l.row.head ? l.row.head : model_head_names[MODEL_HEAD_FULL], model_input_names[e->head_input]);
    l.avg_ns = round(bench_e2e_mean(l.row.samples_ns, n));
    l.stddev_ns = round(bench_e2e_deviation(l.row.samples_ns, n));
    l.avg_ts = bench_e2e_mean(l.speeds, n);
    l.stddev_ts = bench_e2e_deviation(l.speeds, n);
    l.median_ms = l.row.ns_per_token.value * 1e-6;
    l.median_ts = per_second(1, l.row.ns_per_token.value);
    json_t *o = bench_fields_json(&bench_e2e_fields, &l);
    free(l.speeds);
    return o;
}

int bench_e2e_write_json(const struct bench_e2e *e, bool lines, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {.to = to};
    for (size_t i = 0; i < e->count; i++)
        bench_json_emit(&out,
                        lines ? i ? "\n" : ""
                        : i   ? ",\n  "
                              : "[\n  ",
                        line_json(e, i), JSON_REAL_PRECISION(7) | JSON_COMPACT);
    bench_json_emit_text(&out, lines ? "\n" : "\n]\n");
    return bench_json_finish(&out, "the model's times", err);
}

/* The member of a row in CSV: no array and no object. NULL: it has none. */
static json_t *flat(const json_t *row, const struct bench_field *f)
{
    json_t *const value = json_object_get(row, f->name);
    return json_is_array(value) || json_is_object(value) ? NULL : value;
}

static bool put_csv(const json_t *value, FILE *to)
{
    if (json_is_string(value)) {
        bench_show_csv(json_string_value(value), to);
    } else if (value && !json_is_null(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(7));
        if (!text)
            return false;
        fputs(text, to);
        free(text);
    }
    return true;
}

/* A row's line, or with NULL the names. The columns are the members that any row has. */
static bool csv_line(const json_t *rows, const json_t *row, FILE *to)
{
    bool first = true, room = true;
    for (size_t i = 0; i < bench_e2e_fields.count && room; i++) {
        const struct bench_field *f = &bench_e2e_fields.fields[i];
        bool any = false;
        for (size_t k = 0; k < json_array_size(rows) && !any; k++)
            any = flat(json_array_get(rows, k), f);
        if (!any)
            continue;
        if (!first)
            putc(',', to);
        first = false;
        if (row)
            room = put_csv(flat(row, f), to);
        else
            bench_show_csv(f->name, to);
    }
    putc('\n', to);
    return room;
}

int bench_e2e_write_csv(const struct bench_e2e *e, FILE *to, struct qk_error *err)
{
    json_t *rows = json_array();
    bool room = rows;
    for (size_t i = 0; i < e->count && room; i++)
        room = json_array_append_new(rows, line_json(e, i)) == 0;
    room = room && csv_line(rows, NULL, to);
    for (size_t i = 0; i < e->count && room; i++)
        room = csv_line(rows, json_array_get(rows, i), to);
    json_decref(rows);
    if (!room)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the model's times");
    return bench_written(to, "the model's times", err);
}
