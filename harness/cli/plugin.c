/* SPDX-License-Identifier: MIT */
/* plugin new: the first files of a plug-in (kernels/PLUGIN.md). */
#include "harness/cli/load/load.h"
#include "harness/cli/options.h"
#include "harness/machine/datafile.h"
#include "harness/records/files/outfile.h"
#include "kernels/library/qkbench/plugin_files.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 3 };

struct options {
    const char *folder, *op;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (o->folder)
            cli_wrong(state, "unexpected argument '%s' after folder '%s'", arg, o->folder);
        o->folder = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->folder || !*o->folder)
            cli_wrong(state, "a DIR is needed: the plug-in's folder, which is made");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What to write: a row of that op, or for "own" an op of its own. */
static int find_source(const char **op, const char *const **source, struct qk_error *err)
{
    char known[600] = "";
    for (int i = 0; i < QK_OP_COUNT; i++) {
        const char *const name = qk_op_row((enum qk_op)i)->name;
        const size_t n = strlen(known);
        *source = plugin_sources[i];
        if (!strcmp(name, *op))
            return 0;
        snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", name);
    }
    if (strcmp(*op, "own") != 0)
        return qk_fail(err, QK_ERR_ARG, "--op",
                       "'%.60s' is no op; there are: %s; own is an op of the plug-in's own", *op, known);
    *source = plugin_own;
    *op = "my_op";
    return 0;
}

/* The folder's own name, also where it is given as "." */
static int find_name(const char *folder, char name[CLI_LOAD_NAME], struct qk_error *err)
{
    char path[PATH_MAX];
    if (!realpath(folder, path) && (size_t)snprintf(path, sizeof path, "%s", folder) >= sizeof path)
        return qk_fail(err, QK_ERR_ARG, "DIR", "'%.100s...' is too long a path", folder);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    const char *const slash = strrchr(path, '/'), *const last = slash ? slash + 1 : path;
    if (!cli_load_is_name(last) || !isalnum((unsigned char)*last))
        return qk_fail(err, QK_ERR_ARG, "DIR",
                       "'%.100s' ends in '%.60s', which is to be the plug-in's name; expected 1 to %d "
                       "letters, digits, and ._+-, of which the first is none of ._+-",
                       folder, last, CLI_LOAD_NAME - 1);
    snprintf(name, CLI_LOAD_NAME, "%.*s", CLI_LOAD_NAME - 1, last);
    return 0;
}

static void put(FILE *to, const char *const *lines, const char *name, const char *op)
{
    const struct {
        const char *mark, *text;
    } known[] = {{"@NAME@", name}, {"@OP@", op}};
    for (; *lines; lines++) {
        const char *at = *lines;
        while (*at) {
            size_t k = 0;
            while (k < 2 && strncmp(at, known[k].mark, strlen(known[k].mark)) != 0)
                k++;
            if (k < 2) {
                fputs(known[k].text, to);
                at += strlen(known[k].mark);
            } else {
                fputc(*at++, to);
            }
        }
        fputc('\n', to);
    }
}

/* Nothing, where one of the files exists. */
static int write_files(const char *folder, const char *name, const char *op, const char *const *source,
                       struct qk_error *err)
{
    const char *const ends[FILES] = {".c", "meson.build", "README.md"};
    const char *const *const lines[FILES] = {source, plugin_meson, plugin_readme};
    struct bench_outfile out[FILES] = {{.slot = -1}, {.slot = -1}, {.slot = -1}};
    int code = bench_make_folder(folder, err);
    for (int i = 0; i < FILES && !code; i++) {
        char path[PATH_MAX];
        if ((size_t)snprintf(path, sizeof path, "%s/%s%s", folder, i ? "" : name, ends[i]) >= sizeof path)
            code = qk_fail(err, QK_ERR_ARG, "DIR", "'%.100s...' is too long a path", folder);
        else if (!access(path, F_OK) || errno != ENOENT)
            code = qk_fail(err, QK_ERR_IO, path, "%s; nothing was written",
                           errno == ENOENT || !access(path, F_OK) ? "exists already" : strerror(errno));
        else
            code = bench_outfile_open(&out[i], path, err);
        if (!code)
            put(out[i].stream, lines[i], name, op);
    }
    for (int i = 0; i < FILES; i++)
        if (code)
            bench_outfile_abort(&out[i]);
        else
            code = bench_outfile_commit(&out[i], err);
    return code;
}

/* What finds the header: this program's build folder, where it runs from one. */
static void print_pkg_config_path(void)
{
    char folder[PATH_MAX], path[PATH_MAX + 64];
    bench_program_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/meson-uninstalled/qkbench-uninstalled.pc", folder);
    if (*folder && !access(path, R_OK))
        cli_print("  export PKG_CONFIG_PATH=%s/meson-uninstalled", folder);
}

static int run(void *options, struct qk_error *err)
{
    const struct options *o = options;
    const char *op = o->op, *const * source;
    char name[CLI_LOAD_NAME];
    int code = find_source(&op, &source, err);
    if (!code)
        code = find_name(o->folder, name, err);
    if (!code)
        code = write_files(o->folder, name, op, source, err);
    if (code)
        return code;
    cli_print("'%s' has %s.c, meson.build and README.md. Next:", o->folder, name);
    cli_print("  cd '%s'", o->folder);
    print_pkg_config_path();
    cli_print("  meson setup build && ninja -C build");
    cli_print("  qkbench check '%s/%s:*' --load build/lib%s.so", op, name, name);
    return 0;
}

static int plugin_new(int argc, char **argv)
{
    static const struct cli_option rows[] = {
        {"op", 'o', "OP", CLI_STRING(options, op),
         "Write a row of this op (default: i2s16_gemv), or with own an op of the plug-in's own", 0},
        {NULL, 0, NULL, CLI_OTHER, NULL, 0}};
    static const struct cli_usage usage = {
        rows, parse, "DIR",
        "Write the first files of a plug-in: a shared library whose kernels stand beside qkbench's own. DIR "
        "becomes the folder of one C file with a row that works, meson.build and README.md, and gives the "
        "plug-in its name. No file is replaced.\vExamples:\n"
        "  qkbench plugin new mine\n"
        "  qkbench plugin new plugins/dots --op f32_dot\n"
        "  qkbench plugin new other --op own\n"};
    struct options o = {.op = "i2s16_gemv"};
    return cli_main(&usage, argc, argv, &o, run);
}

static const struct cli_command commands[] = {
    {"new", "write the first files of a plug-in", plugin_new},
};
static const struct cli_menu menu = {
    .of = "plugin",
    .arguments = "[ARGUMENT...]",
    .about = "Kernels of your own in a shared library, which --load and gate --duet take.",
    .commands = commands,
    .count = sizeof commands / sizeof *commands,
    .rest = "Examples:\n"
            "  qkbench plugin new mine2\n",
};

int cli_plugin(int argc, char **argv)
{
    return cli_menu(&menu, argc, argv);
}
