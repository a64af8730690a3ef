#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# google-benchmark's own compare.py reads our results.  compare_py_test.sh PROGRAM
set -uo pipefail
program=$(realpath "$1")
tool=/usr/share/benchmark/compare.py
python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import scipy' 2>/dev/null && python=$candidate && break
done
[ -r $tool ] || { echo "1..0 # SKIP no libbenchmark-tools" && exit 0; }
[ -n "$python" ] || { echo "1..0 # SKIP no python3-scipy" && exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ok() {
    if [ "$3" -eq 0 ]; then echo "ok $1 - $2"; else echo "not ok $1 - $2" && failed=1; fi
}
"$program" run --quick 'qk256_dequant/*p*/256' --out "$work/a.json" >/dev/null 2>&1 &&
    "$program" run --quick 'qk256_dequant/*p*/256' --out "$work/b.json" >/dev/null 2>&1
ok 1 "two results" $?
table=$("$python" $tool --no-color benchmarks "$work/a.json" "$work/b.json" 2>&1)
ok 2 "compare.py exits 0" $?
lines=$(grep -c '^qk256_dequant/scalar/256 ' <<<"$table")
[ "$lines" -ge 9 ]
ok 3 "a line per repetition ($lines of the scalar variant)" $?
grep -q '^qk256_dequant/scalar/256_pvalue .*U Test, Repetitions:' <<<"$table"
ok 4 "its U test has enough repetitions" $?
[ $failed -eq 0 ] || printf '# %s\n' "${table//$'\n'/$'\n'# }" | tail -20
echo "1..4"
exit $failed
