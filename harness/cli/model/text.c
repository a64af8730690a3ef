/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/text.h"

#include <stdio.h>

/* How many bytes a UTF-8 character has that begins so; 1 for what begins none. */
static size_t length_of(unsigned char first)
{
    return first >= 0xf0 && first <= 0xf4  ? 4
           : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xc2 && first < 0xe0 ? 2
                                           : 1;
}

static void write_held(struct cli_text *t)
{
    if (!t->count)
        return;
    fwrite(t->held, 1, t->count, stdout);
    t->any = true;
    t->line_ended = t->held[t->count - 1] == '\n';
    t->count = 0;
}

void cli_text_put(struct cli_text *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (t->count && (c & 0xc0) != 0x80)
            write_held(t); /* the character was never finished */
        t->held[t->count++] = c;
        if (t->count == length_of(t->held[0]))
            write_held(t);
    }
    fflush(stdout);
}

void cli_text_end(struct cli_text *t)
{
    write_held(t);
    if (t->any && !t->line_ended)
        putchar('\n');
    fflush(stdout);
}
