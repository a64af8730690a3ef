/* SPDX-License-Identifier: MIT */
/*
 * Models with seeded random weights in the exact form of a file. Every byte follows from preset and seed, by
 * integer arithmetic and tables only. So it is the same on every machine.
 *
 *     bitnet-2b    the form of the published BitNet b1.58 2B4T: 24 metadata entries in its order, 332
 *                  tensors, 1 186 MB. It is 0.1 % smaller, because the generated vocabulary has shorter
 *                  tokens
 *     bitnet-2b/N  its first N layers, 1 <= N <= 30, with the same vocabulary and the same weights
 *     tiny         3 layers, 256 wide, vocabulary of 1024
 *
 * presets.def has them all, and the families falcon3-1b, llama3-8b and bonsai-1.7b. Behind a name can stand:
 *
 *     ,head=peaked    64 times the embedding and the head. A token of a tied head then drowns what the layers
 *                     add to it. So its own logit stands far above all others, and a greedy text repeats it
 *     ,head=TYPE      embedding and head in F32, F16, BF16, Q8_0, Q6_K, Q2_0 or PQ2_0
 *     ,matrices=TYPE  the layers' matrices in I2_S, TQ1_0, TQ2_0, Q2_0 or PQ2_0. Another type has other
 *                     weights
 *
 * 27/64 = 42.2 % of the ternary weights are zero, about as in trained models. Activations stay near 1. The
 * tests hold the hashes of tiny, of bitnet-2b/1 and of bitnet-2b's header as constants. The XXH3 of all of
 * bitnet-2b is 4fb20e0edd215c49; computing it is too slow for a test.
 */
#pragma once

#include "model/gguf/writer.h"

#define MODEL_SYNTH_SEED 1 /* the seed of those hashes, and the default of synth: */

/*
 * Writes the preset's GGUF. QK_ERR_ARG when there is no such preset; the text names those there are.
 * Otherwise it can return errors of the sink.
 */
int model_synth_write(const char *preset, uint64_t seed, model_sink_fn *sink, void *ctx,
                      struct qk_error *err);

/*
 * Makes the same model in anonymous memory and parses it. It is used and closed as after model_gguf_open of
 * such a file. It takes under 5 s for bitnet-2b. g->name is "synth:PRESET". QK_ERR_MEMORY.
 *
 * model_gguf_want makes the codes of a matrix when they are wanted. A loader that puts them into another
 * layout thus has only one matrix at a time in the file's layout, and that one is still in cache.
 */
int model_synth_open(const char *preset, uint64_t seed, struct model_gguf *g, struct qk_error *err);

/*
 * The number of bytes that model_synth_write will write. It depends on the seed, because vocabularies differ
 * in length. QK_ERR_ARG.
 */
int model_synth_size(const char *preset, uint64_t seed, uint64_t *bytes, struct qk_error *err);
