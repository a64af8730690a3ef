/* SPDX-License-Identifier: MIT */
#include "model/forward/tests/forward_fixture.h"
#include "kernels/tests/cmocka_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const unsigned all_layouts = MODEL_LAYOUT_I2S | MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_QK256;

static FILE *open_fixture(const struct fixture *f, const char *rest)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s", f->folder, f->stem, rest);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    return file;
}

static void open_file(struct fixture *f, const char *file, unsigned layouts)
{
    char path[512];
    struct model_gguf g;
    struct qk_error err;
    snprintf(path, sizeof path, "%s/%s", f->folder, file);
    assert_works(model_gguf_open(path, &g, &err) || model_weights_load(&f->weights, &g, layouts, &err), err);
    FILE *ids = open_fixture(f, ".tokens.txt");
    while (f->count < FIXTURE_TOKENS_MAX && fscanf(ids, " %d ,", &f->tokens[f->count]) == 1)
        f->count++;
    fclose(ids);
    assert_true(f->count > 8);
}

void fixture_open(struct fixture *f, const char *stem, unsigned layouts)
{
    *f = (struct fixture){.folder = MODEL_FIXTURES, .stem = stem};
    open_file(f, strcmp(stem, "tiny") ? "kjv-bitnet-5m.i2_s.gguf" : "tiny.i2_s.gguf", layouts);
}

void fixture_open_made(struct fixture *f, const char *name, unsigned layouts)
{
    char file[128];
    *f = (struct fixture){.folder = MODEL_MADE, .stem = name};
    snprintf(file, sizeof file, "%s.gguf", name);
    open_file(f, file, layouts);
}

void fixture_close(struct fixture *f)
{
    model_weights_free(&f->weights);
}

float *fixture_reference(const struct fixture *f, const char *name)
{
    char rest[128];
    const size_t n = f->count * f->weights.config.vocab;
    float *logits = malloc(n * sizeof *logits);
    snprintf(rest, sizeof rest, ".logits_%s.f32", name);
    FILE *file = open_fixture(f, rest);
    assert_non_null(logits);
    assert_int_equal(fread(logits, sizeof *logits, n, file), n);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    return logits;
}

struct model_kernels fixture_kernels(const char *set, enum model_act act)
{
    struct qk_cpu cpu;
    struct qk_error err;
    struct model_kernels k;
    assert_int_equal(qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err), 0);
    const int code = model_kernels_parse(&k, qk_table_builtin(), set, act, &cpu, &err);
    if (code == QK_ERR_UNAVAILABLE)
        skip();
    assert_works(code, err);
    return k;
}

float *fixture_logits(const struct fixture *f, const struct model_kernels *k, const struct model_options *o,
                      size_t step)
{
    struct model_state *s;
    struct qk_error err;
    const size_t vocab = f->weights.config.vocab;
    float *logits = malloc(f->count * vocab * sizeof *logits);
    assert_non_null(logits);
    assert_works(model_state_new(&s, &f->weights, k, o, &err), err);
    for (size_t done = 0, n; done < f->count; done += n) {
        n = step && step < f->count - done ? step : f->count - done;
        assert_works(
            model_forward(s, f->tokens + done, n, logits + done * vocab, MODEL_LOGITS_ALL, NULL, &err), err);
    }
    assert_int_equal(model_position(s), f->count);
    model_state_free(s);
    return logits;
}
