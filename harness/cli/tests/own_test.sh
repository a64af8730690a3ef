#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Ops of a plug-in's own, and what is wrong with plug-ins.  own_test.sh PROGRAM BUILD SOURCES COMPILER...
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$2 sources=$(realpath "$3") cc=("${@:4}")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
made() { # made FILE SOURCE FLAG...: a plug-in
    with "${cc[@]}" -std=c11 -O2 -Wall -Wextra -Wpedantic -Wno-unused -Werror -ffp-contract=off -fPIC -shared "-I$build/kernels/library" \
        "$sources/$2" -o "$1" "${@:3}"
    [ $status -eq 0 ] || ok "builds: $*" false
}
mkdir lock
gate=(gate --lock-dir lock)
quick=(--quick --counters none)
made own.so own_plugin.c

# Rows of an op that only the plug-in knows.
code 0 "dot: sums of products" list --load own.so
ok "its rows are listed" eval 'says own:four && says own:near'
code 0 '"dot"' list --json --load own.so
code 3 "4 passed, 5 failed, 0 skipped" check 'dot/own:*' 'scale/own:*' --load own.so
ok "a wrong value has its place" says "y[0]: found "
ok "guard pages" says "wrote 1 bytes past the end of y"
ok "a crash is the row's error" says "died of"
ok "a tolerance" eval 'says "within" && grep -q "own:near .*ok" <<<"$out"'
code 0 "2 passed" check 'dot/x:scalar' 'dot/x:four' --load x=own.so
code 0 "own:four" run 'dot/own:four/64x256' "${quick[@]}" --load own.so --out r.json
ok "speed-ups are against the op's first row" eval 'says "speed-up over" && grep -qE "^own:four .*x \[" <<<"$out"'
ok "the rates are per result" grep -q '"op": "dot"' r.json
code 3 "own:wrong" run 'dot/own:[fw]*/64x256' "${quick[@]}" --load own.so
code 2 "shapes of seed: 64x256 512x1024" run 'dot/*/1x1' --quick --load own.so
code 0 "b:four" check 'dot/[ab]:four' --load a=own.so --load b=own.so
made other.so own_plugin.c -DOP_FLAW=20
code 2 "op dot is not what another module calls so: its shapes differ" list --load own.so --load other=other.so
code 2 "no op" run 'dot/*' --quick
made part.so own_plugin.c -DOP_FLAW=19
code 3 "decide the result; the case declares" check 'dot/own:scalar' --load part.so

# A gate judges them, by the reference of the base.
run "${gate[@]}" --duet own.so --candidate own.so 'dot/four/64x256' 'scale/near/@L1' --time-identical --budget 8 --out g.json
ok "a gate of a plug-in against itself" eval '[[ $status =~ ^[045]$ ]] && says dot/four/64x256 && says scale/near/'
cp own.so same.so && printf x >>same.so
run "${gate[@]}" --duet own.so --candidate same.so 'dot/wrong/64x256' --budget 15
ok "a wrong row is INVALID" eval '[ $status -eq 5 ] && says INVALID'
run "${gate[@]}" --duet own.so --candidate other.so 'dot/four/64x256' --budget 15
ok "an op that is another in the candidate is INVALID" eval '[ $status -eq 5 ] && says "its shapes differ"'

# What is wrong with a description: FLAW TEXT, one plug-in each, in a gate as elsewhere.
flaws=(
    "1 overflows" "2 its type is unknown" "3 it has a tolerance, but holds integers" "4 an earlier buffer has the same name"
    "5 its values are no range of its type" "6 it has no VARIED buffer" "7 its alignment is no power of two"
    "8 its alignment is no power of two" "9 is not a shape" "10 expected a multiple of 4" "11 its name is that of a built-in op"
    "12 its shapes have no 1 to 4 sizes" "13 an earlier op has the same name" "14 expected at most 16384"
    "15 its touch_shape is more than one shape" "16 has no op" "17 it has no row" "18 its first row, the reference, is not of level BASE"
)
for flaw in "${flaws[@]}"; do
    made flaw.so own_plugin.c -DOP_FLAW="${flaw%% *}"
    code 1 "${flaw#* }" list --load flaw.so
    code 1 "${flaw#* }" "${gate[@]}" --duet flaw.so --candidate own.so
done
finish
