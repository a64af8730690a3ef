#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ci/gate on good and bad days, in a clone of this tree whose folder has a blank in its name.  gate_test.sh CI_GATE TREE
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$2")
# shellcheck source=harness/cli/tests/tap.sh
. "$tree/harness/cli/tests/tap.sh"
trap 'mountpoint -q "$work/small" && umount "$work/small"; rm -rf "$work"' EXIT
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=t@example.org
unset GITHUB_STEP_SUMMARY
git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || { echo "1..0 # SKIP needs a git checkout" && exit 0; }

clone="$work/a tree"
git clone -q "$tree" "$clone" && (cd "$tree" && git ls-files -z | xargs -0 cp --parents -t "$clone")
git -C "$clone" commit -qam "as it is" --allow-empty
base=$(git -C "$clone" rev-parse HEAD)
program=$clone/ci/gate
mkdir out && cd out || exit 1
forms=(--out g.json --junit g.xml --markdown g.md --bmf g.bmf --github)
# Cases that are the same code need no quiet machine.
cases=(--lock-dir . 'qk256_dequant/p1*/4096' f32_dot/scalar/256)
old_forms() { for file in g.json g.xml g.md g.bmf; do echo PASS >$file; done; }
ends() { # ends EXIT_CODE REASON [ARGUMENT...]: so end program and forms
    old_forms && run "${@:3}" "${forms[@]}"
    check_forms "$1" "$2"
}
check_forms() {
    wanted=$1 sentence=$2
    ok "exit $1: $2" eval '[ $status -eq $wanted ] && says "$sentence" && grep -q "\"verdict\": \"INVALID\"" g.json &&
        grep -qF -- "$sentence" g.json && [ "$(grep -c "<error" g.xml)" -eq 1 ] && grep -q INVALID g.md && [ "$(cat g.bmf)" = "{}" ]'
}
ends 2 "--against GITREF or --stored is missing"
ends 2 "bad revision 'nowhere'" --against nowhere
ends 1 "cannot be written, so nothing was built" --against HEAD --trace none/t.jsonl
git clone -q --depth 1 "file://$clone" ../shallow
program=$work/shallow/ci/gate ends 2 "this clone is shallow" --against HEAD~1
(cd "$clone" && git archive HEAD) | (mkdir ../plain && tar -x -C ../plain)
program=$work/plain/ci/gate ends 1 "not a git repository" --against HEAD
if [ "$(id -u)" -eq 0 ]; then
    chown -R 65534 ../shallow
    program=$work/shallow/ci/gate HOME=$work ends 1 "safe.directory" --against HEAD
else
    skip "another user's checkout" "needs root"
fi
if mkdir ../small && mount -t tmpfs -o size=60m none ../small 2>/dev/null; then
    git clone -q --depth 1 "file://$clone" ../small/tree
    fallocate -l "$(($(df --output=avail ../small | tail -1) - 1000))k" ../small/filler
    program=$work/small/tree/ci/gate ends 1 "No space left on device" --against HEAD
    mount -o remount,ro ../small
    program=$work/small/tree/ci/gate ends 1 "Read-only file system" --against HEAD
else
    skip "a full disk" "may not mount a tmpfs here"
    skip "a tree that cannot be written to" "may not mount a tmpfs here"
fi
rm -rf ../shallow ../plain

echo 'int broken(' >>"$clone/kernels/f32_dot/scalar.c"
ends 1 "the build of this tree failed: " --against HEAD
git -C "$clone" commit -qam broken && git -C "$clone" tag broken && git -C "$clone" checkout -q "$base"

# What no object shows is no change: comments of a kernel, of a header and of the build, documents, tests.
cd "$clone" || exit 1
for file in kernels/qk256_dequant/scalar.c kernels/rows/next_page.h kernels/variants.def kernels/check/tests/*.c; do
    sed -i '1a /* A remark. */' "$file"
done
sed -i '1a # A remark.' kernels/meson.build
echo "A word more." >>README.md
git commit -qam remarks
cd "$work/out" || exit 1
run --against "$base" --junit g.xml --out g.json "${cases[@]}"
ok "remarks, documents and tests alone are PASS" eval '[ $status -eq 0 ] && says "identical code, not timed" && grep -q "\"verdict\": \"PASS\"" g.json'
sed -i 's/}$/__asm__ volatile("nop");}/' "$clone/kernels/f32_dot/scalar.c"
touch -d 2001-01-01 "$clone/kernels/f32_dot/scalar.c"
ends 5 "is not what its source gives" --against "$base" "${cases[@]}"
git -C "$clone" checkout -q . && touch "$clone/kernels/f32_dot/scalar.c"

ends 5 "do not build, so there is no base" --against broken "${cases[@]}"
git -C "$clone" rm -q --cached kernels/module.h && git -C "$clone" commit -qm "too old" && git -C "$clone" tag old
git -C "$clone" reset -q --soft HEAD~1 && git -C "$clone" add kernels/module.h
ends 5 "older than libqkernels.so" --against old "${cases[@]}"

exec 9<"$clone/build-gate"
flock 9
ends 1 "another ci/gate works in this tree" --against "$base" "${cases[@]}"
flock -u 9

# In the midst of a build. Ctrl-C goes to all of the group. A CI machine ends the script alone, and soon kills it.
find "$clone/kernels" -name '*.h' -exec touch {} +
for target in "-INT -- -" "-TERM "; do
    old_forms
    env --default-signal=INT setsid "$program" --against "$base" "${cases[@]}" "${forms[@]}" >interrupted.txt 2>&1 &
    await pgrep -g $! ninja >/dev/null
    eval "kill $target$!"
    wait $!
    status=$?
    out=$(cat interrupted.txt)$'\n'interrupted
    check_forms 130 interrupted
done
finish
