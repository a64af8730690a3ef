/* SPDX-License-Identifier: MIT */
/*
 * Writing HTML. report_page_text and report_page_say show texts as harness/records/shown.h does, and then
 * escape what is markup. Everything else is a literal of ours. Failures are left in the stream's error flag.
 */
#pragma once

#include <stdio.h>

/* Good in an element and in a quoted attribute. NULL is empty. */
void report_page_text(FILE *to, const char *text);
void report_page_say(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "<tag class=...>" of a literal `open`, the text, and the literal `shut`. */
void report_page_in(FILE *to, const char *open, const char *text, const char *shut);

/* What a mark or a word says beside its colour. */
enum report_page_tone { PAGE_PLAIN, PAGE_GOOD, PAGE_BAD, PAGE_WARN, PAGE_GREY, PAGE_TONES };
extern const char *const report_page_tone_class[PAGE_TONES]; /* "p", "g", "b", "w", "n" */
