/* SPDX-License-Identifier: MIT */
/*
 * A run over a real small model, with a clock that ticks once a call. It tests what is timed, in which
 * order, and what is refused.
 */
#include "harness/e2e/private.h"
#include "harness/machine/clock.h"
#include "harness/records/tests/fixture.h"

#include <stdlib.h>
#include <string.h>

enum { SETS = 3, REPETITIONS = 8, FED_MAX = 4096 };

static struct model_weights weights;
static struct model_kernels sets[SETS];
static struct bench_cpus allowed;
static uint64_t ticks;

uint64_t __wrap_bench_clock_ns(void);
uint64_t __wrap_bench_clock_ns(void)
{
    return ++ticks;
}

/* Its ticks are as fine as anybody may wish. */
int __wrap_bench_clock_check(double ns, const char *what, struct qk_error *err);
int __wrap_bench_clock_check(double ns, const char *what, struct qk_error *err)
{
    (void)ns, (void)what, (void)err;
    return 0;
}

/* How much had been fed when the peer was started. */
static size_t fed_before_peer[64], peers, peer_fails_at = SIZE_MAX;
static size_t fed_count;

int __wrap_bench_e2e_ask_peer(struct bench_e2e_work *w, struct bench_e2e *e, size_t repetition,
                              struct qk_error *err);
int __wrap_bench_e2e_ask_peer(struct bench_e2e_work *w, struct bench_e2e *e, size_t repetition,
                              struct qk_error *err)
{
    (void)w, (void)err;
    for (size_t i = 0; i < e->count; i++)
        e->rows[i].peer.samples_ns[repetition] = (double)(1000 * (repetition + 1));
    fed_before_peer[peers++] = fed_count;
    return repetition == peer_fails_at ? QK_ERR_IO : 0;
}

/* What was fed, call by call. */
static struct {
    const struct model_state *state;
    size_t position, count;
    int32_t first;
} fed[FED_MAX];

int __real_model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                         enum model_logits which, const struct model_probe *probe, struct qk_error *err);
int __wrap_model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                         enum model_logits which, const struct model_probe *probe, struct qk_error *err);
int __wrap_model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                         enum model_logits which, const struct model_probe *probe, struct qk_error *err)
{
    if (fed_count < FED_MAX) {
        fed[fed_count].state = s;
        fed[fed_count].position = model_position(s);
        fed[fed_count].count = count;
        fed[fed_count++].first = tokens[0];
    }
    return __real_model_forward(s, tokens, count, logits, which, probe, err);
}

UNIT_FIXTURE(set_up)
{
    struct model_gguf g;
    struct qk_cpu cpu;
    if (model_gguf_open(MODEL_FIXTURES "/tiny.i2_s.gguf", &g, NULL) || qk_cpu_detect(&cpu, NULL, NULL) ||
        model_kernels_parse(&sets[0], qk_table_builtin(), "baseline", MODEL_ACT_ANY, &cpu, NULL) ||
        model_kernels_parse(&sets[1], qk_table_builtin(), "qk256_gemv/scalar", MODEL_ACT_ANY, &cpu, NULL) ||
        model_kernels_parse(&sets[2], qk_table_builtin(), "i2s_gemv/scalar", MODEL_ACT_ANY, &cpu, NULL) ||
        bench_cpus_allowed(&allowed, NULL))
        return -1;
    return model_weights_load(&weights, &g, MODEL_LAYOUT_I2S | MODEL_LAYOUT_QK256, NULL);
}

UNIT_FIXTURE(tear_down)
{
    model_weights_free(&weights);
    return 0;
}

static struct bench_e2e_config config(void)
{
    static const size_t threads[] = {1, 2};
    int cpu = 0;
    while (!bench_cpus_has(&allowed, cpu))
        cpu++;
    return (struct bench_e2e_config){.weights = &weights,
                                     .sets = sets,
                                     .set_count = SETS,
                                     .threads = threads,
                                     .thread_count = 1,
                                     .prompt = 5,
                                     .generate = 3,
                                     .repetitions = REPETITIONS,
                                     .job = {.seed = 7, .cpu = cpu},
                                     .allowed = &allowed};
}

static void run(struct bench_e2e *e, const struct bench_e2e_config *cfg)
{
    struct qk_error err = {.text = ""};
    memset(e, 0, sizeof *e);
    fed_count = 0;
    assert_works(bench_e2e_run(e, cfg, &err), err);
}

