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
 * f16 values of either sign. Magnitudes go from 2^-7 to 2^-3, as many in each octave, times 2^louder, louder
 * <= 15. elements is a multiple of 4.
 */
void model_synth_write_f16(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t elements,
                           unsigned louder);

/*
 * I2_S: codes, then the scale and a zeroed tail. 27/64 of the codes are zero, the others have either sign.
 * columns is a multiple of 128. The scale lies between 7/8 and 9/8 of 1 / (sqrt(37/64 * columns) *
 * 2^quieter). So activations of root mean square 1 give results of about 2^-quieter. leave_codes: leave room
 * for the codes, which are made later.
 */
void model_synth_write_i2s(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t columns,
                           uint64_t rows, unsigned quieter, bool leave_codes);
