/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"
#include "harness/machine/clock.h"
#include "harness/machine/datafile.h"
#include "harness/records/files/infile.h"
#include "harness/tune/streams.h"
#include "model/synth/synth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 0 or 1, or cli_wrong. */
static bool second_of(const struct argp_state *state, const char *option, const char *arg, const char *first,
                      const char *second)
{
    if (strcmp(arg, first) && strcmp(arg, second))
        cli_wrong(state, "%s: unknown '%s'; expected %s or %s", option, arg, first, second);
    return !strcmp(arg, second);
}

enum model_head cli_model_head_of(const struct argp_state *state, const char *arg)
{
    int head = 0;
    while (head < MODEL_HEADS && strcmp(arg, model_head_names[head]))
        head++;
    if (head == MODEL_HEADS)
        cli_wrong(state, "--head: unknown '%s'; expected full, certified or i8", arg);
    return (enum model_head)head;
}

static enum model_head_input input_of(const struct argp_state *state, const char *arg)
{
    int input = 0;
    while (input < MODEL_INPUTS && strcmp(arg, model_input_names[input]))
        input++;
    if (input == MODEL_INPUTS)
        cli_wrong(state, "--head-input: unknown '%s'; expected f32, f16 or q8_0", arg);
    return (enum model_head_input)input;
}

enum model_head_input cli_model_input(const struct cli_model_options *o, const struct model_config *c,
                                      const struct model_kernels *k)
{
    return o->input_said ? o->head_input : model_head_input_usual(c, model_kernels_int8(k));
}

