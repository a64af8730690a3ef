/* SPDX-License-Identifier: MIT */
#include "baselines/claims/claims.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int baseline_phase_rank(const char *phase)
{
    int rank = 0;
    if (strcmp(phase, "baseline") == 0)
        return 0;
    if (*phase < '1' || *phase > '9')
        return -1;
    for (int digits = 0; *phase >= '0' && *phase <= '9'; phase++) {
        if (++digits > 2)
            return -1;
        rank = rank * 10 + (*phase - '0');
    }
    rank *= 10;
    if (*phase == '.') {
        phase++;
        if (*phase < '0' || *phase > '9')
            return -1;
        rank += *phase++ - '0';
    }
    return *phase ? -1 : rank;
}

#define PHASE "[1-9][0-9]?([.][0-9])?"
#define LATER .pattern = "^" PHASE "$", .expected = "a phase such as \"1\" or \"2.5\""
#define PHASES                                                                                               \
    .pattern = "^(baseline|" PHASE ")$", .expected = "\"baseline\" or a phase such as \"1\" or \"2.5\""
#define SECONDS 1e-9 * BENCH_NS_LEAST, 1e-9 * BENCH_NS_MOST

/* "phase" and "over" of a gain. */
static void hold_step(struct bench_reader *r, const struct bench_place *at, const char *phase,
                      const char *over)
{
    bench_demand(r, baseline_phase_rank(over) < baseline_phase_rank(phase), at, "over",
                 "\"baseline\" or a phase before this one");
}

/* Which kinds have which members. */
enum {
    PHASES_OF = 1 << BASELINE_CLAIM_STEP | 1 << BASELINE_CLAIM_TOTAL,
    GAINS = 1 << BASELINE_CLAIM_CASES | 1 << BASELINE_CLAIM_BYTES | 1 << BASELINE_CLAIM_MODEL,
    RATES = 1 << BASELINE_CLAIM_RATE | 1 << BASELINE_CLAIM_TOKENS,
    ELSEWHERE = 1 << BASELINE_CLAIM_ELSEWHERE,
};
static const struct {
    const char *name;
    unsigned must, may;
} members[] = {
    {"phase", PHASES_OF, 0},     {"over", PHASES_OF, 0},
    {"shape", 0, PHASES_OF},     {"ratio", PHASES_OF | GAINS, 0},
    {"of", GAINS | RATES, 0},    {"than", GAINS, 0},
    {"up_to", 0, GAINS | RATES}, {"rate", RATES, 0},
    {"figure", ELSEWHERE, 0},    {"unit", 1 << BASELINE_CLAIM_RATE, 0},
    {"needs", ELSEWHERE, 0},     {"there", GAINS | RATES | ELSEWHERE, PHASES_OF},
};

static const char *const kinds[] = {"step", "total",  "cases",     "bytes", "model",
                                    "rate", "tokens", "elsewhere", NULL};
static const char *const units[] = {"Gop/s", "GB/s", "Gweights/s", NULL};

static void check_claim(struct bench_reader *r, const struct bench_place *at, const void *record,
                        const void *whole)
{
    const struct baseline_claim *claim = record;
    const struct baseline_claims *all = whole;
    const bool total = claim->kind == BASELINE_CLAIM_TOTAL;
    char expected[80];
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const bool must = members[i].must >> claim->kind & 1, may = members[i].may >> claim->kind & 1;
        snprintf(expected, sizeof expected, "%s member in a claim of kind \"%s\"",
                 must ? "such a" : "no such", kinds[claim->kind]);
        bench_demand(r, may || bench_has(at, members[i].name) == must, at, members[i].name, expected);
    }
    if (PHASES_OF >> claim->kind & 1) {
        bench_demand(r, *all->op, at, "kind", "no phases in a file that names no op");
        hold_step(r, at, claim->phase, claim->over);
    }
    bench_demand(r, !total || baseline_phase_rank(claim->over) == 0, at, "over",
                 "\"baseline\" in a claim of kind \"total\"");
    bench_demand(r, !claim->goal || total, at, "goal", "true in a claim of kind \"total\" only");
    for (const struct baseline_claim *c = all->claims; c < claim; c++)
        bench_demand(r, !(c->goal && claim->goal), at, "goal", "at most one goal in the file");
}

