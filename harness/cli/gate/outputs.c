/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"

#include "harness/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static report_verdicts_writer *const writers[CLI_GATE_OUTPUTS] = {
#define REPORT_FORM(name, option, argument, help) report_verdicts_##name,
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
    [CLI_GATE_SUMMARY] = report_verdicts_markdown,
};

/* So that the first failure is what the program ends with, and every one is said. */
static void keep(int *code, int next)
{
    *code = *code ? *code : next;
}

/* Opens what is appended to. What other steps of the job have written there stays. */
static int open_end(struct bench_outfile *file, const char *path, struct qk_error *err)
{
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    file->stream = fd < 0 ? NULL : fdopen(fd, "a");
    if (file->stream)
        return 0;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    return qk_fail(err, QK_ERR_IO, path, "cannot append to it: %s", strerror(why));
}

static int close_end(struct bench_outfile *file, const char *path, off_t before, int code,
                     struct qk_error *err)
{
    struct stat st;
    if (!code)
        code = bench_written(file->stream, path, err);
    /* Half a table would spoil what stands before it. */
    if (code && !fstat(fileno(file->stream), &st) && S_ISREG(st.st_mode) && st.st_size > before &&
        ftruncate(fileno(file->stream), before) != 0)
        qk_fail(err, QK_ERR_IO, path, "cannot be written, and what was begun cannot be taken back: %s",
                strerror(errno));
    fclose(file->stream);
    file->stream = NULL;
    return code;
}

static int append(struct cli_gate_output *o, report_verdicts_writer *write, const struct baseline_report *r,
                  struct qk_error *err)
{
    struct stat st = {.st_size = 0};
    int code = open_end(&o->out.file, o->out.path, err);
    if (code)
        return code;
    if (!fstat(fileno(o->out.file.stream), &st) && st.st_size > 0)
        putc('\n', o->out.file.stream);
    code = write(r, o->out.file.stream, err);
    return close_end(&o->out.file, o->out.path, st.st_size, code, err);
}

/* Where the text goes: stdout, or stderr when one of the outputs has that to itself. */
static FILE *text_of(const struct cli_gate *o)
{
    for (int i = 0; i < CLI_GATE_OUTPUTS; i++)
        if (cli_out_text(&o->outputs[i].out, 1) == stderr)
            return stderr;
    return stdout;
}

/* One form, whole, where it was asked for. */
static int write_form(struct cli_gate *o, int i, const struct baseline_report *r, struct qk_error *err)
{
    struct cli_gate_output *form = &o->outputs[i];
    if (form->append)
        return append(form, writers[i], r, err);
    if (!form->out.path) /* after the text, wherever that goes */
        return writers[i](r, text_of(o), err);
    int code = form->out.file.stream ? 0 : cli_out_open(&form->out, 1, err);
    if (!code)
        code = writers[i](r, form->out.file.stream, err);
    if (!code)
        code = cli_out_commit(&form->out, 1, err);
    cli_out_abort(&form->out, 1);
    return code;
}

/* Is it where baselines are, in a machine's folder of them? A verdict there is one that is lost. */
static bool is_stored(const struct cli_gate *o, const char *path)
{
    struct stat above, all;
    char folder[BASELINE_PATH], *const real = realpath(path, NULL), *up = NULL;
    const char *const name = real ? real : path, *const slash = strrchr(name, '/');
    bool is = !baseline_folder(folder, o->dir, NULL) && !stat(folder, &all) &&
              asprintf(&up, "%.*s/..", slash ? (int)(slash - name) : 1, slash ? name : ".") >= 0;
    is = is && !stat(up, &above) && above.st_dev == all.st_dev && above.st_ino == all.st_ino;
    free(up);
    free(real);
    return is;
}

/*
 * Does this output end up in one that stands before it, or in a file the gate reads? Then it is not written.
 */
