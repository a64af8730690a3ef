#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Campaigns on this machine, and what bad launchers and nodes do to them. Cases are the same code, so nothing is timed.
# campaign_test.sh PROGRAM MODULE TREE SCHEMA_FLEET SCHEMA_PLAN SCHEMA_ANSWER [long]
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
module=$(realpath "$2")
tree=$(realpath "$3")
fleet_schema=$(realpath "$4")
plan_schema=$(realpath "$5")
answer_schema=$(realpath "$6")
fake=$(realpath "$(dirname "$0")")/campaign_fake.py
long=${7:-}
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"

mkdir lock tmp
export TMPDIR=$work/tmp # what nodes and campaigns leave behind is seen
case=f32_dot/scalar/256
base=(campaign --duet "$module" --candidate "$module" --lock-dir "$work/lock")
two=("${base[@]}" --nodes "a,b")
member() { # member FILE PATH...: of a JSON document
    python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[int(key) if key.isdigit() else key]
print(json.dumps(value))' "$@"
}

code 0 Examples campaign --help
code 2 "expected one of --against REF" campaign
code 2 "are three campaigns" campaign --against x --duet "$module" --nodes a --launch local
code 2 "--nodes is missing" campaign --duet "$module" --launch local
code 2 "--launch is missing" "${two[@]}"
code 2 "--suite belongs to a gate" campaign --nodes a --launch local --suite full -- list
code 2 "--candidate belongs to --duet" campaign --against x --candidate "$module" --nodes a --launch local
code 2 "--merge measures nothing" campaign --merge . --nodes a
code 2 "--prepare needs --into" "${two[@]}" --prepare
code 2 "'a/b' is no name" "${base[@]}" --nodes a/b --launch local
code 2 "'a b' is no name" "${base[@]}" --nodes 'a b' --launch local
code 2 "'..' is no name" "${base[@]}" --nodes .. --launch local
code 2 "'-C' is no name" "${base[@]}" --nodes=-C --launch local
code 2 "'' is no name" "${base[@]}" --nodes a, --launch local
code 2 "'a' stands there twice" "${base[@]}" --nodes a,b,a --launch local
code 2 "has no {node}" "${two[@]}" --launch 'srun -N1'
code 2 "no closing '" "${two[@]}" --launch "ssh 'a {node}"
code 2 "found no command" "${two[@]}" --launch ' '
code 1 "no-such-program cannot be started" "${two[@]}" --launch 'no-such-program {node}'
code 1 "none.so" campaign --duet none.so --nodes a --launch local
code 1 "none.json" "${two[@]}" --launch local --policy none.json
code 1 "none: is not there" campaign --merge none
code 1 "campaign.json" campaign --merge lock
code 2 "sends no libraries of ggml" campaign --duet ggml:x.so --candidate "$module" --nodes a --launch local
cp "$module" mine.so
code 2 "is what --duet names" campaign --duet mine.so --nodes a --launch local --out mine.so
cp "$program" alone
with ./alone campaign --against HEAD --nodes a --launch local
ok "a program outside of a tree builds nothing" as_told 1 "in no build folder of a source tree"

# Two nodes that are this machine, one after the other.
run "${two[@]}" --launch local --into c --out c.json --markdown c.md "$case"
ok "two nodes: exit code 0" as_told 0 "PASS"
ok "the table has cases by nodes" grep -qE "^$case +PASS +PASS \[1\] +PASS \[1\]" <<<"$out"
ok "a note says why a PASS needs no figure" says "[1] identical code, not timed"
ok "each node has a line" grep -qE '^b +PASS ' <<<"$out"
ok "alpha is shared" [ "$(member c/a/gate.json alpha) $(member c.json alpha)" = "0.0005 0.0005" ]
ok "results, traces and words are kept" [ -f c/a/trace.jsonl -a -f c/b/stdout -a -s c/b/stderr ]
ok "markdown, too" grep -qF "| $case | PASS | PASS [1] | PASS [1] |" c.md
obeys "the JSON obeys its schema" "$fleet_schema" c.json
obeys "so does the plan" "$plan_schema" c/campaign.json
obeys "so do the answers" "$answer_schema" c/a/node.json c/b/node.json
run campaign --merge c --out merged.json
ok "they are merged again" eval '[ $status -eq 0 ] && cmp -s c.json merged.json'
run "${two[@]}" --launch "false {node}" --into c "$case"
ok "nothing is measured twice" as_told 0 "2 of 2 nodes answered before"
code 0 "2 of 2 nodes answered before" campaign --into c --launch local
code 2 "no node of this campaign" campaign --into c --launch local --only a,x
refused() { code 2 "c/campaign.json: holds another campaign: found $1" "${@:2}" --launch local --into c; }
refused 'nodes ["a","b"], expected ["a","c"]' "${base[@]}" --nodes a,c "$case"
refused 'nodes ["a","b"], expected ["b","a"]' "${base[@]}" --nodes b,a "$case"
refused 'strict false' "${two[@]}" "$case" --strict
refused 'words' "${two[@]}" "$case" --budget 9
refused 'words' "${two[@]}"
cp "$module" other.so && printf x >>other.so
refused 'candidate' "${two[@]}" --candidate other.so "$case"
refused 'policy' "${two[@]}" --policy "$tree/ci/policy.json" "$case"

