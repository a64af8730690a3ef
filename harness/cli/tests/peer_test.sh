#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench model bench --peer: with a second qkbench, and with peers that fail.  peer_test.sh PROGRAM SCHEMA
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so variables look unused and functions unreached
schema=$(realpath "$2")
peer=$(realpath "$(dirname "$0")")/peer_bench.py
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
beside() { # beside PEER ARGUMENT...: what one says that is timed in turns with PEER
    run model bench synth:tiny -p 4 -n 2 -t 1 --head full --counters none --peer "$@"
}
bad() { # bad MODE TEXT: such a peer ends it with 1 and this text
    beside "$peer $1 log" -r 1 --out bad.json
    expected=$2
    ok "a peer called $1: exit 1, $2" eval '[ $status -eq 1 ] && says "qkbench: --peer" && says "$expected" && [ ! -e bad.json ]'
}
gone() { # gone FILE: none of the processes that it lists is left
    local pid
    [ -s "$1" ] || return 1
    for pid in $(<"$1"); do
        [ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" || return 1
    done
}

beside "$program model bench synth:tiny --head full --counters none" -r 3 -d 0,3 --out both.json
ok "a second qkbench: one table of both" eval '[ $status -eq 0 ] && says "| threads | test | kernels | qkbench | peer | qkbench / peer |" &&
    says "| 1 | tg2 @ d3 | best | " && ! says "What a token" && says "peer: CPU, best (i2s16_gemv), full head"'
obeys "its JSON obeys the schema" "$schema" both.json
ok "each row has both" python3 -c 'import json
for row in json.load(open("both.json")):
    ours, theirs = row["samples_ns"], row["peer"]["samples_ns"]
    assert len(ours) == len(theirs) == 3 and row["peer"]["model_filename"] == "synth:tiny"
    ratio = sorted(b / a for a, b in zip(ours, theirs))[1]
    assert abs(row["peer"]["ratio"]["median"] / ratio - 1) < 1e-5, row'
beside "$peer good log" -r 2 -t 1,2 -d 0,8 --out good.json
ok "a peer that prints as llama-bench does" eval '[ $status -eq 0 ] && says "build bebc9350e, models/2b.gguf, bitnet 2B IQ2_BN" &&
    grep -q "| 1 | pp4 | best | .* | 1000 \[1000, 1000\] | " <<<"$out" && grep -q "| 2 | tg2 | best | .* | 200 \[200, 200\] | " <<<"$out" &&
    grep -q "| 1 | tg2 @ d8 | best | .* | 99.96 \[" <<<"$out"'
ok "it is started once a repetition, with the tests options" [ "$(cat log)" = "$(printf '%s\n' \
    "-p 4 -n 2 -t 1,2 -d 0,8 -r 1 -o json" "-p 4 -n 2 -t 1,2 -d 0,8 -r 1 -o json")" ]
rm log
beside "$peer old log" -r 1 -p 0
ok "one that knows no depth is not asked for it" eval '[ $status -eq 0 ] && [ "$(cat log)" = "-p 0 -n 2 -t 1 -r 1 -o json" ]'
beside "$peer good log" -r 1 -o jsonl --cpus "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')"
ok "-o jsonl has it, too" eval '[ $status -eq 0 ] && says "\"peer\":{\"command\":\"$peer good log\""'
bad words "not llama-bench's JSON: not JSON"
bad half "not llama-bench's JSON"
bad nothing "it printed nothing"
bad fails "it failed with exit code 3: error: no such model"
bad killed "it was ended by signal 9"
bad few "it printed no row of tg2 with 1 thread"
bad twice "it printed two rows of pp4 with 1 thread"
bad no-samples "samples_ns"
for limit in 1 5 25 125; do # on a busy machine it may not have begun to hang
    rm -f log.pids
    beside "$peer hangs log" -r 1 --out bad.json --peer-timeout $limit
    [ ! -s log.pids ] || break
done
ok "a peer that hangs: exit 1 and the limit" eval '[ $status -eq 1 ] && says "qkbench: --peer: it did not end within $limit s and was ended" && [ ! -e bad.json ]'
ok "nothing of it is left" gone log.pids
rm log.pids
"$program" model bench synth:tiny -p 4 -n 2 -t 1 -r 1000 --head full --counters none --peer "$peer hangs log" --out bad.json 2>said &
await [ -s log.pids ]
kill -INT $!
wait $!
status=$?
ok "Ctrl-C while it hangs: exit 130, and nothing is left" eval '[ $status -eq 130 ] && gone log.pids && [ ! -e bad.json ] && grep -q interrupted said'
beside "no-such-program" -r 1
ok "a program that is not there: exit 1 and its name" eval '[ $status -eq 1 ] && says "no-such-program: not found"'
code 2 "expected a command" model bench --peer ""
code 2 "--ladder has a table of its own" model bench --ladder --peer true
code 2 "--peer-timeout" model bench --peer true --peer-timeout 0
finish
