/* SPDX-License-Identifier: MIT */
#include "kernels/tests/parts.h"

#include <stdio.h>
#include <string.h>

static struct test_part *parts;

void test_part_enter(struct test_part *part)
{
    part->next = parts;
    parts = part;
}

int main(int argc, char **argv)
{
    for (const struct test_part *p = parts; p; p = p->next)
        if (argc < 2)
            puts(p->name);
        else if (!strcmp(p->name, argv[1]))
            return p->run(argc - 1, argv + 1);
    if (argc < 2)
        return 0;
    fprintf(stderr, "no part '%s'; without an argument %s lists them\n", argv[1], argv[0]);
    return 2;
}