error_t cli_model_parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct cli_model_options *o = to;
    switch (key) {
    case CLI_MODEL_ACT:
        o->act = second_of(state, "--act", arg, "int8", "f32") ? MODEL_ACT_F32 : MODEL_ACT_INT8;
        return 0;
    case CLI_MODEL_KV:
        o->kv_f16 = second_of(state, "--kv", arg, "f32", "f16");
        return 0;
    case CLI_MODEL_HEAD_INPUT:
        o->head_input = input_of(state, arg);
        o->input_said = true;
        return 0;
    case CLI_MODEL_CPUS:
        cli_model_parse_cpus(state, arg, &o->cpus);
        return 0;
    case CLI_MODEL_HEAD:
        o->head = cli_model_head_of(state, arg);
        return 0;
    case ARGP_KEY_ARG:
        if (o->model)
            cli_wrong(state, "unexpected argument '%s'; there is one MODEL", arg);
        o->model = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void cli_model_all_logits(const struct argp_state *state, const struct cli_model_options *o)
{
    if (o->head == MODEL_HEAD_CERTIFIED)
        cli_wrong(state, "--head: certified computes the largest logits only; expected full or i8");
}

const char *cli_model_preset(const char *name)
{
    static const char synth[] = "synth:";
    return name && !strncmp(name, synth, strlen(synth)) ? name + strlen(synth) : NULL;
}

int cli_model_open(struct model_gguf *g, const char *name, struct qk_error *err)
{
    const char *const preset = cli_model_preset(name);
    char path[4096];
    cli_watch_maps();
    if (preset)
        return model_synth_open(preset, MODEL_SYNTH_SEED, g, err);
    if (!name) {
        const int code = bench_data_path("model/fixtures/kjv-bitnet-5m.i2_s.gguf", path, sizeof path, err);
        if (code)
            return code;
    }
    return model_gguf_open_any(name ? name : path, g, err);
}

/* Threads that will read the weights; 0 for a command that has none. */
static size_t loaders(const struct cli_model_options *o)
{
    return o->threads < o->cpus.usable ? o->threads : o->cpus.usable;
}

static double since(uint64_t ns)
{
    return (double)(int64_t)(bench_clock_ns() - ns) * 1e-9;
}

static void warn_of_keys(const struct model_weights *w)
{
    for (size_t i = 0; i < w->gguf.entry_count; i++)
        if (model_key_does(&w->config, &w->gguf.entries[i]) == MODEL_KEY_UNKNOWN)
            cli_say("qkbench: warning: key \"%.*s\" is not known here, and ignored",
                    (int)w->gguf.entries[i].key.length, w->gguf.entries[i].key.bytes);
}

int cli_model_weights(struct model_weights *w, struct model_gguf *g, unsigned layouts,
                      const struct cli_model_options *o, struct qk_error *err)
{
    struct model_pool *pool = NULL;
    const size_t threads = loaders(o);
    const uint64_t begin = bench_clock_ns();
    int code = threads ? model_pool_new(&pool, threads, &o->calls, err) : 0;
    if (!code)
        code = model_weights_load_by(w, g, layouts, pool, err);
    model_pool_free(pool);
    if (code)
        model_gguf_close(g);
    else
        warn_of_keys(w);
    const double seconds = since(begin);
    if (!code && w->i2s16_bytes)
        cli_say("qkbench: copy of the weights, interleaved by 16 rows: %.1f MB in %.2f s",
                (double)w->i2s16_bytes * 1e-6, seconds);
    if (!code && w->qk256_bytes)
        cli_say("qkbench: copy of the weights in QK256 order: %.1f MB in %s%.2f s",
                (double)w->qk256_bytes * 1e-6, w->i2s16_bytes ? "the same " : "", seconds);
    if (!code && w->scale_bytes)
        cli_say("qkbench: scales of its groups of columns: %.1f MB", (double)w->scale_bytes * 1e-6);
    return code == QK_ERR_UNAVAILABLE ? QK_ERR_FORMAT : code;
}

/* All of it is read for every token. Where there is no memory for a copy the file's pages do, but slower. */
static int full_head(struct model_weights *w, const struct cli_model_options *o, struct qk_error *err)
{
    struct model_pool *pool = NULL;
    const size_t threads = loaders(o);
    const uint64_t begin = bench_clock_ns();
    const bool there = w->embedding_copy;
    struct qk_error why;
    int code = threads ? model_pool_new(&pool, threads, &o->calls, err) : 0;
    if (code)
        return code;
    code = model_weights_copy_head(w, pool, &why);
    model_pool_free(pool);
    if (code)
        cli_say("qkbench: the head is not copied: %s: %s", why.where, why.text);
    else if (w->embedding_copy && !there)
        cli_say("qkbench: copy of the head: %.1f MB in %.2f s", (double)model_head_bytes(&w->config) * 1e-6,
                since(begin));
    return 0;
}

int cli_model_head(struct model_weights *w, enum model_head *head, const struct cli_model_options *o,
                   struct qk_error *err)
{
    struct qk_error why;
    if (*head == MODEL_HEAD_FULL)
        return full_head(w, o, err);
    if (w->head_copy)
        return 0;
    const size_t threads = loaders(o);
    const uint64_t begin = bench_clock_ns();
    const int code = model_head_copy_make(w, threads ? threads : 1, &o->calls, &why);
    if (code == QK_ERR_UNAVAILABLE && *head == MODEL_HEAD_CERTIFIED) {
        cli_say("qkbench: the full head is used: %s: %s", why.where, why.text);
        *head = MODEL_HEAD_FULL;
        return full_head(w, o, err);
    }
    if (!code)
        cli_say("qkbench: compact copy of the head: %.1f MB in %.2f s", (double)w->head_copy->bytes * 1e-6,
                since(begin));
    else
        *err = why;
    return code == QK_ERR_UNAVAILABLE ? QK_ERR_FORMAT : code;
}

static int tune_streams(struct model_kernels *set, const struct model_weights *w, const struct qk_cpu *cpu,
                        struct qk_error *err)
{
    struct bench_stream_choice choices[BENCH_STREAMS];
    double ms;
    const int code =
        bench_tune_streams(choices, set, w, qk_table_builtin(), cpu, cli_stop, BENCH_STREAMS_S, &ms, err);
    for (int i = 0; i < BENCH_STREAMS && !code; i++) {
        const struct bench_stream_choice *const c = &choices[i];
        if (*c->why)
            cli_say("qkbench: %s: %s is not tuned: %s", set->name, c->usual->op_name, c->why);
        else if (c->chosen == c->usual)
            cli_say("qkbench: %s: %s/%s stays: no row is proven faster", set->name, c->usual->op_name,
                    c->usual->name);
        else
            cli_say("qkbench: %s: %s/%s is %.3f times [%.3f, %.3f] as fast as %s, and taken", set->name,
                    c->chosen->op_name, c->chosen->name, c->gain.value, c->gain.low, c->gain.high,
                    c->usual->name);
    }
    if (!code)
        cli_say("qkbench: %s: tuned in %.0f ms", set->name, ms);
    return code;
}

/*
 * Rows that read weights from memory differ by up to 1.9 times, and which is the fastest differs between
 * machines. So whoever waits for memory is told where nobody has looked yet. The ops are named, as tune by
 * itself may have no time for those from memory.
 */
static void tell_of_tuning(const struct model_kernels *sets, size_t count, const struct qk_choices *choices,
                           const struct model_weights *w)
{
    const size_t large = (size_t)64 << 20;
    size_t i = 0;
    if (choices->of[QK_OP_i2s16_gemv][QK_MEMORY_DRAM] || model_bytes_per_token(&w->config) < large ||
        w->scale_bytes) /* that op does not multiply codes with scales of groups */
        return;
    while (i < count && (sets[i].path != MODEL_PATH_I2S16 || sets[i].named[QK_OP_i2s16_gemv]))
        i++;
    if (i < count)
        cli_say("qkbench: %s: which rows read weights the fastest was not measured on this machine yet; this "
                "time, in 0.1 s: --tune; for good: "
                "qkbench tune -b 100 i2s16_gemv head4_gemv f16_gemv attention_f16",
                sets[i].name);
}

int cli_model_choose(struct model_kernels *sets, size_t count, const struct model_weights *w,
                     const struct qk_cpu *cpu, bool tune, struct qk_error *err)
{
    const struct qk_table *const table = qk_table_builtin();
    struct qk_choices choices;
    int code = cli_choices(&choices, cpu, err);
    if (!code && !tune)
        tell_of_tuning(sets, count, &choices, w);
    for (size_t i = 0; i < count && !code; i++) {
        char changed[400] = "";
        model_kernels_choose(&sets[i], table, &choices, model_bytes_per_token(&w->config), cpu);
        for (int op = 0; op < QK_OP_COUNT; op++) {
            const struct qk_variant *const v = sets[i].of[op];
            const size_t n = strlen(changed);
            if (!sets[i].named[op] && v != qk_table_best(table, v->op, cpu))
                snprintf(changed + n, sizeof changed - n, " %s/%s", v->op_name, v->name);
        }
        if (*changed)
            cli_say("qkbench: %s: tuned rows take the place of the table's last:%s", sets[i].name, changed);
        if (tune)
            code = tune_streams(&sets[i], w, cpu, err);
    }
    return code;
}

int cli_model_load(struct cli_model *m, const struct cli_model_options *o, bool tokenizer,
                   struct qk_error *err)
{
    struct model_gguf g = {0};
    struct qk_cpu cpu;
    int code = cli_detect(&cpu, err);
    if (!code)
        code = model_kernels_parse(&m->kernels, qk_table_builtin(), o->kernels ? o->kernels : "best", o->act,
                                   &cpu, err);
    if (!code)
        code = cli_model_open(&g, o->model, err);
    if (code)
        return code;
    struct model_config c;
    code = model_config_read(&c, &g, err); /* an architecture that is none is more than its tokenizer */
    code = code == QK_ERR_UNAVAILABLE ? QK_ERR_FORMAT : code;
    if (!code && tokenizer)
        code = model_tokenizer_open(&m->tokenizer, &g, err);
    if (code) {
        model_gguf_close(&g);
        return code;
    }
    code = cli_model_weights(&m->weights, &g, model_kernels_layout(&m->kernels), o, err);
    m->head = o->head;
    if (!code)
        code = cli_model_head(&m->weights, &m->head, o, err);
    return code ? code : cli_model_choose(&m->kernels, 1, &m->weights, &cpu, o->tune, err);
}

int cli_model_state(struct model_state **s, const struct cli_model *m, const struct cli_model_options *o,
                    size_t context, size_t batch, struct qk_error *err)
{
    const struct model_options options = {.threads = o->threads,
                                          .at_once = o->cpus.usable,
                                          .calls = &o->calls,
                                          .context = context,
                                          .batch = batch,
                                          .kv_f16 = o->kv_f16,
                                          .head_input = cli_model_input(o, &m->weights.config, &m->kernels),
                                          .head = m->head};
    return model_state_new(s, &m->weights, &m->kernels, &options, err);
}

void cli_model_close(struct cli_model *m)
{
    model_tokenizer_close(m->tokenizer);
    model_weights_free(&m->weights);
}

/* "-" is standard input, which stays open. */
static FILE *open_input(const char *path)
{
    struct stat st;
    const int fd = strcmp(path, "-") ? bench_infile_open(path, &st) : dup(STDIN_FILENO);
    FILE *const from = fd < 0 ? NULL : fdopen(fd, "rb");
    if (fd >= 0 && !from)
        close(fd);
    return from;
}

int cli_model_read(const char *path, char **text, size_t *size, struct qk_error *err)
{
    const size_t most = (size_t)256 << 20, step = 1 << 20;
    FILE *const from = open_input(path);
    size_t room = 0;
    int code = from ? 0 : qk_fail(err, QK_ERR_IO, path, "cannot open: %s", strerror(errno));
    *text = NULL;
    *size = 0;
    for (size_t got = 1; !code && got; *size += got) {
        if (*size + step >= room) {
            room = 2 * room + step;
            char *more = realloc(*text, room);
            if (!more) {
                code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for %zu bytes", room);
                break;
            }
            *text = more;
        }
        errno = 0;
        got = fread(*text + *size, 1, step, from);
        if (cli_stop())
            code = qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        else if (ferror(from))
            code = qk_fail(err, QK_ERR_IO, path, "cannot read: %s", strerror(errno));
        else if (*size + got > most)
            code = qk_fail(err, QK_ERR_FORMAT, path, "larger than %zu bytes, which is the most that is read",
                           most);
    }
    if (from)
        fclose(from);
    if (!code) {
        (*text)[*size] = '\0';
        return 0;
    }
    free(*text);
    *text = NULL;
    return code;
}
