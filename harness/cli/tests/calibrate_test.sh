#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Campaigns: what is appended, what an interruption costs, what is summed up. No verdict is expected of real timings.
# calibrate_test.sh PROGRAM BUILD REBUILD
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$(realpath "$2")
rebuild=$(realpath "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

mkdir lock
short=(calibrate --lock-dir lock --budget 1 'qk256_dequant/scalar/256')
lines() { wc -l <c.jsonl; }
holds() { [ "$(lines)" -ge "$1" ]; }

code 0 Examples calibrate --help
code 2 "found 'x', expected a list of same" calibrate --arms same,x
code 2 "needs FILE" calibrate --show
code 2 "needs --rebuilt" calibrate --arms rebuilt
code 2 "needs --slower" calibrate --arms stage
code 2 "takes one MODEL" calibrate --e2e x --suite quick
code 0 "the base program cannot be run" "${short[@]:0:5}" --e2e none --arms same --runs 1 synth:tiny
code 2 "whole number" calibrate --inject 1000,
code 1 "none.json" calibrate --policy none.json
code 1 "none.jsonl" calibrate --show --into none.jsonl
code 1 "cannot be opened to append" calibrate --into lock
code 1 "no regular file" calibrate --into /dev/null
code 1 "none.so" "${short[@]}" --module none.so --into c.jsonl
ok "a gate that could not begin is no run" eval '[ "$(lines)" -eq 0 ]'
code 5 "found no run" calibrate --show --into c.jsonl

code 0 "how runs ended" "${short[@]}" --runs 1 --arms same,calls --inject 5000 --into c.jsonl
ok "a run of each arm is appended" eval '[ "$(lines)" -eq 2 ]'
ok "both arms are shown" eval 'says "same file" && says "extra calls"'
printf '{"schema_version":1,' >>c.jsonl # somebody was killed
code 0 "torn" calibrate --show --into c.jsonl
code 0 "same file" "${short[@]}" --runs 1 --arms same --into c.jsonl
ok "the next run takes its place" eval '[ "$(lines)" -eq 3 ] && "$program" calibrate --show --into c.jsonl >/dev/null'
run calibrate --show --markdown --into c.jsonl
ok "markdown" says "| same file |"
sed 's/"machine": *"[^"]*"/"machine":"another"/' c.jsonl >other.jsonl
code 0 "another" calibrate --show c.jsonl other.jsonl
ok "several files are summed up together" eval 'says "same file [1]" && says "same file [2]"'

# A gate's report quotes the campaign of its machine, and the page shows it whole.
machine=$(sed -n '1s/.*"machine": *"\([^"]*\)".*/\1/p' c.jsonl)
mkdir -p data/baselines/campaigns && cp c.jsonl "data/baselines/campaigns/$machine.jsonl"
QK_DATA=$PWD/data run gate --duet "$build/kernels/libqkernels.so" --time-identical "${short[@]:1}" --markdown m.md --out g.json
ok "the text and the markdown of a gate quote it" eval 'says "false alarms in" && grep -q "campaign: .*false alarms in" m.md'
code 0 "" report g.json c.jsonl --html p.html
ok "a page shows it" eval 'grep -q "How often the gate is right" p.html && grep -q "extra calls" p.html'
code 2 "is no result" report c.jsonl --html q.html
code 1 "g.jsonl" report g.json g.jsonl --html q.html

# Ctrl-C costs the run it is in, and leaves no gate behind.
"$program" "${short[@]}" --runs 1000 --arms same --into c.jsonl >said.txt 2>&1 &
child=$!
await holds 5
interrupt $child said.txt
ok "Ctrl-C ends with 130" [ "$status" -eq 130 ]
ok "and shows what there is" says "how runs ended"
run calibrate --show --into c.jsonl
ok "all runs are whole" eval '[ "$status" -eq 0 ] && ! says torn'
ok "no gate holds the lock" flock --nonblock lock true

# Several machines: a row of their unchanged builds together, and none for one machine.
sed 's/"machine":"[^"]*"/"machine":"z-other"/' c.jsonl >other.jsonl
run calibrate --show c.jsonl
ok "one machine is not summed up" eval '! says "all of these"'
run calibrate --show c.jsonl other.jsonl
unchanged=$(grep -cE '"arm":"(same|rebuilt)"' c.jsonl)
ok "two machines are" grep -qE "^all of these +none +modules +[0-9]+ of $((2 * unchanged)):" <<<"$out"

if [ "$(nproc)" -gt 1 ]; then
    code 0 "busy, neighbour" "${short[@]}" --runs 1 --arms same --busy --neighbour
else
    code 77 "which is measured" "${short[@]}" --runs 1 --arms same --busy
fi

# The other builds of a campaign: the same rows, other bytes.
if [ -e "$build/build.ninja" ] && command -v ninja >/dev/null; then
    with "$rebuild" "$build" shuffled.so --shuffle 1
    ok "a module is linked in another order" eval '[ $status -eq 0 ] && ! cmp -s shuffled.so "$build/kernels/libqkernels.so"'
    code 0 "shuffled:scalar" list --load shuffled.so
    with "$rebuild" "$build" waits --waits 20
    ok "a program waits after each token" eval '[ $status -eq 0 ] && ! cmp -s waits "$program"'
    echo "step 8 1" | ./waits model serve --fd 0 synth:tiny 2>err | sed 's/ns [0-9]*//' >waited
    echo "step 8 1" | "$program" model serve --fd 0 synth:tiny 2>err | sed 's/ns [0-9]*//' >not_waited
    ok "it generates the same tokens" eval 'grep -q ids waited && cmp waited not_waited'
    with "$rebuild" "$build" out.so --shuffle 1 --slower 1
    ok "one change at a time" [ $status -eq 2 ]
    with "$rebuild" nowhere out.so --shuffle 1
    ok "no build folder" eval '[ $status -eq 1 ] && says "ninja knows no command"'
fi
finish
