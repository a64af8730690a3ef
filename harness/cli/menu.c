/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"

#include <stdio.h>
#include <string.h>

static void help(const struct cli_menu *m, FILE *to)
{
    int widest = 0;
    for (size_t i = 0; i < m->count; i++)
        if (widest < (int)strlen(m->commands[i].name))
            widest = (int)strlen(m->commands[i].name);
    fprintf(to, "Usage: qkbench %s%sCOMMAND %s\n%s\n\nCommands (each has --help):\n", m->of,
            *m->of ? " " : "", m->arguments, m->about);
    for (size_t i = 0; i < m->count; i++)
        fprintf(to, "  %-*s  %s\n", widest, m->commands[i].name, m->commands[i].what);
    fprintf(to, "\n%s", m->rest);
}

static int dispatch(const struct cli_menu *m, int argc, char **argv)
{
    static char name[48]; /* argp keeps it */
    char names[200] = "";
    for (size_t i = 0; i < m->count; i++) {
        if (!strcmp(argv[1], m->commands[i].name)) {
            snprintf(name, sizeof name, "qkbench %s%s%s", m->of, *m->of ? " " : "", m->commands[i].name);
            argv[1] = name;
            return m->commands[i].run(argc - 1, argv + 1);
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), " %s", m->commands[i].name);
    }
    cli_say("qkbench: %s%sunknown command '%s'; commands:%s", m->of, *m->of ? ": " : "", argv[1], names);
    return CLI_USAGE;
}

int cli_menu(const struct cli_menu *m, int argc, char **argv)
{
    static const char *const asks[] = {"--help", "-h", "-?", "help"};
    if (argc < 2) {
        help(m, stderr);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        if (!strcmp(argv[1], asks[i])) {
            help(m, stdout);
            return CLI_DONE;
        }
    return dispatch(m, argc, argv);
}
