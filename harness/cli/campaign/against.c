/* SPDX-License-Identifier: MIT */
/* Builds the two modules as ci/gate does, which knows how. */
#include "harness/cli/campaign/campaign.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"
#include "harness/duet/duet.h"
#include "harness/machine/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int find_script(char *script, size_t size, struct qk_error *err)
{
    char own[PATH_MAX], tree[PATH_MAX] = "";
    if (!bench_module_own(own, sizeof own, NULL) && cli_gate_tree(own, tree) &&
        snprintf(script, size, "%s/ci/gate", tree) < (int)size && !access(script, X_OK))
        return 0;
    return qk_fail(err, QK_ERR_IO, "--against",
                   "this program is in no build folder of a source tree, so it cannot build another commit; "
                   "--duet BASE.so --candidate NEW.so takes modules that are there");
}

static int attend(pid_t child, int *status, struct qk_error *err)
{
    enum { LOOK_MS = 100 };
    bool told = false;
    pid_t ended;
    while ((ended = waitpid(child, status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (cli_stop() && !told)
            told = !kill(child, SIGTERM);
        poll(NULL, 0, LOOK_MS);
    }
    return ended == child
               ? 0
               : qk_fail(err, QK_ERR_INTERNAL, NULL, "cannot wait for ci/gate: %s", strerror(errno));
}

static int judge_end(int status, struct qk_error *err)
{
    static const int codes[] = {[1] = QK_ERR_IO, [2] = QK_ERR_ARG, [5] = QK_ERR_INVALID};
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (cli_stop() || code == CLI_INTERRUPTED)
        return qk_fail(err, QK_ERR_INTERRUPTED, "--against", "interrupted");
    if (!code)
        return 0;
    return qk_fail(err, code < (int)(sizeof codes / sizeof *codes) && codes[code] ? codes[code] : QK_ERR_IO,
                   "--against", "ci/gate ended with %d; its own words are above", code);
}

/* Lines of a word and a path; a word alone is an option of gate. */
static int take_lines(struct cli_campaign *o, FILE *from, struct qk_error *err)
{
    char line[PATH_MAX + 32], *program = NULL;
    while (fgets(line, sizeof line, from)) {
        line[strcspn(line, "\n")] = '\0';
        char *const blank = strchr(line, ' ');
        const char *const path = blank ? blank + 1 : "";
        if (blank)
            *blank = '\0';
        char **const to = !strcmp(line, "program")     ? &program
                          : !strcmp(line, "base")      ? &o->built_base
                          : !strcmp(line, "candidate") ? &o->built_candidate
                          : !strcmp(line, "same-code") ? &o->same_code
                                                       : NULL;
        o->same_policy |= !strcmp(line, "--same-policy") && !o->policy;
        if (to && !*to)
            *to = strdup(path);
    }
    o->built = program;
    return program && o->built_base && o->built_candidate && o->same_code
               ? 0
               : qk_fail(err, QK_ERR_INTERNAL, "--against", "ci/gate did not say what it built");
}

int cli_campaign_build(struct cli_campaign *o, struct qk_error *err)
{
    char script[PATH_MAX + 16];
    pid_t child;
    int status = 0, code = find_script(script, sizeof script, err);
    if (code)
        return code;
    const int out = memfd_create("modules", MFD_CLOEXEC);
    if (out < 0)
        return qk_fail(err, QK_ERR_IO, NULL, "no memory for what ci/gate says: %s", strerror(errno));
    char *const words[] = {
        script, (char *)"--modules", (char *)"--wait", (char *)"--against", (char *)o->against, NULL};
    const int number =
        bench_child_start(&child, script, words, environ, (const int[]){-1, out, STDERR_FILENO});
    code = number ? qk_fail(err, QK_ERR_IO, script, "cannot be started: %s", strerror(number))
                  : attend(child, &status, err);
    if (!code)
        code = judge_end(status, err);
    FILE *const from = code ? NULL : fdopen(out, "r");
    if (!code && (!from || fseek(from, 0, SEEK_SET)))
        code = qk_fail(err, QK_ERR_IO, script, "what it said cannot be read: %s", strerror(errno));
    if (!code)
        code = take_lines(o, from, err);
    if (from)
        fclose(from);
    else
        close(out);
    if (!code) {
        o->duet = (struct cli_load_file){.path = o->built_base, .text = o->against};
        o->candidate = (struct cli_load_file){.path = o->built_candidate, .text = "this tree"};
    }
    return code;
}
