#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # backquotes are the README's
# Does the worked example of kernels/README.md: one file and one row in a copy of the tree.  add_variant_test.sh TREE
set -uo pipefail
tree=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 1..3
cp -r "$tree/kernels" "$tree/meson.build" "$tree/meson_options.txt" "$work" || exit 1
readme=$tree/kernels/README.md
sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;$d' >"$work/kernels/qk256_dequant/avx2_gather.c"
row=$(grep -o 'VARIANT(qk256_dequant, avx2_gather, .*)$' "$readme")
sed -i "/^VARIANT(qk256_dequant, autovec_v3/i $row" "$work/kernels/variants.def"
# The other ops keep their references, so that it does not take minutes. A row may take two lines.
sed -i -e '/^VARIANT(.*,$/{N;s/\n */ /}' "$work/kernels/variants.def"
sed -i '/^VARIANT(/{/qk256_dequant\|, scalar,/!d}' "$work/kernels/variants.def"
failed=0
if meson setup "$work/build" "$work" -Dkernels_only=true -Dbuildtype=release -Dwerror=true >"$work/log" 2>&1 &&
    ninja -C "$work/build" kernels/check_main >>"$work/log" 2>&1; then
    echo "ok 1 - it builds"
else
    tail -n 20 "$work/log" | sed 's/^/# /'
    echo "not ok 1 - it builds"
    failed=1
fi
"$work/build/kernels/check_main" >"$work/checked" 2>&1
if grep -q '^ok .*qk256_dequant/avx2_gather' "$work/checked"; then
    echo "ok 2 - the checker sees it and finds it right"
else
    echo "not ok 2 - the checker sees it and finds it right"
    failed=1
fi
# A wrong result must not pass: another shift for the last code.
sed -i 's/10, 12, 14)/10, 12, 13)/' "$work/kernels/qk256_dequant/avx2_gather.c"
ninja -C "$work/build" kernels/check_main >>"$work/log" 2>&1
"$work/build/kernels/check_main" >"$work/checked" 2>&1
if grep -q '^not ok .*qk256_dequant/avx2_gather' "$work/checked"; then
    echo "ok 3 - made wrong, it is found out"
else
    echo "not ok 3 - made wrong, it is found out"
    failed=1
fi
exit $failed
