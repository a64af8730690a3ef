# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the scripts beside this file share. Source it, never run it. It goes to the root of the tree.
# shellcheck disable=SC2034 # paths a user gives are meant from here
called_from=$PWD
self=$(realpath -- "$0")
CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
self=$(realpath --relative-to=. -- "$self")
export LC_ALL=C.UTF-8
trap 'exit 130' INT
# The build that is tested: a release, so that the kernels are those that ship, but with asserts.
tested=(-Dbuildtype=release -Db_ndebug=false -Dwerror=true)
# Tests that take little.
quick=(--no-suite slow --no-suite program --no-suite once --no-suite long)

# say TEXT...: a line on stderr. Names come from anywhere, so a question mark replaces what a terminal obeys: controls,
# C1 controls, and what turns or hides text. It works on bytes, because names need not be UTF-8.
say() {
    local LC_ALL=C text=$* bad
    for bad in $'\xc2'[$'\x80'-$'\x9f'] $'\xd8\x9c' $'\xe2\x80'[$'\x8b'-$'\x8f'$'\xa8'-$'\xae'] $'\xe2\x81'[$'\xa0'-$'\xaf'] \
        $'\xef\xbb\xbf' [$'\x01'-$'\x08'$'\x0b'-$'\x1f'$'\x7f']; do
        # shellcheck disable=SC2295 # it is a pattern
        text=${text//$bad/?}
    done
    printf '%s: %s\n' "${0##*/}" "$text" >&2
}

die() {
    say "$*"
    exit 1
}

has() {
    command -v "$1" >/dev/null
}

# help_or_refuse ARGUMENT: the script's opening comment for --help, a usage error for anything else.
help_or_refuse() {
    case $1 in
    -h | --help)
        sed -n '/^# SPDX/d; /^#!/d; /^#/!q; s/^#$//; s/^# //; p' "$self" | sed 1d
        exit 0
        ;;
    esac
    say "unknown argument '$1'; $self --help lists the valid ones"
    exit 2
}

# quiet COMMAND...: runs it and shows what it printed only when it fails; its exit code is kept.
quiet() {
    local out status=0
    out=$("$@" 2>&1 </dev/null) || status=$?
    [ $status -eq 0 ] || tail -n 200 <<<"$out" >&2
    return $status
}

# was_made_with DIR COMPILER: did meson configure DIR with this compiler (gcc or clang)?
was_made_with() {
    [ -f "$1/meson-private/coredata.dat" ] &&
        grep -q "^C compiler for the host machine: .*($2 " "$1/meson-logs/meson-log.txt"
}

# configure DIR COMPILER OPTION...: DIR becomes a build folder with these options, whatever an earlier run left there. A
# folder that was cut short, made with another compiler or moved from elsewhere is made anew. One that is not meson's is
# left alone.
configure() {
    local dir=$1 compiler=$2 option defines=()
    shift 2
    for option in "$@"; do [[ $option != -D* ]] || defines+=("$option"); done
    if [ -e "$dir" ] && [ ! -d "$dir/meson-private" ] && [ -n "$(ls -A "$dir")" ]; then
        die "$dir/ is there and is not a build folder of meson: move it away"
    fi
    # meson 1.0 keeps b_sanitize and its kind when --reconfigure is told otherwise; `meson configure` does not.
    if was_made_with "$dir" "$compiler" && meson configure "$dir" "${defines[@]}" >/dev/null 2>&1 &&
        meson setup --reconfigure "$dir" "$@" >/dev/null 2>&1; then
        return 0
    fi
    [ ! -f "$dir/meson-private/coredata.dat" ] || say "$dir/ does not suit $compiler and this tree: made anew"
    rm -rf "$dir"
    local -A cxx=([gcc]=g++ [clang]=clang++)
    CC=$compiler CXX=${cxx[$compiler]} quiet meson setup "$dir" "$@"
}

# run_tests DIR [OPTION...]: builds everything in DIR and runs its tests; results are in DIR/meson-logs/testlog.json.
# Fails only when there are no results: ci/count-tests judges them, because meson takes cmocka's skips for failures.
run_tests() {
    local dir=$1 log=$1/meson-logs/testlog.json
    shift
    rm -f "$log"
    quiet ninja -C "$dir" || return 1
    meson test -C "$dir" --no-rebuild "$@" >"$dir/meson-logs/ci.log" 2>&1 </dev/null || true
    [ -s "$log" ] || {
        tail -n 50 "$dir/meson-logs/ci.log" >&2
        say "meson test left no results in $log"
        return 1
    }
}
