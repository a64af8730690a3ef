#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rows of semantic ops as their users meet them: built in, and from a plug-in.  semantic_test.sh PROGRAM BUILD COMPILER...
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$2 cc=("${@:3}")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
quick=(--quick --counters none)
make() { # make LIBRARY [FLAG...]: the plug-in as it now is
    with "${cc[@]}" -std=c11 -O2 -fPIC -shared "-I$build/kernels/library" "${@:2}" mine/mine.c -o "$1"
    ok "builds $1" [ $status -eq 0 ]
}

# Our own rows.
code 0 "within 4 * 2^-24 * sum |w x|" check 'ternary_gemv/i2s16*'
code 0 "within (4 + columns / 32) * 2^-24 * sum |w x|" check 'ternary_gem[vm]/scalar'
code 0 "bits_per_weight" run 'ternary_gemv/scalar' 'ternary_gemv/i2s16*' "${quick[@]}" --out r.json
ok "both figures and the load" eval 'says product_ns && says load_ms && says "2^-24 B"'
ok "a shape that a form has not is said" says "its form has no scales of such groups"
ok "two bits and a scale per row" grep -q '"bits_per_weight", "unit": "bits", "value": 2.00625' r.json
code 2 "expected a group of 32, 64, 128 or 256" gate --duet "$build/kernels/libqkernels.so" 'ternary_gemv/scalar/64x512x48'
code 0 "product" breakdown 'ternary_gem[vm]/i2s16*/*2560' 'ternary_gemm/i2s16*/*x8' "${quick[@]}"
ok "its components" eval 'says activations && says total'

# A plug-in.
code 0 "meson setup" plugin new mine --op ternary_gemv
make was.so -Wall -Wextra -Wpedantic -Werror
code 0 "mine:mine" list --load was.so
ok "what it is" grep -q 'mine:mine .*prepared' <<<"$out"
code 0 "instructions keep to BASE; within (4 + columns / 32) * 2^-24" check 'ternary_gemv/mine:*' --load was.so
code 0 "mine:mine" run 'ternary_gemv/mine:*/1024x2560' "${quick[@]}" --load was.so
ok "its own figures" eval '[ "$(grep -c "^mine:mine" <<<"$out")" -eq 2 ]'
sed -i 's/^    multiply(y/    multiply(y, (const uint8_t *)weights, (const uint8_t *)activations, t);\n&/' mine/mine.c
make slow.so
judges REGRESSION ternary_gemv/mine/64x512 --duet was.so --candidate slow.so
code 0 "identical code, not timed" gate --lock-dir . --duet was.so --candidate was.so
ok "each shape is a case" says "1024x2560, 1024x2560x64"

# What is wrong with one, and where.
breaks() { # breaks EXPRESSION CODE TEXT: the plug-in changed by sed, and what its check says
    rm -rf mine && run plugin new mine --op ternary_gemv
    sed -i "$1" mine/mine.c
    make bad.so
    code "$2" "$3" check 'ternary_gemv/mine:*' --load bad.so
}
breaks 's/^static void prepare_weights.*/&/; s/uint8_t \*const to = (uint8_t \*)weights;/&\n    __builtin_trap();/' 3 "prepare_weights died of"
code 3 "check failed" run 'ternary_gemv/mine:*/1024x2560' "${quick[@]}" --load bad.so
ok "and says where" says "prepare_weights died of"
code 5 "prepare_weights died of" gate --lock-dir . --duet was.so --candidate bad.so 'ternary_gemv/mine/64x512'
breaks 's/    float most = 0;/&\n    __builtin_trap();/' 3 "prepare_activations died of"
breaks 's/most \/ 127/most \/ 63/' 3 "2^-24 * B"
breaks 's/\.align = .*/.align = 48,/' 1 "alignment is no power of two"
breaks 's/\.tolerance = .*/.tolerance = 5000,/' 1 "tolerance above 4096"
breaks 's/QK_ROW_PREPARED(\(.*\), form)/QK_ROW(\1)/' 1 "its op takes PREPARED rows only"
finish
