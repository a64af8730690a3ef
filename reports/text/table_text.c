/* SPDX-License-Identifier: MIT */
#include "reports/text/table.h"

#include <assert.h>
#include <string.h>

/* A column that may be broken is not made narrower than this. */
enum { NARROWEST = 10 };

/* Columns a terminal gives to the first n bytes: one per code point, which is right for every text we write.
 */
static size_t width_of(const char *s, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += ((unsigned char)s[i] & 0xc0) != 0x80;
    return width;
}

static size_t widest_line(const char *s)
{
    size_t widest = 0;
    while (*s) {
        const size_t n = strcspn(s, "\n"), width = width_of(s, n);
        widest = width > widest ? width : widest;
        s += n + (s[n] == '\n');
    }
    return widest;
}

/* Bytes of s that go on a line of `width`: up to a line feed, else cut after the last blank, '_', '/' or ','.
 */
static size_t piece(const char *s, size_t width)
{
    size_t bytes = 0, columns = 0, cut = 0;
    while (s[bytes] && s[bytes] != '\n') {
        const bool starts = ((unsigned char)s[bytes] & 0xc0) != 0x80;
        if (starts && columns == width)
            return s[bytes] == ' ' ? bytes : cut ? cut : bytes;
        columns += starts;
        bytes++;
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

/* One row of the table, in as many lines as its cells need. */
static void write_row(const struct report_table *t, char *const *cells, const struct layout *l, FILE *to)
{
    const char *rest[REPORT_COLUMNS_MAX];
    bool more = true;
    for (size_t c = 0; c < t->column_count; c++)
        rest[c] = cells[c];
    while (more) {
        size_t owed = 0; /* blanks are written when something follows them: no line ends in one */
        more = false;
        for (size_t c = 0; c < t->column_count; c++) {
            const size_t bytes = piece(rest[c], l->width[c]);
            size_t shown = bytes;
            while (shown && rest[c][shown - 1] == ' ')
                shown--;
            const size_t blank = l->width[c] - width_of(rest[c], shown);
            owed += l->gap[c] + (t->columns[c].right ? blank : 0);
            if (shown) {
                pad(to, owed);
                fwrite(rest[c], 1, shown, to);
                owed = 0;
            }
            owed += t->columns[c].right ? 0 : blank;
            rest[c] = after_piece(rest[c], bytes);
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
            const size_t w = width_of(t->cells.text[i], strlen(t->cells.text[i]));
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
    char lines[REPORT_COLUMNS_MAX][160], *heads[REPORT_COLUMNS_MAX];
    bool two = false;
    for (size_t c = 0; c < t->column_count; c++)
        two |= strchr(t->columns[c].head, '\n') != NULL;
    for (size_t c = 0; c < t->column_count; c++) {
        snprintf(lines[c], sizeof lines[c], "%s%s", two && !strchr(t->columns[c].head, '\n') ? "\n" : "",
                 t->columns[c].head);
        heads[c] = lines[c];
    }
    write_row(t, heads, l, to);
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
        write_row(t, &t->cells.text[i], &l, to);
    write_notes(t, to);
}
