/* SPDX-License-Identifier: MIT */
/* A duet from its cases to its blocks, in real launches. The launches run this program. */
#include "harness/duet/duet.h"

#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CASES = 4, BLOCKS = 64 };
enum { SEED = 5 };
static const char launch[] = "duet_launch";
static struct qk_error err;

/* What the callbacks saw. */
static struct {
    size_t wanted, stop_after; /* blocks of each case; of all */
    size_t blocks[CASES], all;
    size_t launch_of[CASES][BLOCKS];
    size_t turn[CASES * BLOCKS]; /* which case had each block */
    double proof[CASES][BLOCKS]; /* share of a block */
    int refused[CASES], progressed;
    char why[CASES][480];
    double done;
} seen;

static bool more(void *ctx, const struct bench_duet_block *b)
{
    assert_ptr_equal(ctx, &seen);
    assert_true(b->index < CASES && seen.blocks[b->index] < BLOCKS);
    assert_int_equal(b->number, seen.blocks[b->index]);
    assert_int_equal(seen.refused[b->index], 0);
    assert_true(b->pairs >= 1 && b->pairs <= BENCH_DUET_PAIRS_MAX && isfinite(b->log_ratio));
    seen.launch_of[b->index][b->number] = b->launch;
    seen.proof[b->index][b->number] = b->proof_ns / b->wall_ns;
    /* A block is proven unless the one before it was, and paid too much for it. */
    assert_true(b->proof_ns > 0 || (b->number && seen.proof[b->index][b->number - 1] > 0.15));
    const uint64_t tossed = b->pairs < 64 ? (UINT64_C(1) << b->pairs) - 1 : UINT64_MAX;
    assert_true(b->order == (bench_duet_coins(SEED, b->index, b->number) & tossed));
    seen.turn[seen.all++] = b->index;
    return ++seen.blocks[b->index] < seen.wanted;
}

static void refused(void *ctx, size_t index, int code, const char *why)
{
    assert_ptr_equal(ctx, &seen);
    assert_true(index < CASES && !seen.refused[index] && code < 0);
    seen.refused[index] = code;
    snprintf(seen.why[index], sizeof seen.why[index], "%s", why);
}

static bool stop(void)
{
    return seen.stop_after && seen.all >= seen.stop_after;
}

static void progress(void *ctx, double done, const char *what)
{
    assert_ptr_equal(ctx, &seen);
    assert_true(done >= seen.done && done < 1 && *what);
    seen.done = done;
    seen.progressed++;
}

static struct bench_duet_case case_of(const char *base, const char *candidate)
{
    struct bench_duet_case c = {.op = QK_OP_qk256_dequant,
                                .arm = {{BENCH_SIDE_BASE, base}, {BENCH_SIDE_CANDIDATE, candidate}},
                                .budget_ns = 1e12};
    assert_int_equal(qk_shape_parse("256", &c.shape, &err), 0);
    snprintf(c.name, sizeof c.name, "qk256_dequant/%s/256", candidate);
    return c;
}

/* The modules' bytes, read when a test first asks for them and kept. */
static const struct bench_image *image_of(const char *path)
{
    static struct bench_image images[4];
    size_t i = 0;
    while (images[i].path && strcmp(images[i].path, path) != 0)
        i++;
    assert_true(i < sizeof images / sizeof *images);
    if (!images[i].path)
        assert_int_equal(bench_image_read(&images[i], path, &err), 0);
    return &images[i];
}

static struct bench_duet_config config(const struct bench_duet_case *cases, size_t count, const char *module)
{
    return (struct bench_duet_config){
        .launcher = {.program = "/proc/self/exe", .argument = launch},
        .image = {image_of(module), image_of(module)},
        .cases = cases,
        .case_count = count,
        .job = {.seed = SEED, .cpu = -1, .stop = stop, .progress = progress, .ctx = &seen},
        .more = more,
        .refused = refused,
        .ctx = &seen};
}

static int run(const struct bench_duet_config *cfg, size_t wanted, size_t stop_after)
{
    memset(&seen, 0, sizeof seen);
    memset(&err, 0, sizeof err);
    seen.wanted = wanted;
    seen.stop_after = stop_after;
    return bench_duet_run(cfg, &err);
}

/* A slice is one long call, and a block has few of them: two more are a good part of it. */
UNIT_TEST(proofs_are_not_left_out_twice_in_a_row)
{
    struct bench_duet_case cases[] = {case_of("slow", "slow"), case_of("right", "right")};
    struct bench_duet_config cfg = config(cases, 2, FAKE_SO);
    size_t none = 0, proven = 0;
    assert_int_equal(qk_shape_parse("16384", &cases[0].shape, &err), 0);
    cases[0].extra = 0.5;
    assert_int_equal(run(&cfg, 6, 0), 0);
    assert_int_equal(seen.refused[0] | seen.refused[1], 0);
    for (size_t b = 0; b < 6; b++) {
        none += seen.proof[0][b] == 0;
        proven += seen.proof[0][b] > 0;
    }
    assert_true(none >= 1 && proven >= 3);
}

