#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench model serve, and gates of whole models against programs of any kind.  serve_test.sh PROGRAM SCHEMA [long]
# It expects no verdict from real timings, because the machine may be too loud for one. baselines/gate tests those.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so variables look unused and functions unreached
schema=$(realpath "$2")
long=${3:-}
fake=$(realpath "$(dirname "$0")")/serve_fake.py
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir lock
gate=(gate --lock-dir lock)

code 2 "--fd N is missing" model serve synth:tiny
code 2 "--fd: 77 cannot be used" model serve --fd 77 synth:tiny
code 2 "cannot be read, so no order can come from it" model serve --fd 1 synth:tiny
code 1 "none.gguf" model serve --fd 0 none.gguf
serve() { # serve ORDERS: what it answers
    out=$(printf '%b' "$1" | "$program" model serve --fd 0 --threads 1 synth:tiny 2>err.txt)
    status=$?
}
ids() { sed -n "s/^ns [0-9]* ids \(.*\)/\1/p" <<<"$out" | paste -sd' '; }
serve 'step 6 1\n'
six=$(ids)
ok "six tokens" eval '[ $status -eq 0 ] && grep -qx "serves 1 vocab 1024" <<<"$out" && [ "$(wc -w <<<"$six")" -eq 6 ]'
serve 'step 3 7\nstep 4 1\nstep 2\n'
ok "a first token begins anew, and without one it goes on" [ "$(ids | cut -d' ' -f4-)" = "$six" ]
serve 'step 0\nstep 65537\nstep 1 1024\nstep -1\nstop\nstep 6 1 \nstep 6 1'
ok "wrong orders are said, and one without its end is none" eval '[ $status -eq 0 ] && [ "$(grep -c "^error found" <<<"$out")" -eq 6 ] && [ -z "$(ids)" ]'
serve "step $(printf '%0100d' 1)\n"
ok "an order that is too long ends it" eval '[ $status -eq 1 ] && grep -q "longer than 64 bytes" err.txt'
# What another process sees of one that waits: none of its CPU time, with one thread and with several.
with python3 -c 'import socket, subprocess, sys, time
for threads in "1", "2":
    ours, its = socket.socketpair()
    serving = subprocess.Popen([sys.argv[1], "model", "serve", "--fd", "0", "--context", "8", "-t", threads, "synth:tiny"],
                               stdin=its, stderr=subprocess.DEVNULL)
    its.close()
    lines = ours.makefile()
    assert lines.readline() == "serves 1 vocab 1024\n"
    ours.sendall(b"step 300 1\n")  # far behind its context
    words = lines.readline().split()
    assert words[0] == "ns" and words[2] == "ids" and len(words) == 303, words
    clock = ~serving.pid << 3 | 2  # the CPU time of all its threads
    time.sleep(0.1)
    before = time.clock_gettime(clock)
    time.sleep(0.4)
    idle = time.clock_gettime(clock) - before
    assert idle < 0.004, f"{threads} threads: {idle} s of CPU time in 0.4 s without an order"
    ours.sendall(b"step 300 2\n")
    lines.readline()
    assert time.clock_gettime(clock) > before + idle, "it did not work, so this clock is none"
    ours.close()
    lines.close()
    assert serving.wait(20) == 0' "$program"
ok "while it has no order it uses no CPU" [ $status -eq 0 ]

code 2 "expected one of --duet" "${gate[@]}" --duet x.so --e2e x
code 2 "there is one MODEL" "${gate[@]}" --e2e "$program" a b
code 2 "--trace belongs to --duet" "${gate[@]}" --e2e "$program" --trace t
code 2 "--suite belongs to" "${gate[@]}" --e2e "$program" --suite full
code 2 "--threads belongs to --e2e" "${gate[@]}" --duet x.so --threads 2
code 2 "--tokens belongs to --e2e" "${gate[@]}" --duet x.so --tokens 2
code 1 "none.gguf" "${gate[@]}" --e2e "$program" none.gguf
code 2 "no synthetic model 'nothing'" "${gate[@]}" --e2e "$program" synth:nothing

