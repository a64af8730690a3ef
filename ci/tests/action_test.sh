#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ci/action/gate.  action_test.sh TREE (fast|long)
# fast: with a ci/gate that only says what it was asked. long: on a clone of the tree, whose base is built.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$1") how=$2
# shellcheck source=harness/cli/tests/tap.sh
. "$tree/harness/cli/tests/tap.sh"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=t@example.org
unset GITHUB_WORKSPACE INPUT_BASE INPUT_SUITE INPUT_OPTIONS INPUT_RESULTS QK_FAKE
clone=$work/clone
# action CODE VERDICT [NAME=VALUE...]: it ends with the code, and its outputs say the verdict.
action() {
    local code=$1 verdict=$2
    shift 2
    rm -f outputs summary.md
    with env GITHUB_OUTPUT="$work/outputs" GITHUB_STEP_SUMMARY="$work/summary.md" "$@" "$clone/ci/action/gate"
    wanted=$(printf 'verdict=%s\nexit-code=%s' "$verdict" "$code")
    ok "$verdict, $code: $*" eval '[ "$status" -eq "$code" ] && [ "$(cat outputs)" = "$wanted" ]'
}
asked() { grep -qxF -- "$1" "$clone/asked"; }

if [ "$how" = fast ]; then
    mkdir -p "$clone/ci" && cp -r "$tree/ci/lib.sh" "$tree/ci/action" "$clone/ci" && cd "$clone" || exit 1
    cat >ci/gate <<'EOF'
#!/usr/bin/env bash
printf '%s\n' "$@" >asked
while [ $# -gt 0 ]; do [ "$1" != --out ] || out=$2; shift; done
read -r verdict code <<<"${QK_FAKE:-PASS 0}"
[ "$verdict" = nothing ] || echo "{\"verdict\": \"$verdict\"}" >"$out"
echo "## $verdict" >>"$GITHUB_STEP_SUMMARY"
exit "$code"
EOF
    chmod +x ci/gate
    git init -q && git add . && git commit -qm base && git branch main && git commit -qm change --allow-empty
    base=$(git rev-parse main) && git checkout -q main && git commit -qm "main goes on" --allow-empty && git checkout -q -
    git checkout -q --detach "$(git rev-parse HEAD)"
    cd "$work" || exit 1
    action 0 PASS INPUT_BASE=main
    [ "$(git -C "$clone" merge-base main HEAD)" = "$base" ] || base="not $base"
    ok "the base is what both have in common" asked "--against=$base"
    ok "the suite is quick" eval 'asked --suite && asked quick'
    ok "files are asked for" eval 'asked --github && asked "$work/gate-results/gate.json" && [ -s gate-results/gate.json ]'
    ok "the summary has the verdict" grep -q "^## PASS" summary.md
    mkdir -p "$clone/a/p4" && touch "$clone/a/p4/4096" # a name that a pattern of cases would match
    action 3 REGRESSION INPUT_BASE=main QK_FAKE="REGRESSION 3" INPUT_SUITE=full INPUT_OPTIONS="--strict  */p4*/4096 \$(touch hole)" INPUT_RESULTS=here
    ok "words of INPUT_OPTIONS" eval 'asked full && asked --strict && asked "*/p4*/4096" && asked "\$(touch" && asked "hole)"'
    ok "and they are no code" eval '[ ! -e hole ] && [ ! -e "$clone/hole" ]'
    ok "the folder of INPUT_RESULTS" [ -s here/gate.json ]
    action 5 INVALID INPUT_BASE=main QK_FAKE="nothing 5" INPUT_RESULTS=here
    ok "an earlier verdict is gone" [ ! -e here/gate.json ]
    action 0 PASS INPUT_BASE=no-such-branch
    ok "ci/gate gets a base that git does not know" asked "--against=no-such-branch"
    action 0 PASS INPUT_BASE="--output=$work/hole"
    ok "a base is no option of git" eval '[ ! -e hole ] && asked "--against=--output=$work/hole"'
    action 0 PASS
    ok "no base at all is ci/gate's to refuse" asked "--against="
    with env -u GITHUB_OUTPUT GITHUB_STEP_SUMMARY=/dev/null INPUT_BASE=main "$clone/ci/action/gate"
    ok "by hand it says its outputs" eval '[ $status -eq 0 ] && says "verdict=PASS"'
    with "$clone/ci/action/gate" main
    ok "arguments are refused" as_told 2 "ci/action/gate --help"
    with "$clone/ci/action/gate" --help
    ok "--help" as_told 0 "INPUT_BASE=main ci/action/gate"
    ok "action.yml hands over what the script reads" eval \
        '[ "$(grep -oE "^ +INPUT_[A-Z]+:" "$tree/ci/action/action.yml" | tr -d " :" | sort)" = \
           "$(grep -oE "^# +INPUT_[A-Z]+ " "$tree/ci/action/gate" | tr -d "# " | sort)" ]'
    finish
fi
git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || { echo "1..0 # SKIP needs a git checkout" && exit 0; }
git clone -q "$tree" "$clone" && (cd "$tree" && git ls-files -z | xargs -0 cp --parents -t "$clone")
git -C "$clone" commit -qam "as it is" --allow-empty && git -C "$clone" tag base
sed -i '1a /* A remark. */' "$clone/kernels/f32_dot/scalar.c" && git -C "$clone" commit -qam "a remark"
# Cases that are the same code need no quiet machine.
action 0 PASS INPUT_BASE=base INPUT_OPTIONS="--lock-dir $work f32_dot/scalar/256"
ok "the summary has the verdict" grep -q PASS summary.md
ok "so have the files" eval 'grep -q "\"verdict\": \"PASS\"" gate-results/gate.json && grep -q "<testsuite" gate-results/gate-junit.xml'
action 2 INVALID INPUT_BASE=no-such-commit
ok "the summary says why" grep -q no-such-commit summary.md
git clone -q --depth 1 "file://$clone" shallow
clone=$work/shallow action 2 INVALID INPUT_BASE=base
ok "a shallow clone is told what to do" says "fetch-depth: 0"
echo 'int broken(' >>"$clone/kernels/f32_dot/scalar.c"
action 1 INVALID INPUT_BASE=base
ok "the summary says what does not build" grep -q "the build of this tree failed" summary.md
finish
