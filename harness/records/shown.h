/* SPDX-License-Identifier: MIT */
/*
 * Texts as they may be shown anywhere: on a terminal, in a table, in XML. Names come from files, modules,
 * /proc and users, and may hold any bytes. What takes a column or two on a terminal stays as it is. All else
 * is escaped: controls and bytes that are not UTF-8 as \n or \x1b, characters without a width (marks that
 * turn or hide text among them) as \u202e. A backslash stays, so that a text shown twice is the same.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct bench_shown {
    char text[12];
    size_t length, columns; /* bytes of text, and columns it takes */
};

/*
 * The first character of the n >= 1 bytes at s. Returns how many bytes of s it was. Controls that are in
 * `keep` stay as they are and take no column; "" keeps none. NULL escapes what is not ASCII, too.
 */
size_t bench_shown_first(struct bench_shown *to, const char *s, size_t n, const char *keep);

/*
 * All of `from`, as far as whole characters of it fit to[size]. Returns the bytes that all of it needs, as
 * snprintf.
 */
size_t bench_show(char *to, size_t size, const char *from, const char *keep);
/* In memory that the caller frees; NULL when that is refused. */
char *bench_show_copy(const char *from, const char *keep);
/* A field of CSV (RFC 4180), quoted where it must be. Failures are left in the stream's error flag. */
void bench_show_csv(const char *from, FILE *to);
/* Columns that the first n bytes take. */
size_t bench_shown_columns(const char *s, size_t n);
