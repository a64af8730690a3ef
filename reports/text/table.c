/* SPDX-License-Identifier: MIT */
#include "reports/text/table.h"

#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *format(struct report_table *t, const char *fmt, va_list args)
{
    char *text;
    if (vasprintf(&text, fmt, args) < 0) {
        t->failed = true;
        return NULL;
    }
    char *shown = bench_show_copy(text, "");
    free(text);
    t->failed |= !shown;
    return shown;
}

/* Takes over `text`, which is NULL when there was no memory for it. */
static void append(struct report_table *t, struct report_texts *list, char *text)
{
    if (text && list->count == list->room) {
        size_t bytes;
        const size_t room = list->room ? 2 * list->room : 32;
        char **grown = qk_mul_size(room, sizeof *grown, &bytes) ? realloc(list->text, bytes) : NULL;
        if (grown) {
            list->text = grown;
            list->room = room;
        } else {
            t->failed = true;
            free(text);
            text = NULL;
        }
    }
    if (text)
        list->text[list->count++] = text;
}

void report_table_title(struct report_table *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    free(t->title);
    t->title = format(t, fmt, args);
    va_end(args);
}

void report_table_column(struct report_table *t, const char *head, bool right, bool wrap)
{
    assert(t->column_count < REPORT_COLUMNS_MAX);
    char *shown = bench_show_copy(head, "\n");
    t->failed |= !shown;
    t->columns[t->column_count++] = (struct report_column){shown, right, wrap};
}

void report_table_columns(struct report_table *t, const char *kinds, ...)
{
    va_list heads;
    va_start(heads, kinds);
    for (; *kinds; kinds++)
        report_table_column(t, va_arg(heads, const char *), *kinds == 'r', *kinds == 'w');
    va_end(heads);
}

void report_table_cell(struct report_table *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append(t, &t->cells, format(t, fmt, args));
    va_end(args);
}

void report_table_texts(struct report_table *t, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    for (const char *text = first; text; text = va_arg(args, const char *))
        report_table_cell(t, "%s", text);
    va_end(args);
}

void report_table_number(struct report_table *t, double x, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append(t, &t->cells, isnan(x) ? strdup("-") : format(t, fmt, args));
    va_end(args);
}

void report_table_facts(struct report_table *t)
{
    t->facts = true;
    report_table_column(t, "", false, false);
    report_table_column(t, "", false, true);
}

void report_table_fact(struct report_table *t, const char *label, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = format(t, fmt, args);
    va_end(args);
    report_table_cell(t, "%s", label);
    report_table_cell(t, "%s", text && *text ? text : "unknown");
    free(text);
}

struct note {
    const char *text; /* borrowed from the table's notes */
    size_t number;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct note *)a)->text, ((const struct note *)b)->text);
}

size_t report_table_note(struct report_table *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = format(t, fmt, args);
    va_end(args);
    if (!text)
        return 0;
    const struct note key = {text, 0};
    struct note **const found = tfind(&key, &t->note_tree, by_text);
    if (found) {
        free(text);
        return (*found)->number;
    }
    const size_t number = t->notes.count + 1;
    append(t, &t->notes, text);
    struct note *note = t->notes.count == number ? malloc(sizeof *note) : NULL;
    if (note)
        *note = (struct note){text, number};
    if (!note || !tsearch(note, &t->note_tree, by_text)) {
        free(note);
        t->failed = true;
    }
    return t->notes.count;
}

static void free_texts(struct report_texts *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->text[i]);
    free(list->text);
}

void report_table_free(struct report_table *t)
{
    for (size_t i = 0; i < t->column_count; i++)
        free(t->columns[i].head);
    free_texts(&t->cells);
    free_texts(&t->notes);
    tdestroy(t->note_tree, free);
    free(t->title);
    *t = (struct report_table){0};
}

struct report_table *report_tables_add(struct report_tables *all)
{
    struct report_table *more = reallocarray(all->list, all->count + 1, sizeof *more);
    report_table_free(&all->spare);
    all->spare.failed = !more;
    if (!more)
        return &all->spare;
    all->list = more;
    more[all->count] = (struct report_table){0};
    return &more[all->count++];
}

int report_tables_write(struct report_tables *all, bool empty, report_render *render, const char *what,
                        FILE *to, struct qk_error *err)
{
    bool failed = all->spare.failed, any = false;
    for (size_t i = 0; i < all->count; i++)
        failed |= all->list[i].failed;
    errno = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!failed && (empty || all->list[i].cells.count)) {
            if (any)
                putc('\n', to);
            any = true;
            render(&all->list[i], to);
        }
        report_table_free(&all->list[i]);
    }
    free(all->list);
    report_table_free(&all->spare);
    *all = (struct report_tables){0};
    return failed ? qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %s", what)
                  : bench_written(to, what, err);
}
