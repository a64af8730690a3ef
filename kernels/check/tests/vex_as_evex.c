/* SPDX-License-Identifier: MIT */
/*
 * One AVX-VNNI kernel, built for AVX512 VNNI: the same source, the same instructions in another encoding. So
 * its arithmetic is checked on machines that have only AVX512 VNNI. QK_FILE and QK_ROW come from meson.build.
 */
#define __AVXVNNI__                1
#define qk_i2s_gemv_avxvnni_mask   qk_evex_i2s_gemv
#define qk_i2s16_gemv_avxvnni_mask qk_evex_i2s16_gemv
#define qk_i2s16_gemm_avxvnni_tile qk_evex_i2s16_gemm
#include "kernels/row.h"

#include QK_FILE
