# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for the test that sources this
# For tests of the program. Source this first, with the test's own arguments. It sets $program from the first argument
# and goes to an empty folder, $work, which is removed at the end. `finish` ends the test.
set -uo pipefail
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache # not what the user has measured of this machine
number=0
failed=0
status=0
out=
ok() { # ok NAME CONDITION...: one test; what the program said is shown when it fails
    local tap_name=$1 # not a name that a condition may use
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $tap_name"
    else
        echo "not ok $number - $tap_name"
        printf '# exit code %s; %s\n' "$status" "${out//$'\n'/$'\n'# }" | head -40
        failed=1
    fi
}
obeys() { # obeys NAME SCHEMA FILE...: one test, files of strict JSON that obey their schema
    local tap_name=$1
    shift
    if ! python3 -c 'import jsonschema' 2>/dev/null; then
        skip "$tap_name" "python3-jsonschema is not installed"
        return
    fi
    out=$(python3 -c 'import json, jsonschema, sys
def refuse(name):
    raise ValueError(name)
schema, *documents = (json.load(open(name), parse_constant=refuse) for name in sys.argv[1:])
for document in documents:
    jsonschema.validate(document, schema)' "$@" 2>&1)
    status=$?
    ok "$tap_name" [ $status -eq 0 ]
}
skip() { number=$((number + 1)) && echo "ok $number - $1 # SKIP $2"; }
with() { # with COMMAND...: out gets everything it says
    out=$("$@" 2>&1)
    status=$?
}
run() { with "$program" "$@"; } # run ARGUMENT...
says() { grep -qF -- "$1" <<<"$out"; }
as_told() { [ "$status" -eq "$1" ] && says "$2"; }
code() { # code NUMBER TEXT ARGUMENT...: exit code and a text in the output
    local want=$1 text=$2
    shift 2
    run "$@"
    ok "exit $want: qkbench $*" as_told "$want" "$text"
}
judged() { [[ $status =~ ^[0345]$ ]] && grep -qE "^$1 .*  ($2) " <<<"$out"; }
judges() { # judges WORDS CASE ARGUMENT...: the verdict of a gate on the case is one of WORDS, with bars between
    run gate --lock-dir "$work" "${@:3}" "$2"
    # On a busy machine a control may stay undecided, and then the run is INVALID. The case's own verdict is there.
    ok "$1: qkbench gate ${*:3} $2" judged "$2" "$1"
}
await() { # await CONDITION...: until it holds, on however busy a machine
    local tries=1200
    until "$@" || [ $((tries -= 1)) -eq 0 ]; do sleep 0.1; done
}
catches() { # catches PID: has it begun to catch SIGINT, or is it gone?
    local mask=
    ! mask=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null) || ((0x${mask:-0} & 2))
}
interrupt() { # interrupt PID FILE: SIGINT, in the midst of what it does; FILE is what it said
    await catches "$1"
    sleep 1 # into the midst
    kill -INT "$1"
    wait "$1"
    status=$?
    out=$(cat "$2")
}
finish() {
    echo "1..$number"
    exit $failed
}
