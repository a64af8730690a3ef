#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where results go when something fails, and what signals do.  outputs_test.sh PROGRAM
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
several=$(cd "$OLDPWD" && realpath "$(dirname "$0")/../../records/tests/golden/sample_set.json") # has plots
trap 'mountpoint -q "$work/disk" && umount "$work/disk"; chmod -R u+w "$work"; rm -rf "$work"' EXIT
trials=("$program" run --quick --counters none softmax/scalar/512)
nothing_left() { [ -z "$(find . -name '.qkbench-*')" ]; }
start() { # start OPTION... -- COMMAND...: in the background, in a session of its own, until it has a temporary file
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    setsid "${options[@]}" "$@" >/dev/null 2>said.txt &
    pid=$!
    await eval '[ -n "$(find . -name ".qkbench-*")" ] || ! kill -0 "$pid" 2>/dev/null'
}
ended() { # ended: sets status and out
    wait "$pid"
    status=$?
    out=$(cat said.txt)
}
long=("$program" run --out old.json 'softmax/*')

"${trials[@]}" --out r.json >/dev/null 2>&1
echo old >old.json
for signal in HUP TERM INT XCPU; do
    start env --default-signal -- "${long[@]}"
    kill -"$signal" "$pid"
    ended
    ok "$signal: exit 130, nothing is left" eval '[ $status -eq 130 ] && says interrupted && nothing_left && [ "$(cat old.json)" = old ]'
done
start env --default-signal -- "${long[@]}"
kill -STOP "$pid" # so that both are there when it goes on
kill -TERM "$pid"
kill -HUP "$pid"
kill -CONT "$pid"
ended
ok "two signals at once: the same" eval '[ $status -eq 130 ] && says interrupted && nothing_left && [ "$(cat old.json)" = old ]'
start nohup -- "${long[@]}"
kill -HUP "$pid"
sleep 0.2
ok "nohup: SIGHUP stays ignored" kill -0 "$pid"
kill -TERM "$pid"
ended
ok "nohup: SIGTERM does not" eval '[ $status -eq 130 ] && nothing_left'
start env --default-signal -- "${long[@]}"
disown "$pid" # or bash tells of its end
kill -KILL "$pid"
await eval '! kill -0 "$pid" 2>/dev/null'
ok "SIGKILL leaves a file" eval '! nothing_left'
"${trials[@]}" --out another.json >/dev/null 2>&1
ok "and the next one sweeps it" nothing_left
setsid "$program" baseline save main --quick --launches 50 --dir data >/dev/null 2>said.txt &
pid=$!
await grep -q "launch 1 of 50" said.txt
kill -TERM -- "-$pid"
ended
ok "a group with a launch in it: exit 130, no folder is left" eval '[ $status -eq 130 ] && ! [ -e data ] && ! pgrep -g "$pid" >/dev/null'
setsid "$program" baseline save main --quick --launches 50 --dir data >/dev/null 2>said.txt &
pid=$!
disown "$pid"
await grep -q "launch 1 of 50" said.txt
sleep 0.2
kill -KILL "$pid"
ok "SIGKILL of the program ends its launch" await eval '! pgrep -g "$pid" >/dev/null'
mkdir bin && printf '#!/bin/sh\necho >started\nexec sleep 60\n' >bin/gnuplot && chmod +x bin/gnuplot
PATH=$work/bin:$PATH setsid "$program" report "$several" --out rep >/dev/null 2>said.txt &
pid=$!
await [ -e started ]
kill -TERM "$pid"
ended
ok "a gnuplot that does not end: exit 130, and it ends, too" eval '[ $status -eq 130 ] && nothing_left && await eval "! pgrep -g $pid >/dev/null"'

# What a file is, it stays.
echo old >mode.json && chmod 600 mode.json && ln -s mode.json link.json
"${trials[@]}" --out link.json >/dev/null 2>&1
ok "mode and link stay" eval '[ "$(stat -c %a mode.json)" = 600 ] && [ -L link.json ] && grep -q softmax mode.json'
echo old >log
"${trials[@]}" --out /dev/stdout >>log 2>/dev/null
ok "a log that is appended to keeps what it has" eval '[ "$(head -1 log)" = old ] && grep -q samples_ns log'
echo old >limited.gguf
out=$(ulimit -f 200 && "$program" model synth tiny --out limited.gguf 2>&1)
status=$?
ok "a limit on file sizes: exit 1, the old file is whole" eval '[ $status -eq 1 ] && says "ulimit -f" && nothing_left && [ "$(cat limited.gguf)" = old ]'
"$program" model bench synth:tiny -p 4 -n 2 -r 1 -t 1 --counters none --out closed.json >/dev/null 2>&-
ok "a closed standard error: nothing that was said is in the file" python3 -c 'import json; json.load(open("closed.json"))'
"${trials[@]}" >&- 2>/dev/null
status=$?
ok "a closed standard output: exit 1" [ $status -eq 1 ]
"${trials[@]}" --out r.json 2>&1 | :
status=${PIPESTATUS[0]}
ok "a closed pipe: exit 1" [ "$status" -eq 1 ]
code 2 "./same.json" run --quick --out same.json --csv ./same.json softmax/scalar/512
code 1 "make its folder first" run --out none/r.json
code 1 "at most 255 bytes" run --out "$(printf 'x%.0s' {1..256})"
TMPDIR=/proc code 0 wrote baseline save main --quick --launches 1 --only softmax/scalar/512 --dir data # needs none
mkdir disk && touch mounted.json
mounts=(unshare -m)
[ "$(id -u)" -eq 0 ] || mounts=(unshare -rm)
if "${mounts[@]}" true 2>/dev/null; then
    out=$("${mounts[@]}" sh -c 'mount --bind mode.json mounted.json && "$@" --out mounted.json' sh "${trials[@]}" 2>&1)
    status=$?
    ok "a mount point is written in place" eval '[ $status -eq 0 ] && [ -s mode.json ] && ! [ -s mounted.json ] && nothing_left'
    printf '%s' "{$(printf 'x%.0s' {1..999})" >disk.json
    out=$("${mounts[@]}" sh -c 'mount -t tmpfs -o size=8k none disk && mkdir disk/1 && cp disk.json disk/1/a && touch disk/b &&
        mount --bind disk/1/a mounted.json && "$@" --out mounted.json; cmp disk.json mounted.json' sh "${trials[@]}" 2>&1)
    status=$?
    ok "and has its old bytes when the disk is full" eval '[ $status -eq 0 ] && says "free some space" && nothing_left'
    out=$("${mounts[@]}" sh -c 'mount -t tmpfs none disk && echo old >disk/a && touch disk/r.json && mount --bind mode.json disk/r.json &&
        mount -o remount,bind,ro disk && "$@" --out disk/r.json' sh "${trials[@]}" 2>&1)
    status=$?
    ok "a file of another disk in a read-only folder is written in place" [ $status -eq 0 ]
    out=$("${mounts[@]}" sh -c 'mount -t tmpfs -o ro none disk && "$@" --out disk/r.json' sh "${trials[@]}" 2>&1)
    status=$?
    ok "a read-only folder: exit 1" eval '[ $status -eq 1 ] && says "not mounted read-only"'
else
    for name in "a mount point is written in place" "and has its old bytes when the disk is full" \
        "a file of another disk in a read-only folder is written in place" "a read-only folder: exit 1"; do
        skip "$name" "may not mount here"
    done
fi
finish
