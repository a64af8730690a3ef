/* SPDX-License-Identifier: MIT */
#include "reports/forms/tests/verdicts_fixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 20000 };
static const char *const ops[] = {"qk256_dequant", "ternary_gemv", "ternary_gemm"};
static const char *const variants[] = {"scalar",     "autovec_v3", "p1_unpack",   "p2_fma",
                                       "p4_permute", "avx2_best",  "avx512_best", "avxvnni_best"};
static const char *const shapes[] = {"16384", "2560x6912", "6912x2560x512"};

static void begin(struct baseline_report *r, size_t room)
{
    struct bench_environment *env = &r->env;
    *r = (struct baseline_report){.mode = "duet", .alpha = 0.001, .seed = 42, .seconds = 171.25};
    r->results = calloc(room, sizeof *r->results);
    assert(r->results);
    strcpy(r->base, "build-base/libqkernels.so");
    strcpy(r->candidate, "build/libqkernels.so");
    strcpy(r->base_compiler, "gcc 12.2.0");
    strcpy(r->cand_compiler, "gcc 12.2.0");
    strcpy(r->suite, "full");
    strcpy(r->policy, "built in");
    strcpy(env->cpu_vendor, "AuthenticAMD");
    strcpy(env->cpu_name, "AMD EPYC 9R14");
    strcpy(env->isa_levels, "BASE AVX2 AVX512");
    strcpy(env->virtualised, "KVMKVMKVM");
    strcpy(env->compiler, "gcc 12.2.0");
    strcpy(env->fingerprint, "0123456789abcdef");
    strcpy(env->commit, "0123456789ab");
    strcpy(env->version, "0.1.0");
    strcpy(env->date, "2026-01-02T03:04:05+00:00");
    strcpy(env->host, "bench-1");
    env->cpus = 2;
    env->cache_count = 1;
    env->caches[0] = (struct bench_cache){1, "Data", 32768, 1};
}

/* percent: the change; NaN for a result that was not timed. */
static struct baseline_result *add(struct baseline_report *r, const char *name, enum baseline_role role,
                                   enum baseline_verdict verdict, const char *memory, double percent)
{
    struct baseline_result *res = &r->results[r->count];
    const bool dram = !strcmp(memory, "dram");
    *res = (struct baseline_result){.role = role,
                                    .verdict = verdict,
                                    .timed = !isnan(percent),
                                    .mean_ratio = NAN,
                                    .old_instructions = NAN,
                                    .new_instructions = NAN};
    snprintf(res->name, sizeof res->name, "%s", name);
    strcpy(res->memory, memory);
    if (res->timed) {
        const double half = dram ? 0.3 : 0.04;
        res->ratio = (struct bench_interval){1 + percent / 100, 1 + (percent - half) / 100,
                                             1 + (percent + half) / 100};
        res->ignorable = dram ? 0.005 : 0.002;
        res->must_catch = dram ? 0.016 : 0.008;
        if (role == BASELINE_CASE)
            res->mean = dram ? 0.1 : 0.05;
        res->mean_ratio = res->ratio.value;
        res->base_ns = 72.65 * pow(1.21, (double)r->count);
        res->cand_ns = res->base_ns * res->ratio.value;
        res->blocks = dram ? 37 : 18;
        res->launches = 5;
        res->seconds = dram ? 3.2 : 0.625;
    }
    r->count++;
    return res;
}

static void add_controls(struct baseline_report *r)
{
    add(r, "qk256_dequant/p4_permute/16384", BASELINE_AA, BASELINE_PASS, "cache", 0.01);
    add(r, "qk256_dequant/p4_permute/16384", BASELINE_SLOWED, BASELINE_REGRESSION, "cache", 1.62)->injected =
        0.0163;
    add(r, "ternary_gemv/avx2_best/2560x6912", BASELINE_AA, BASELINE_PASS, "dram", -0.05);
    add(r, "ternary_gemv/avx2_best/2560x6912", BASELINE_SLOWED, BASELINE_REGRESSION, "dram", 3.22)->injected =
        0.0321;
}

static void add_rule(struct baseline_report *r, enum baseline_verdict verdict, double ratio)
{
    struct baseline_result *rule =
        add(r, "qk256_dequant/p4_permute/16384 >= 3x scalar", BASELINE_RULE, verdict, "cache", 0);
    rule->ratio = (struct bench_interval){ratio, ratio * 0.999, ratio * 1.001};
    rule->ignorable = rule->must_catch = log(1 / 3.0);
}

