#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Traces decided again: what the gate decided itself, golden verdicts of the stored traces, and files that are none.
# replay_test.sh PROGRAM MODULE TRACES. No verdict is expected of real timings: replay must only agree with the gate.
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
module=$(realpath "$2")
traces=$(realpath "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

mkdir lock
code 0 Examples replay --help
code 2 "TRACE is missing" replay
code 2 "expected ours, gbench-utest" replay --rule best x.jsonl
code 1 "none.jsonl" replay none.jsonl
: >empty.jsonl
code 1 "empty.jsonl: found an empty file" replay empty.jsonl
echo '{"a": 1' >cut.jsonl
code 1 "cut.jsonl:1: found no JSON" replay cut.jsonl
echo '{"schema_version":1,"kind":"campaign_run"}' >other.jsonl
code 1 '$.kind: other.jsonl:1: found' replay other.jsonl

# The decisions of a gate's own trace are the gate's.
run gate --lock-dir lock --duet "$module" --time-identical --inject 5000 --budget 4 --trace t.jsonl --out t.json \
    'qk256_dequant/scalar/256' 'qk256_dequant/p4_permute/256'
run replay t.jsonl --rule ours --each
cat >agree.py <<'PYTHON'
import json, re, sys
rows = [r for r in json.load(open("t.json"))["results"] if r["timing"] and r["role"] != "rule"]
gate = sorted((r["name"] + ("" if r["role"] == "case" else " " + r["role"]), r["timing"]["blocks"], r["verdict"]) for r in rows)
found = re.findall(r"^(\S+/\S+(?: aa| slowed)?) +0 +\S+ +ours +pairs +(\d+) .* ([A-Z]+)$", sys.stdin.read(), re.M)
replay = sorted((name, int(blocks), verdict) for name, blocks, verdict in found)
sys.exit(0 if gate and gate == replay else f"gate {gate}\nreplay {replay}")
PYTHON
printf '%s\n' "$out" >each.txt
with python3 agree.py <each.txt
ok "replay decides each case of a gate as the gate did" [ $status -eq 0 ]
run replay t.jsonl
ok "all rules in one table" eval 'says signed-rank && says gbench-utest && says apart && says interleaved'

# Broken in one place each.
damage() { # damage TEXT PYTHON: changes the list `lines` of the trace
    python3 -c "import json
lines = [json.loads(line) for line in open('t.jsonl')]
$2
open('bad.jsonl', 'w').writelines(json.dumps(line) + '\n' for line in lines)"
    code 1 "$1" replay bad.jsonl
}
damage '$.case: bad.jsonl:2: found' 'lines[1]["case"] = 99'
damage '$.cand_ns: bad.jsonl:2: found' 'lines[1]["cand_ns"].pop()'
damage '$.order: bad.jsonl:2: found' 'lines[1]["order"] = ""'
damage '$.base_ns[0]: bad.jsonl:2: found' 'lines[1]["base_ns"][0] = -1'
damage '$.schema_version: bad.jsonl:1: found nothing' 'lines = lines[1:]'
damage '1e-09 to 0.1' 'lines[0]["policy"]["alpha"] = 7'
run replay t.jsonl --blocks 1000
ok "no window is filled: exit 5" eval '[ $status -eq 5 ] && says "fill no window"'

# Golden verdicts of the stored traces, and each takes less than a second of CPU.
for golden in "$traces"/*.golden; do
    [ -e "$golden" ] || continue
    name=$(basename "$golden" .golden)
    read -r arguments <"$golden"
    # shellcheck disable=SC2086 # words
    (cd "$traces" && ulimit -t 2 && "$program" replay "$name.jsonl" --rule ours --each $arguments) >found.txt 2>&1
    out=$(diff <(tail -n +2 "$golden") found.txt)
    status=$?
    ok "our decisions on $name" [ $status -eq 0 ]
done
finish
