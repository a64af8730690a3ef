#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Looks into the built program: does a variant contain the instruction it is named after?  object_test.sh PROGRAM
set -euo pipefail
program=$1
command -v objdump >/dev/null || { echo "1..0 # SKIP no objdump"; exit 0; }
listing=$(objdump -d --no-show-raw-insn "$program")
number=0
failed=0
# body_of VARIANT: its code; of qk256_dequant, or OP_VARIANT of another op
body_of() { sed -nE "/<qk_(qk256_dequant_)?$1>:/,/^$/p" <<<"$listing"; }
# has WANTED(yes|no) VARIANT INSTRUCTION
has() {
    local found=no body
    number=$((number + 1))
    body=$(body_of "$2")
    if grep -qE "\s$3" <<<"$body"; then found=yes; fi
    if [ "$found" = "$1" ]; then echo "ok $number - $2: $3 $1"; else echo "not ok $number - $2: $3 $found, expected $1"; failed=1; fi
}
# copies MIN VARIANT BELOW: how often its loop's body stands there, told by the multiply-adds
copies() {
    local found
    number=$((number + 1))
    found=$(body_of "$2" | grep -cE '\svfmadd')
    if [ "$found" -ge "$1" ] && [ "$found" -lt "$3" ]; then
        echo "ok $number - $2: $found copies of the body"
    else
        echo "not ok $number - $2: $found copies of the body, expected at least $1 and below $3"
        failed=1
    fi
}
# spills MAX VARIANT: vectors put on the stack
spills() {
    local found
    number=$((number + 1))
    found=$(body_of "$2" | grep -cE '\svmov[a-z0-9]+ +%[xyz]mm[0-9]+,.*\(%r[sb]p' || true)
    if [ "$found" -le "$1" ]; then
        echo "ok $number - $2: $found spills"
    else
        echo "not ok $number - $2: $found spills, expected at most $1"
        failed=1
    fi
}
has no p1_unpack vfmadd
has yes p1_unpack vmulps
has yes p1_unpack vpsrlvd
has yes p2_fma vfmadd
has yes p2_unroll8 vfmadd
has no p2_unroll8 prefetcht0
has yes p3_prefetch prefetcht0
has no p3_prefetch 'vperm(ps|d)'
has yes p4_permute 'vperm(ps|d)' # the same eight-lane permute in clang's integer spelling
has no scalar '[a-z]+ .*%ymm'
has no scalar vmul
has yes avx2_best '[a-z]+ .*%ymm'
has yes avx512_best '[a-z]+ .*%zmm'
has yes ceiling_store64 '[a-z]+ .*%zmm'
copies 1 p2_fma 2
copies 8 p2_unroll8 9
copies 16 p3_prefetch 33
copies 16 p4_permute 33
has no qk256_gemv_scalar '[a-z]+ .*%ymm'
has no qk256_gemv_p1_unpack vfmadd
has yes qk256_gemv_p1_unpack vpsrlvd
has yes qk256_gemv_p2_fma vfmadd
has no qk256_gemv_p2_unroll8 prefetcht0
has yes qk256_gemv_p3_prefetch prefetcht0
has yes qk256_gemv_p4_permute 'vperm(ps|d)'
has yes qk256_gemv_avx2_best 'vpermilps .*%ymm'
has yes qk256_gemv_avx512_best 'vperm(ps|d) .*%zmm'
has no i2s16_gemv_avx2_plain prefetch
has yes i2s16_gemv_avx2_madd prefetcht1
has yes i2s16_gemv_avx2_lines prefetcht0
has yes i2s16_gemv_avx2_pages prefetcht0
has no i2s16_gemv_avx512_plain prefetch
has yes i2s16_gemv_avx512_l2 prefetcht1
has no i2s16_gemv_avx512_l2 prefetcht0
has yes i2s16_gemv_avx2_l2 prefetcht1
has no i2s16_gemv_avx2_l2 prefetcht0
has yes i2s16_gemv_avx512_far prefetcht0
has yes i2s16_gemv_avx512_far 'prefetcht1 .*[4c]0\('
has yes i2s16_gemv_avx2_far prefetcht0
has yes i2s16_gemv_avx2_far 'prefetcht1 .*[4c]0\('
has yes i2s16_gemv_avx512_pages prefetcht0
has no i2s16_gemv_avx512_lines prefetcht1
has yes i2s16_gemv_avx512_lines prefetcht0
has yes i2s16_gemv_avx512_mask prefetcht1
has yes i2s16_gemv_avx512_once prefetchnta
has no f16_gemv_avx2_plain prefetch
has yes f16_gemv_avx2 prefetcht1
has yes f16_gemv_avx2_lines prefetcht0
has yes f16_gemv_avx2_pages prefetcht0
has no f16_gemv_avx512_plain prefetch
has yes f16_gemv_avx512_l2 prefetcht1
has no f16_gemv_avx512_l2 prefetcht0
has yes f16_gemv_avx2_l2 prefetcht1
has no f16_gemv_avx2_l2 prefetcht0
has yes f16_gemv_avx512_far prefetcht0
has yes f16_gemv_avx512_far 'prefetcht1 .*[4c]0\('
has yes f16_gemv_avx2_far prefetcht0
has yes f16_gemv_avx2_far 'prefetcht1 .*[4c]0\('
has yes f16_gemv_avx512 prefetcht1
has yes f16_gemv_avx512_once prefetchnta
has yes f16_gemv_avx512_lines prefetcht0
has yes f16_gemv_avx512_pages prefetcht0
has no head4_gemv_avx512_plain prefetch
has yes head4_gemv_avx512_l2 prefetcht1
has no head4_gemv_avx512_l2 prefetcht0
has yes head4_gemv_avx2_l2 prefetcht1
has no head4_gemv_avx2_l2 prefetcht0
has yes head4_gemv_avx512_far prefetcht0
has yes head4_gemv_avx512_far 'prefetcht1 .*[4c]0\('
has yes head4_gemv_avx2_far prefetcht0
has yes head4_gemv_avx2_far 'prefetcht1 .*[4c]0\('
spills 4 i2s16_gemv_avx2_lines
spills 4 i2s16_gemv_avx2_pages
spills 4 i2s16_gemv_avx2_l2
spills 4 i2s16_gemv_avx2_far
spills 4 i2s16_gemv_avx2_plain
spills 4 i2s16_gemv_avx2_madd # gcc 12 once kept the products of five units on the stack: 52
has no qk256_gemv_avx512_rows 'rep stos' # what `= {0}` becomes where an array of sums stays in memory
has no f32_dot_scalar '[a-z]+ .*%ymm'
has yes f32_dot_avx512_best 'vfmadd.*%zmm'
echo "1..$number"
exit $failed
