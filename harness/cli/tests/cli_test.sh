#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program as its users meet it: exit codes, messages, files.  cli_test.sh PROGRAM TREE FAKE_KERNEL SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
fake_kernel=$(realpath "$3")
schema=$(realpath "$4")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
trap 'mountpoint -q "$work/disk" && umount "$work/disk"; rm -rf "$work"' EXIT
one_line() { [ "$(wc -l <<<"$out")" -eq 1 ]; }
no_leftovers() { [ -z "$(find . -name '*.tmp*' -o -name '.*.??????' | head -1)" ]; }

code 2 Usage
code 0 Commands --help
code 0 qkbench --version
code 2 "commands: list check run breakdown ceilings doctor tune baseline compare audit gate campaign calibrate replay history model plugin report" frobnicate
for command in list check run breakdown ceilings doctor tune baseline compare audit gate campaign calibrate replay history model plugin report; do code 0 Examples: "$command" --help; done
code 0 ceiling_store64 list
code 2 "takes none" list everything
code 0 '"schema_version": 1' list --json
code 2 "unrecognized option" list --jsn
"$program" list --json >list.json
obeys "list --json obeys its schema" "$schema" list.json
code 2 "ops: qk256_dequant" check qk512
ok "one line names it" one_line
code 2 p4_permute check 'qk256_dequant/p5'
code 2 "not a whole number" check --seed minus
code 0 "2 passed, 0 failed" check 'qk256_dequant/scalar' 'qk256_dequant/p1*' --seed 5
code 2 "blocks model" run --shapes sead
ok "one line names it" one_line
code 2 "shapes of seed: 256 512" run 'qk256_dequant/scalar/255'
code 1 "expected one of" run --cpu 1000
code 2 "whole number" run --seed 0x
code 2 "expected auto, none, steps, cycles" run --counters cycle
ok "one line names it" one_line
code 2 "stands alone" run --counters none,cycles
QK_PAPI_MODULE=/none.so code 0 "unavailable (/none.so: cannot open" run --quick 'qk256_dequant/scalar/256' --counters sde:::a::b
if ldd "$program" | grep libasan >/dev/null; then
    skip "events of a preloaded kernel" "a sanitizer must be loaded first"
else
    FAKE_KERNEL=1 LD_PRELOAD=$fake_kernel QK_PAPI_MODULE=/none.so code 0 "counted by perf_event_open" \
        run --quick 'qk256_dequant/scalar/256' --counters auto --out counted.json
    ok "events of a preloaded kernel" grep -q \
        '"ipc", "unit": "instructions/cycle", "value": 1.333333, "reason": "counted by perf_event_open"' counted.json
fi
code 0 "blocks disturbed" run --quick 'qk256_dequant/scalar/256' --counters none
ok "counters that nobody asked for are not mentioned" eval '! says counters'
code 1 "No such file" run --shapes "$work/none.gguf"
QK_DISABLE_ISA=avx1 code 2 "AVX2 AVXVNNI AVX512" list
ok "one line names it" one_line
QK_DISABLE_ISA=avx2 code 77 "switched off" run 'qk256_dequant/p4*' --quick
QK_DISABLE_ISA=avx2 code 77 "skip" check 'qk256_dequant/p4*'
QK_DISABLE_ISA=avx512,avxvnni,avx2 code 0 "switched off by QK_DISABLE_ISA" list

# Bad model files: every kind of damage has its message, with the byte where there is one.
model=$tree/model/fixtures/tiny.i2_s.gguf
: >empty.gguf
head -c 1000 "$model" >short.gguf
printf 'GGML' | cat - "$model" >other.gguf
{ printf 'GGUF\0\0\0\3' && tail -c +9 "$model"; } >bigendian.gguf
{ head -c 900000 "$model" && head -c 64 /dev/zero | tr '\0' '\377' && tail -c +900065 "$model"; } >code3.gguf
code 1 "empty.gguf" run --shapes ./empty.gguf
code 1 "byte" run --shapes ./short.gguf
code 1 "byte 0" run --shapes ./other.gguf
code 1 "endian" run --shapes ./bigendian.gguf
code 1 "byte" run --shapes ./code3.gguf --quick

