#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ci/package, in a clone of the tree.  package_test.sh TREE [readme]
# shellcheck disable=SC2016,SC2034,SC2317 # conditions are texts for eval, so functions look unreached
tree=$(realpath "$1")
# shellcheck source=harness/cli/tests/tap.sh
. "$tree/harness/cli/tests/tap.sh"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=t GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=t@example.org
git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || { echo "1..0 # SKIP needs a git checkout" && exit 0; }
git clone -q "$tree" clone && (cd "$tree" && git ls-files -z | xargs -0 cp --parents -t "$work/clone")
git -C clone commit -qam "as it is" --allow-empty
git clone -q clone other
program=$work/clone/ci/package
needs() { # needs TOOL...: a skip where one is not there
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        skip "a clean Debian" "no $tool; ci/install-deps --package"
        finish
    done
}
in_root() { # in_root OPTION FOLDER: what ci/package says of its steps in the root
    local said code line
    with "$program" "$1" --out "$2"
    said=$out code=$status
    while IFS= read -r line; do
        case $line in
        ok\ *) ok "${line#* - }" true ;;
        not\ ok\ *) ok "${line#* - }" false ;;
        esac
    done <<<"$said"
    out=$said
    if [ $code -eq 77 ]; then
        skip "a clean Debian" "${said##*$'\n'}"
    else
        ok "ci/package $1 ends well" eval '[ $code -eq 0 ] && grep -q "^1\.\.[1-9]" <<<"$said"'
    fi
}
if [ "${2:-}" = readme ]; then
    needs mmdebstrap
    in_root --readme here
    finish
fi

code 2 "unknown argument '--tests'; ci/package --help" --tests
code 2 "--out wants a folder" --out
run --source --out here
with "$work/other/ci/package" --source --out "$work/there"
ok "the same commit gives the same source archive" cmp here/*.tar.xz there/*.tar.xz
tar -xf here/*.tar.xz
head=$(git -C clone rev-parse HEAD)
ok "it knows its commit" grep -qx "$head" qkbench-*/harness/machine/commit.txt
with qkbench-*/ci/package --source
ok "an unpacked archive is no clone" as_told 1 "there is no commit to package: git says: fatal: not a git repository"
mv qkbench-* other/unpacked
with other/unpacked/ci/package --source
ok "nor is one in a clone" as_told 1 "other/unpacked is a folder of another git tree"
mv other/unpacked here
echo x >>clone/README.md
run --source --out dirty
ok "what is not committed is left out, and that is said" eval 'says "not committed" && cmp here/*.tar.xz dirty/*.tar.xz'
git -C clone checkout -q README.md
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" other/meson.build)
with_headings() { # with_headings LINE...: ci/package of a commit whose CHANGELOG.md is that
    printf '%s\n\n' "$@" >other/CHANGELOG.md && git -C other commit -qam "headings"
    with other/ci/package --source --out named
}
with_headings "## $version (2026-01-02)"
ok "a release has its version" ls "named/qkbench-$version.tar.xz"
with_headings "## Not released yet" "## $version (2026-01-02)"
ok "behind one, the commit's day and hash are added" \
    ls named/qkbench-"$version+git"????????."$(git -C other rev-parse HEAD | cut -c1-8)".tar.xz
with_headings "## Not released yet" "## 0.0.1 (2026-01-02)"
ok "versions that differ are refused" as_told 1 "the latest version of CHANGELOG.md is '## 0.0.1 (2026-01-02)'; expected"

needs dpkg-buildpackage dh lintian help2man mmdebstrap
in_root --test packages
ok "there are both packages" eval 'ls packages/qkbench_*.deb packages/qkbench-dev_*.deb packages/*.dsc >/dev/null'
ok "the tree is as it was" eval '[ -z "$(git -C clone status --porcelain)" ] && [ "$(git -C clone rev-parse HEAD)" = "$head" ]'
finish
