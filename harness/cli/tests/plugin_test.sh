#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# plugin.h, and `plugin new` as its users meet it.  plugin_test.sh PROGRAM BUILD TREE COMPILER...
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$2 tree=$(realpath "$3") cc=("${@:4}")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
headers=$build/kernels/library
strict=(-Wall -Wextra -Wpedantic -Wundef -Wmissing-declarations -Werror "-I$headers")
c() { with "${cc[@]}" "-std=$1" "${strict[@]}" "${@:2}"; }
cpp() { with c++ -std=c++17 "${strict[@]}" "$@"; }
compiles() { [ $status -eq 0 ]; }

# The header.
echo '#include <qkbench/plugin.h>' >alone.h
for std in c11 c17; do
    c $std -fsyntax-only -x c alone.h
    ok "plugin.h alone, $std" compiles
done
cat >cpp.cc <<'EOF'
#include <qkbench/plugin.h>
namespace {
void sum(float *out, const float *a, const float *b, size_t n)
{
    float s[8] = {};
    for (size_t i = 0; i < n; i++)
        s[i % 8] += a[i] * b[i];
    out[0] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}
}
QK_PLUGIN("cpp", QK_ROW(f32_dot, sum, BASE, sum), QK_ROW_COMPILED(f32_dot, again, BASE, sum));
EOF
if command -v c++ >/dev/null; then
    cpp -fsyntax-only -x c++ alone.h
    ok "plugin.h alone, C++17" compiles
    cpp -O2 -ffp-contract=off -fPIC -shared cpp.cc -o libcpp.so
    ok "a plug-in in C++" compiles
    code 0 "2 passed, 0 failed, 0 skipped" check 'f32_dot/cpp:*' --load libcpp.so
    sed 's/const float \*b/const double *b/' cpp.cc >bad.cc
    cpp -fsyntax-only bad.cc
    ok "a wrong signature is no C++" eval '! compiles && says "static_cast"'
else
    for what in header builds runs signature; do skip "C++: $what" "no c++"; done
fi

# The page's plug-ins around functions of other forms, with plain functions in their place.
awk '/^```c$/ { on = 1; n++; next } /^```/ { on = 0 } on { print >"wrap" n ".c" }' "$tree/kernels/PLUGIN-WRAP.md"
for way in ggml xnn kai; do
    n=$((${n:-0} + 1))
    c c11 -O2 -ffp-contract=off -fPIC -shared "wrap$n.c" -Wno-missing-declarations "$tree/harness/cli/tests/wrapped.c" -lm -o "$way.so"
    ok "PLUGIN-WRAP.md: the $way way compiles" compiles
    code 0 "1 passed, 0 failed" check "ternary_gemv/${way}_way:*" --load "$way.so"
done
ok "there are no others" [ ! -e wrap4.c ]

# The first files.
made=$(ls)
code 2 "a DIR is needed" plugin new
code 2 "unexpected argument" plugin new a b
code 2 "is no op; there are: qk256_dequant" plugin new a --op gemv
ok "own is one, too" says "own is an op of the plug-in's own"
code 2 "is to be the plug-in" plugin new 'a b'
code 2 "is to be the plug-in" plugin new b/../..
code 2 "is to be the plug-in" plugin new -- -x
code 2 "commands: new" plugin old
ok "nothing was made of these" [ "$(ls)" = "$made" ]
code 0 "meson setup build && ninja -C build" plugin new mine
cp -r mine was
code 1 "mine/mine.c: exists already; nothing was written" plugin new mine
ok "nothing was replaced" diff -r mine was
mkdir here && echo other >here/README.md
code 1 "here/README.md: exists already" plugin new here
ok "nothing was added" [ "$(ls -A here)" = README.md ]
for op in $(run list && sed -n 's/^\([a-z0-9_]*\): .*/\1/p' <<<"$out"); do
    "$program" plugin new "ops/$op" --op "$op" >/dev/null
    c c11 -O1 -fsyntax-only "ops/$op/$op.c"
    compiles || break
done
ok "a row of every op compiles" eval 'compiles && [ "$(ls ops | wc -l)" -gt 20 ]'
sed 's/int32_t q_sum/int64_t q_sum/; s/^static qk_.*//' mine/mine.c >bad.c
c c11 -fsyntax-only bad.c
ok "a wrong signature is no C" eval '! compiles && says "not compatible with any association"'

# The plug-in.
if ! command -v meson >/dev/null || ! command -v pkg-config >/dev/null; then
    skip "a build with meson" "no meson or no pkg-config"
    finish
fi
export PKG_CONFIG_PATH=$build/meson-uninstalled
cd mine || exit 1
with eval 'meson setup build && ninja -C build'
ok "builds" eval 'compiles && [ -x build/libmine.so ] && ! says warning'
code 0 "mine:mine" list --load build/libmine.so
code 0 "1 passed, 0 failed" check 'i2s16_gemv/mine:*' --load build/libmine.so
code 0 "1 passed, 0 failed" check 'i2s16_gemv/ours:mine' --load ours=build/libmine.so
code 2 "are both called" list --load build/libmine.so --load mine=../libcpp.so
cp build/libmine.so other.so
code 2 "are both called" list --load build/libmine.so --load other.so
code 0 "my_op/other" plugin new ../other --op own
with eval 'meson setup ../other/build ../other && ninja -C ../other/build'
code 0 "2 passed, 0 failed" check 'my_op/other:*' --load ../other/build/libother.so
code 0 "mine:mine" run 'i2s16_gemv/mine:*/256x2560' --quick --counters none --load build/libmine.so
finish
