#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures what the claims beside this file need, and writes verdicts.md. On a quiet machine it takes ten minutes.
#     measure.sh PROGRAM LIBGGML-CPU.so FOLDER
# FOLDER keeps the results. One that is there already is not measured again. Where one cannot be had, its claims are not
# testable here; the verdicts then stay in FOLDER, and the exit code is 1.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: measure.sh PROGRAM LIBGGML-CPU.so FOLDER" >&2 && exit 2; }
program=$(realpath "$1")
library=ggml=ggml:$(realpath -e "$2")
claims=$(dirname "$(realpath "$0")")
mkdir -p "$3"
cd "$3"
missing=()
one() { # one NAME COMMAND ARGUMENT...
    [ -s "$1.json" ] && return
    local code=0
    "$program" "${@:2}" --out "$1.json" >"$1.txt" || code=$?
    [ $code -ne 130 ] || exit 130
    [ $code -eq 0 ] || missing+=("$1")
}
one ceilings ceilings
one rows run --counters none 'f16_gemv/avx*/256x2560' 'i2s*_gemv/avx*/256x2560' 'trit5_gemv/avx512*/256x2560'
# These are shapes of the L3 of the Xeon in verdicts.md; another machine has others.
one l3 run --counters none --shapes cache f16_gemv/avx2/30694x2560 i2s_gemv/avx2_madd/244229x2560
one shapes run --counters none --shapes model 'i2s_gemv/avx2_madd' 'i2s16_gemv/avx2_madd'
one q2 run --counters none --load "$library" 'q2_0_gemv/avx*/256x2560x64' 'ternary_gemv/ggml:*q2_0/1024x2560x64'
one ternary run --counters none --load "$library" 'ternary_gemv/ggml:*q*_0/1024x2560' 'ternary_gemv/lut4*/1024x2560' \
    'ternary_gemv/i2s16*/1024x2560'
one ternary-model run --counters none --shapes model --load "$library" 'ternary_gemv/ggml:tq2_0' \
    'ternary_gemv/lut4*' 'ternary_gemv/i2s16_avx512'
one ladder run --counters none qk256_dequant
one model model bench synth:bitnet-2b -p 0 -n 16 -r 6 -t 1,2 --head full,i8 --counters none
one model-ladder model bench synth:bitnet-2b -p 0 -n 2 -r 6 -t 1 --head full --counters none \
    --kernels baseline,p1_unpack,p2_fma,p4_permute
"$program" audit "$claims"/*.json ./*.json --markdown >verdicts.md
if [ ${#missing[@]} -gt 0 ]; then
    echo "measure.sh: not measured here: ${missing[*]}; the verdicts are in $PWD/verdicts.md only" >&2
    exit 1
fi
cp verdicts.md "$claims/verdicts.md"
