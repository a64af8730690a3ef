#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Stepped instruction counts equal callgrind's, for every row that callgrind understands (up to AVX2).
#   step_callgrind_test.sh STEP_CALL
set -euo pipefail
program=$1
command -v valgrind >/dev/null || { echo "1..0 # SKIP no valgrind"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bail_out EXIT-CODE: a run of the program has said why.
bail_out() {
    echo "Bail out! $program: exit $1: $(head -n 1 "$work/why")"
    exit 1
}
# said_no EXIT-CODE: 77 is a skip with its reason.
said_no() {
    [ "$1" = 77 ] || bail_out "$1"
    echo "1..0 # SKIP $(head -n 1 "$work/why")"
    exit 0
}
rows=$("$program" --list 2>"$work/why") || said_no $?
[ -n "$rows" ] || bail_out 0
read -ra words <<<"${rows//$'\n'/ }"
"$program" --count "${words[@]}" >"$work/stepped" 2>"$work/why" || said_no $?

# valgrind 3.19 gives up on the debug information that clang 14 writes.
strip -g -o "$work/program" "$program" 2>/dev/null || cp "$program" "$work/program"
# One run of all rows: each is called once, so that what callgrind counts inside it, callees included, is that call.
{ valgrind --tool=callgrind --callgrind-out-file="$work/out" "$work/program" --call "${words[@]}" &&
    callgrind_annotate --inclusive=yes --threshold=100 "$work/out"; } >"$work/called" 2>"$work/log" ||
    tail -n 5 "$work/log" | sed 's/^/# /'
number=0
failed=0
while read -r op name stepped; do
    number=$((number + 1))
    called=$(awk -v row=":qk_${op}_$name " 'index($0 " ", row) { gsub(",", "", $1); print $1; exit }' "$work/called")
    if [ "$stepped" = "$called" ]; then
        echo "ok $number - $op/$name: $stepped instructions"
    else
        echo "not ok $number - $op/$name: stepped $stepped, callgrind ${called:-nothing}"
        failed=1
    fi
done < <(paste -d ' ' <(printf '%s\n' "$rows") "$work/stepped")

# valgrind does not know the trap flag, and so is a machine on which nothing can be stepped.
number=$((number + 1))
code=0
valgrind -q "$work/program" --count "${words[@]:0:2}" >/dev/null 2>"$work/why" || code=$?
if [ $code = 77 ] && grep -q 'no trap arrives' "$work/why"; then
    echo "ok $number - without traps there is a reason instead of a count"
else
    echo "not ok $number - without traps: exit $code: $(head -n 1 "$work/why")"
    failed=1
fi
echo "1..$number"
exit $failed