UNIT_TEST(parts_add_up_exactly)
{
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    cfg.thread_count = 2;
    run(&e, &cfg);
    assert_int_equal(e.count, SETS * 2 * 2);
    for (size_t i = 0; i < e.count; i++) {
        const struct bench_e2e_row *row = &e.rows[i];
        assert_int_equal(row->threads, 1 + i / 2 % 2);
        assert_int_equal(row->prompt, i % 2 ? 0 : 5);
        assert_int_equal(row->generate, i % 2 ? 3 : 0);
        for (size_t r = 0; r < REPETITIONS; r++) {
            double sum = 0;
            for (size_t p = 0; p < BENCH_E2E_PARTS; p++) {
                const double ns = row->parts_ns[r * BENCH_E2E_PARTS + p];
                const bool in_another = p == MODEL_PART_ACTIVATION || p == MODEL_PART_ACT_QUANT ||
                                        p == (row->prompt ? (size_t)BENCH_E2E_SAMPLING : MODEL_PART_ROPE);
                assert_true(in_another ? ns == 0 : ns > 0);
                sum += ns;
            }
            assert_true(sum == row->samples_ns[r]);
        }
        /* one tick a mark: sampling is one a token */
        assert_true(row->prompt || row->parts_ns[BENCH_E2E_SAMPLING] == 3);
    }
    bench_e2e_free(&e);
}

/* The sets in the order in which they ran repetition r, generation only, as a number of base 4. */
static int order_of(size_t r, size_t generate)
{
    const size_t warm = SETS, calls = SETS * generate;
    int order = 0;
    for (size_t i = 0; i < SETS; i++) {
        const size_t at = warm + r * calls + i * generate;
        int set = 0;
        while (set < SETS && fed[at].state != fed[set].state)
            set++;
        assert_true(set < SETS);
        for (size_t k = 0; k < generate; k++) {
            assert_ptr_equal(fed[at + k].state, fed[at].state);
            assert_int_equal(fed[at + k].count, 1);
        }
        order = 4 * order + set;
    }
    return order;
}

UNIT_TEST(sets_take_turns_in_a_drawn_order)
{
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    int first[REPETITIONS], same = 0, differ = 0;
    cfg.prompt = 0;
    for (int pass = 0; pass < 3; pass++) {
        cfg.job.seed = pass < 2 ? 7 : 8;
        run(&e, &cfg);
        for (size_t r = 0; r < REPETITIONS; r++) {
            const int order = order_of(r, cfg.generate);
            bool seen[SETS] = {false};
            for (int digits = order, i = 0; i < SETS; i++, digits /= 4)
                seen[digits % 4] = true;
            assert_true(seen[0] && seen[1] && seen[2]); /* each once a repetition */
            if (pass == 0)
                first[r] = order;
            else
                *(pass == 1 ? &same : &differ) += order == first[r];
        }
        bench_e2e_free(&e);
    }
    assert_int_equal(same, REPETITIONS); /* the same seed, the same order */
    assert_int_not_equal(differ, REPETITIONS);
    int changes = 0;
    for (size_t r = 1; r < REPETITIONS; r++)
        changes += first[r] != first[r - 1];
    assert_int_not_equal(changes, 0);
}

UNIT_TEST(all_sets_are_fed_the_same)
{
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    int32_t first = -1;
    cfg.generate = 0;
    run(&e, &cfg);
    for (size_t i = 0; i < fed_count; i++)
        if (fed[i].count == 5) {
            if (first < 0)
                first = fed[i].first;
            assert_int_equal(fed[i].first, first);
        }
    assert_true(first >= 0);
    bench_e2e_free(&e);
}

/* Every test begins behind its depth, which was filled once, and every position has its one token. */
UNIT_TEST(tests_begin_at_their_depth)
{
    static const size_t depths[] = {0, 9, 4};
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    int32_t token[32];
    size_t begun[3] = {0}, filled = 0;
    cfg.sets = &sets[2];
    cfg.set_count = 1;
    cfg.batch = 4;
    cfg.depths = depths;
    cfg.depth_count = 3;
    run(&e, &cfg);
    assert_int_equal(e.count, 6);
    memset(token, -1, sizeof token);
    for (size_t i = 0; i < fed_count; i++) {
        assert_true(fed[i].position < 32);
        if (token[fed[i].position] < 0)
            token[fed[i].position] = fed[i].first;
        assert_int_equal(token[fed[i].position], fed[i].first);
        for (size_t d = 0; d < 3; d++)
            begun[d] += fed[i].position == depths[d] && fed[i].count == cfg.prompt;
        filled += fed[i].position + fed[i].count == 9 && fed[i].count == 1; /* 4, 4 and 1 */
    }
    assert_int_equal(filled, 1);
    for (size_t d = 0; d < 3; d++) {
        const struct bench_e2e_row *prompt = &e.rows[2 * d], *generation = &e.rows[2 * d + 1];
        const double position = (double)model_position_bytes(&weights.config, false);
        const double head = (double)model_head_bytes(&weights.config),
                     row = head / (double)weights.config.vocab, all = (double)e.bytes_per_token;
        assert_int_equal(begun[d], REPETITIONS + 1); /* and one that did not count */
        assert_int_equal(prompt->depth, depths[d]);
        assert_int_equal(generation->depth, depths[d]);
        assert_int_equal(generation->cache_bytes, (size_t)position * (depths[d] + 3));
        /* the second of the three tokens reads as much as they do on average */
        assert_true(generation->read_bytes == all + position * (double)(depths[d] + 2));
        /* two passes: four tokens and one */
        const double read = 2 * (all - head - row) + 5 * row + head + position * (double)(2 * depths[d] + 9);
        bench_test_near(prompt->read_bytes, read / 5);
    }
    bench_e2e_free(&e);
}

