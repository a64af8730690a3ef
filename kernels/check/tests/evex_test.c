/* SPDX-License-Identifier: MIT */
/* Runs the checker over the AVX-VNNI kernels that vex_as_evex.c builds. Skipped without AVX512. */
#include "kernels/check/check.h"
#include "kernels/cpu.h"
#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s_gemv/op.h"
#include "kernels/tests/tap.h"

#include <stdlib.h>

qk_i2s_gemv_fn qk_evex_i2s_gemv;
qk_i2s16_gemv_fn qk_evex_i2s16_gemv;
qk_i2s16_gemm_fn qk_evex_i2s16_gemm;

TEST_PART(evex)
{
    const struct qk_variant rows[] = {
        {.op = QK_OP_i2s_gemv, .op_name = "i2s_gemv", .fn = (qk_fn *)qk_evex_i2s_gemv},
        {.op = QK_OP_i2s16_gemv, .op_name = "i2s16_gemv", .fn = (qk_fn *)qk_evex_i2s16_gemv},
        {.op = QK_OP_i2s16_gemm, .op_name = "i2s16_gemm", .fn = (qk_fn *)qk_evex_i2s16_gemm},
    };
    struct qk_error err = {0};
    struct qk_cpu cpu;
    if (qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err) || !cpu.present[QK_ISA_AVX512]) {
        printf("1..0 # SKIP no AVX512\n");
        return 0;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct qk_variant v = rows[i];
        v.name = "avxvnni";
        v.kind = QK_PLAIN;
        tap(!qk_check_variant(&v, 1, NULL, &err), v.op_name, &err);
    }
    return tap_end();
}
