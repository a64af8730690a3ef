/* SPDX-License-Identifier: MIT */
/* Prints the JSON Schema of a record, given its name in schemas.def. The build runs this. */
#include "baselines/campaigns/campaign.h"
#include "baselines/claims/claims.h"
#include "baselines/claims/components.h"
#include "baselines/gate/policy.h"
#include "baselines/stored/baseline.h"
#include "harness/ceilings/ceilings.h"
#include "harness/doctor/doctor.h"
#include "harness/duet/trace.h"
#include "harness/e2e/e2e.h"
#include "harness/records/list.h"
#include "harness/records/sample_set.h"
#include "harness/tune/tune.h"
#include "reports/forms/history.h"
#include "reports/forms/verdicts.h"
#include "reports/text/judged/audit.h"
#include "reports/text/judged/compare.h"
#include "reports/text/judged/fleet.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const struct bench_fields *fields;
} records[] = {
#define SCHEMA(name, fields) {#name, &(fields)},
#include "harness/cli/schemas/schemas.def"
#undef SCHEMA
};

/* On one line where it fits; else each member on a line of its own. */
static void print(const json_t *value, const char *name, int indent)
{
    enum { COLUMNS = 110 };
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    const char *before = "{", *key;
    json_t *member;
    printf("%*s", indent, "");
    if (name)
        printf("\"%s\": ", name);
    if (!text || !json_is_object(value) || strlen(text) + (size_t)indent <= COLUMNS) {
        printf("%s", text ? text : "");
    } else {
        json_object_foreach((json_t *)value, key, member)
        {
            puts(before);
            print(member, key, indent + 2);
            before = ",";
        }
        printf("\n%*s}", indent, "");
    }
    free(text);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof records / sizeof *records; i++) {
        if (strcmp(argv[1], records[i].name) != 0)
            continue;
        json_t *schema = bench_fields_schema(records[i].fields);
        if (schema)
            print(schema, NULL, 0);
        json_decref(schema);
        return schema && putchar('\n') != EOF && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    fprintf(stderr, "schemas: expected the name of a record in schemas.def\n");
    return EXIT_FAILURE;
}
