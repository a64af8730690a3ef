/* SPDX-License-Identifier: MIT */
/*
 * A table of texts with numbered notes, and its two forms: aligned text and markdown. The code that fills a
 * table formats each cell once, for both forms.
 */
#pragma once

#include "kernels/support.h"

#include <stdio.h>

enum { REPORT_COLUMNS_MAX = 12, REPORT_TEXT_WIDTH = 120 };

struct report_texts {
    size_t count, room;
    char **text; /* owned */
};

struct report_column {
    char *head; /* owned; in text a line feed breaks it into two lines */
    bool right; /* aligned to the right */
    bool wrap;  /* may be broken into several lines when the table is too wide for text */
};

/*
 * Zero-initialise it, call report_table_column for each column, then fill cells row by row. When memory ran
 * out, `failed` is set, and the table must not be written.
 */
struct report_table {
    char *title; /* owned, or NULL */
    bool facts;  /* two columns, label and value, without a head: a list in markdown */
    size_t column_count;
    struct report_column columns[REPORT_COLUMNS_MAX];
    struct report_texts cells;
    struct report_texts notes; /* note i is referred to as [i+1] */
    void *note_tree;           /* of tsearch: notes by text */
    bool failed;
};

/* Texts are formatted as by printf. They are shown as harness/records/shown.h says, each on one line. */
void report_table_title(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_table_column(struct report_table *t, const char *head, bool right, bool wrap);
/*
 * Adds a column for each letter of `kinds`, whose heads follow. l is aligned left, r right, and w left and
 * may wrap.
 */
void report_table_columns(struct report_table *t, const char *kinds, ...);
void report_table_cell(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a cell for each text. A NULL ends them. */
void report_table_texts(struct report_table *t, const char *first, ...) __attribute__((sentinel));
/* Adds a cell, which says "-" when x is not a number. */
void report_table_number(struct report_table *t, double x, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Makes it a table of facts with two columns: a label, and what the fact is, or "unknown" where that is
 * empty.
 */
void report_table_facts(struct report_table *t);
void report_table_fact(struct report_table *t, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Returns the number of the note with that text, and adds it if there is none yet. */
size_t report_table_note(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_table_free(struct report_table *t);

/* Tables that are filled one after the other. Zero-initialise it. */
struct report_tables {
    struct report_table *list; /* owned */
    size_t count;
    struct report_table spare; /* always failed; takes what there is no memory for */
};
/* Returns a new empty table. It is valid until the next is asked for. */
struct report_table *report_tables_add(struct report_tables *all);

typedef void report_render(const struct report_table *t, FILE *to);
/*
 * Writes the tables with a blank line between them, then frees all. Tables without rows are written only
 * when `empty` is set. QK_ERR_MEMORY when one of them has failed, QK_ERR_IO; both name `what`.
 */
int report_tables_write(struct report_tables *all, bool empty, report_render *render, const char *what,
                        FILE *to, struct qk_error *err);

/* Both write the title, the table and its notes. A failure sets the error flag of the stream. */
report_render report_table_text, report_table_markdown;