#define FIELD_OF struct baseline_claim
static const struct bench_field claim_fields[] = {
    FIELD(WORD, "kind", kind,
          "step: gain over an earlier phase; total: gain over the reference; cases: how many times as fast "
          "`of` is as `than`; bytes: how many times fewer it touches; model: how many times as fast a whole "
          "model is; rate: speed of a case; tokens: tokens a second; elsewhere: what no row here expresses.",
          .words = kinds),
    FIELD(TEXT, "phase", phase, "The phase that is claimed to be faster.", BENCH_OPTIONAL, LATER),
    FIELD(TEXT, "over", over, "The phase it is compared with in the source; it comes before `phase`.",
          BENCH_OPTIONAL, PHASES),
    FIELD(TEXT, "of", of, "A glob on op/variant/shape, or on KERNELS/HEAD/TEST/THREADS of a whole model.",
          BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(TEXT, "than", than, "The same: what it is compared with.", BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(REAL, "ratio", ratio, "Time, or bytes, of `over` or `than` divided by the other's.", BENCH_OPTIONAL,
          FIELD_RATIO),
    FIELD(REAL, "rate", rate, "Of tokens: tokens a second.", BENCH_OPTIONAL, FIELD_RATIO),
    FIELD(WORD, "unit", unit, "Of a rate.", BENCH_OPTIONAL, .words = units),
    FIELD(BOOLEAN, "up_to", up_to, "The best case reaches the figure; otherwise each does.", BENCH_OPTIONAL),
    FIELD(TEXT, "figure", figure, "What is claimed, where no row here expresses it.",
          BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(TEXT, "what", what, "What kind of statement it is, or what is said.", BENCH_FILLED),
    FIELD(TEXT, "there", there, "How it was measured there.", BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(TEXT, "needs", needs, "What would make it testable.", BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(TEXT, "shape", shape,
          "The only shape the claim was made for; without it it is held against every shape.",
          BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(BOOLEAN, "goal", goal, "The total the roadmap set out to reach; at most one claim has it.",
          BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields claim_table = {FIELDS(struct baseline_claim, claim_fields), .closed = true,
                                                .check = check_claim};

#define FIELD_OF struct baseline_time_claim
static const struct bench_field time_fields[] = {
    FIELD(TEXT, "phase", phase, "", BENCH_KEY, PHASES),
    FIELD(REAL, "ms", ms, "", 0, 0, 1e-6 * BENCH_NS_MOST),
};
#undef FIELD_OF
const struct bench_fields baseline_time_claim_fields = {FIELDS(struct baseline_time_claim, time_fields),
                                                        .bare = true};

static void check_gain(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct baseline_component_claim *of = record;
    (void)whole;
    hold_step(r, at, of->gain_phase, of->gain_over);
}

#define FIELD_OF struct baseline_component_claim
static const struct bench_field gain_fields[] = {
    FIELD(TEXT, "phase", gain_phase, "", 0, LATER),
    FIELD(TEXT, "over", gain_over, "", 0, PHASES),
    FIELD(REAL, "ratio", gain, "", 0, FIELD_RATIO),
};
static const struct bench_fields gain = {FIELDS(struct baseline_component_claim, gain_fields), .closed = true,
                                         .check = check_gain};
static const struct bench_field component_fields[] = {
    FIELD(TEXT, "name", name, "In the source's words.", BENCH_FILLED),
    FIELD(TEXT, "stage", stage, "The op's stage it is set beside, or total.", BENCH_FILLED | BENCH_ONCE),
    FIELD_LIST(MAP, "ms_per_token", at, count, &baseline_time_claim_fields, "By phase, of a 2B model.",
               BENCH_FILLED, .expected = "1 to 8 phases"),
    FIELD_PART("gain", &gain,
               "How many times less it is claimed to take in `phase` than in `over`, a phase before it.",
               BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields component = {FIELDS(struct baseline_component_claim, component_fields),
                                              .closed = true};

static void check_whole(struct bench_reader *r, const struct bench_place *at, const void *record,
                        const void *whole)
{
    const struct baseline_whole_claim *one = record;
    const int rank = baseline_phase_rank(one->phase);
    const bool first = one == ((const struct baseline_claims *)whole)->end_to_end.at;
    bench_demand(r, first || rank > baseline_phase_rank(one[-1].phase), at, "phase",
                 "a phase after the one before");
    bench_demand(r, bench_has(at, "ratio") == (rank != 0), at, "ratio", "a ratio for all but the baseline");
}

#define FIELD_OF struct baseline_whole_claim
static const struct bench_field whole_fields[] = {
    FIELD(TEXT, "phase", phase, "", 0, PHASES),
    FIELD(REAL, "s_per_token", s_per_token, "", 0, SECONDS),
    FIELD(REAL, "s", s, "For `tokens` tokens, as the source rounds it.", 0, SECONDS),
    FIELD(REAL, "ratio", ratio, "Over the baseline; all others have it.", BENCH_OPTIONAL, FIELD_RATIO),
    FIELD(BOOLEAN, "target", target, "To be reached, not said to be.", BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields whole_claim = {FIELDS(struct baseline_whole_claim, whole_fields),
                                                .closed = true, .check = check_whole};

#define FIELD_OF struct baseline_end_to_end_claims
static const struct bench_field end_to_end_fields[] = {
    FIELD(INTEGER, "tokens", tokens, "That should be there within limit_s.", 0, 1, 1 << 20),
    FIELD(REAL, "limit_s", limit_s, "", 0, SECONDS),
    FIELD_LIST(ARRAY, "phases", at, count, &whole_claim, "In rising order.", BENCH_FILLED,
               .expected = "1 to 8 phases"),
};
#undef FIELD_OF
static const struct bench_fields end_to_end = {FIELDS(struct baseline_end_to_end_claims, end_to_end_fields),
                                               .closed = true};

static void check_file(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct baseline_claims *claims = record;
    (void)whole;
    bench_demand(r, *claims->op || !claims->component_count, at, "op", "the op of the components");
}

#define FIELD_OF struct baseline_claims
static const struct bench_field claims_fields[] = {
    FIELD_VERSION(BASELINE_CLAIMS_SCHEMA_VERSION),
    FIELD_MADE(COPY, "$schema", NULL, "", BENCH_OPTIONAL | BENCH_ACCEPTED),
    FIELD(TEXT, "source", source, "What the claims were taken from.", BENCH_FILLED),
    FIELD(TEXT, "url", url, "Where the source is.", BENCH_OPTIONAL | BENCH_FILLED),
    FIELD(TEXT, "op", op, "The op whose phases they are about.", BENCH_OPTIONAL | BENCH_FILLED),
    FIELD_LIST(LIST, "claims", claims, count, &claim_table, "", BENCH_FILLED),
    FIELD_LIST(LIST, "components", components, component_count, &component,
               "What parts of the work are claimed to take; each stage at most once.", BENCH_OPTIONAL),
    FIELD(OBJECT, "end_to_end", end_to_end, "What generating with a whole 2B model is claimed to take.",
          BENCH_OPTIONAL, .of = &end_to_end),
};
#undef FIELD_OF
const struct bench_fields baseline_claims_fields = {
    FIELDS(struct baseline_claims, claims_fields),
    .title = "What somebody claims",
    .closed = true,
    .check = check_file,
};

const char *baseline_claim_unit(const struct baseline_claim *claim)
{
    return claim->kind == BASELINE_CLAIM_RATE     ? units[claim->unit]
           : claim->kind == BASELINE_CLAIM_TOKENS ? "tokens/s"
                                                  : "x";
}

char *baseline_claim_figure(const struct baseline_claim *claim, char to[BASELINE_CLAIM_FIGURE])
{
    const char *most = claim->up_to ? "up to " : "";
    if (claim->kind == BASELINE_CLAIM_ELSEWHERE)
        snprintf(to, BASELINE_CLAIM_FIGURE, "%s", claim->figure);
    else if (RATES >> claim->kind & 1)
        snprintf(to, BASELINE_CLAIM_FIGURE, "%s%.4g %s", most, claim->rate, baseline_claim_unit(claim));
    else
        snprintf(to, BASELINE_CLAIM_FIGURE, "%s%.2fx", most, claim->ratio);
    return to;
}

int baseline_claims_read(struct baseline_claims *claims, const char *path, struct qk_error *err)
{
    *claims = (struct baseline_claims){0};
    const int code = bench_fields_read(&baseline_claims_fields, path, claims, err);
    for (size_t i = 0; i < claims->component_count; i++)
        if (!*claims->components[i].gain_phase)
            claims->components[i].gain = NAN;
    if (!claims->end_to_end.at[0].ratio) /* the baseline's; no other is first or lacks one */
        claims->end_to_end.at[0].ratio = NAN;
    if (code)
        baseline_claims_free(claims);
    return code;
}

void baseline_claims_free(struct baseline_claims *claims)
{
    free(claims->claims);
    free(claims->components);
    *claims = (struct baseline_claims){0};
}
