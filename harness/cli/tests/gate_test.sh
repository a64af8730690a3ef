#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The gate as its users meet it: exit codes, messages, files, the lock.  gate_test.sh PROGRAM MODULE OTHER_ABI TREE SCHEMA
# It expects no verdict from real timings, because the machine may be too loud for one. baselines/gate tests those.
# shellcheck disable=SC2016,SC2317,SC2034 # conditions are texts for eval, so functions look unreached
module=$(realpath "$2")
other_abi=$(realpath "$3")
tree=$4
verdicts_schema=$(realpath "$5")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

mkdir lock # its own, because somebody else may run a gate on this machine
gate=(gate --lock-dir lock)
untimed() { grep -qE 'PASS without being timed: ([0-9]+) of \1$' <<<"$out"; } # how many there are is the machine's
ended() { # ended FILE EXIT_CODE REASON: a gate that could not judge wrote it
    grep -q '"verdict": "INVALID"' "$1" && grep -q "\"exit_code\": $2," "$1" && grep -q "\"reason\": \".*$3" "$1"
}
taken() { ! flock --nonblock lock true; }

code 0 Examples gate --help
code 2 "expected one of --duet" gate
code 2 "expected one of --duet" gate --baseline x --duet "$module"
code 2 "--candidate belongs to --duet" gate --baseline x --candidate "$module"
code 2 "--same-code belongs to --duet" gate --baseline x --same-code list.json
code 2 "--all-shapes belongs to --duet" gate --baseline x --all-shapes
code 2 "has no suite" "${gate[@]}" --duet "$module" --suite none
code 2 "matches no case" "${gate[@]}" --duet "$module" 'qk256_dequant/p9*/4096'
code 2 "expected a multiple" "${gate[@]}" --duet "$module" 'qk256_dequant/p4*/100'
code 2 "no op" "${gate[@]}" --duet "$module" 'nothing/p4*/4096'
code 2 "has a variant" "${gate[@]}" --duet "$module" 'f32_dot/p9*/4096'
code 2 "and the shape" "${gate[@]}" --duet "$module" '*/p4*/100' # which none can have
code 0 "identical code" "${gate[@]}" --duet "$module" '*/scalar/4096' # of ops that have such a shape
code 2 "expected @L1" "${gate[@]}" --duet "$module" 'qk256_dequant/p4*/@L9'
code 2 "whole number" "${gate[@]}" --duet "$module" --budget 0
code 1 "none.so" "${gate[@]}" --duet none.so
echo "no module" >text.so
code 1 "text.so" "${gate[@]}" --duet text.so
: >empty.so
code 1 "empty.so" "${gate[@]}" --duet empty.so
code 1 "is no kernel module" "${gate[@]}" --duet "$(ldd "$program" | awk '/libjansson/ { print $3 }')"
code 1 "ABI" "${gate[@]}" --duet "$other_abi"

# A NAME before a file is shown, and no more.
code 2 "is no name of 1 to 32" "${gate[@]}" --duet a:b="$module"
code 2 "are both called" "${gate[@]}" --duet a="$module" --candidate a="$module"
code 1 "cannot open the kernel module 'none.so'" "${gate[@]}" --duet old=none.so
code 1 "candidate new " "${gate[@]}" --duet old="$module" --candidate new="$other_abi"
code 0 "identical code" "${gate[@]}" --duet old="$module" --candidate new="$module" '*/scalar/4096' --out named.json
ok "the report says both names" eval 'grep -q "\"old=" named.json && grep -q "\"new=" named.json'
code 2 "would destroy it" "${gate[@]}" --duet old=named.json --out ./named.json
rm named.json
code 1 "none.json" "${gate[@]}" --duet "$module" --policy none.json
echo '{' >bad.json
code 1 "bad.json" "${gate[@]}" --duet "$module" --policy bad.json
echo '{"schema_version": 1}' >bad_list.json
code 1 "bad_list.json: found nothing, expected an object" "${gate[@]}" --duet "$module" --same-code bad_list.json
mkdir stored
code 5 "nothere" "${gate[@]}" --baseline nothere --dir stored
echo '{"schema_version": 1, "kind":' >cut.json
code 5 "cut.json" "${gate[@]}" --baseline ./cut.json
code 1 "no/such/out.json" "${gate[@]}" --duet "$module" --out no/such/out.json