# What is changed later is noticed.
tampered() { # tampered NAME FILE SED TEXT: INVALID, and it says TEXT
    rm -rf t && cp -r c t
    sed -i "$3" "t/$2"
    run campaign --merge t
    ok "$1" as_told 5 "$4"
}
tampered "a report that was edited" a/gate.json 's/"host": "/"host": "x/' "which node.json names"
tampered "an answer that is no JSON" a/node.json 's/^{/[/' "node.json"
tampered "an answer of another plan" a/node.json 's/"plan": "..../"plan": "0000/' "expected a and"
cp c/b/node.json c/b/gate.json . && cp c/a/node.json t/b/node.json
tampered "another node's answer" b/node.json 's/"node": "b"/"node": "a"/' "is of node a"
rm -rf t && cp -r c t && rm -r t/b
code 5 "MISSING" campaign --merge t
printf x >>t/payload.tar
code 5 "which campaign.json names" campaign --into t --launch local
code 1 "campaign.json" campaign --merge lock
exec 9<c
flock 9
code 1 "another campaign works in this folder" campaign --into c --launch local
exec 9<&-

# A launcher and a node that fail, each beside a good one.
cat >launch <<'EOF'
#!/bin/sh
# launch WHAT NODE WORD...: node a is good, and b is not.
what=$1 node=$2
shift 2
[ "$node" != a ] || exec "$@"
case $what in
die) echo "it burns" >&2 && exit 3 ;;
kill) kill -KILL $$ ;;
nothing) exit 0 ;;
garbage) seq 1000 ;;
banner) echo "Welcome to this machine" && exec "$@" ;;
half) "$@" | head -c 2000 ;;
late) "$@" && exit 1 ;;
hang) sleep 1000 ;;
stubborn) trap '' TERM && sleep 1000 ;;
*) exec "$FAKE" "$what" "$@" ;;
esac
EOF
chmod +x launch
export FAKE=$fake
spoiled() { # spoiled WHAT VERDICT TEXT: node b has this verdict, and says TEXT; nothing passes
    verdict=$2 text=$3
    ok "$1: $3" eval '[ $status -eq 5 ] && says "$text" && grep -qE "^b +$verdict " <<<"$out" &&
        [ "$(member bad.json verdict) $(member bad.json cases 0 nodes 0 verdict) $(member bad.json cases 0 nodes 1 verdict)" = "\"$verdict\" \"PASS\" \"$verdict\"" ]'
}
bad() { # bad WHAT VERDICT TEXT
    rm -rf bad
    run "${two[@]}" --launch "./launch '$1' {node}" --into bad --out bad.json "$case"
    spoiled "$@"
}
late() { # late WHAT: the same of node b alone, because a busy machine may give node a more than a second's work
    rm -rf bad
    run "${two[@]}" --launch local --only a --into bad "$case"
    run "${two[@]}" --launch "./launch '$1' {node}" --into bad --out bad.json --timeout 1 "$case"
    spoiled "$1" MISSING "did not end within 1 s"
}
also() { # one of many of a kind: only in the long test
    [ -z "$long" ] || "$@"
}
bad die MISSING "its launcher ended with exit code 3 before it answered: it burns"
also bad kill MISSING "died of SIGKILL"
bad nothing MISSING "answered nothing"
bad garbage INVALID "is no tar: no header at byte 0"
also bad banner INVALID "is no tar: no header at byte 0"
bad half MISSING "is torn"
also bad late MISSING "its launcher ended with exit code 1"
also bad size MISSING "is torn"
bad upward INVALID "the name '../evil' at byte 0 is refused"
also bad absolute INVALID "the name '/tmp/evil' at byte 0 is refused"
also bad inner INVALID "the name 'a/../../evil' at byte 0 is refused"
bad link INVALID "of type '2'"
also bad "hard link" INVALID "of type '1'"
also bad device INVALID "of type '3'"
also bad twice INVALID "holds the file x twice"
also bad many INVALID "holds more than 1000 files"
also bad empty INVALID "found plan nothing"
ok "nothing was written elsewhere" [ ! -e evil -a ! -e bad/evil -a ! -e /tmp/evil ]
also bad ours INVALID "which only this side writes"
bad "other plan" INVALID "to another campaign: found plan 0123456789abcdef"
also bad "no code" INVALID "no exit code"
also bad "other code" INVALID "is PASS, but the gate ended with 3"
also bad signal MISSING "its gate died of signal 9"
bad "no report" MISSING "left no gate.json"
also bad "no json" INVALID "gate.json"
bad "other module" INVALID "is of another candidate than $module"
also bad "other alpha" INVALID "found alpha 0.001"
also bad "other policy" INVALID "found the policy mine.json"
also bad strict INVALID "found a gate that is strict"
also bad "no results" INVALID "is PASS, but its results give INVALID: nothing was timed"
also bad "other mode" INVALID "expected duet"
timed() { # timed WHAT: node b, which timed something, has a trace that is not believed
    run "${base[@]}" --nodes b --launch "./launch '$1' {node}" --time-identical --budget 2 --into timed "$case"
    ok "$1: trace.jsonl is of another base" as_told 5 "trace.jsonl: is of another base than $module"
}
also timed "other bytes"
timed "no trace"
run campaign --into timed --launch local
ok "the trace has the shared alpha" grep -qE '"alpha": ?0.001[,}]' <<<"$(head -n 1 timed/b/trace.jsonl)"
run gate --duet "$module" --candidate "$module" --share-alpha 4 --lock-dir lock --time-identical --budget 5 "$case" --trace t.jsonl
ok "which is a fourth of four gates'" grep -qE '"alpha": ?0.00025[,}]' <<<"$(head -n 1 t.jsonl)"
also late hang
late stubborn
ok "JUnit has an error of that node, and none of the other" eval 'grep -q "<error" bad/b/junit.xml && ! grep -q "<error" bad/a/junit.xml'
run "${two[@]}" --launch "./launch x {node}" --into bad "$case"
ok "what failed is measured again, and only that" as_told 5 "1 of 2 nodes answered before"
run campaign --into bad --launch local
ok "and a good launcher mends it" eval '[ $status -eq 0 ] && says "1 of 2 nodes answered before"'
code 5 "the gate ended with 2: pattern" "${base[@]}" --nodes a --launch local no/such/case
ok "a gate that could not judge is to run again" says "MISSING"

