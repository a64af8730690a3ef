#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# qkbench campaign --against, in a clone of this tree: both modules are built by ci/gate.  campaign_test.sh TREE
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$1")
# shellcheck source=harness/cli/tests/tap.sh
. "$tree/harness/cli/tests/tap.sh"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=t@example.org
git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || { echo "1..0 # SKIP needs a git checkout" && exit 0; }

clone="$work/a tree"
git clone -q "$tree" "$clone" && (cd "$tree" && git ls-files -z | xargs -0 cp --parents -t "$clone")
git -C "$clone" commit -qam "as it is" --allow-empty
base=$(git -C "$clone" rev-parse HEAD)
sed -i 's/}$/__asm__ volatile("nop");}/' "$clone/kernels/f32_dot/scalar.c"
git -C "$clone" commit -qam "another f32_dot"
with "$clone/ci/gate" --against "$base" --modules --wait
ok "ci/gate builds both and says where" eval '[ $status -eq 0 ] && says "candidate $clone/build/kernels/libqkernels.so" && says "same-code "'
with "$clone/ci/gate" --modules
ok "--modules belongs to --against" [ $status -eq 2 ]
program=$clone/build/qkbench
mkdir out && cd out || exit 1
campaign=(campaign --nodes "a,b" --launch local --lock-dir "$work")
code 2 "ci/gate ended with 2" "${campaign[@]}" --against nowhere
run "${campaign[@]}" --against "$base" --into c --out c.json 'qk256_dequant/p1*/4096'
ok "rows whose code is the same pass on every node" eval '[ $status -eq 0 ] && says "identical code, not timed"'
ok "the plan has the list of these rows, and says whose modules" eval 'grep -q "\"same_code\": \"" c/campaign.json && grep -q "this tree" c/campaign.json'
run "${campaign[@]}" --against "$base" --into c 'qk256_dequant/p1*/4096'
ok "built again, it is the same campaign" as_told 0 "2 of 2 nodes answered before"
run "${campaign[@]}" --against "$base" --out d.json f32_dot/scalar/256
ok "a row that was changed is timed on every node" eval '[[ $status =~ ^[0345]$ ]] && [ "$(grep -o "\"ratio\": [0-9]" d.json | wc -l)" -eq 2 ]'
finish
