#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench ceilings: measured once, kept, reused by run.  ceilings_test.sh PROGRAM SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
schema=$(realpath "$2")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
measured() { [ "$status" -eq 0 ] && says Bandwidth && says Peaks && ! says "stored then"; }
stored() { [ "$status" -eq 0 ] && says Bandwidth && says "stored then"; }

code 0 Examples: ceilings --help
code 2 "takes none" ceilings everything
code 1 "expected one of" ceilings --cpu 1000
code 1 "cannot write" ceilings --quick --out none/c.json
QK_DISABLE_ISA=avx1 code 2 "AVX2 AVXVNNI AVX512" ceilings --quick
ok "nothing was kept so far" [ ! -e cache ]

run run --quick 'qk256_dequant/p1*/256' --out before.json
ok "run without ceilings says so, in one line" \
    eval '[ $status -eq 0 ] && [ "$(grep -c "run qkbench ceilings" <<<"$out")" -eq 1 ] && ! grep -q percent_of_ceiling before.json'

run ceilings --quick --out c.json
file=$(echo cache/qkbench/ceilings-*.json)
ok "none are kept: they are measured" measured
ok "and kept under the fingerprint" eval 'grep -q "\"hash\":\"$(sed "s/.*ceilings-\(.*\).json/\1/" <<<"$file")\"" "$file"'
ok "--out is the same" cmp c.json "$file"
obeys "it obeys the schema" "$schema" c.json
ok "120 columns" eval '[ -z "$(grep -E "^.{121}" <<<"$out")" ]'
run ceilings --quick --out again.json
ok "the second time they are read" stored
ok "--out has the stored ones" cmp again.json "$file"
run ceilings --quick --fresh
ok "--fresh measures" eval 'measured && ! cmp -s c.json "$file"'

run run --quick 'qk256_dequant/p1*/256' --out after.json
ok "run takes the kept ones" eval '[ $status -eq 0 ] && ! says "run qkbench ceilings" && says "100 % is"'
ok "each row has its share" [ "$(grep -c '"percent_of_ceiling"' after.json)" -eq 2 ]
"$program" report after.json --out d --only text >/dev/null 2>&1
ok "and so has the report" grep -q "100 % is" d/report.txt

# Files nobody can use: a warning with file and place, and measuring or doing without.
echo '{"schema_version": 7}' >"$file"
run run --quick 'qk256_dequant/p1*/256'
ok "run with garbage: a warning, and no share" eval '[ $status -eq 0 ] && says "warning: \$.schema_version" && says "$PWD/$file" && says "run qkbench ceilings"'
run ceilings --quick
ok "garbage: a warning, and measured afresh" eval 'measured && says "warning: \$.schema_version" && says "measuring afresh"'
obeys "the garbage is replaced" "$schema" "$file"
head -c 3000 c.json >"$file"
run ceilings --quick
ok "cut short: a warning with line and column" eval 'measured && says "warning: line"'

export XDG_CACHE_HOME=/dev/null
run ceilings --quick --out d.json
ok "no folder to keep them in: a warning" eval 'measured && says "warning: " && says "not stored" && [ -s d.json ]'
XDG_CACHE_HOME='' HOME='' run ceilings --quick
ok "no home: a warning" eval 'measured && says "neither XDG_CACHE_HOME nor HOME"'

export XDG_CACHE_HOME=$work/other
QK_DISABLE_ISA=avx512,avxvnni,avx2 run ceilings --quick
ok "levels that are switched off have no numbers, and a reason" eval 'measured && says "switched off"'
"$program" ceilings --fresh >/dev/null 2>said.txt &
interrupt $! said.txt
ok "Ctrl-C: exit 130, nothing kept" eval '[ $status -eq 130 ] && [ "$(find other -name "*.json" | wc -l)" -eq 1 ]'
finish