/* One tick a mark, and sampling is the last part of a token: no time is between two tokens. */
UNIT_TEST(token_times_add_up_and_a_first_token_is_sampled)
{
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    cfg.sets = &sets[2];
    cfg.set_count = 1;
    run(&e, &cfg);
    for (size_t i = 0; i < e.count; i++) {
        const struct bench_e2e_row *row = &e.rows[i];
        assert_int_equal(row->token_count, row->generate * REPETITIONS);
        assert_int_equal(row->first_count, row->prompt ? REPETITIONS : 0);
        for (size_t r = 0; r < REPETITIONS; r++) {
            double sum = 0;
            for (size_t k = 0; k < row->generate; k++)
                sum += row->token_ns[r * row->generate + k];
            assert_true(row->prompt ? row->first_ns[r] == row->samples_ns[r] + 1 : sum == row->samples_ns[r]);
        }
    }
    bench_e2e_free(&e);
}

/* Once a repetition, before our tests or after them, never among them. A token warms each of our tests up. */
UNIT_TEST(a_peer_takes_turns)
{
    enum { EACH = 1 + 3 };
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    size_t before = 0, after = 0;
    cfg.sets = &sets[2];
    cfg.set_count = 1;
    cfg.prompt = 0;
    cfg.repetitions = 32;
    cfg.peer = (struct bench_e2e_peer_config){.command = "true", .timeout_s = 1, .cpus = &allowed};
    peers = 0;
    run(&e, &cfg);
    assert_int_equal(peers, cfg.repetitions);
    for (size_t r = 0; r < peers; r++) {
        const size_t fed_then = fed_before_peer[r] - 1; /* one token was to warm all up */
        assert_true(fed_then == EACH * r || fed_then == EACH * (r + 1));
        before += fed_then == EACH * r;
        after += fed_then == EACH * (r + 1);
    }
    assert_true(before > 4 && after > 4);
    assert_int_equal(e.rows[0].peer.count, 32);
    assert_true(e.rows[0].peer.samples_ns[31] == 32000);
    bench_e2e_free(&e);
    peers = 0;
    peer_fails_at = 1;
    assert_int_equal(bench_e2e_run(&e, &cfg, NULL), QK_ERR_IO);
    assert_int_equal(peers, 2);
    peer_fails_at = SIZE_MAX;
    bench_e2e_free(&e);
}

UNIT_TEST(affinity_is_restored)
{
    struct bench_e2e e;
    struct bench_e2e_config cfg = config();
    struct bench_cpus after;
    cfg.repetitions = 1;
    run(&e, &cfg);
    bench_e2e_free(&e);
    assert_int_equal(bench_cpus_allowed(&after, NULL), 0);
    assert_memory_equal(&after, &allowed, sizeof after);
}

static int asked;

static bool stop(void)
{
    return ++asked == 20;
}

static void assert_refused(const struct bench_e2e_config *cfg, int code, const char *text)
{
    struct bench_e2e e;
    struct qk_error err = {.text = ""};
    memset(&e, 0, sizeof e);
    assert_int_equal(bench_e2e_run(&e, cfg, &err), code);
    if (!strstr(err.text, text))
        fail_msg("'%s' is not in '%s'", text, err.text);
    bench_e2e_free(&e);
}

UNIT_TEST(what_cannot_be_is_refused)
{
    static const size_t none[] = {0};
    struct bench_e2e_config cfg = config();
    cfg.prompt = cfg.generate = 0;
    assert_refused(&cfg, QK_ERR_ARG, "nothing to measure");
    cfg = config();
    cfg.prompt = weights.config.context + 1;
    assert_refused(&cfg, QK_ERR_ARG, "do not fit the model's context of");
    cfg = config();
    cfg.depths = &weights.config.context;
    cfg.depth_count = 1;
    assert_refused(&cfg, QK_ERR_ARG, "behind");
    cfg.depth_count = 0;
    assert_refused(&cfg, QK_ERR_ARG, "depth");
    cfg = config();
    cfg.repetitions = 0;
    assert_refused(&cfg, QK_ERR_ARG, "0 repetitions");
    cfg.repetitions = BENCH_E2E_REPETITIONS_MAX + 1;
    assert_refused(&cfg, QK_ERR_ARG, "expected 1 to 1000");
    cfg = config();
    cfg.set_count = 0;
    assert_refused(&cfg, QK_ERR_ARG, "no set of kernels");
    cfg = config();
    cfg.threads = none;
    assert_refused(&cfg, QK_ERR_ARG, "");
    cfg = config();
    cfg.job.stop = stop;
    assert_refused(&cfg, QK_ERR_INTERRUPTED, "interrupted");
}

UNIT_TESTS(e2e, set_up, tear_down)
