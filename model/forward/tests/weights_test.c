/* SPDX-License-Identifier: MIT */
/* Where the weights lie in memory, and what of the file stays there. */
#include "kernels/tests/cmocka_parts.h"
#include "model/forward/tests/forward_fixture.h"
#include "model/synth/synth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

UNIT_TEST(copies_lie_in_the_order_of_reading)
{
    struct fixture f;
    fixture_open(&f, "kjv", MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_QK256);
    const struct model_weights *w = &f.weights;
    const uint8_t *i2s16 = w->i2s16, *qk256 = w->qk256;
    for (size_t i = 0; i < w->config.layers * MODEL_MATRICES; i++) {
        const struct model_matrix *m = &w->layer[i / MODEL_MATRICES].matrix[i % MODEL_MATRICES];
        assert_ptr_equal(m->i2s16, i2s16);
        assert_ptr_equal(m->qk256, qk256);
        i2s16 += (m->rows + 15) / 16 * 16 * m->columns / 4;
        qk256 += m->rows * ((m->columns + 255) / 256) * 64;
    }
    assert_int_equal(i2s16 - w->i2s16, w->i2s16_bytes);
    assert_int_equal(qk256 - w->qk256, w->qk256_bytes);
    fixture_close(&f);
}

/* Pages of the tensor, whole ones only, that are in this process's memory. */
static size_t pages_of(int pagemap, const struct model_gguf_tensor *t)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)t->data;
    const bool codes = t->type == MODEL_GGUF_TYPE_I2_S;
    const uintptr_t end = (from + (codes ? (size_t)(t->elements / 4) : t->size)) / page;
    size_t there = 0;
    for (uintptr_t i = (from + page - 1) / page; i < end; i++) {
        uint64_t entry;
        assert_int_equal(pread(pagemap, &entry, sizeof entry, (off_t)(i * sizeof entry)), sizeof entry);
        there += entry >> 63;
    }
    return there;
}

static size_t pages_left(int pagemap, const struct model_weights *w, bool codes)
{
    size_t there = 0;
    for (size_t i = 0; i < w->gguf.tensor_count; i++)
        if ((w->gguf.tensors[i].type == MODEL_GGUF_TYPE_I2_S) == codes)
            there += pages_of(pagemap, &w->gguf.tensors[i]);
    return there;
}

UNIT_TEST(pages_not_read_again_are_given_back)
{
    struct fixture f;
    struct qk_error err;
    const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) {
        print_message("# no /proc/self/pagemap\n");
        skip();
    }
    fixture_open(&f, "kjv", MODEL_LAYOUT_I2S16);
    assert_int_equal(pages_left(pagemap, &f.weights, true), 0);
    assert_int_equal(pages_left(pagemap, &f.weights, false), 0);
    assert_works(model_head_copy_make(&f.weights, 2, NULL, &err), err);
    assert_int_equal(pages_left(pagemap, &f.weights, false), 0);
    fixture_close(&f);

    /* those that a token reads stay */
    fixture_open(&f, "kjv", MODEL_LAYOUT_I2S16 | MODEL_LAYOUT_I2S);
    assert_true(pages_left(pagemap, &f.weights, true) > 0);
    fixture_close(&f);
    close(pagemap);
}

UNIT_TEST(a_copied_head_is_the_same)
{
    struct fixture f;
    struct model_pool *pool;
    struct qk_error err;
    const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    fixture_open(&f, "kjv", MODEL_LAYOUT_I2S16);
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&f.weights.gguf, "token_embd.weight");
    assert_ptr_equal(f.weights.embedding, t->data);
    assert_works(model_pool_new(&pool, 3, NULL, &err), err);
    assert_works(model_weights_copy_head(&f.weights, pool, &err), err);
    const void *copy = f.weights.embedding;
    assert_ptr_not_equal(copy, t->data);
    if (pagemap >= 0)
        assert_int_equal(pages_of(pagemap, t), 0);
    assert_memory_equal(copy, t->data, t->size);
    assert_works(model_weights_copy_head(&f.weights, NULL, &err), err);
    assert_ptr_equal(f.weights.embedding, copy);
    if (pagemap >= 0)
        close(pagemap);
    model_pool_free(pool);
    fixture_close(&f);
}

/* Its pages would not come back. */
UNIT_TEST(a_head_in_memory_stays)
{
    struct model_gguf g;
    struct model_weights w;
    struct qk_error err;
    assert_works(model_synth_open("tiny", MODEL_SYNTH_SEED, &g, &err), err);
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&g, "token_embd.weight");
    unsigned char *before = malloc(t->size);
    memcpy(before, t->data, t->size);
    assert_works(model_weights_load(&w, &g, MODEL_LAYOUT_I2S16, &err), err);
    assert_works(model_head_copy_make(&w, 1, NULL, &err), err);
    assert_works(model_weights_copy_head(&w, NULL, &err), err);
    assert_ptr_equal(w.embedding, t->data); /* it is in huge pages already */
    assert_memory_equal(w.embedding, before, t->size);
    free(before);
    model_weights_free(&w);
}

/* Bytes of this process's memory that may be huge pages; -1: the kernel does not say, or has none. */
static long long may_be_huge(void)
{
    char line[256];
    long long kb = 0, sum = 0;
    bool told = false;
    FILE *const file = fopen("/proc/self/smaps", "r");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "Size: %lld kB", &kb);
        if (strncmp(line, "VmFlags:", 8) != 0)
            continue;
        told = true;
        sum += strstr(line, " hg") ? kb * 1024 : 0;
    }
    if (file)
        fclose(file);
    return told && !access("/sys/kernel/mm/transparent_hugepage", F_OK) ? sum : -1;
}

/* With ordinary ones a token at position 3840 of bitnet-2b took 1.1 to 3 times as long (Zen 5, in a VM). */
UNIT_TEST(a_cache_is_in_huge_pages)
{
    struct fixture f;
    struct model_state *s;
    struct qk_error err;
    const long long before = may_be_huge();
    if (before < 0)
        skip();
    fixture_open(&f, "kjv", MODEL_LAYOUT_I2S16);
    const struct model_config *const c = &f.weights.config;
    const struct model_kernels k = fixture_kernels("best", MODEL_ACT_ANY);
    const size_t cache = 2 * c->layers * c->kv_heads * c->context * c->head_dim * sizeof(float);
    assert_true(cache >= (2u << 20));
    assert_works(model_state_new(&s, &f.weights, &k, &(struct model_options){.threads = 1}, &err), err);
    assert_true(may_be_huge() - before >= (long long)cache);
    model_state_free(s);
    fixture_close(&f);
}

UNIT_TESTS(weights, NULL, NULL)
