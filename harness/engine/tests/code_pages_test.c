/* SPDX-License-Identifier: MIT */
#include "harness/engine/code_pages.h"

#include "kernels/tests/cmocka_parts.h"

#include <dlfcn.h>
#include <stdio.h>

static double (*cube_root)(double);

/* The line of /proc/self/maps that has the address; how many lines there are. */
static size_t mapped(const void *address, char *line, size_t size)
{
    FILE *const maps = fopen("/proc/self/maps", "r");
    char text[500];
    size_t count = 0;
    *line = '\0';
    assert_non_null(maps);
    while (fgets(text, sizeof text, maps)) {
        unsigned long start, end;
        count++;
        if (sscanf(text, "%lx-%lx", &start, &end) == 2 && (uintptr_t)address >= start &&
            (uintptr_t)address < end)
            snprintf(line, size, "%s", text);
    }
    fclose(maps);
    return count;
}

static int load(void **state)
{
    void *const library = dlopen("libm.so.6", RTLD_NOW);
    (void)state;
    *(void **)&cube_root = library ? dlsym(library, "cbrt") : NULL;
    return cube_root ? 0 : -1;
}

UNIT_TEST_WITH(code_moves_and_stays_the_same, load, NULL)
{
    char before[500], after[500];
    const void *const at = (const void *)(uintptr_t)cube_root;
    const double root = cube_root(27);
    mapped(at, before, sizeof before);
    assert_non_null(strstr(before, "libm"));
    assert_true(bench_code_pages_move(at));
    mapped(at, after, sizeof after);
    assert_null(strstr(after, "libm"));
    assert_non_null(strstr(after, "r-xp"));
    assert_true(cube_root(27) == root);
}

UNIT_TEST_WITH(not_all_pages_are_kept, load, NULL)
{
    char line[500];
    const void *const at = (const void *)(uintptr_t)cube_root;
    for (int i = 0; i < 20; i++)
        assert_true(bench_code_pages_move(at));
    const size_t before = mapped(at, line, sizeof line);
    for (int i = 0; i < 20; i++)
        assert_true(bench_code_pages_move(at));
    assert_true(mapped(at, line, sizeof line) <= before + 1);
}

UNIT_TEST(what_is_no_code_of_others_stays)
{
    static int data;
    assert_false(bench_code_pages_move(&data));
    assert_false(bench_code_pages_move(NULL));
    assert_false(bench_code_pages_move((const void *)(uintptr_t)bench_code_pages_move));
}

UNIT_TESTS(code_pages, NULL, NULL)
