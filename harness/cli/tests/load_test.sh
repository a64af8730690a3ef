#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --load as its users meet it.  load_test.sh PROGRAM MODULE LOAD_MODULE FOLDER_OF_FAKES
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
module=$(realpath "$2")
bad=$(realpath "$3")
fakes=$(realpath "$4")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

# Command lines.
for command in list check run breakdown; do
    run $command --help
    ok "$command --help has an example" says "--load mine="
done
code 2 "are both called" list --load "$module" --load "$module"
code 2 "are both called" run --load a="$module" --load a="$bad"
code 2 "is no name" list --load a:b="$module"
code 2 "is no name" list --load ="$module"
many=()
for i in $(seq 17); do many+=(--load "n$i=$module"); done
code 2 "one too many" list "${many[@]}"

# Files that cannot be loaded as a module: what, found, expected, where.
code 1 "none.so" list --load none.so
echo "This is text, longer than the header of any module for any machine." >text.so
code 1 "magic 0x54, expected 0x7f" check --load text.so
code 1 "not a regular file" list --load .=.
code 1 "it has no function qk_kernels_module" list --load "$(ldd "$program" | awk '/libjansson/ { print $3 }')"
code 1 "ABI version 5 of the kernels, this program reads versions 1 to 4" run --load x="$fakes/fake_abi_module.so"
FAKE_FLAW="a row twice" code 1 "an earlier row has the same op and name" list --load "$fakes/fake_module.so"
FAKE_FLAW="odd module" code 1 "the name of" list --load "$fakes/fake_module.so"
ok "which name" says "'in:side', the name of"
FAKE_FLAW="named module" code 1 "inside " list --load "$fakes/fake_module.so"
ok "a module is called what it calls itself" says "qkbench: --load: inside '"
code 1 "; ops: qk256_dequant" list --load "$fakes/fake_module.so"
ok "which op is unknown" says "row 21 is other_op/right, but this program has no op 'other_op'"
code 1 "the launch ended with exit code 0 before it answered" list --load "$fakes/fake_exit_module.so"

# Rows beside the built-in ones.
code 0 "mine:p4_permute" list --load mine="$module" --load "$bad"
ok "both modules' rows stand in it" eval 'says "load_module:right" && says "qk256_dequant: out"'
code 2 "no variant" check 'qk256_dequant/right:x' --load x="$bad"
code 3 "2 passed, 2 failed, 0 skipped" check 'qk256_dequant/x:[rwl]*' 'qk256_dequant/scalar' --load x="$bad"
ok "instructions are looked at" says "instructions keep to BASE"
ok "a row that ends its launch has a reason" says "ended with exit code 9 before it answered"
ok "and so has a wrong one" says "bit for bit"

# Results. Whatever a row does, the others are measured.
quick=(--quick --counters none)
some=('qk256_dequant/x:[lr]*/256' 'qk256_dequant/x:crash_timed/256' 'qk256_dequant/mine:scalar/256')
code 3 "the launch that timed this row died of SIGSEGV" run "${some[@]}" "${quick[@]}" --load mine="$module" \
    --load x="$bad" --out r.json
ok "which row it was" says "the last row that it called was qk256_dequant/x:crash_timed;"
ok "a row that its check launch found bad" says "check failed: the launch ended with exit code 9"
ok "the others have figures" eval 'grep -qE "^x:right +BASE +- +[0-9]" <<<"$out" && grep -qE "^mine:scalar .*x" <<<"$out"'
ok "their samples stand beside the reference's" eval '[ "$(grep -c "\"repetition_index\": *0" r.json)" -eq 3 ]'
code 3 "x:crash_timed/256 failed" compare r.json r.json
code 5 "nothing was measured: a second launch died of SIGSEGV" run 'qk256_dequant/x:crash*/256' "${quick[@]}" \
    --load x="$bad" --out dead.json
ok "and there is no file" [ ! -e dead.json ]
code 0 "mine:scalar" breakdown 'qk256_dequant/mine:scalar/256' "${quick[@]}" --load mine="$module"
ok "components" says lookup
code 2 "unknown name" run 'qk256_dequant/mine:scalar/256' --quick --counters cycle --load mine="$module"
finish
