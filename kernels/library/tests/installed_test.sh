#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317 # `is` calls the functions
# Installs libqk.a, the headers and their .pc files into a folder of its own, and builds example.c against them as
# kernels/README.md says.  installed_test.sh BUILD TREE SANITIZERS COMPILER...   (SANITIZERS: those of the build, or none)
set -uo pipefail
build=$1 tree=$2 cc=("${@:4}")
[ "$3" = none ] || cc+=("-fsanitize=$3")
for tool in meson pkg-config nm; do
    command -v "$tool" >/dev/null || { echo "1..0 # SKIP no $tool"; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
echo 1..13
number=0
failed=0
# is WHAT COMMAND...: the command ends with 0; otherwise what it said
is() {
    local what=$1 out
    shift
    number=$((number + 1))
    if out=$("$@" 2>&1); then
        echo "ok $number - $what"
    else
        echo "not ok $number - $what"
        echo "# ${out//$'\n'/$'\n# '}"
        failed=1
    fi
}
# alone COMPILER...: the header by itself is no error and no warning
alone() { "$@" -Wall -Wextra -Wpedantic -Wundef -Werror "${flags[@]}" -fsyntax-only - <<<'#include <qkernels.h>'; }
# says FILE COMMAND...: its output is that file
says() { diff "$1" <("${@:2}"); }
# every global name of the library; AddressSanitizer adds some of its own
names() { nm -g --defined-only "$1" 2>/dev/null | awk 'NF > 2 && $NF !~ /^__(odr_)?asan/ { print $NF }' | sort -u; }
all_ours() { [ "$(names "$1" | grep -c '^qk_')" -gt 0 ] && ! names "$1" | grep -v '^qk_'; }
# A C++ program that takes the address of every function the header declares, linked as C is.
links_all() {
    {
        printf '#include <qkernels.h>\nextern "C" void *const all[];\nvoid *const all[] = {\n'
        sed -n 's/^[a-z].*\b\(qk_[a-z0-9_]*\)(.*/(void *)\1,/p' "$1"
        printf '};\n'
    } >all.cc
    [ "$(grep -c '^(void' all.cc)" -gt 20 ] && c++ -std=c++17 "${flags[@]}" -c all.cc -o all.o &&
        echo 'extern void *const all[]; int main(void) { return !all[0]; }' >main.c &&
        "${cc[@]}" main.c all.o "${libs[@]}" -o all && ./all
}
refuses() {
    local said
    said=$(QK_DISABLE_ISA=mmx ./example 2>&1 >/dev/null)
    local code=$?
    echo "exit code $code: $said"
    [[ $code = 1 && $said == "QK_DISABLE_ISA: unknown ISA level 'mmx'"* ]]
}

is "installs" meson install -C "$build" --tags devel --no-rebuild --quiet --destdir "$work/to"
pc=$(find to -name qkernels.pc)
[ -n "$pc" ] || { echo "Bail out! no qkernels.pc"; exit 1; }
export PKG_CONFIG_PATH=$work/${pc%/*}
prefix=$work/to$(pkg-config --variable=prefix qkernels)
read -ra flags < <(pkg-config --define-variable=prefix="$prefix" --cflags qkernels)
read -ra libs < <(pkg-config --define-variable=prefix="$prefix" --libs qkernels)
for std in c11 c17; do
    is "qkernels.h alone, $std" alone "${cc[@]}" -std=$std -x c
done
read -ra plugin < <(pkg-config --define-variable=prefix="$prefix" --cflags qkbench)
echo '#include <qkbench/plugin.h>' >plugin.c
is "qkbench/plugin.h is where qkbench.pc says" "${cc[@]}" "${plugin[@]}" -fsyntax-only plugin.c
both=(-Wall -Wextra -Wpedantic -Wundef -Werror "${flags[@]}" "${plugin[@]}" -fsyntax-only)
# together COMPILER...: one source may call the entry points and be a plug-in
together() {
    printf '#include <%s>\n' qkernels.h qkbench/plugin.h | "$@" "${both[@]}" - &&
        printf '#include <%s>\n' qkbench/plugin.h qkernels.h | "$@" "${both[@]}" -
}
is "qkernels.h and qkbench/plugin.h in one C file" together "${cc[@]}" -std=c11 -x c
if command -v c++ >/dev/null; then
    is "and in one C++ file" together c++ -std=c++17 -x c++
    is "qkernels.h alone, C++17" alone c++ -std=c++17 -x c++
    is "whatever it declares can be linked, from C++ too" links_all "$prefix/include/qkernels.h"
else
    printf 'ok %d - C++ # SKIP no c++\n' $((++number)) $((++number)) $((++number))
fi
is "no name of the library begins otherwise than qk_" all_ours "$(find to -name libqk.a)"
sed -n '/^    y\[0\]/,/^$/{/^$/!s/^    //p}' "$tree/kernels/README.md" >expected
is "the example builds" "${cc[@]}" "$tree/kernels/library/example.c" "${flags[@]}" "${libs[@]}" -o example
is "it says what kernels/README.md says" says expected ./example
is "so it does without any level above BASE" says expected env QK_DISABLE_ISA=avx2,dotprod ./example
is "an unknown level is an error with its text" refuses
exit $failed
