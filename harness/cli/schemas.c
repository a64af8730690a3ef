/* SPDX-License-Identifier: MIT */
/* Prints the JSON Schema of a record, by its name in schemas.def; run by the build. */
#include "harness/doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const struct bench_fields *fields;
} records[] = {
#define SCHEMA(name, fields) {#name, &(fields)},
#include "harness/cli/schemas.def"
#undef SCHEMA
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof records / sizeof *records; i++) {
        if (strcmp(argv[1], records[i].name) != 0)
            continue;
        json_t *schema = bench_fields_schema(records[i].fields);
        const bool printed =
            schema && json_dumpf(schema, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
        json_decref(schema);
        return printed && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    fprintf(stderr, "schemas: expected the name of a record in schemas.def\n");
    return EXIT_FAILURE;
}