/* What only the timed calls do wrong refuses the case, and the others go on. */
UNIT_TEST(a_proof_refuses_a_case)
{
    struct bench_duet_case cases[] = {case_of("right", "idle_later"), case_of("right", "right")};
    struct bench_duet_config cfg = config(cases, 2, FAKE_LIES_SO);
    assert_int_equal(run(&cfg, 6, 0), 0);
    assert_int_equal(seen.refused[0], QK_ERR_CHECK);
    assert_says(seen.why[0], "proof: the output of idle_later of the candidate differs");
    assert_int_equal(seen.refused[1], 0);
    assert_int_equal(seen.blocks[1], 6);
}

UNIT_TEST(blocks_are_dealt_over_launches)
{
    struct bench_duet_case cases[] = {case_of("scalar", "scalar"), case_of("scalar", "scalar"),
                                      case_of("scalar", "scalar")};
    cases[1].arm[1].side = BENCH_SIDE_COPY;
    cases[2].extra = 0.1;
    struct bench_duet_config cfg = config(cases, 3, KERNELS);
    assert_int_equal(run(&cfg, 22, 0), 0);
    assert_int_equal(seen.all, 3 * 22);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seen.refused[i], 0);
        for (size_t b = 0; b < 22; b++)
            assert_int_equal(seen.launch_of[i][b], b); /* in cache each block has its own */
    }
    for (size_t t = 0; t < seen.all; t++) /* block by block in turns */
        assert_int_equal(seen.turn[t], t % 3);
    assert_true(seen.progressed > 0);
    /*
     * From DRAM, five launches when nothing is said. Two: half of what a decision takes in each; a later one
     * has eight, and each after it twice as many.
     */
    cases[0].memory = QK_MEMORY_DRAM;
    cfg.case_count = 1;
    assert_int_equal(run(&cfg, 20, 0), 0);
    for (size_t b = 0; b < 20; b++)
        assert_int_equal(seen.launch_of[0][b], b / 4);
    cfg.launches = 2;
    assert_int_equal(run(&cfg, 60, 0), 0);
    for (size_t b = 0; b < 60; b++)
        assert_int_equal(seen.launch_of[0][b], b < 20 ? b / 10 : b < 28 ? 2 : b < 44 ? 3 : 4);
}

UNIT_TEST(no_two_blocks_have_the_same_coins)
{
    enum { SEEDS = 3, INDICES = 4, NUMBERS = 30, ALL = SEEDS * INDICES * NUMBERS };
    uint64_t coins[ALL];
    for (size_t i = 0; i < ALL; i++) {
        coins[i] = bench_duet_coins(i / (INDICES * NUMBERS), i / NUMBERS % INDICES, i % NUMBERS);
        for (size_t other = 0; other < i; other++)
            assert_true(coins[i] != coins[other]);
    }
}

UNIT_TEST(a_spent_budget_ends_a_case)
{
    struct bench_duet_case cases[] = {case_of("scalar", "scalar"), case_of("scalar", "scalar")};
    cases[1].budget_ns = 1;
    const struct bench_duet_config cfg = config(cases, 2, KERNELS);
    assert_int_equal(run(&cfg, 3, 0), 0);
    assert_int_equal(seen.blocks[0], 3);
    assert_int_equal(seen.blocks[1], 1);
}

UNIT_TEST(launches_differ_in_their_layout)
{
    char log[200], line[100], places[8][100];
    unsigned long long files[8];
    struct bench_duet_case cases[] = {case_of("right", "right")};
    const struct bench_duet_config cfg = config(cases, 1, FAKE_SO);
    FILE *f = fopen("/proc/sys/kernel/randomize_va_space", "re");
    const bool randomised = f && fgetc(f) != '0';
    size_t count = 0;
    if (f)
        fclose(f);
    snprintf(log, sizeof log, "/tmp/duet-test-XXXXXX");
    const int fd = mkstemp(log);
    assert_true(fd >= 0);
    close(fd);
    setenv("FAKE_LOG", log, 1);
    assert_int_equal(run(&cfg, 4, 0), 0); /* four launches, each with two modules */
    unsetenv("FAKE_LOG");
    f = fopen(log, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        assert_true(count < 8);
        /* A launch's files are not those of the launch before, whose two lines stand before it. */
        char *inode = strchr(line, ' ');
        assert_non_null(inode);
        files[count] = strtoull(inode, NULL, 10);
        assert_true(count < 2 || files[count] != files[count - 2]);
        *inode = '\0';
        for (size_t i = 0; i < count; i++)
            if (randomised || i == count - 1)
                assert_string_not_equal(places[i], line);
        snprintf(places[count++], sizeof places[0], "%s", line);
    }
    fclose(f);
    unlink(log);
    assert_int_equal(count, 8);
}

