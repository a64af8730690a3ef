#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench baseline and compare as their users meet them.  baseline_test.sh PROGRAM TREE SCHEMA SCHEMA
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2") stored_schema=$(realpath "$3") compare_schema=$(realpath "$4")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
unset QK_BASELINES

code 0 Examples: baseline --help
code 0 Examples: compare --help
code 2 "an action is missing" baseline
code 2 "expected save, list, show, accept or remove" baseline keep
code 2 "NAME is missing" baseline save
code 2 "RESULT, a file" baseline accept main
code 2 "--reason TEXT is missing" baseline accept main r.json
code 2 "unexpected argument" baseline show main other
code 2 "whole number from 1 to 100" baseline save main --launches 0
code 2 "NEW is missing" compare r.json
code 2 "compare takes OLD and NEW" compare a.json b.json c.json

# Where: --dir, QK_BASELINES, baselines/data, or an error that names both.
code 2 "QK_BASELINES is not set, and there is no baselines/data" baseline list
QK_BASELINES='' code 2 "QK_BASELINES is empty, and there is no baselines/data" baseline list
code 1 "cannot read the folder" baseline list --dir none
"$program" run --quick '*/*_[up]*/256' --counters steps --seed 7 --out r.json >/dev/null 2>&1
QK_BASELINES=mine code 0 "wrote mine/" baseline save main r.json
mkdir -p baselines/data
code 0 "wrote baselines/data/" baseline save main r.json
mkdir empty
code 0 "no baselines in" baseline list --dir empty
QK_BASELINES=nowhere code 0 "/main: " baseline list --dir mine
file=$(echo baselines/data/*/main.json)
ok "the folder is called after the machine" eval 'grep -qE "^baselines/data/[a-z0-9_]+-[0-9x]+-[0-9x]+-[0-9x]+-(vm|metal|x)-[0-9x]+cpu/main.json$" <<<"$file"'

# Names, and files that are not what they should be.
for name in .hidden a/b 'a b' main.json; do code 2 "is no name of a baseline" baseline save "$name" r.json; done
code 2 "there are: main" baseline show none
code 2 "there are: main" baseline remove none
code 2 "there are: main" baseline accept none r.json --reason why
code 2 "there are: main" compare none r.json
code 1 "No such file" compare ./none.json r.json
head -c 500 r.json >cut.json
code 1 "not JSON" baseline save cut cut.json
sed 's/"schema_version": 2/"schema_version": 9/' "$file" >old.json
code 1 "must be saved anew" compare ./old.json r.json
sed 's/"value": \([0-9.]*\)}/"value": NaN}/' "$file" >nan.json
code 1 "not JSON" compare ./nan.json r.json
sed 's/\("cpu_model": \)[0-9a-z]*/\199/' "$file" >edited.json
code 1 "which the identity gives" compare ./edited.json r.json

# What was saved, byte for byte.
code 0 "qk256_dequant/scalar/256" baseline show main
ok "instructions were counted" eval 'grep -q "\"count\": [1-9]" "$file"'
"$program" baseline save copy "$file" >/dev/null 2>&1
status=$?
ok "a baseline is no result" [ $status -eq 1 ]
code 0 "nothing was written" baseline accept main r.json --reason why
obeys "the file obeys its schema" "$stored_schema" "$file"
"$program" run --quick '*/scalar/256' --out half.json >/dev/null 2>&1
code 0 "only in OLD" compare main ./half.json --out d.json --dir baselines/data
obeys "what compare writes obeys its schema" "$compare_schema" d.json

# Not allowed to write; root may write everywhere, so somebody else tries.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 . && chmod -R a+rX . && cp "$file" before.json
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    with "${as_nobody[@]}" "$program" baseline save main r.json
    ok "read-only folder: exit 1, the old file is whole" eval \
        '[ $status -eq 1 ] && says "Permission denied" && cmp -s "$file" before.json && [ "$(ls -A "${file%/*}")" = main.json ]'
    with "${as_nobody[@]}" "$program" baseline save new
    ok "which is found out before anything is measured" eval '[ $status -eq 1 ] && says "Permission denied" && ! says launch'
    with "${as_nobody[@]}" "$program" baseline remove main
    ok "read-only folder: nothing is removed" eval '[ $status -eq 1 ] && says "cannot remove" && [ -s "$file" ]'
else
    skip "read-only folder: exit 1, the old file is whole" "not root, or no setpriv"
    skip "which is found out before anything is measured" "not root, or no setpriv"
    skip "read-only folder: nothing is removed" "not root, or no setpriv"
fi

# An interrupted save: the old file stays, nothing else does.
cp "$file" before.json
TMPDIR=$work "$program" baseline save main --quick --launches 50 >/dev/null 2>said.txt &
await grep -q "launch 1 of 50" said.txt
sleep 1 # into the launch
kill -TERM $!
wait $!
status=$? out=$(cat said.txt)
ok "interrupted save: exit 130, the old file is whole, no launch runs on" eval \
    '[ $status -eq 130 ] && cmp -s "$file" before.json && ! ls -d qkbench-* 2>/dev/null && says "launch 1 of 50"'
TMPDIR=$work code 0 "launch 2 of 2" baseline save fresh --quick --launches 2 --only '*/*_[up]*/256'
ok "it says what it took of its budget" says "s; the budget is 300 s"
out=$(TERM=xterm python3 -c '
import fcntl, os, pty, re, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 110, 0, 0))
    os.execv(sys.argv[1], ["qkbench", "baseline", "save", "seen", "--budget", "4", "--launches", "2", "--only", "*/p1*/256"])
text = ""
try:
    while more := os.read(terminal, 4096):
        text += more.decode()
except OSError: # its end
    pass
shares = [int(share) for share in re.findall(r"(\d+) %", text)]
print(os.waitstatus_to_exitcode(os.wait()[1]), shares == sorted(shares), len(set(shares)) > 3, shares,
      [part for part in ("launch 1 of 2: ", "launch 2 of 2: ", "breakdown: ", " s left") if part not in text])' "$program" 2>&1)
ok "on a terminal one progress leads through all parts" eval 'says "0 True True" && says " []"'
run gate --baseline fresh --quick --lock-dir . --policy "$tree/ci/policy.json"
ok "a gate without patterns measures what the baseline has, and no other op" eval \
    'case $status in 0 | 3 | 4) says p4_permute/256 && ! says act_quant && ! says 16384 ;; *) false ;; esac'
code 0 "2 launches" baseline show fresh
ok "a fresh one has components" grep -q '"share_percent"' "${file%/*}/fresh.json"
code 0 "removed" baseline remove main
ok "it is gone" [ ! -e "$file" ]
code 2 "there are: fresh" baseline remove main
finish