/* As a full suite looks when nothing is wrong: half of it is the same code and was not timed. */
static void make_good(struct baseline_report *r)
{
    char name[BASELINE_NAME];
    begin(r, 80);
    for (size_t i = 0; i < 70; i++) {
        const size_t variant = i / 3 % 8;
        snprintf(name, sizeof name, "%s/%s/%s", ops[i / 24], variants[variant], shapes[i % 3]);
        struct baseline_result *res = add(r, name, BASELINE_CASE, BASELINE_PASS, i % 3 ? "dram" : "cache",
                                          variant % 2 ? NAN : 0.1 * sin((double)i));
        if (variant % 2)
            strcpy(res->reason, "identical code");
    }
    add_rule(r, BASELINE_PASS, 1 / 4.9);
    add_controls(r);
}

static void spoil(struct baseline_report *r, size_t i, enum baseline_verdict verdict, double percent,
                  const char *reason)
{
    struct baseline_result *res = &r->results[i];
    const size_t count = r->count;
    char name[BASELINE_NAME], memory[8];
    strcpy(name, res->name);
    strcpy(memory, res->memory);
    r->count = i;
    add(r, name, BASELINE_CASE, verdict, memory, percent);
    strcpy(res->reason, reason);
    r->count = count;
}

static void make_bad(struct baseline_report *r)
{
    make_good(r);
    spoil(r, 3, BASELINE_WARN, 0.41, "");
    spoil(r, 12, BASELINE_REGRESSION, 1.04, "");
    spoil(r, 13, BASELINE_REGRESSION, 2.4, "");
    spoil(r, 15, BASELINE_INVALID, NAN,
          "its output differs from the reference's: out[17] is 0x0p+0, expected -0x0p+0");
    spoil(r, 24, BASELINE_INCONCLUSIVE, 0.79, "");
    spoil(r, 25, BASELINE_INCONCLUSIVE, NAN, "one block of 61 s is longer than the budget of 20 s");
    spoil(r, 30, BASELINE_NEW, NAN, "no such case in the base");
    spoil(r, 36, BASELINE_MISSING, NAN, "in the base, not in the candidate, not in the policy's removed");
    spoil(r, 39, BASELINE_REMOVED, NAN, "replaced by avx512_best");
    spoil(r, 42, BASELINE_WARN, NAN, "instruction count changed");
    strcpy(r->results[12].source, "kernels/qk256_dequant/p4_permute.c");
    r->results[12].component_count = r->results[13].component_count = 2;
    for (size_t i = 12; i < 15; i++) {
        r->results[i].old_instructions = 41234;
        r->results[i].new_instructions = 42790;
    }
    for (size_t i = 12; i < 14; i++) {
        r->results[i].components[0] = (struct baseline_component){"lookup", 41.25, 48, true};
        r->results[i].components[1] = (struct baseline_component){"store", 8.8, 8.7, false};
    }
    r->results[42].old_instructions = r->results[43].old_instructions = 990;
    r->results[42].new_instructions = r->results[43].new_instructions = 960;
    r->results[70].verdict = BASELINE_REGRESSION;
    r->results[70].ratio = (struct bench_interval){1 / 2.7, 1 / 2.72, 1 / 2.68};
    r->results[74].verdict = BASELINE_INCONCLUSIVE;
    r->results[74].injected = 0.0111;
    strcpy(r->results[74].reason, "only 1.1 % of extra work was done");
    r->unavailable = 4;
    strcpy(r->unavailable_why, "avxvnni_best needs AVXVNNI, which this CPU has not");
}

