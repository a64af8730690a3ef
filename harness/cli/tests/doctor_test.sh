#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `qkbench doctor` as its users meet it.  doctor_test.sh PROGRAM SCHEMA BAD_CLOCK
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
schema=$(realpath "$2")
clock=$(realpath "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
# A machine on which measuring is meaningless may run this too: then 5, with the reason.
settled() { [ "$status" -eq 0 ] || { [ "$status" -eq 5 ] && says 'measuring is meaningless here'; }; }

code 0 Examples doctor --help
code 2 "unrecognized option" doctor --jsn
code 2 "doctor takes none" doctor everything
code 2 "whole number" doctor --cpu minus
code 1 "expected one of" doctor --cpu 1000

run doctor --quick --seed 77
ok "text" settled
for name in affinity governor turbo smt shared_core isolation numa huge_pages aslr perf_event_paranoid pmu vm steal load \
    throttling timer noise_cache noise_dram memory cpu_quota; do
    ok "text: $name with a verdict" eval 'grep -qE "^$name +(ok|warn|bad) +[^ ]" <<<"$out"'
done
ok "text: at most 120 columns" eval '! grep -qE "^.{121}" <<<"$out"'
ok "text: the seed" eval 'says "seed 77"'
ok "text: a mend line for each cost" eval '[ "$(grep -c "^ *costs: " <<<"$out")" -eq "$(grep -c "^ *mend: " <<<"$out")" ]'

"$program" doctor --quick --json >doctor.json 2>said.txt
status=$? out=$(cat said.txt)
ok "--json" settled
obeys "--json obeys doctor.schema.json" "$schema" doctor.json

out=$("$program" doctor --quick --json 2>&1 >/dev/full)
status=$?
ok "standard output that cannot be written: exit 1" eval '[ $status -eq 1 ] || [ $status -eq 5 ]'

"$program" doctor >/dev/null 2>said.txt &
interrupt $! said.txt
ok "Ctrl-C: exit 130" eval '[ $status -eq 130 ] && says interrupted'

with env BAD_CLOCK=coarse=4000000 LD_PRELOAD="$clock" "$program" doctor --quick --json
if says 'runtime does not come first'; then
    skip "a clock that steps by milliseconds: exit 5" "the sanitizer's library wants to be loaded first"
    skip "the findings are told all the same, without a measurement that would not end" "the sanitizer's library wants to be loaded first"
else
    ok "a clock that steps by milliseconds: exit 5" eval '[ $status -eq 5 ] && says "timer: measuring is meaningless here"'
    ok "the findings are told all the same, without a measurement that would not end" eval 'says "\"fatal\": true" && says "the clock is too coarse"'
fi

QK_DISABLE_ISA=avx512,avxvnni,avx2 run doctor --quick
ok "with the BASE rows alone" settled

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    # The build folder may be closed to others; a copy in a folder of its own is not.
    chmod 755 "$work"
    cp "$program" ./qkbench
    with setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs ./qkbench doctor --quick
    ok "as an ordinary user without privileges" eval 'settled && says noise_dram'
else
    skip "as an ordinary user without privileges" "not root, so all of this was"
fi
finish