static int refuse_shared(struct cli_gate *o, int i, struct qk_error *err)
{
    const bool is_file = o->baseline && strpbrk(o->baseline, "/.");
    const struct cli_out inputs[] = {
        {.option = "--duet", .path = o->duet.path},
        {.option = "--e2e", .path = o->e2e.path},
        {.option = "MODEL", .path = o->e2e.path && o->measure.count ? o->measure.patterns[0] : NULL},
        {.option = "--candidate", .path = o->candidate.path},
        {.option = "--baseline", .path = is_file ? o->baseline : NULL},
        {.option = "--same-code", .path = o->same_code},
        {.option = "--result", .path = o->result},
        {.option = "--policy", .path = o->policy}};
    const struct cli_out *const out = &o->outputs[i].out;
    int code = 0;
    if (out->path && is_stored(o, out->path))
        code = qk_fail(err, QK_ERR_ARG, out->option,
                       "'%.200s' is where baselines are stored; name another folder", out->path);
    for (int k = 0; k < i && !code; k++)
        code = cli_out_distinct((struct cli_out[]){o->outputs[k].out, o->outputs[i].out}, 2, err);
    for (size_t k = 0; k < sizeof inputs / sizeof *inputs && !code; k++)
        code = cli_out_spares(out, 1, inputs[k].option, inputs[k].path, err);
    return code;
}

/*
 * Where GitHub shows markdown for a step. It may be the file that --markdown names; else --github asks for
 * it.
 */
static void find_summary(struct cli_gate *o)
{
    const char *const path = getenv("GITHUB_STEP_SUMMARY");
    struct cli_gate_output *const named = &o->outputs[REPORT_FORM_markdown];
    if (!path || !*path)
        return;
    if (named->wanted && cli_out_same(named->out.path, path))
        named->append = true;
    else if (o->outputs[REPORT_FORM_github].wanted)
        o->outputs[CLI_GATE_SUMMARY] = (struct cli_gate_output){
            .wanted = true, .append = true, .out = {.option = "$GITHUB_STEP_SUMMARY", .path = path}};
}

/*
 * Files get a form at once that says that the gate has not ended. A pipe cannot be written twice: it is
 * opened, and waits.
 */
static int begin(struct cli_gate *o, int i, const struct baseline_report *r, struct qk_error *err)
{
    struct cli_gate_output *form = &o->outputs[i];
    if (!form->out.path || form->append)
        return 0;
    int code = cli_out_open(&form->out, 1, err);
    if (i == CLI_GATE_TRACE)
        return code;
    if (!code && form->out.file.temp)
        code = write_form(o, i, r, err);
    struct stat st;
    /*
     * On a full disk, for instance. No verdict is better than an old one; what may not be written to keeps
     * it.
     */
    if (code == QK_ERR_IO && !stat(form->out.path, &st) && S_ISREG(st.st_mode)) {
        const int ignored = truncate(form->out.path, 0);
        (void)ignored;
    }
    return code;
}

int cli_gate_outputs_begin(struct cli_gate *o, const struct baseline_report *r, struct qk_error *err)
{
    int code = 0;
    find_summary(o);
    /* All are compared first: a file that is written gets another inode. */
    for (int step = 0; step < 2; step++)
        for (int i = 0; i < CLI_GATE_OUTPUTS; i++) {
            struct qk_error why;
            const int next = !o->outputs[i].wanted ? 0
                             : step                ? begin(o, i, r, &why)
                                                   : refuse_shared(o, i, &why);
            if (next)
                o->outputs[i] = (struct cli_gate_output){.wanted = false};
            if (next && !code)
                qk_fail(err, next, why.where, "%s", why.text);
            else if (next)
                cli_fail(next, &why);
            keep(&code, next);
        }
    return code;
}

int cli_gate_outputs_end(struct cli_gate *o, const struct baseline_report *r, bool judged)
{
    FILE *const text = text_of(o);
    struct qk_error err;
    int code = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < CLI_GATE_OUTPUTS; i++) {
            if (!o->outputs[i].wanted || i == CLI_GATE_TRACE || !o->outputs[i].out.path != (pass == 1))
                continue;
            const int next = write_form(o, i, r, &err);
            if (next && i == CLI_GATE_SUMMARY)
                cli_say("qkbench: warning: %s: %s", err.where, err.text);
            else if (next)
                keep(&code, cli_fail(next, &err));
        }
        const int next = pass == 0 && judged ? report_verdicts_text(r, text, &err) : 0;
        if (next)
            keep(&code, cli_fail(next, &err));
    }
    struct cli_out *const trace = &o->outputs[CLI_GATE_TRACE].out;
    const int next = judged ? cli_out_commit(trace, 1, &err) : 0;
    if (next)
        keep(&code, cli_fail(next, &err));
    cli_out_abort(trace, 1);
    return code;
}