# Whatever the end, every form that was asked for says so, and no old one stays.
forms=(--out f.json --junit f.xml --markdown f.md --bmf f.bmf --github)
ends() { # ends EXIT_CODE REASON ARGUMENT...
    local want=$1 reason=$2
    shift 2
    for file in f.json f.xml f.md f.bmf; do echo PASS >$file; done
    run "$@"
    ok "every form says: exit $want, $reason" eval '[ $status -eq '"$want"' ] && ended f.json '"$want"' "$reason" &&
        [ "$(grep -c "<error" f.xml)" -eq 1 ] && grep -q "^    <error .*>.*$reason.*</error>$" f.xml &&
        grep -q "INVALID.*$reason" f.md && [ "$(cat f.bmf)" = "{}" ] && says "::error title=qkbench gate%3A INVALID::"'
}
ends 2 "command line is wrong" "${gate[@]}" --duet "$module" --budget x "${forms[@]}"
ends 2 "command line is wrong" gate --no-such-option "${forms[@]}"
ends 2 "matches no case" "${gate[@]}" --duet "$module" 'qk256_dequant/p9*/4096' "${forms[@]}"
ends 1 "none.so" "${gate[@]}" --duet none.so "${forms[@]}"
ends 1 "ABI" "${gate[@]}" --duet "$module" --candidate new="$other_abi" "${forms[@]}"
ends 5 "nothere" "${gate[@]}" --baseline nothere --dir stored "${forms[@]}"
ends 1 "no/such/trace" "${gate[@]}" --duet "$module" --trace no/such/trace "${forms[@]}"
exec 9<lock
flock 9
ends 1 "another gate runs" "${gate[@]}" --duet "$module" "${forms[@]}"
flock -u 9
ok "none of them is half written" eval '[ -z "$(find . -name "*.tmp*")" ]'
code 0 Examples gate --help "${forms[@]}"
run "${gate[@]}" --duet none.so --out f.json --markdown no/such/f.md --junit f.xml
ok "a form that cannot be written costs no other" eval '[ $status -eq 1 ] && ended f.json 1 no/such/f.md && grep -q no/such f.xml'
echo PASS >f.json
"$program" "${gate[@]}" --duet "$module" --time-identical --out f.json >killed.txt 2>&1 &
await grep -q "has not ended" f.json
kill -KILL $!
wait $! 2>/dev/null
ok "a gate that was killed leaves no PASS" ended f.json 5 "has not ended"

# One file for each output, and - is standard output.
touch f.so
ln -s f.json link.json
for other in f.json ./f.json link.json hard.json; do
    ln -f f.json hard.json
    code 2 "is the file that --out writes" "${gate[@]}" --duet none.so --out f.json --junit $other
done
code 2 "is the file that --out writes" "${gate[@]}" --duet none.so --out new.json --junit ./new.json
code 2 "is the file that --out writes" "${gate[@]}" --duet none.so --out - --junit /dev/stdout
code 2 "would destroy it" "${gate[@]}" --duet f.so --out ./f.so
code 1 "none.so" "${gate[@]}" --duet none.so --out /dev/null --junit /dev/null
"$program" "${gate[@]}" --duet "$module" --budget 5 f32_dot/scalar/256 --out - >alone.json 2>tables.txt
ok "--out - is JSON alone, and tables are on stderr" eval 'python3 -m json.tool alone.json >/dev/null && grep -q "qkbench gate: " tables.txt'
rm -f f.* new.json link.json hard.json alone.json killed.txt tables.txt

# GitHub's summary belongs to every step of the job.
echo before >summary.md
GITHUB_STEP_SUMMARY=summary.md run "${gate[@]}" --duet none.so --markdown ./summary.md --github
ok "the step's summary is appended to, once" eval '[ "$(head -1 summary.md)" = before ] && [ "$(grep -c "## qkbench gate: INVALID" summary.md)" -eq 1 ]'
GITHUB_STEP_SUMMARY=summary.md run "${gate[@]}" --duet none.so --github
ok "with --github alone, too" eval '[ "$(grep -c "## qkbench gate: INVALID" summary.md)" -eq 2 ]'
GITHUB_STEP_SUMMARY=no/such/s.md run "${gate[@]}" --duet "$module" f32_dot/scalar/256 --github
ok "one that cannot be written is a warning" eval 'says "warning: no/such/s.md: cannot append" && ! [ $status -eq 1 ]'
rm summary.md

run "${gate[@]}" --duet "$module" 'qk256_dequant/p[14]*/4096' --budget 5 --out identical.json --markdown identical.md --junit identical.xml --bmf identical.bmf --github
# Its controls and its speed-up rule are timed, so the exit code is the machine's.
ok "a build against itself passes without being timed" eval \
    'untimed && case $status in 0 | 3 | 4 | 5) ;; *) false ;; esac'
ok "all files are there" eval '[ -s identical.json ] && [ -s identical.md ] && [ -s identical.xml ] && [ -s identical.bmf ]'
cp "$module" twin.so # copy.so would be found by Python's `import copy`
run "${gate[@]}" --duet twin.so --budget 30
ok "so does a copy of it" untimed

