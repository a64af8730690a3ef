/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/replay.h"
#include "harness/cli/options.h"

#include <stdio.h>
#include <string.h>

enum { RULE = 'r', EACH = 1000, MARKDOWN };

struct options {
    char **files;
    size_t count;
    const char *policy;
    uint64_t blocks;
    unsigned rules;
    bool each, markdown;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    int rule = 0;
    switch (key) {
    case RULE:
        while (baseline_rule_names[rule] && strcmp(baseline_rule_names[rule], arg) != 0)
            rule++;
        if (!baseline_rule_names[rule])
            cli_wrong(state, "--rule: found '%s', expected ours, gbench-utest, welch, min or signed-rank",
                      arg);
        o->rules |= 1U << rule;
        return 0;
    case ARGP_KEY_ARGS:
        o->files = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        cli_wrong(state, "TRACE is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int replay(void *options, struct qk_error *err)
{
    const struct options *o = options;
    struct baseline_policy policy = {0};
    struct baseline_replay all = {0};
    struct baseline_replay_config cfg = {.rules = o->rules ? o->rules : (1U << BASELINE_RULE_COUNT) - 1,
                                         .blocks = o->blocks};
    int code = 0;
    if (o->policy) {
        const bool own = !strcmp(o->policy, "built-in");
        code = baseline_policy_read(&policy, own ? NULL : o->policy, err);
        cfg.policy = &policy;
    }
    for (size_t i = 0; i < o->count && !code; i++)
        code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, o->files[i], "interrupted")
                          : baseline_replay(o->files[i], &cfg, &all, err);
    if (!code && !all.count)
        code = qk_fail(err, QK_ERR_INVALID, o->files[0],
                       "nothing was decided: found %zu blocks that fill no window of %zu", all.left_out,
                       cfg.blocks);
    if (!code)
        code = report_replay(&all, o->each, o->markdown ? report_table_markdown : report_table_text, stdout,
                             err);
    baseline_replay_free(&all);
    baseline_policy_free(&policy);
    return code;
}

int cli_replay(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"rule", RULE, "RULE", CLI_OTHER,
         "Decide by RULE: ours, gbench-utest, welch, min or signed-rank; may be repeated (default: all)", 0},
        {"blocks", 'b', "N", CLI_UINT64(options, blocks, 1, 1000000),
         "Cut each case into windows of N blocks and decide each by itself (default: all its blocks)", 0},
        {"policy", 'P', "FILE", CLI_STRING(options, policy),
         "Margins and alpha from FILE, or built-in (default: the policy that stands in the trace)", 0},
        {"each", EACH, NULL, CLI_FLAG(options, each), "Show every decision, too", 0},
        {"markdown", MARKDOWN, NULL, CLI_FLAG(options, markdown), "Write markdown", 0},
        {0}};
    static const struct cli_usage usage = {
        options, parse, "TRACE...",
        "Decides traces again that gate --trace has written, by our rule and by those of others. Measures "
        "nothing.\vours is the gate's own decision. The others: the U test of google-benchmark's compare.py, "
        "Welch's test as criterion would use it, the minimum, and Wilcoxon's signed-rank test. `apart` gives "
        "a "
        "rule the times that a tool has that runs one build after the other. Examples:\n  qkbench gate "
        "--duet "
        "build/kernels/libqkernels.so --time-identical 'qk256_dequant/p4*/4096' --trace p4.jsonl\n  qkbench "
        "replay p4.jsonl\n  qkbench replay p4.jsonl --rule ours --each"};
    struct options o = {0};
    return cli_main(&usage, argc, argv, &o, replay);
}
