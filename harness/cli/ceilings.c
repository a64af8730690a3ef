/* SPDX-License-Identifier: MIT */
#include "harness/ceilings.h"
#include "harness/cli/cli.h"
#include "harness/outfile.h"
#include "harness/roofline.h"
#include "harness/run.h"
#include "reports/ceilings.h"

#include <errno.h>
#include <string.h>

struct options {
    const char *out;
    bool fresh, quick;
    int cpu; /* -1: the last one */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'o':
        o->out = arg;
        return 0;
    case 'f':
        o->fresh = true;
        return 0;
    case 'q':
        o->quick = true;
        return 0;
    case 'p':
        o->cpu = (int)cli_number(state, "--cpu", arg, 0, 1023);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'; ceilings takes none", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void warn(const struct qk_error *err, const char *so)
{
    fprintf(stderr, "qkbench: warning: %s%s%s%s\n", err->where, *err->where ? ": " : "", err->text, so);
}

/* Into *c, whose environment is read: what is stored, unless it will not do. A quick one does not do for a full one. */
static int get(const struct options *o, const struct bench_ceilings_config *cfg, struct bench_ceilings *c,
               bool *stored, struct qk_error *err)
{
    const struct bench_environment env = c->env;
    struct qk_error why;
    *stored = false;
    if (!o->fresh && bench_ceilings_load(c, env.fingerprint, stored, &why))
        warn(&why, "; measuring afresh");
    if (*stored && (o->quick || !c->quick))
        return 0;
    if (*stored)
        bench_ceilings_free(c);
    *stored = false;
    c->env = env;
    const int code = bench_ceilings_measure(c, cfg, err);
    cli_progress_end();
    if (!code && bench_ceilings_store(c, &why))
        warn(&why, "; the ceilings are not stored");
    return code;
}

static int ceilings(const struct options *o, struct qk_error *err)
{
    struct bench_ceilings c = {0};
    struct bench_outfile file = {0};
    struct qk_cpu isa;
    cpu_set_t allowed;
    char levels[64];
    bool stored;
    int code = cli_detect(&isa, err);
    if (!code && sched_getaffinity(0, sizeof allowed, &allowed))
        code = qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot read the CPU affinity: %s", strerror(errno));
    const int cpu = code ? code : bench_pin(o->cpu, err);
    code = cpu < 0 ? cpu : o->out ? bench_outfile_open(&file, o->out, err) : 0;
    if (code)
        return code;
    const struct bench_ceilings_config cfg = {.quick = o->quick,
                                              .seed = cli_seed(),
                                              .cpu = cpu,
                                              .allowed = &allowed,
                                              .isa = &isa,
                                              .stop = cli_stop,
                                              .progress = cli_progress};
    bench_environment_read(&c.env, cpu);
    bench_isa_levels(&isa, levels, sizeof levels);
    bench_environment_kernels(&c.env, levels, qk_compiler);
    code = get(o, &cfg, &c, &stored, err);
    if (!code && o->out)
        code = stored ? bench_ceilings_copy(c.env.fingerprint, file.stream, err)
                      : bench_ceilings_write_json(&c, file.stream, err);
    if (!code && o->out)
        code = bench_outfile_commit(&file, err);
    bench_outfile_abort(&file);
    if (!code)
        code = report_ceilings_text(&c, stored, stdout, err);
    bench_ceilings_free(&c);
    return code;
}

int cli_ceilings(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", 'o', "FILE", 0, "Write them as JSON (harness/ceilings.schema.json)", 0},
        {"fresh", 'f', NULL, 0, "Measure, even when there are stored ones of this machine", 0},
        {"quick", 'q', NULL, 0, "2 s instead of 25 s: to look at, not to quote", 0},
        {"cpu", 'p', "N", 0, "Single threads run on logical CPU N (default: the last one allowed)", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Limits of this machine: bandwidths of L1, L2, L3 and DRAM by one "
                                     "thread and by one per CPU, peaks of the "
                                     "instructions that kernels live on, for each ISA level present, and the "
                                     "clocks.\vMeasured once and kept in "
                                     "$XDG_CACHE_HOME/qkbench (or ~/.cache/qkbench) under the machine's "
                                     "fingerprint; `run` then says which share "
                                     "of its ceiling each variant reaches. Examples:\n  qkbench ceilings\n  "
                                     "qkbench ceilings --fresh --out "
                                     "ceilings.json",
                                     NULL,
                                     NULL,
                                     NULL};
    struct options o = {.cpu = -1};
    struct qk_error err;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_catch_interrupts();
    const int code = ceilings(&o, &err);
    return code ? cli_fail(code, &err) : CLI_DONE;
}

int cli_ceilings_apply(struct bench_sample_set *set, struct qk_error *err)
{
    struct bench_ceilings c;
    struct qk_error why;
    bool found;
    if (bench_ceilings_load(&c, set->env.fingerprint, &found, &why))
        warn(&why, "; no shares of ceilings");
    if (!found)
        return 0;
    const int code = bench_roofline_apply(set, &c, err);
    bench_ceilings_free(&c);
    return code;
}