/* The case that kills its launch is refused, and the others go on in another one. */
UNIT_TEST(a_crash_refuses_its_case_alone)
{
    static const struct {
        const char *variant, *text, *where;
    } known[] = {{"crash", "died of SIGSEGV", "timing crash of the candidate"},
                 {"crash_later", "died of SIGSEGV", ""},
                 {"leave", "ended with exit code 9", "timing leave of the candidate"},
                 {"wrong", "differs from the reference's", "wrong of the candidate"}};
    setenv("ASAN_OPTIONS", "handle_segv=0", 1); /* the signal itself, not a report */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct bench_duet_case cases[] = {case_of("right", "right"), case_of("right", known[i].variant),
                                          case_of("right", "right")};
        const struct bench_duet_config cfg = config(cases, 3, FAKE_SO);
        assert_int_equal(run(&cfg, 5, 0), 0);
        assert_int_equal(seen.refused[1], QK_ERR_CHECK);
        if (!strstr(seen.why[1], known[i].text) || !strstr(seen.why[1], known[i].where))
            fail_msg("%s: '%s'", known[i].variant, seen.why[1]);
        assert_int_equal(seen.blocks[1], 0);
        assert_int_equal(seen.blocks[0], 5);
        assert_int_equal(seen.blocks[2], 5);
        assert_int_equal(seen.refused[0] || seen.refused[2], 0);
    }
}

UNIT_TEST(a_kernel_that_hangs_is_ended)
{
    struct bench_duet_case cases[] = {case_of("right", "hang"), case_of("right", "right")};
    struct bench_duet_config cfg = config(cases, 2, FAKE_SO);
    cfg.launcher.patience_ms = 3000;
    assert_int_equal(run(&cfg, 1, 0), 0);
    assert_int_equal(seen.refused[0], QK_ERR_CHECK);
    assert_says(seen.why[0], "gave no answer for 3000 ms");
    assert_int_equal(seen.blocks[1], 1);
}

UNIT_TEST(a_stop_ends_the_run)
{
    struct bench_duet_case cases[] = {case_of("right", "right"), case_of("right", "right")};
    const struct bench_duet_config cfg = config(cases, 2, FAKE_SO);
    assert_int_equal(run(&cfg, 60, 3), QK_ERR_INTERRUPTED);
    assert_int_equal(seen.all, 3);
    assert_int_equal(seen.refused[0] || seen.refused[1], 0);
}

static volatile sig_atomic_t rang;

static void ring(int signal)
{
    (void)signal;
    rang = 1;
}

static bool has_rung(void)
{
    return rang;
}

/* Even within a call that never ends, and although the launch itself does not hear it. */
UNIT_TEST(an_interrupt_ends_a_hanging_launch)
{
    struct bench_duet_case cases[] = {case_of("right", "hang")};
    struct bench_duet_config cfg = config(cases, 1, FAKE_SO);
    const struct sigaction action = {.sa_handler = ring};
    cfg.job.stop = has_rung;
    sigaction(SIGALRM, &action, NULL);
    alarm(2);
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_INTERRUPTED);
    assert_int_equal(seen.refused[0], 0);
}

UNIT_TEST(what_cannot_be_loaded_ends_the_run)
{
    struct bench_duet_case cases[] = {case_of("right", "right")};
    struct bench_duet_config cfg = config(cases, 1, FAKE_SO);
    cfg.image[BENCH_SIDE_CANDIDATE] = image_of(FAKE_ABI_SO);
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_INVALID);
    assert_non_null(strstr(err.text, FAKE_ABI_SO));
    assert_says(err.text, "ABI version 5");
    cfg.image[BENCH_SIDE_CANDIDATE] = NULL;
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_ARG);
    assert_int_equal(seen.all, 0);
}

UNIT_TEST(a_program_that_is_no_launch_is_told)
{
    static const struct {
        const char *program, *argument, *text;
    } known[] = {{"/nonexistent", "x", "cannot run '/nonexistent': No such file"},
                 {"/bin/false", "x", "exit code 1"},
                 {"/bin/cat", "-", "no answer of version"}};
    struct bench_duet_case cases[] = {case_of("right", "right")};
    struct bench_duet_config cfg = config(cases, 1, FAKE_SO);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        cfg.launcher.program = known[i].program;
        cfg.launcher.argument = known[i].argument;
        assert_int_equal(run(&cfg, 1, 0), QK_ERR_INTERNAL);
        assert_says(err.text, known[i].text);
    }
}

UNIT_TEST(nonsense_is_refused)
{
    struct bench_duet_case cases[] = {case_of("right", "right")}, good = cases[0];
    const struct bench_duet_config cfg = config(cases, 1, FAKE_SO);
    cases[0].budget_ns = 0;
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_ARG);
    cases[0] = good;
    cases[0].extra = NAN;
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_ARG);
    cases[0] = good;
    cases[0].shape.dim[0] = 100;
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_ARG);
    cases[0] = good;
    cases[0].arm[1].variant = "a_name_that_is_much_longer_than_any_variant_of_any_op_will_ever_be_here";
    assert_int_equal(run(&cfg, 1, 0), QK_ERR_ARG);
    cases[0] = good;
    assert_int_equal(run(&cfg, 1, 0), 0);
}

UNIT_TESTS(duet, NULL, NULL)

/* What a launch of these tests runs. */
TEST_PART(duet_launch)
{
    return bench_duet_launch();
}