static void make_hostile(struct baseline_report *r)
{
    make_good(r);
    r->count = 0;
    struct baseline_result *res =
        add(r, "a|b\\|c*d*/<e>&amp;`f`~~g~~/_h_ i_j [k](l)\"'\x01\xff\xef\xbf\xbf,:x", BASELINE_CASE,
            BASELINE_REGRESSION, "cache", 1.5);
    strcpy(res->source, "sub,folder: 100%/<&\">.c");
    strcpy(res->reason, "50% of a: b, c\nsecond line\r::error::x ]]> </failure> \xc2\xb5s");
    res = add(r, "no slash", BASELINE_CASE, BASELINE_INVALID, "", 0.1);
    memset(res->reason, '%', sizeof res->reason - 1);
    res = add(r, "op/v/", BASELINE_CASE, BASELINE_WARN, "cache", 1e12);
    res->ratio.low = NAN;
    res->cand_ns = INFINITY;
    res->ratio.high = INFINITY;
    res = add(r, "op/v/1", BASELINE_CASE, BASELINE_PASS, "cache", 0);
    res->ratio.low = res->ratio.high = NAN;
    memset(add(r, "", BASELINE_CASE, BASELINE_INCONCLUSIVE, "dram", 0.7)->name, 'n', BASELINE_NAME - 1);
    res->component_count = 1;
    res->components[0] = (struct baseline_component){"\x1b]0;t\a\xc2\x9b", 41, 48, true};
    strcpy(r->base, "</property>\n\"&\xfe.so");
    strcpy(r->candidate,
           "\xe2\x80\xae\xe2\x81\xa6 gnp.\xef\xbb\xbf\xe2\x80\x8b\x7f\xe4\xbd\xa0 e\xcc\x81|`]]>");
    strcpy(r->suite, "\xed\xa0\x80 \xc0\xaf \xd8\x9c \xef\xbf\xbe \xf4\x90\x80\x80 \xe2");
    strcpy(r->cand_compiler, "::error::\n::error::%0A\t=1+1");
    strcpy(r->env.cpu_name, "\x1b[2J\r\b\x9b\xc2\x85\xe2\x80\xa8");
    r->env.host[0] = '\0';
    r->verdict = BASELINE_INVALID;
}

static void make_many(struct baseline_report *r)
{
    begin(r, MANY);
    for (size_t i = 0; i < MANY; i++) {
        char name[BASELINE_NAME];
        const enum baseline_verdict verdict = i % 3 ? BASELINE_PASS : BASELINE_REGRESSION;
        snprintf(name, sizeof name, "an_op_with_a_long_name/%0150zu_*_|_</6912x2560x512", i);
        struct baseline_result *res = add(r, name, BASELINE_CASE, verdict, "dram", 2 + 1e-4 * (double)i);
        res->base_ns = 1000;
        snprintf(res->reason, sizeof res->reason, "reason %zu ****************************************",
                 i % 50);
    }
    r->verdict = BASELINE_REGRESSION;
}

bool report_verdicts_fixture(struct baseline_report *r, const char *kind)
{
    const bool strict = !strcmp(kind, "strict");
    if (!strcmp(kind, "hostile")) {
        make_hostile(r);
        return true;
    }
    if (!strcmp(kind, "many")) {
        make_many(r);
        return true;
    }
    if (!strcmp(kind, "bad"))
        make_bad(r);
    else if (!strcmp(kind, "empty") || !strcmp(kind, "ended"))
        begin(r, 1);
    else
        make_good(r);
    if (!strcmp(kind, "stalls")) {
        spoil(r, 0, BASELINE_REGRESSION, 0.05, "rare stalls: mean +172.31 %, median +0.05 %");
        r->results[0].mean_ratio = 2.7231;
        spoil(r, 1, BASELINE_INCONCLUSIVE, 0.7, "undecided in 1 s");
        r->results[1].role = BASELINE_SHAPE;
    } else if (!strcmp(kind, "warn") || strict) {
        spoil(r, 3, BASELINE_WARN, 0.41, "");
        spoil(r, 4, BASELINE_NEW, NAN, "no such case in the base");
        if ((r->strict = strict))
            spoil(r, 0, BASELINE_INCONCLUSIVE, 0.7, "");
    } else if (!strcmp(kind, "unsure")) {
        spoil(r, 3, BASELINE_INCONCLUSIVE, 0.41, "");
    } else if (!strcmp(kind, "ended")) {
        r->mode[0] = '\0';
        r->alpha = 0;
        r->policy[0] = r->suite[0] = '\0';
        baseline_report_end(r, 130, "op/v/1", "interrupted: <now> & here");
        return true;
    } else if (strcmp(kind, "good") && strcmp(kind, "bad") && strcmp(kind, "empty")) {
        report_verdicts_fixture_free(r);
        return false;
    }
    baseline_report_judge(r);
    return true;
}

void report_verdicts_fixture_free(struct baseline_report *r)
{
    free(r->results);
    *r = (struct baseline_report){0};
}

report_verdicts_writer *report_verdicts_writer_of(const char *form)
{
    static const struct {
        const char *name;
        report_verdicts_writer *write;
    } forms[] = {
        {"text", report_verdicts_text},
#define REPORT_FORM(name, option, argument, help) {#name, report_verdicts_##name},
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(forms[i].name, form))
            return forms[i].write;
    return NULL;
}
