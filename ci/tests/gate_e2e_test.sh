#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ci/gate --e2e, in a clone of this tree: the other commit's program is built and timed.  gate_e2e_test.sh CI_GATE TREE
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
# shellcheck source=harness/cli/tests/tap.sh
. "$tree/harness/cli/tests/tap.sh"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=t@example.org
unset GITHUB_STEP_SUMMARY
git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || { echo "1..0 # SKIP needs a git checkout" && exit 0; }

clone="$work/a tree"
git clone -q "$tree" "$clone" && (cd "$tree" && git ls-files -z | xargs -0 cp --parents -t "$clone")
git -C "$clone" commit -qam "as it is" --allow-empty
base=$(git -C "$clone" rev-parse HEAD)
sed -i '/cli_model_serve}/d' "$clone/harness/cli/model/model.c"
git -C "$clone" commit -qam "no such command" && git -C "$clone" tag mute && git -C "$clone" checkout -q "$base"
program=$clone/ci/gate
mkdir out && cd out || exit 1

code 2 "--e2e belongs to --against" --stored --e2e
run --against mute --e2e --lock-dir . synth:tiny --out g.json --junit g.xml
ok "a base that cannot serve is INVALID, and says so" eval '[ $status -eq 5 ] && says "has no command model serve" &&
    grep -qF "model serve" g.json && [ "$(grep -c "<error" g.xml)" -ge 1 ]'
run --against "$base" --e2e --lock-dir . --quick synth:tiny --out g.json
ok "whole models are timed with the base's own program" eval '[[ $status =~ ^[045]$ ]] && grep -q "\"mode\": \"e2e\"" g.json &&
    grep -q "build-gate/$base-programs/build/qkbench" g.json && grep -q "\"blocks\": [1-9]" g.json'
finish
