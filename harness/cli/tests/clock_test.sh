#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Commands that measure time, on broken clocks.  clock_test.sh PROGRAM BAD_CLOCK few|many MODULE
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
clock=$(realpath "$2")
which=$3
module=$(realpath "$4") # libqkernels.so
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
on() { # on CLOCK COMMAND...: out gets everything it says
    BAD_CLOCK=$1 LD_PRELOAD=$clock with timeout 100 "$program" "${@:2}"
}
honest() { ! grep -qE '(^|[^a-z])(inf|nan)([^a-z]|$)' <<<"$out"; }
coarse() { # coarse COMMAND...
    on coarse=4000000 "$@"
    ok "a clock of 4 ms: $1 ends with 5 and says so" eval '[ $status -eq 5 ] && says "too coarse: it advances every" && honest'
}
cases='qk256_dequant/p4*/4096'
on back=1:1 list
if says 'runtime does not come first'; then
    skip "bad clocks" "the sanitizer's library wants to be loaded first"
    finish
fi
coarse run --quick "$cases" --out r.json
ok "no half-written result is left" eval '! ls -A | grep "r.json" >/dev/null'
coarse breakdown --quick "$cases"
for reading in 3000 3060 3120 3180 3240 3300; do # one of them is in a block, and not beside one
    on back=$reading:3600000000000 run --quick "$cases" --out r.json
    ! says "blocks dropped" || break
done
ok "an hour back in a run: 0, with the block counted and named" eval \
    '[ $status -eq 0 ] && says "blocks dropped: 1; the first: the clock went back" && grep -q "\"dropped_blocks\": 1" r.json && honest'
if [ "$which" = many ]; then
    for reading in 300 500 800 1000 1200; do # one of them is in a block
        on back=$reading:3600000000000 gate --duet "$module" --lock-dir . --time-identical "$cases"
        ! says "blocks dropped because the clock" || break
    done
    ok "a gate on a clock that goes back counts and names the blocks dropped" eval 'says "blocks dropped because the clock" && honest'
    coarse ceilings --quick --fresh
    coarse model bench -p 8 -n 8 -r 1
    for bad in jump=3000:3000000000 stuck=3000:20000; do
        for command in run breakdown; do
            on $bad $command --quick "$cases"
            ok "$bad: $command ends with 0 or 5" eval '[ $status -eq 0 -o $status -eq 5 ] && honest'
        done
    done
    for bad in stuck=100:0 rate=10; do
        for command in "run --quick $cases" "breakdown --quick $cases" "ceilings --quick --fresh" "doctor --quick" \
            "model bench -p 8 -n 8 -r 1"; do
            # shellcheck disable=SC2086 # several words
            on $bad $command
            ok "$bad: ${command%% *} ends with 5" eval '[ $status -eq 5 ] && honest'
        done
    done
    on stuck=3:0 model run -p 'In the' -n 4
    ok "a clock that stands still: model run gives its text without times" eval \
        '[ $status -eq 0 ] && says "not timed: the clock" && honest'
fi
finish
