/* SPDX-License-Identifier: MIT */
/*
 * Makes texts safe to show anywhere: on a terminal, in a table, in XML. Names come from files, modules, /proc
 * and users, and may hold any bytes. A character that takes one or two columns on a terminal is unchanged.
 * Everything else is escaped:
 * - controls, and bytes that are not UTF-8, as \n or \x1b;
 * - characters without a width as \u202e, among them marks that turn or hide text.
 * A backslash is unchanged, so a text that is shown twice remains the same.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct bench_shown {
    char text[12];
    size_t length, columns; /* bytes of text, and columns it takes */
};

/*
 * Shows the first character of the n >= 1 bytes at s. Returns how many bytes of s it took. Controls in `keep`
 * are unchanged and take no column. "" keeps none. NULL also escapes everything that is not ASCII.
 */
size_t bench_shown_first(struct bench_shown *to, const char *s, size_t n, const char *keep);

/*
 * Shows all of `from`, as far as whole characters fit in to[size]. Returns the bytes that the whole text
 * needs, as snprintf does.
 */
size_t bench_show(char *to, size_t size, const char *from, const char *keep);
/* The same in memory that the caller frees. NULL when memory is refused. */
char *bench_show_copy(const char *from, const char *keep);
/* Writes a field of CSV (RFC 4180), quoted where necessary. A failure is left in the stream's error flag. */
void bench_show_csv(const char *from, FILE *to);
/* Number of columns that the first n bytes take. */
size_t bench_shown_columns(const char *s, size_t n);
