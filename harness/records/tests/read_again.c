/* SPDX-License-Identifier: MIT */
#include "harness/records/tests/read_again.h"

#include <stdio.h>
#include <stdlib.h>

int bench_test_read_again(int argc, char **argv, bench_test_take *take)
{
    struct qk_error err = {.text = ""};
    char *line = NULL;
    size_t room = 0;
    int code = QK_OK;
    if (argc == 2) {
        json_t *json = bench_json_load(argv[1], &code, &err);
        if (json)
            code = take(json, stdout, &err);
        json_decref(json);
        if (code)
            fprintf(stderr, "%s (%s)\n", err.text, err.where);
        return code != QK_OK || fflush(stdout) != 0;
    }
    while (getline(&line, &room, stdin) > 0) {
        json_t *json = json_loads(line, JSON_DECODE_ANY, NULL);
        code = json ? take(json, NULL, &err) : qk_fail(&err, QK_ERR_FORMAT, "", "not JSON");
        json_decref(json);
        if (code == QK_OK)
            puts("ok");
        else
            printf("%s: %s\n", err.where, err.text);
    }
    free(line);
    return fflush(stdout) != 0;
}
