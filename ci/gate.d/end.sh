# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set in ci/gate and lib.sh
#
# How ci/gate ends. Whatever happens, the files that $options ask for say so. Source this after lib.sh and set $options.
root=$PWD
reason="ci/gate could not go on; standard error says why"
begun=0
working= # a process that this script waits for

# From where it was called, because the options name files from there.
forms() {
    (cd "$called_from" && "$root/reports/forms/ended.py" "$@" ${options[@]+"${options[@]}"})
}

# give_up EXIT_CODE REASON: the end, for people and for the forms.
give_up() {
    reason=$2
    say "$2"
    exit "$1"
}

# end_tree PROCESS: it ends with all that it started.
end_tree() {
    local child
    for child in $(pgrep -P "$1"); do end_tree "$child"; done
    kill "$1" 2>/dev/null || true
}

finish() {
    local code=$?
    trap - EXIT
    [ -z "$working" ] || end_tree "$working"
    case $code in
    0) exit 0 ;; # --help
    1 | 2 | 5 | 77 | 130) ;;
    *) code=1 ;;
    esac
    if [ $begun -ne 0 ]; then
        forms $code "$reason" 2>/dev/null || true # it has been said which cannot be written
    elif has python3; then
        forms $code "$reason" || true
    fi
    exit $code
}
trap finish EXIT
trap 'reason=interrupted; exit 130' INT TERM HUP

# A verdict of an earlier run goes, and a folder that cannot be written to is found before anything is built.
begin_forms() {
    has python3 || ci/install-deps --build >&2
    forms --begin || begun=$?
    [ $begun -eq 0 ] || give_up $begun "an output cannot be written, so nothing was built"
}

# step WHAT COMMAND...: runs it. If it fails, what it said is shown, and the first error in it becomes the reason.
# A signal to this script alone ends it at once: `read` lets a trap run, and a command in front would not.
step() {
    local what=$1 said from status=0
    shift
    exec {from}< <("$@" 2>&1 </dev/null 8<&-)
    working=$!
    IFS= read -r -d '' said <&"$from" || true
    exec {from}<&-
    wait "$working" || status=$?
    working=
    said=${said%$'\n'}
    [ $status -eq 0 ] && return
    tail -n 200 <<<"$said" >&2
    said=$(grep -m 1 -iE 'error:|no space left|fatal:|cannot' <<<"$said" || tail -n 1 <<<"$said")
    reason="$what: ${said:-exit code $status}"
    say "$what"
    return $status
}

# One ci/gate at a time in a tree: they build in the same folders. lock_tree WAIT: true or false.
lock_tree() {
    local said
    said=$(mkdir -p build build-gate 2>&1 && touch build build-gate 2>&1) ||
        give_up 1 "the builds have no place here: $said; copy the tree to where it can be written to"
    exec 8<build-gate
    flock --nonblock 8 && return
    $1 || give_up 1 "another ci/gate works in this tree; --wait waits for it"
    say "another ci/gate works in this tree; waiting for it"
    flock 8 &
    working=$!
    wait "$working"
    working=
}