# Results: unwritable, a full disk, interruption; the old file stays whole.
code 1 "cannot write" run --quick 'qk256_dequant/scalar/256' --out none/r.json
code 0 "speed-up" run --quick 'qk256_dequant/*_[bpu]*/256' --out r.json --csv r.csv --seed 77
printed=$out
ok "the results are strict JSON" eval 'python3 -c "import json; json.load(open(\"r.json\"), parse_constant=lambda c: 1/0)"'
ok "the seed is in the results" grep -q '"seed": "\?77' r.json
ok "a csv line per slice" eval '[ "$(wc -l <r.csv)" -gt 50 ]'
cp r.json old.json
"$program" run --out r.json >/dev/null 2>said.txt &
interrupt $! said.txt
ok "Ctrl-C: exit 130" [ $status -eq 130 ]
ok "Ctrl-C: the old results are whole, nothing else is there" eval 'cmp -s r.json old.json && no_leftovers'
mkdir disk
if mount -t tmpfs -o size=40k none disk 2>/dev/null; then
    echo old >disk/r.json
    code 1 "No space left" run --quick 'qk256_dequant/p*/256' --out disk/r.json
    ok "full disk: the old file is whole" eval '[ "$(cat disk/r.json)" = old ] && [ "$(ls -A disk)" = r.json ]'
else
    skip "full disk" "may not mount a tmpfs here"
    skip "full disk: the old file is whole" "may not mount a tmpfs here"
fi
out=$("$program" list 2>&1 >/dev/full)
status=$?
ok "standard output that cannot be written" eval '[ $status -eq 1 ] && says "standard output"'

# Reports.
code 2 "is missing" report
code 2 "is missing" report r.json
code 2 "svg png pdf" report r.json --out d --format gif
code 2 "text markdown forest phases" report r.json --out d --only plot
code 1 "No such file" report none.json --out d
code 1 "empty" report /dev/null --out d
head -c 2000 r.json >cut.json
code 1 "line" report cut.json --out d
code 1 "cannot" report r.json --out r.csv/d
code 0 "speed-up" report r.json --out d
ok "digits are those that run printed" [ "$(head -c ${#printed} d/report.txt)" = "$printed" ]
ok "tables are there" [ -s d/report.txt -a -s d/report.md -a -s d/phases.tsv ]
if command -v gnuplot >/dev/null; then
    ok "plots are there" [ -s d/forest.svg -a -s d/forest.png -a -s d/phases.svg ]
    ok "a plot is drawn by its own script" eval '(cd d && rm phases.svg && gnuplot phases.gp && [ -s phases.svg ])'
else
    skip "plots are there" "no gnuplot"
    skip "a plot is drawn by its own script" "no gnuplot"
fi
PATH=/nowhere run report r.json --out e
ok "no gnuplot: the tables are written and say so" eval '[ $status -eq 0 ] && [ -s e/report.md ] && grep -q gnuplot e/report.txt'
QK_DATA=$work/nowhere run report r.json --out f
ok "QK_DATA without the data: exit 1" eval '[ $status -eq 1 ] && says roadmap.json'

code 0 "wrote page.html" report r.json --html page.html
ok "the page: a verdict, the cases, and the result with its hash" eval 'grep -q "<h1" page.html && grep -q "data-f=" page.html &&
    grep -q "r.json</code>, XXH3-64 [0-9a-f]" page.html'
code 0 "<!doctype html>" report r.json --html -
code 0 "The goal of" report r.json --comment -
code 2 "each needs one of its own" report r.json --html x --comment x
cp r.json same.json && ln same.json link.json
code 2 "is what RESULT names" report r.json same.json --comment link.json
code 2 "is what NEW names" compare r.json same.json --out link.json
code 2 "is what --shapes names" run --quick --shapes same.json --csv link.json
code 2 "is what --shapes names" breakdown --quick --shapes same.json --out link.json
code 2 "is what MODEL names" model bench same.json --out link.json
ok "a result is not written over" cmp r.json same.json
code 0 "wrote pipe.html" report /dev/stdin --html pipe.html <r.json
ok "a pipe is a result as a file is" cmp <(sed 's/r\.json/FILE/g' page.html) <(sed 's|/dev/stdin|FILE|g' pipe.html)
"$program" doctor --quick --json >doctor.json
status=$?
out=$(cat doctor.json)
ok "doctor: measures, and says what it found" eval '{ [ $status -eq 0 ] || [ $status -eq 5 ]; } && says noise_dram'
code 0 "wrote all.html" report r.json doctor.json r.json --html all.html
ok "runs side by side, and what the doctor found" eval 'grep -q "side by side" all.html && grep -q "findings of the doctor" all.html'
echo '{"kind": "tea"}' >tea.json
code 1 "expected a result of run" report r.json tea.json --html tea.html
ok "and no page is left" [ ! -e tea.html ]
code 0 "wrote d/forest-2.gp" report r.json r.json doctor.json --out d --only forest --only phases
code 0 "removed d/forest-2.tsv" report r.json --out d --only forest
code 2 "tables are of a result of run" report doctor.json --out d --only text
code 1 "cannot" report r.json --html r.csv/page.html

# It and doctor have tests of their own, which measure for longer.
run ceilings --quick
ok "ceilings: bandwidths and peaks" eval '[ $status -eq 0 ] && says Bandwidth && says Peaks'
finish
