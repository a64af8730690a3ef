#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Ten commits that each do 0.2 % more work, as modules that are really timed: where does `qkbench history check` flag?
# history_drift_test.sh PROGRAM BUILD TREE COMPILER...
# Each commit is timed against its parent and against the module of the first, which was kept.
build=$(realpath "$2") tree=$(realpath "$3") cc=("${@:4}")
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export QK_HISTORY=$work/h.db
case=toil/steady/64
commits=10
mkdir lock
for ((n = 0; n <= commits; n++)); do
    with "${cc[@]}" -std=c11 -O2 -fPIC -shared "-I$build/kernels/library" "$tree/harness/cli/tests/drift_plugin.c" \
        -o "c$n.so" "-DTURNS=$((20000 + 40 * n))"
    [ "$status" -eq 0 ] || ok "c$n.so builds" false
done
judge() { # judge BASE CANDIDATE OUT: a gate that is not INVALID, which a busy machine may need some tries for
    for _ in 1 2 3 4; do
        run gate --lock-dir lock --duet "$1" --candidate "$2" "$case" --out "$3"
        [ "$status" -eq 5 ] || return 0
    done
}
flagged=
regressions=0
for ((n = 1; n <= commits; n++)); do
    judge "c$((n - 1)).so" "c$n.so" g.json
    [ "$status" -ne 3 ] || regressions=$((regressions + 1))
    judge c0.so "c$n.so" p.json
    run history add g.json --pinned p.json --release c0 --commit "c$n"
    ok "c$n is stored" as_told 0 "added run $n"
    run history check "$case"
    [ "$status" -ne 3 ] || flagged+=" $n"
done
run history log "$case"
printf '# %s\n' "${out//$'\n'/$'\n'# }"
echo "# flagged at commits$flagged; $regressions of $commits gates against the parent said REGRESSION"
ok "no gate against a parent sees it" [ "$regressions" -eq 0 ]
ok "drift is flagged within one commit of 1 %" grep -qE '^ [456]( |$)' <<<"$flagged"
ok "and from there on" [ "$(wc -w <<<"$flagged")" -ge 5 ]
run history mark "$commits" "$case" accepted --why 'what it costs to be checked'
run history check "$case"
ok "what was accepted is no drift" [ "$status" -eq 0 ]
finish
