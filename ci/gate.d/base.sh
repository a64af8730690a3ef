# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set in ci/gate and lib.sh
#
# The other commit of ci/gate, and its kernels or program. Source this after end.sh, and set $options.

# find_commit REF: sets $commit.
find_commit() {
    local said shallow=
    case $1 in -*) give_up 2 "--against wants a commit, branch or tag, and '$1' is none" ;; esac
    # A hook of git's sets these for the checkout that it is about.
    # shellcheck disable=SC2046
    unset $(git rev-parse --local-env-vars)
    said=$(git rev-parse --git-dir 2>&1 >/dev/null) ||
        give_up 1 "there is no other commit to compare with: git says: $said"
    commit=$(git rev-parse --verify --quiet "$1^{commit}") && return
    said=$(git rev-list -1 "$1" -- 2>&1) && said="'$1' is not one commit"
    [ "$(git rev-parse --is-shallow-repository)" = false ] ||
        shallow="; this clone is shallow, so fetch it first: git fetch --unshallow, or fetch-depth: 0 in a workflow"
    give_up 2 "--against: git says: $said$shallow"
}

lay_out() {
    rm -rf "$base" && mkdir -p "$base" && git archive --format=tar "$commit" | tar -x -C "$base"
}

# build_base WHAT REF OPTION...: the kernels or the programs of $commit, in $base, unless they are there, made with the
# same compiler.
build_base() {
    local what=$1 ref=$2 made_with made=kernels/libqkernels.so target=all only=true
    local none="the $1 of $2 do not build, so there is no base to compare with"
    shift 2
    base=build-gate/$commit
    [ "$what" = kernels ] || base+=-programs made=qkbench target=qkbench only=false
    made_with=$(gcc --version | head -n 1)
    [ ! -f "$base/build/$made" ] || [ "$(cat "$base/made-with" 2>/dev/null)" != "$made_with" ] || return 0
    say "building the $what of $ref (${commit:0:12})"
    step "$ref cannot be laid out in $base" lay_out || exit 1
    [ -f "$base/kernels/module.h" ] ||
        give_up 5 "the kernels of $ref cannot be built as a module: that commit is older than libqkernels.so"
    CC=gcc CXX=g++ step "$none" meson setup "$base/build" "$base" "$@" -Dkernels_only=$only || exit 5
    step "$none" ninja -C "$base/build" "$target" || exit 5
    echo "$made_with" >"$base/made-with"
}

# list_same_code: sets $same_code, a file of the rows that are the same code in both builds.
list_same_code() {
    local said status=0
    same_code=$base/same-code.json
    said=$(kernels/same_code.py "$base/build" build "$same_code" 2>&1 8<&-) || status=$?
    [ -z "$said" ] || printf '%s\n' "$said" >&2
    [ $status -eq 0 ] || give_up $status "it is not known which rows are the same code: $said"
}

# say_modules: what was built, a word and a path a line, and options of `qkbench gate` that follow from it. The end.
say_modules() {
    printf '%s\n' "program $root/build/qkbench" "base $root/$base/build/kernels/libqkernels.so" \
        "candidate $root/build/kernels/libqkernels.so" "same-code $root/$same_code" ${options[@]+"${options[@]}"}
    exit 0
}
