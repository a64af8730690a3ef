#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench tune: measured, kept, used by the model runner.  tune_test.sh PROGRAM SCHEMA
# shellcheck disable=SC2016 # conditions are texts for eval
schema=$(realpath "$2")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

code 0 Examples: tune --help
code 2 "is no op; there are: qk256_dequant" tune i2s17
code 1 "expected one of" tune --cpu 100000
code 1 "cannot write" tune --quick rope --out none/t.json
code 77 "run qkbench tune" tune --stored
ok "nothing was kept so far" [ ! -e cache ]

# A second is too short for the buffers from DRAM, or is not: both are fine.
run tune --quick --budget 1 i2s16_gemv qk256_gemv --out t.json
file=$(echo cache/qkbench/tune-*.json)
ok "it is measured and kept" eval '[ $status -eq 0 ] && says "i2s16_gemv" && [ -s "$file" ]'
ok "rows that differ in bits are not chosen among" says "within a bound"
ok "120 columns" eval '[ -z "$(grep -E "^.{121}" <<<"$out")" ]'
obeys "both files obey the schema" "$schema" t.json "$file"
run tune --stored
ok "--stored shows it" eval '[ $status -eq 0 ] && says "stored then" && says "within a bound"'
run tune --quick --budget 1 rope
ok "another op joins it" grep -q '"op":"qk256_gemv"' "$file"

# The model runner: first as the table has it, then with the first row chosen from DRAM and from cache.
text() { "$program" model run --prompt 'In the beginning' --max-tokens 8 2>said.txt; }
large() { run model run synth:bitnet-2b/1 --prompt x --max-tokens 1 --head full "$@"; } # its weights do not fit a cache
text >usual.txt
ok "without another choice nothing is said" eval '! grep -q "tuned rows" said.txt'
choose() { # choose ROW: is proven to be the fastest of i2s16_gemv
    python3 - "$file" "$1" <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8") as f:
    kept = json.load(f)
one = next(op for op in kept["ops"] if op["op"] == "i2s16_gemv" and op["memory"] == "cache")
one |= {"blocks": 24, "reason": None, "shape": "16x2560", "chosen": one["rows"][int(sys.argv[2])]["variant"]}
for row in one["rows"]:
    row |= {"ns": 1000.0, "speedup": 1.25, "low": 1.2, "high": 1.3, "reason": None}
kept["ops"] = [one, one | {"memory": "dram"}]
with open(sys.argv[1], "w", encoding="utf-8") as f:
    json.dump(kept, f)
PYTHON
}
rows=$(python3 -c 'import json, sys; print(max(len(op["rows"]) for op in json.load(open(sys.argv[1]))["ops"] if op["op"] == "i2s16_gemv"))' "$file")
if [ "$rows" -gt 1 ]; then
    choose 0
    text >tuned.txt
    ok "the runner takes what was tuned, and says so" grep -q "best: tuned rows.* i2s16_gemv/scalar" said.txt
    ok "and computes the same" cmp usual.txt tuned.txt
    large
    ok "nobody is told to tune what was tuned" eval '[ $status -eq 0 ] && says "tuned rows" && ! says "not measured"'
    run tune --stored --text
    ok "the entry points are told the same" eval 'grep -qE "^[1-9][0-9]* i2s16_gemv/scalar@cache i2s16_gemv/scalar@dram$" <<<"$out"'
    run model run --prompt x --max-tokens 1 --kernels 'i2s16_gemv/*'
    ok "a row that is named stays" eval '[ $status -eq 0 ] && ! says "tuned rows"'
    QK_DISABLE_ISA=avx512,avxvnni,avx2 run model run --prompt x --max-tokens 1
    ok "with levels switched off it is another machine" eval '[ $status -eq 0 ] && ! says "tuned rows"'
    sed -i 's/"variant": "scalar"/"variant": "renamed"/; s/"chosen": "scalar"/"chosen": "renamed"/' "$file"
    run model run --prompt x --max-tokens 1
    ok "a choice among other rows than today's is not used" eval '[ $status -eq 0 ] && says "not used"'
else
    skip "the runner takes what was tuned" "one row can run here"
fi

"$program" model run --tune --prompt 'In the beginning' --max-tokens 8 2>said.txt >tuned.txt
ok "--tune says what it took, and for how long" grep -q "tuned in [0-9]* ms" said.txt
ok "and computes the same" cmp usual.txt tuned.txt

# Whoever waits for memory is told of it, until it was measured.
XDG_CACHE_HOME=$PWD/empty large
ok "a large model that was not tuned says how" eval '[ $status -eq 0 ] && says "not measured on this machine" && says "qkbench tune -b 100 i2s16_gemv"'
XDG_CACHE_HOME=$PWD/empty large --tune
ok "with --tune it does not" eval '[ $status -eq 0 ] && ! says "not measured"'
XDG_CACHE_HOME=$PWD/empty large --kernels 'i2s16_gemv/scalar'
ok "nor where the row is named" eval '[ $status -eq 0 ] && ! says "not measured"'
XDG_CACHE_HOME=$PWD/empty run model run --prompt x --max-tokens 1
ok "nor does a small model" eval '[ $status -eq 0 ] && ! says "not measured"'

# Files nobody can use.
echo '{"schema_version": 7}' >"$file"
run model run --prompt x --max-tokens 1
ok "garbage: a warning, and the last rows" eval '[ $status -eq 0 ] && says "warning: \$.schema_version" && says "$PWD/$file" && says "last rows"'
run tune --stored
ok "--stored says what is wrong" eval '[ $status -eq 1 ] && says "\$.schema_version"'
run tune --quick --budget 1 rope
ok "tune replaces it, with a warning" eval '[ $status -eq 0 ] && says "replaced"'
obeys "with a good one" "$schema" "$file"
sed -i 's/"hash":"[0-9a-f]*"/"hash":"0123456789abcdef"/' "$file"
run model run --prompt x --max-tokens 1
ok "another machine's: a warning, and not used" eval '[ $status -eq 0 ] && says "warning: \$.fingerprint.hash"'
XDG_CACHE_HOME=/dev/null run tune --quick --budget 1 rope
ok "no folder to keep it in: a warning" eval '[ $status -eq 0 ] && says "warning: " && says "not stored"'
rm "$file"
"$program" tune --budget 60 >/dev/null 2>said.txt &
interrupt $! said.txt
ok "Ctrl-C: exit 130, nothing kept" eval '[ $status -eq 130 ] && [ ! -e "$file" ]'
finish
