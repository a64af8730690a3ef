/* SPDX-License-Identifier: MIT */
/*
 * The data of synthetic tensors. It uses only integers and exact conversions, which are the same on every
 * machine.
 *
 * Word i of a tensor's stream is splitmix64 (kernels/support.h names the source) of key + i. No word waits
 * for the one before it, so the codes of a 2B model take a fraction of a second.
 */
#pragma once

#include "model/gguf/writer.h"

struct model_synth_stream {
    uint64_t state;
};

/*
 * One stream for each tensor. Its number says what the tensor is, not where it lies. So models that are cut
 * short share their weights.
 */
void model_synth_stream_seed(struct model_synth_stream *s, uint64_t seed, uint64_t number);

/* f32 values from 0.75 to 1.25. */
void model_synth_write_norm(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t elements);

/*
 * Numbers of either sign in F32, F16, BF16, Q8_0, Q6_K, Q2_0 or PQ2_0. Magnitudes of the first three go from
 * 2^-7 to 2^-3, as many in each octave, times 2^louder, louder <= 8. Those of blocks lie about there.
 * elements is a multiple of 4 and of the type's block.
 */
void model_synth_write_numbers(struct model_gguf_writer *w, struct model_synth_stream *s,
                               enum model_gguf_type type, uint64_t elements, unsigned louder);

/*
 * TQ1_0, TQ2_0, Q2_0 and PQ2_0, with as many zeros as I2_S has, and scales of the same size. In TQ1_0 and
 * TQ2_0 all groups have the same scale. In the others they differ by up to an eighth, as trained groups do.
 * leave: leave room for all of it, which is made later. columns is a multiple of the type's block.
 */
void model_synth_write_groups(struct model_gguf_writer *w, struct model_synth_stream *s,
                              enum model_gguf_type type, uint64_t columns, uint64_t rows, unsigned quieter,
                              bool leave);

/*
 * I2_S: codes, then the scale and a zeroed tail. 27/64 of the codes are zero, the others have either sign.
 * columns is a multiple of 128. The scale lies between 7/8 and 9/8 of 1 / (sqrt(37/64 * columns) *
 * 2^quieter). So activations of root mean square 1 give results of about 2^-quieter. leave_codes: leave room
 * for the codes, which are made later.
 */
void model_synth_write_i2s(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t columns,
                           uint64_t rows, unsigned quieter, bool leave_codes);
