#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One stage of one variant is made slower in a copy of the tree: compare names the case and the stage.
# slower_stage_test.sh PROGRAM TREE BUILD. The build folder is copied too, so that only what changed is compiled. That
# works when it stands in the tree, because its paths to the sources are then relative.
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
build=$(realpath --relative-to="$tree" "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
if ! "$program" list | grep p4_permute | grep yes >/dev/null; then
    echo "1..0 # SKIP p4_permute is not available here"
    exit 0
fi
case $build in ..*) echo "1..0 # SKIP the build folder is not in the tree" && exit 0 ;; esac
says() { grep -qE -- "$1" <<<"$out"; } # patterns, not words

mkdir "$work/tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name .git ! -name 'build*' -exec cp -a -t tree {} +
cp -a "$tree/$build" "tree/$build" && rm "tree/$build/qkbench"
# Behind the look-up of the variants that look up by a permute: shuffles that change nothing, so many that no noise
# hides them.
sed -i -e 's/    const __m256 w = rungs\.permute/    __m256 w = rungs.permute/' \
    -e '/^    if (last == STAGE_LOOKUP) {/i\
    if (rungs.permute)\
        __asm__ volatile(".rept 32; vpermilps $0xe4, %0, %0; .endr" : "+x"(w));' tree/kernels/qk256_dequant/ladder.h
out=$(diff "$tree/kernels/qk256_dequant/ladder.h" tree/kernels/qk256_dequant/ladder.h)
ok "the copy differs where it should" says vpermilps
build=$work/tree/$build
out=$(ninja -C "$build" -j2 qkbench 2>&1)
ok "the copy builds" [ -x "$build/qkbench" ]
save() { # save PROGRAM NAME: one launch, because margins grow with what launches differ by on a loud machine
    out=$(TMPDIR=$work "$1" baseline save "$2" --dir data --quick --launches 1 --seed 7 \
        --only 'qk256_dequant/p[14]_*/256' 2>&1)
}
# A neighbour's burst names a stage that nobody touched; three times in a row it does not.
for try in 1 2 3; do
    save "$program" "before$try"
    save "$build/qkbench" "after$try"
    out=$("$program" compare "before$try" "after$try" --dir data --out diff.json 2>&1)
    [ "$(grep -c "its share grew" <<<"$out")" -ne 1 ] || break
done
ok "saved before" [ -s "$(echo data/*/before1.json)" ]
ok "saved after" [ -s "$(echo data/*/after1.json)" ]
ok "the table names the case's stage" says 'lookup +[0-9].*its share grew'
ok "and no other" eval '[ "$(grep -c "its share grew" <<<"$out")" -eq 1 ]'
out=$(python3 - <<'PYTHON'
import json
cases = {case["name"].split("/")[1]: case for case in json.load(open("diff.json"))["cases"]}
slow, same = cases["p4_permute"], cases["p1_unpack"]
# 32 groups of eight elements, 32 shuffles each.
added = {kind["name"]: kind["value"] for kind in slow["new"]["kinds"]}
for kind in slow["old"]["kinds"]:
    added[kind["name"]] -= kind["value"]
print("differs" if slow["differs"] and slow["ln_slower"]["value"] > 0.05 else slow["ln_slower"])
print("grown", slow["components_grown"])
print("more", slow["instructions_changed"], added.get("v256"))
print("same", same["instructions_changed"])
PYTHON
)
ok "the case is slower by more than 5 %" says '^differs$'
ok "by the look-up alone" says "^grown \['lookup'\]$"
ok "by 1024 vector instructions" says '^more True 1024\.0$'
ok "the other variant has the same instructions" says '^same False$'
out=$("$build/qkbench" gate --baseline "before$try" --dir data --quick --lock-dir . --seed 7 'qk256_dequant/p4_permute/256' 2>&1)
ok "the gate fails" [ $? -eq 3 ]
ok "and names case and stage" eval 'says "p4_permute/.*REGRESSION" && says lookup' # a narrow column wraps the shape
finish