# A module that differs in bytes but not in code: only a list that holds for it spares the timing.
{ cat "$module" && echo; } >other.so
list() {
    python3 -c '
import json, os, re, subprocess, sys
def side(path):
    return {"size": os.stat(path).st_size, "mtime_ns": os.stat(path).st_mtime_ns}
at = re.search(r"^(\w+) t qk_qk256_dequant_p4_permute$", subprocess.run(["nm", sys.argv[1]], capture_output=True, text=True).stdout, re.M)
at = int(at[1], 16) + int(sys.argv[3])
row = {"op": "qk256_dequant", "name": "p4_permute", "base": at, "candidate": at}
json.dump({"schema_version": 1, "base": side(sys.argv[1]), "candidate": side(sys.argv[2]), "rows": [row]}, sys.stdout)
' "$module" other.so "$1" >list.json
}
one=(--duet "$module" --candidate other.so --budget 30 qk256_dequant/p4_permute/4096 --same-code list.json)
list 0
run "${gate[@]}" "${one[@]}"
ok "a row that the list names is not timed" says "identical code, not timed"
list 1
run "${gate[@]}" "${one[@]}"
ok "one that begins elsewhere is" eval '! says "identical code"'
list 0
echo >>other.so
run "${gate[@]}" "${one[@]}"
ok "so is every row of a file that was changed afterwards" eval '! says "identical code" && says "was made for another file"'
rm other.so list.json

before=$(ls -A)
run "${gate[@]}" --duet "$module" --time-identical 'qk256_dequant/p4_permute/256' --trace trace.jsonl --out timed.json --seed 5
ok "timed: a verdict, whatever it is" eval 'case $status in 0 | 3 | 4 | 5) says "p4_permute/256" ;; *) false ;; esac'
ok "the trace has a header and blocks" eval '[ "$(wc -l <trace.jsonl)" -gt 3 ] && head -1 trace.jsonl | grep schema_version >/dev/null'
code 1 "cannot write the trace: No space left" "${gate[@]}" --duet "$module" --time-identical qk256_dequant/p4_permute/256 --trace /dev/full
run "${gate[@]}" --duet "$module" --time-identical --all-shapes f32_dot/scalar/256 --budget 3 --out shapes.json
ok "with --all-shapes the other shapes are there too" eval \
    'case $status in 0 | 3 | 4 | 5) [ "$(grep -c "\"role\": \"shape\"" shapes.json)" -eq 3 ] ;; *) false ;; esac'
obeys "verdicts obey their schema" "$verdicts_schema" identical.json timed.json shapes.json
rm -f trace.jsonl timed.json shapes.json
ok "nothing else stays behind" eval '[ "$before" = "$(ls -A)" ]'

held="another gate runs"
exec 9<lock
flock 9
code 1 "$held" "${gate[@]}" --duet "$module"
code 2 "has no suite" gate --lock-dir "$work" --duet "$module" --suite none # a lock of its own lets it in
code 1 "none: cannot be opened" gate --lock-dir none --duet "$module"
"$program" "${gate[@]}" --duet "$module" --wait --budget 60 >waited.txt 2>&1 9<&- &
waiter=$!
await grep -q "waiting for it" waited.txt
ok "with --wait it waits" kill -0 "$waiter"
flock -u 9
wait "$waiter"
status=$?
out=$(cat waited.txt)
ok "and then judges" untimed

# A session of its own: nothing of it may be left, whoever else runs a gate.
setsid "$program" "${gate[@]}" --duet "$module" --wait --time-identical --out interrupted.json >interrupted.txt 2>&1 &
first=$!
await taken
code 1 "$held on this machine (process $first, of $(id -un))" "${gate[@]}" --duet "$module"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if [ "$(id -u)" -eq 0 ] && chmod 755 . lock && "${nobody[@]}" "$program" --version >/dev/null 2>&1; then
    with "${nobody[@]}" "$program" "${gate[@]}" --duet "$module"
    ok "another user's gate is kept out, too" eval '[ $status -eq 1 ] && says "$held"'
else
    skip "another user's gate is kept out, too" "needs root, and a build that all users can read"
fi
interrupt "$first" interrupted.txt
ok "Ctrl-C ends it with 130" [ "$status" -eq 130 ]
ok "and the file says so" ended interrupted.json 130 interrupted
"$program" "${gate[@]}" --duet "$module" --wait --time-identical --out twice.json >/dev/null 2>&1 &
await taken
kill -TERM $! && sleep 0.001 && kill -TERM $! # as timeout(1) does, to it and to its group
wait $!
ok "a signal that comes twice at once is one" ended twice.json 130 interrupted
ok "nor a process" eval '! pgrep -s "$first" >/dev/null'
echo '"verdict": "PASS"' >old.json
out=$(ulimit -f 1 && "$program" gate --duet none.so --out old.json 2>&1)
status=$?
ok "where no form can be written, no old verdict stays either" eval '[ "$status" -eq 1 ] && says "ulimit -f" && ! grep -q PASS old.json'
finish
