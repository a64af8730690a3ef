#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --load ggml:FILE and a gate with an installed ggml, which this test fetches.  ggml_package_test.sh PROGRAM
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
name=linux-x64-3.22.1
sum=0d953e1503d5ab4608d8ed5b739132308c81ac05ffeb760d2a7f30e08a9f90e0
url=https://registry.npmjs.org/@node-llama-cpp/linux-x64/-/$name.tgz
if ! curl -sSf --max-time 120 -o package.tgz "$url" 2>why; then
    skip "an installed ggml" "cannot fetch $url: $(head -1 why)"
    finish
fi
ok "it is the package that was tested" [ "$(sha256sum <package.tgz)" = "$sum  -" ]
tar -xzf package.tgz
libs=$work/package/bins/linux-x64

# Every build is known for what it is, also one that this CPU cannot run.
builds=0
for lib in "$libs"/libggml-cpu-*.so; do
    code 0 "${lib##*/lib}" list --load "ggml:$lib"
    ok "its rows" [ "$(grep -c "^  ggml-cpu-[a-z0-9]*:" <<<"$out")" = 18 ]
    builds=$((builds + 1))
done
ok "builds" [ "$builds" = 14 ]
code 1 "has no function ggml_get_type_traits_cpu" list --load "ggml:$libs/libggml-base.so"

# All results are right, on the best build for this CPU.
for best in zen4 haswell x64; do
    run list --load "ggml:$libs/libggml-cpu-$best.so"
    ! grep "ggml-cpu-$best:tq2_0 .* yes " <<<"$out" >/dev/null || break
done
lib=ggml:$libs/libggml-cpu-$best.so
code 0 "18 passed, 0 failed, 0 skipped" check 'ternary_gem?/ggml*' --load "$lib"
ok "what is called" says "calls ggml_vec_dot_tq2_0_q8_K"

# Figures beside ours. They are looked at, not tested.
code 0 "version 0.25.1" run 'ternary_gemv/*/1024x2560' --quick --counters none --load "$lib" --out r.json
ok "its commit" says 0ad4a86 # on the next line where the name is long
printf '# %s\n' "${out//$'\n'/$'\n'# }"
ok "9 rows of it have figures" [ "$(grep -c '^ggml-cpu-[a-z0-9]*:.*x \[' <<<"$out")" = 9 ]

# Two builds of it against each other. The plain one is slower.
if [ "$best" != x64 ]; then
    judges REGRESSION ternary_gemv/tq2_0/1024x2560 --duet "$lib" --candidate "ggml:$libs/libggml-cpu-x64.so"
fi
judges 'PASS|INCONCLUSIVE' ternary_gemv/tq2_0/1024x2560 --duet "$lib" --candidate "$lib" --time-identical
finish
