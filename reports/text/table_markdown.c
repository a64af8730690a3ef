/* SPDX-License-Identifier: MIT */
#include "reports/text/table.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/*
 * Sources: GFM 0.29, 2.4 (backslash escapes) and 4.10 (tables). It escapes what would end a cell, begin an
 * emphasis, code span, HTML tag or entity, or make a link. An underscore inside a word is harmless and stays
 * readable.
 */
static void write_escaped(const char *s, FILE *to)
{
    char before = ' ';
    for (; *s; before = *s++) {
        const bool edge = !isalnum((unsigned char)before) || !isalnum((unsigned char)s[1]);
        if (*s == '\n') {
            putc(' ', to);
            continue;
        }
        if (strchr("\\|`*<>&~", *s) || (*s == '_' && edge) || (*s == ']' && s[1] == '('))
            putc('\\', to);
        putc(*s, to);
    }
}

static void write_row(char *const *cells, size_t count, FILE *to)
{
    putc('|', to);
    for (size_t c = 0; c < count; c++) {
        putc(' ', to);
        write_escaped(cells[c], to);
        fputs(" |", to);
    }
    putc('\n', to);
}

static void write_facts(const struct report_table *t, FILE *to)
{
    for (size_t i = 0; i + 1 < t->cells.count; i += 2) {
        fputs("- ", to);
        write_escaped(t->cells.text[i], to);
        fputs(": ", to);
        write_escaped(t->cells.text[i + 1], to);
        putc('\n', to);
    }
}

void report_table_markdown(const struct report_table *t, FILE *to)
{
    char *heads[REPORT_COLUMNS_MAX];
    assert(!t->failed && t->column_count > 0 && t->cells.count % t->column_count == 0);
    if (t->title) {
        fputs(t->facts ? "## " : "### ", to);
        write_escaped(t->title, to);
        fputs("\n\n", to);
    }
    if (t->facts) {
        write_facts(t, to);
    } else {
        for (size_t c = 0; c < t->column_count; c++)
            heads[c] = t->columns[c].head;
        write_row(heads, t->column_count, to);
        putc('|', to);
        for (size_t c = 0; c < t->column_count; c++)
            fputs(t->columns[c].right ? " ---: |" : " :--- |", to);
        putc('\n', to);
        for (size_t i = 0; i < t->cells.count; i += t->column_count)
            write_row(&t->cells.text[i], t->column_count, to);
    }
    if (t->notes.count)
        putc('\n', to);
    for (size_t i = 0; i < t->notes.count; i++) {
        fprintf(to, "- [%zu] ", i + 1);
        write_escaped(t->notes.text[i], to);
        putc('\n', to);
    }
}
