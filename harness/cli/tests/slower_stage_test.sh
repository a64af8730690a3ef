#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One stage of one variant is made slower in a copy of the tree: compare names the case and the stage.
# slower_stage_test.sh PROGRAM TREE BUILDTYPE; CC and CXX are those PROGRAM was built with.
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
set -uo pipefail
program=$(realpath "$1")
tree=$2
if ! "$program" list | grep p4_permute | grep -q yes; then
    echo "1..0 # SKIP p4_permute is not available here"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0
out=
ok() { # ok NAME CONDITION...
    local name=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '# %s\n' "${out//$'\n'/$'\n'# }" | tail -n 40
        failed=1
    fi
}
says() { grep -qE -- "$1" <<<"$out"; }

mkdir "$work/tree"
tar -C "$tree" --exclude=./.git --exclude='./build*' -c . | tar -C "$work/tree" -x
# Eight shuffles that change nothing, behind the look-up of the variants that look up by a permute.
sed -i -e 's/    const __m256 w = rungs\.permute/    __m256 w = rungs.permute/' \
    -e '/^    if (last == STAGE_LOOKUP) {/i\
    if (rungs.permute)\
        __asm__ volatile(".rept 8; vpermilps $0xe4, %0, %0; .endr" : "+x"(w));' "$work/tree/kernels/qk256_dequant/ladder.h"
out=$(diff "$tree/kernels/qk256_dequant/ladder.h" "$work/tree/kernels/qk256_dequant/ladder.h")
ok "the copy differs where it should" says vpermilps
out=$(meson setup "$work/build" "$work/tree" -Dbuildtype="$3" -Doptimization=0 2>&1 && ninja -C "$work/build" -j2 qkbench 2>&1)
ok "the copy builds" [ -x "$work/build/qkbench" ]
cd "$work" || exit 1
save() { # save PROGRAM NAME
    out=$(TMPDIR=$work "$1" baseline save "$2" --dir data --quick --launches 2 --seed 7 \
        --only 'qk256_dequant/p[14]_*/256' 2>&1)
}
save "$program" before
ok "saved before" [ -s "$(echo data/*/before.json)" ]
save "$work/build/qkbench" after
ok "saved after" [ -s "$(echo data/*/after.json)" ]
out=$("$program" compare before after --dir data --out diff.json 2>&1)
ok "the table names the case's stage" says 'lookup +[0-9].*its share grew'
ok "and no other" eval '[ "$(grep -c "its share grew" <<<"$out")" -eq 1 ]'
out=$(python3 - <<'PYTHON'
import json
cases = {case["name"].split("/")[1]: case for case in json.load(open("diff.json"))["cases"]}
slow, same = cases["p4_permute"], cases["p1_unpack"]
# 32 groups of eight elements, eight shuffles each.
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
ok "by 256 vector instructions" says '^more True 256\.0$'
ok "the other variant has the same instructions" says '^same False$'
out=$("$work/build/qkbench" gate --baseline before --dir data --quick --lock-dir . --seed 7 'qk256_dequant/p4_permute/256' 2>&1)
ok "the gate fails" [ $? -eq 3 ]
ok "and names case and stage" eval 'says "p4_permute/.*REGRESSION" && says lookup' # a narrow column wraps the shape
echo "1..$number"
exit $failed
