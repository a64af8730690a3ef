/* SPDX-License-Identifier: MIT */
/*
 * Models with seeded random weights in the exact form of a file. Every byte follows from preset and seed, by
 * integer arithmetic and tables only, so that it is the same on every machine.
 *
 *   bitnet-2b    the form of the published BitNet b1.58 2B4T: 24 metadata entries in its order, 332 tensors,
 *                1 186 MB. It is 0.1 % smaller, because the tokens of the generated vocabulary are shorter
 *   bitnet-2b/N  its first N layers, 1 <= N <= 30: the same vocabulary, the same weights
 *   tiny         3 layers, 256 wide, vocabulary of 1024
 *
 * NAME,head=peaked is the same model with 64 times the embedding, which is also the head. A token then drowns
 * what the layers add to it, so its own logit stands far above all others, and a greedy text repeats it.
 *
 * 27/64 = 42.2 % of the ternary weights are zero, about as in trained models. Activations stay near 1. Hashes
 * of tiny, of bitnet-2b/1 and of bitnet-2b's header are constants of the tests. The XXH3 of all of bitnet-2b
 * is 4fb20e0edd215c49, too slow to be one.
 */
#pragma once

#include "model/gguf/writer.h"

#define MODEL_SYNTH_SEED 1 /* the seed of those hashes, and of synth: without another */

/*
 * Writes the preset's GGUF. QK_ERR_ARG when there is no such preset, naming those there are. Errors of the
 * sink.
 */
int model_synth_write(const char *preset, uint64_t seed, model_sink_fn *sink, void *ctx,
                      struct qk_error *err);

/*
 * The same in anonymous memory, parsed: as model_gguf_open of such a file, and closed like it. It takes under
 * 5 s for bitnet-2b. g->name is "synth:PRESET". QK_ERR_MEMORY.
 *
 * The codes of a matrix are made when model_gguf_want asks for them. A loader that puts them into another
 * layout has one matrix at a time in the file's, which is still in cache.
 */
int model_synth_open(const char *preset, uint64_t seed, struct model_gguf *g, struct qk_error *err);

/*
 * The size in bytes that model_synth_write will write. It depends on the seed, because vocabularies differ in
 * length. QK_ERR_ARG.
 */
int model_synth_size(const char *preset, uint64_t seed, uint64_t *bytes, struct qk_error *err);
