#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Stepped instruction counts equal callgrind's, for every row callgrind understands (up to AVX2).
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
code=0
rows=$("$program" --list 2>"$work/why") || code=$?
[ $code != 77 ] || { echo "1..0 # SKIP $(head -n 1 "$work/why")"; exit 0; }
if [ $code != 0 ] || [ -z "$rows" ]; then bail_out $code; fi

# valgrind 3.19 gives up on the debug information that clang 14 writes.
strip -g -o "$work/program" "$program" 2>/dev/null || cp "$program" "$work/program"
number=0
failed=0
while read -r op name; do
    number=$((number + 1))
    code=0
    stepped=$("$program" --count "$op" "$name" 2>"$work/why") || code=$?
    [ $code != 77 ] || { echo "ok $number - $op/$name # SKIP $(head -n 1 "$work/why")"; continue; }
    [ $code = 0 ] || bail_out $code
    valgrind --tool=callgrind --callgrind-out-file="$work/out" --toggle-collect="qk_${op}_$name" \
        "$work/program" --call "$op" "$name" >/dev/null 2>"$work/log" || { tail -n 5 "$work/log" | sed 's/^/# /'; : >"$work/out"; }
    called=$(awk '/^(totals|summary):/ { print $2; exit }' "$work/out")
    if [ "$stepped" = "$called" ]; then
        echo "ok $number - $op/$name: $stepped instructions"
    else
        echo "not ok $number - $op/$name: stepped $stepped, callgrind ${called:-nothing}"
        failed=1
    fi
done <<<"$rows"

# valgrind does not know the trap flag, and so is a machine on which nothing can be stepped.
number=$((number + 1))
code=0
read -r op name <<<"$rows"
valgrind -q "$work/program" --count "$op" "$name" >/dev/null 2>"$work/why" || code=$?
if [ $code = 77 ] && grep -q 'no trap arrives' "$work/why"; then
    echo "ok $number - without traps there is a reason instead of a count"
else
    echo "not ok $number - without traps: exit $code: $(head -n 1 "$work/why")"
    failed=1
fi
echo "1..$number"
exit $failed
