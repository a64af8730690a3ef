/* SPDX-License-Identifier: MIT */
#include "harness/e2e/serve.h"
#include "harness/cli/model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
    struct cli_model_options model;
    int fd;
    size_t context;
};

/* A socket carries the answers too. What can only be read has them on standard output. */
static int answers_to(int fd, int *answers, struct qk_error *err)
{
    struct stat st;
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &st))
        return qk_fail(err, QK_ERR_ARG, "--fd", "%d cannot be used: %s", fd, strerror(errno));
    if ((flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH))
        return qk_fail(err, QK_ERR_ARG, "--fd", "%d cannot be read, so no order can come from it", fd);
    *answers = S_ISSOCK(st.st_mode) ? fd : STDOUT_FILENO;
    return 0;
}

static int serve(void *options, struct qk_error *err)
{
    struct options *const o = options;
    struct cli_model m = {0};
    struct bench_serve_config cfg = {.orders = o->fd, .stop = cli_stop};
    int code = answers_to(o->fd, &cfg.answers, err);
    if (!code)
        code = cli_model_place(&o->model, err);
    if (!code)
        code = cli_model_load(&m, &o->model, false, err);
    if (!code) {
        const size_t most = m.weights.config.context;
        cfg.vocab = m.weights.config.vocab;
        cfg.context = o->context < most ? o->context : most;
        code = cli_model_state(&cfg.state, &m, &o->model, cfg.context, 1, err);
    }
    if (!code)
        code = bench_serve(&cfg, err);
    model_state_free(cfg.state);
    cli_model_close(&m);
    return code;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *const o = to;
    if (key == ARGP_KEY_END && o->fd < 0)
        cli_wrong(state, "--fd N is missing: the descriptor that orders come from");
    return cli_model_parse(key, arg, state, to);
}

int cli_model_serve(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"fd", 'f', "N", CLI_INT(options, fd, 0, INT_MAX),
         "Descriptor that orders come from; answers go to it when it is a socket, else to standard output",
         1},
        {"context", 'c', "N", CLI_UINT64(options, context, 1, MODEL_CONTEXT_MAX),
         "Positions, after which it begins anew (default: 512, at most the model's)", 1},
        CLI_MODEL_OPTION_KERNELS("best (default), baseline, p1_unpack, ..., or globs OP/VARIANT joined by +"),
        CLI_MODEL_OPTION_TUNE,
        CLI_MODEL_OPTIONS_ROUNDING("f16"),
        CLI_MODEL_OPTION_HEAD("full|certified|i8", "How the output head is read (default: certified)"),
        CLI_MODEL_OPTION_THREADS(CLI_MODEL_THREADS_DEFAULT),
        CLI_MODEL_OPTION_CPUS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[MODEL]",
        "Generates tokens when it is told to, so that another program can take the time: qkbench gate --e2e "
        "does.\vMODEL: see qkbench model --help. An order is a line `step N` (N greedy tokens behind the "
        "last "
        "one) or `step N FIRST` (behind the token FIRST alone). Its answer is a line `ns T ids A B ...`. The "
        "end of the orders ends it; try `echo step 4 1 | qkbench model serve --fd 0`. Examples:\n  qkbench "
        "model "
        "serve --fd 0 synth:tiny"};
    struct options o = {.model = {.kv_f16 = true, .head = MODEL_HEAD_CERTIFIED}, .fd = -1, .context = 512};
    return cli_main(&usage, argc, argv, &o, serve);
}
