/* SPDX-License-Identifier: MIT */
#include "kernels/ggml/types.h"

#include "kernels/f16.h"

#include <string.h>

const struct qk_ggml_type qk_ggml_types[QK_GGML_TYPES] = {
    [QK_GGML_TQ1_0] =
        {.name = "tq1_0",
         .number = 34,
         .block = 256,
         .bytes = 54,
         .activation = QK_GGML_Q8_K,
         .guard = "dequantize_row_tq1_0",
         .thirds =
             "bb9431bb9431bb9431bb9431bb9431bb9431bb9431bb9431bb9431bb9431bb946c45cf6c45cf6c45cf6c45cf6c"
             "45cf6cce6c43ce0038",
         .steps = "0f902d9382b986baa32f9382b986baa32f932daf85baa32f932daf85ba862c930ea82be481ac840ea82bf781ac"
                  "840e8c9230b8850040",
         .first = {0.5f, 0, -0.5f},
         .dot = 42.75f},
    [QK_GGML_TQ2_0] =
        {.name = "tq2_0",
         .number = 35,
         .block = 256,
         .bytes = 66,
         .activation = QK_GGML_Q8_K,
         .guard = "dequantize_row_tq2_0",
         .thirds =
             "924924924924924924924924924924924924924924924924924924924924924924924924924924924924924924"
             "924924924924924924924924924924924924920038",
         .steps = "500994499552255229944995522552299449944225522994499442255225544952255009944995522552299449"
                  "955225522994499442255229944994422552250040",
         .first = {0.5f, 0, -0.5f},
         .dot = 42.75f},
    [QK_GGML_Q2_0] = {.name = "q2_0",
                      .number = 42,
                      .block = 64,
                      .bytes = 18,
                      .activation = QK_GGML_Q8_0,
                      .guard = "dequantize_row_q2_0",
                      .thirds = "003886611886611886611886611886611886",
                      .steps = "004044995166841961469811668419614694",
                      .first = {0.5f, 0, -0.5f},
                      .dot = 10.75f},
    [QK_GGML_Q1_0] = {.name = "q1_0",
                      .number = 41,
                      .block = 128,
                      .bytes = 18,
                      .activation = QK_GGML_Q8_0,
                      .guard = "dequantize_row_q1_0",
                      .thirds = "5035dbb66ddbb66ddbb66ddbb66ddbb66ddb",
                      .steps = "123caad56ab55aa552a954abd56ab54aa552",
                      .first = {0.33203125f, 0.33203125f, -0.33203125f},
                      .dot = 14.11f},
    [QK_GGML_Q8_0] = {.name = "q8_0",
                      .number = 8,
                      .block = 32,
                      .bytes = 34,
                      .activation = QK_GGML_Q8_0,
                      .guard = "dequantize_row_q8_0",
                      .thirds = "081c7f00817f00817f00817f00817f00817f00817f00817f00817f00817f00817f00",
                      .steps = "08248114a538c85bec7f10a134c457e87b0c9d30c053e47708992cbd4fe073049528",
                      .first = {0.499969482f, 0, -0.499969482f},
                      .dot = 5.249f},
    [QK_GGML_Q8_K] =
        {.name = "q8_K",
         .number = 15,
         .block = 256,
         .bytes = 292,
         .activation = QK_GGML_Q8_K,
         .guard = "dequantize_row_q8_K",
         .thirds =
             "040281bb81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8100"
             "7f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8100"
             "7f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8100"
             "7f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8100"
             "7f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8100"
             "7f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f81007f8181ff00007f0081ff0000"
             "7f0081ff00007f0081ff00007f0081ff00007f0081ff",
         .steps = "0402813c8114a538c85bec7f10a134c457e87b0c9d30c053e47708992cbd4fe073049528b94bdc6f009124b547"
                  "d86bfc8d20b143d467f8891cad40d063f48518a93ccc5ff08114a538c85bec7f10a134c457e87b0c9d30c053e4"
                  "7708992cbd4fe073049528b94bdc6f009124b547d86bfc8d20b143d467f8891cad40d063f48518a93ccc5ff081"
                  "14a538c85bec7f10a134c457e87b0c9d30c053e47708992cbd4fe073049528b94bdc6f009124b547d86bfc8d20"
                  "b143d467f8891cad40d063f48518a93ccc5ff08114a538c85bec7f10a134c457e87b0c9d30c053e47708992cbd"
                  "4fe073049528b94bdc6f009124b547d86bfc8d20b143d467f8891cad40d063f48518a96f002800e0ff99ff5300"
                  "0c00c5ff7dff3700f200a9ff62ff1b00d6008dff46ff",
         .first = {0.5f, 0, -0.5f},
         .dot = 0},
};

void qk_ggml_input(float *x, size_t n, bool steps)
{
    for (size_t k = 0; k < n; k++)
        x[k] = steps ? ((float)(37 * k % 65) - 32) / 16 : 0.5f * (1 - (float)(k % 3));
}

void qk_ggml_dequantise(float *x, const void *blocks, size_t n, enum qk_ggml_id type)
{
    const struct qk_ggml_type *const t = &qk_ggml_types[type];
    const uint8_t *from = blocks;
    for (size_t b = 0; b < n; b += t->block, from += t->bytes) {
        const bool half = type == QK_GGML_Q8_0; /* its scale; the other's is f32 */
        uint16_t bits;
        float d;
        memcpy(&bits, from, sizeof bits);
        memcpy(&d, from, sizeof d);
        d = half ? qk_f16_to_f32(bits) : d;
        for (size_t k = 0; k < t->block; k++)
            x[b + k] = d * (int8_t)from[(half ? sizeof bits : sizeof d) + k];
    }
}