program_of() { # program_of MODE: a program of that kind, called MODE
    printf '#!/bin/sh\nexec "%s" %s "%s/%s.log" "$@"\n' "$fake" "$1" "$work" "$1" >"$1"
    chmod +x "$1"
}
for mode in good slow boasts old quits hangs newer smaller chatty endless busy ends dies other few large refuses; do program_of $mode; done
invalid() { # invalid BASE CANDIDATE REASON ARGUMENT...: such programs make it INVALID, and every form says why
    local reason=$3
    run "${gate[@]}" --e2e "./$1" --candidate "./$2" synth:tiny --out g.json --junit g.xml --markdown g.md "${@:4}"
    ok "$1 against $2 is INVALID: $reason" eval '[ $status -eq 5 ] && grep -qF "$reason" g.json && grep -qF "$reason" g.md &&
        [ "$(grep -c "<error" g.xml)" -ge 1 ] && obeyed g.json'
}
obeyed() { python3 -c 'import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(0)
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' "$schema" "$1"; }
invalid old good "the base program has no command model serve"
invalid good busy "the candidate program used"
invalid good ends "the candidate program ended with exit code 7 before it answered: out of luck"
invalid good other "other tokens: number 2 behind token"
if [ "$long" ]; then
    invalid good old "unknown command 'serve'"
    invalid quits good "the base program ended with exit code 0 before it answered: no model here"
    invalid none good "the base program cannot be run: No such file or directory"
    invalid good hangs "the candidate program gave no answer for 4000 ms and was ended" --budget 4
    invalid good newer "the candidate program said 'serves 2 vocab 1000', expected 'serves 1 vocab V'"
    invalid good smaller "the base's model has 1000 tokens and the candidate's 999"
    invalid good chatty "the candidate program said more than one line"
    invalid good endless "the candidate program said more than one line of at most 256 bytes"
    invalid good refuses "the candidate program said 'error no tokens today', expected 'ns T ids A B ...'"
    invalid dies good "the base program died of SIGABRT"
    invalid good few "tokens below 1000"
    invalid good large "tokens below 1000"
fi

# Twice as slow is found by any machine. Each launch starts all programs anew, and orders take turns, in groups of at least 50 ms.
rm ./*.log
run "${gate[@]}" --e2e ./good --candidate ./slow synth:tiny --out slow.json --budget 60 --quick
ok "twice as slow is a REGRESSION" python3 -c 'import json, sys
found = json.load(open("slow.json"))
case = found["results"][0]
assert found["mode"] == "e2e" and found["suite"] == "synth:tiny"
assert case["name"] == "e2e/generate/synth:tiny" and case["memory"] == "e2e" and case["verdict"] == "REGRESSION", case
timing = case["timing"]
assert timing["launches"] >= 5 and timing["blocks"] >= 13 and timing["must_catch"] == 0.016 and timing["extra_work"] == 0
assert 1.5 < timing["ratio"] < 2.5, timing
assert [r["role"] for r in found["results"]] == ["case", "aa", "slowed"]
assert 0.016 < found["results"][2]["timing"]["extra_work"] < 0.06'
obeys "its JSON obeys the schema" "$schema" slow.json
ok "its programs were started anew, and told the same in turns" python3 -c 'import bisect, itertools, json, re
launches, copied, _ = (result["timing"]["launches"] for result in json.load(open("slow.json"))["results"])
good, slow = ([line.split() for line in open(name)] for name in ("good.log", "slow.log"))
starts = lambda log: [" ".join(line) for line in log if line[0] == "start"]
found = len(starts(good)), len(starts(slow))
assert found[1] >= launches and found[0] == found[1] + copied, (found, launches, copied)  # a copy as long as it is open
assert set(starts(slow)) == {"start model serve --fd 0 --threads 1 GGUF"}, starts(slow)
found = json.load(open("slow.json"))["results"][0]["reason"]
tokens, orders = map(int, re.match(r"(\d+) tokens a group, in (\d+) orders", found).groups())
assert orders > 1, found
steps = lambda log: [line for line in log if line[0] == "step" and int(line[1]) >= tokens // orders]
good, slow = steps(good), steps(slow)
firsts = {line[2] for line in slow}
assert len(firsts) > 8, firsts
asked = sorted(int(line[4]) for line in good)
groups = 0
for _, chain in itertools.groupby(slow, lambda line: line[2]):
    chain = list(chain)
    for before, after in itertools.pairwise(chain):  # the base answers between two orders of the candidate
        assert bisect.bisect(asked, int(after[4])) > bisect.bisect(asked, int(before[4])), (before, after)
    for at in range(0, len(chain) - orders + 1, orders):
        groups += 1
        assert sum(int(line[3]) for line in chain[at:at + orders]) >= 50e6, chain[at:at + orders]
assert groups >= 13, groups'
run "${gate[@]}" --e2e ./good --candidate ./boasts synth:tiny --inject 2000 --budget 10 --quick
ok "what a program says of its time is shown, and so is what was injected" eval 'says "the base took 9" || says "the base took 100" && says "and the candidate 0.00 %" &&
    grep -qE "given [23]\.[0-9]+ % more tokens" <<<"$(tr "\n" " " <<<"$out" | tr -s " ")"'
ok "and the orders of a group ask for it together" python3 -c 'import itertools, math, re, sys
tokens, orders = map(int, re.search(r"(\d+) tokens a group, in (\d+) orders", sys.argv[1]).groups())
asked = [line.split() for line in open("boasts.log") if line.startswith("step")]
asked = [(first, int(count)) for _, count, first, *_ in asked if int(count) >= tokens // orders]
groups = [sum(count for _, count in chain) for _, chain in itertools.groupby(asked, lambda order: order[0])]
assert len(groups) > 4 and all(group % (tokens + math.ceil(0.02 * tokens)) == 0 for group in groups), (tokens, orders, groups)' "$out"
finish
