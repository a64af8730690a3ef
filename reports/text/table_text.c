/* SPDX-License-Identifier: MIT */
#include "reports/text/table.h"

#include "harness/records/shown.h"

#include <assert.h>
#include <string.h>

/* A column that may be broken is not made narrower than this. */
enum { NARROWEST = 10 };

static size_t widest_line(const char *s)
{
    size_t widest = 0;
    while (*s) {
        const size_t n = strcspn(s, "\n"), width = bench_shown_columns(s, n);
        widest = width > widest ? width : widest;
        s += n + (s[n] == '\n');
    }
    return widest;
}

/*
 * Bytes of s that go on a line of `width`: up to a line feed, else cut after the last blank, '_', '/' or ','.
 */
static size_t piece(const char *s, size_t width)
{
    const size_t all = strcspn(s, "\n");
    size_t bytes = 0, columns = 0, cut = 0;
    while (bytes < all) {
        struct bench_shown one;
        const size_t more = bench_shown_first(&one, s + bytes, all - bytes, "");
        /* One that is wider than the line has a line to itself. */
        if (columns + one.columns > width && bytes)
            return s[bytes] == ' ' ? bytes : cut ? cut : bytes;
        columns += one.columns;
        bytes += more;
        if (strchr(" _/,", s[bytes - 1]))
            cut = bytes;
    }
    return bytes;
}

static const char *after_piece(const char *s, size_t bytes)
{
    s += bytes;
    return *s == ' ' || *s == '\n' ? s + 1 : s;
}

static void pad(FILE *to, size_t n)
{
    while (n--)
        putc(' ', to);
}

/* Widths of the columns and the blanks before each. */
struct layout {
    size_t width[REPORT_COLUMNS_MAX], gap[REPORT_COLUMNS_MAX];
};

/*
 * One row of the table, in as many lines as its cells need; those that are `late` (NULL: none) begin on the
 * second.
 */
static void write_row(const struct report_table *t, char *const *cells, const bool *late,
                      const struct layout *l, FILE *to)
{
    const char *rest[REPORT_COLUMNS_MAX];
    bool more = true;
    for (size_t c = 0; c < t->column_count; c++)
        rest[c] = cells[c];
    for (bool first = true; more; first = false) {
        size_t owed = 0; /* blanks are written when something follows them: no line ends in one */
        more = false;
        for (size_t c = 0; c < t->column_count; c++) {
            const bool waits = first && late && late[c];
            const char *const text = waits ? "" : rest[c];
            const size_t bytes = piece(text, l->width[c]);
            size_t shown = bytes;
            while (shown && text[shown - 1] == ' ')
                shown--;
            const size_t columns = bench_shown_columns(text, shown);
            const size_t blank = columns < l->width[c] ? l->width[c] - columns : 0;
            owed += l->gap[c] + (t->columns[c].right ? blank : 0);
            if (shown) {
                pad(to, owed);
                fwrite(text, 1, shown, to);
                owed = 0;
            }
            owed += t->columns[c].right ? 0 : blank;
            if (!waits)
                rest[c] = after_piece(text, bytes);
            more |= *rest[c] != '\0';
        }
        putc('\n', to);
    }
}

static size_t total(const struct layout *l, size_t columns)
{
    size_t sum = 0;
    for (size_t c = 0; c < columns; c++)
        sum += l->gap[c] + l->width[c];
    return sum;
}

/*
 * Natural widths. When they are too much, first the gaps before numbers shrink, then all gaps, then the
 * widest of the columns that may be broken.
 */
static void lay_out(const struct report_table *t, struct layout *l)
{
    *l = (struct layout){{0}, {0}};
    for (size_t c = 0; c < t->column_count; c++) {
        l->width[c] = t->facts ? 0 : widest_line(t->columns[c].head);
        for (size_t i = c; i < t->cells.count; i += t->column_count) {
            const size_t w = bench_shown_columns(t->cells.text[i], strlen(t->cells.text[i]));
            l->width[c] = w > l->width[c] ? w : l->width[c];
        }
    }
    for (int step = 0; step < 3 && (step == 0 || total(l, t->column_count) > REPORT_TEXT_WIDTH); step++)
        for (size_t c = 1; c < t->column_count; c++)
            l->gap[c] = step == 2 || (step == 1 && t->columns[c].right) ? 1 : 2;
    while (total(l, t->column_count) > REPORT_TEXT_WIDTH) {
        size_t widest = REPORT_COLUMNS_MAX;
        for (size_t c = 0; c < t->column_count; c++)
            if (t->columns[c].wrap && l->width[c] > NARROWEST &&
                (widest == REPORT_COLUMNS_MAX || l->width[c] > l->width[widest]))
                widest = c;
        if (widest == REPORT_COLUMNS_MAX)
            break;
        l->width[widest]--;
    }
}

/* Text that follows `indent` columns already written, its further lines indented as far. */
static void write_wrapped(const char *text, size_t indent, FILE *to)
{
    for (bool first = true; *text || first; first = false) {
        const size_t bytes = piece(text, REPORT_TEXT_WIDTH - indent);
        size_t shown = bytes;
        while (shown && text[shown - 1] == ' ')
            shown--;
        pad(to, first ? 0 : indent);
        fwrite(text, 1, shown, to);
        putc('\n', to);
        text = after_piece(text, bytes);
    }
}

static void write_notes(const struct report_table *t, FILE *to)
{
    if (t->notes.count)
        putc('\n', to);
    for (size_t i = 0; i < t->notes.count; i++) {
        const int indent = fprintf(to, "[%zu] ", i + 1);
        write_wrapped(t->notes.text[i], indent > 0 ? (size_t)indent : 0, to);
    }
}

/* Heads stand on the line above the rule: where one has two lines, the others get an empty one first. */
static void write_heads(const struct report_table *t, const struct layout *l, FILE *to)
{
    char *heads[REPORT_COLUMNS_MAX];
    bool late[REPORT_COLUMNS_MAX], two = false;
    for (size_t c = 0; c < t->column_count; c++) {
        heads[c] = t->columns[c].head;
        late[c] = !strchr(heads[c], '\n');
        two |= !late[c];
    }
    write_row(t, heads, two ? late : NULL, l, to);
    for (size_t i = 0; i < total(l, t->column_count); i++)
        putc('-', to);
    putc('\n', to);
}

void report_table_text(const struct report_table *t, FILE *to)
{
    struct layout l;
    assert(!t->failed && t->column_count > 0 && t->cells.count % t->column_count == 0);
    lay_out(t, &l);
    if (t->title) {
        write_wrapped(t->title, 0, to);
        putc('\n', to);
    }
    if (!t->facts)
        write_heads(t, &l, to);
    for (size_t i = 0; i < t->cells.count; i += t->column_count)
        write_row(t, &t->cells.text[i], NULL, &l, to);
    write_notes(t, to);
}