# Ctrl-C: what has answered is kept, and nothing goes on.
"$program" "${two[@]}" --launch './launch hang {node}' --into stop --parallel 1 --out stop.json "$case" >said 2>&1 &
child=$!
await [ -e stop/b/stderr ]
interrupt $child said
ok "Ctrl-C ends with 130" as_told 130 "interrupted; nodes that have answered are kept"
ok "and writes no result" [ ! -e stop.json ]
run campaign --into stop --launch local
ok "the first node is not measured again" as_told 0 "1 of 2 nodes answered before"

# Launchers whose words another shell reads once more.
printf '#!/bin/sh\nshift && exec sh -c "$*"\n' >ssh && cp ssh joins && chmod +x ssh joins
code 0 PASS "${two[@]}" --launch './ssh {node}' "$case"
code 5 "yntax error" "${two[@]}" --launch './joins {node}' "$case"
printf '#!/bin/sh\nexec ./ssh far "./ssh" "$@"\n' >jump && chmod +x jump
code 0 PASS "${two[@]}" --launch './ssh near ./ssh {node}' "$case"
run "${two[@]}" --launch "env 'A=b  c' B=\"\\\"\" ./launch x\\ y {node}" --only a --into words "$case"
ok "quotes of a template" eval 'grep -qE "^a +PASS" <<<"$out"'

# In steps, as CI does it: one machine prepares, each node measures itself, another one merges.
run "${two[@]}" --into steps --prepare "$case"
ok "a campaign is prepared" as_told 0 "2 nodes"
for node in a b; do
    mkdir "at-$node" "at-$node/program" && cp steps/campaign.json steps/payload.tar "at-$node"
    tar -xf "at-$node/payload.tar" -C "at-$node/program"
    out=$(LD_LIBRARY_PATH=at-$node/program/lib "at-$node/program/qkbench" campaign --into "at-$node" --only $node \
        --launch local 2>&1)
    status=$?
    cp -r "at-$node/$node" steps
    ok "node $node alone: the other one is MISSING" as_told 5 "1 of 2 answered"
done
code 0 "2 of 2 answered" campaign --merge steps

# Another command than a gate.
run campaign --nodes a,b --launch './launch die {node}' --into other -- list
ok "a command of which a node knows nothing: 5" eval '[ $status -eq 5 ] && grep -qE "^b +MISSING" <<<"$out"'
ok "what it printed is kept" grep -q qk256_dequant other/a/stdout
run campaign --nodes a,b --launch local --into runs --out runs.json -- run --quick 'qk256_dequant/scalar/256' --out r.json
obeys "the JSON of a command has no verdict" "$fleet_schema" runs.json
ok "but exit codes" [ "$(member runs.json verdict) $(member runs.json nodes 0 verdict) $(member runs.json nodes 0 exit_code)" = "null null 0" ]
ok "files come back" eval '[ $status -eq 0 ] && [ -s runs/a/r.json ] && [ -s runs/b/r.json ]'
code 2 "exit code 2" campaign --nodes a --launch local -- list --no-such
ok "exit codes are kept" grep -qE '^a +2 ' <<<"$out"
ok "no node and no campaign leaves anything behind" [ -z "$(ls "$TMPDIR")" ]
finish
