/* SPDX-License-Identifier: MIT */
/*
 * A table of texts with numbered notes, and its two forms: aligned text and markdown. Whoever fills the table
 * formats its cells, once for both forms.
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
    char *head; /* owned; a line feed breaks it in two lines in text */
    bool right; /* aligned to the right */
    bool wrap;  /* may be broken into several lines when the table is too wide for text */
};

/*
 * Zero-initialise it, call report_table_column for each column, then fill cells row by row. A refused
 * allocation is remembered in `failed`, and the table must not be written then.
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

/* The texts are formatted as by printf and shown as harness/records/shown.h says, each on one line. */
void report_table_title(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_table_column(struct report_table *t, const char *head, bool right, bool wrap);
/*
 * A column for each letter of `kinds`, with that many heads behind it: l to the left, r to the right, w left
 * and may wrap.
 */
void report_table_columns(struct report_table *t, const char *kinds, ...);
void report_table_cell(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A cell for each text, which a NULL ends. */
void report_table_texts(struct report_table *t, const char *first, ...) __attribute__((sentinel));
/* A cell that says "-" when x is not a number. */
void report_table_number(struct report_table *t, double x, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Two columns: what a fact is of, and what it says, "unknown" where that is nothing. */
void report_table_facts(struct report_table *t);
void report_table_fact(struct report_table *t, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Number of the note with that text, which is added if there is none yet. */
size_t report_table_note(struct report_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_table_free(struct report_table *t);

/* Tables that are filled one after the other; zero-initialise it. */
struct report_tables {
    struct report_table *list; /* owned */
    size_t count;
    struct report_table spare; /* has failed: takes what there was no memory for */
};
/* Another empty one, until the next is asked for. */
struct report_table *report_tables_add(struct report_tables *all);

typedef void report_render(const struct report_table *t, FILE *to);
/*
 * Writes the tables with a blank line between, those without rows only when `empty`, and frees all.
 * QK_ERR_MEMORY when one of them has failed, QK_ERR_IO; both name `what`.
 */
int report_tables_write(struct report_tables *all, bool empty, report_render *render, const char *what,
                        FILE *to, struct qk_error *err);

/* Both write the title, the table and its notes. Failures are left in the stream's error flag. */
report_render report_table_text, report_table_markdown;
