#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench breakdown as its users meet it.  breakdown_test.sh PROGRAM TREE SCHEMA CLAIMS_SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
schema=$(realpath "$3")
claims_schema=$(realpath "$4")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

code 0 Examples breakdown --help
code 2 "no variant" breakdown 'qk256_dequant/p9'
code 2 "staged: qk256_dequant/scalar" breakdown 'qk256_dequant/*_best' 'qk256_dequant/autovec*'
ok "one line names what can be cut" eval '[ "$(wc -l <<<"$out")" -eq 1 ] && says p4_permute'
code 2 "shapes of seed: 256" breakdown 'qk256_dequant/scalar/255'
code 2 "blocks model" breakdown --shapes sead
code 1 "expected one of" breakdown --cpu 1000
code 2 "whole number" breakdown --seed x
code 1 "No such file" breakdown --shapes "$work/none.gguf"
code 1 "cannot write" breakdown 'qk256_dequant/scalar/256' --quick --out none/b.json
code 2 "unknown name" breakdown 'qk256_dequant/scalar/256' --quick --counters cycle
QK_DISABLE_ISA=avx2 code 77 "switched off" breakdown 'qk256_dequant/p4*' --quick
QK_DATA=$work/nowhere code 1 "roadmap.json" breakdown 'qk256_dequant/scalar' --quick

code 0 "fits L1" breakdown 'qk256_dequant/scalar' --quick
ok "one shape, the components, total and kernel" eval \
    'for word in 4096 loop unpack lookup scale store total kernel difference 9000; do says $word || exit; done'
ok "no steps unless asked for" eval 'says counters && ! says "steps, instructions"'
code 0 "| loop |" breakdown 'qk256_dequant/scalar/256' --quick --markdown --counters none
ok "--counters none: not a word of them" eval '! says counters'
code 0 "Claimed gains" breakdown 'qk256_dequant/[sp][c1]*/256' --quick --seed 77 --counters auto,steps --out b.json
ok "counters: a value or a reason" eval 'says " counted, each prefix alone"'
ok "steps of each component, or why not" eval 'says "shape 256: steps, instructions" || says "cannot step"'
ok "the seed is in the file" grep -q '"seed": "77"' b.json
checked=$(PYTHONPATH=$tree/harness/records/tests "$tree/harness/breakdown/tests/sums_test.py" cat b.json 2>&1)
out=$(grep -v '^ok' <<<"$checked")
ok "the file adds up" eval '! says "not ok" && says 1..'
python3 -c 'import json; json.dump(json.load(open("b.json"))["claims"], open("claims.json", "w"))'
obeys "it obeys its schema" "$schema" b.json
obeys "and so do the claims in it" "$claims_schema" claims.json
QK_DISABLE_ISA=avx2 code 0 "skipped" breakdown 'qk256_dequant/[sp][c1]*/256' --quick
code 0 "@blk.0.attn_k.weight" breakdown --shapes "$tree/model/fixtures/tiny.i2_s.gguf" 'qk256_dequant/scalar/*blk.0.attn_k.*' --quick

cp b.json old.json
"$program" breakdown --out b.json >said.out 2>said.txt &
interrupt $! said.txt
ok "Ctrl-C: exit 130" [ $status -eq 130 ]
ok "Ctrl-C: the old file is whole, nothing is left, nothing was printed" eval \
    'cmp -s b.json old.json && [ -z "$(find . -name ".*.??????")" ] && [ ! -s said.out ]'
out=$("$program" breakdown 'qk256_dequant/scalar/256' --quick 2>&1 >/dev/full)
status=$?
ok "standard output that cannot be written" eval '[ $status -eq 1 ] && says "No space left"'
finish
