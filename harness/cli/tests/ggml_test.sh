#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --load ggml:FILE with fake libraries.  ggml_test.sh PROGRAM SOURCE_ROOT CC...
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
root=$(realpath "$2")
cc=("${@:3}")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
make() { # make FILE FLAG...
    "${cc[@]}" -O3 -shared -fPIC -ffp-contract=off -I"$root" -o "$1" "$root/harness/cli/tests/fake_ggml.c" "${@:2}" -lm ||
        { echo "Bail out! cannot build $1" && exit 1; }
}

# Rows, by the library's own dot product.
make libfake.so
code 0 "fake:q8_0 " list --load ggml:libfake.so
ok "in both ops" [ "$(grep -c 'fake:q8_0 ' <<<"$out")" = 2 ]
ok "which file it is" says "ggml:libfake.so"
code 0 "1 passed, 0 failed, 0 skipped" check 'ternary_gemv/mine:*' --load mine=ggml:"$work/libfake.so"
ok "what is called" says "instructions keep to BASE"
code 0 "fake: ggml:libfake.so, version 0.25.1, build id" \
    run 'ternary_gemv/fake:q8_0/1024x2560' --quick --counters none --load ggml:libfake.so --out r.json
ok "and in the results" [ "$(python3 -c '
import json
(one,) = json.load(open("r.json"))["qkbench"]["fingerprint"]["libraries"]
print(one["name"], one["path"], one["version"], len(one["build_id"]))')" = "fake ggml:libfake.so 0.25.1 40" ]

# What is no such library, each with its own message.
code 2 "names no file" list --load ggml:
code 2 "names no file" list --load x=ggml:
code 1 "cannot open the kernel module" list --load ggml:none.so
code 1 "has no function ggml_get_type_traits_cpu" list --load ggml:"$(ldd "$program" | awk '/libjansson/ { print $3 }')"
code 1 "has no function qk_kernels_module" list --load libfake.so
refused() { # refused TEXT FLAG...
    make bad.so "${@:2}"
    code 1 "$1" list --load ggml:bad.so
    ok "nothing is there" eval '! says "bad:q8_0"'
}
refused "it has no function ggml_version; expected 0.9.4 or later" -DNO_VERSION
refused "is ggml 0.9.3; expected 0.9.4 or later" -DVERSION='"0.9.3"'
refused "unknown version: " -DVERSION='"b8390"'
refused "has no function ggml_cpu_init" -DNO_INIT
refused "type 8, q8_0: its struct lies in no library" -DGARBAGE
refused "its block has 64 elements in 34 bytes, expected 32 in 34" -DBLOCK=64
refused "type 8, q8_0: it is called" -DNAME='"q9_0"'
refused "its dot product is with type 15, expected 8" -DACTIVATION=15
refused "byte 5 of a known block is 0x39, expected 0x38" -DWRONG_BYTES
refused "the launch died of SIGABRT" -DCRASH

# One that this CPU cannot run, and one whose results are wrong.
make libnot.so -DSCORE=0
code 77 "0 passed, 0 failed, 2 skipped" check 'ternary_gem?/not:*' --load ggml:libnot.so
ok "why" says "its score is 0"
make libwrong.so -DWRONG_DOT
code 3 "0 passed, 2 failed, 0 skipped" check 'ternary_gem?/wrong:*' --load ggml:libwrong.so

# Two builds, each with its own base, in one launch.
for version in 0.24.0 0.25.0; do
    mkdir "$version"
    make "$version/libggml-base.so" -DBASE -DVERSION="\"$version\"" -Wl,-soname,libggml-base.so
    make "$version/libggml-cpu.so" -DCPU "-L$version" -Wl,--no-as-needed -lggml-base
done
both=(--load a=ggml:0.24.0/libggml-cpu.so --load b=ggml:0.25.0/libggml-cpu.so)
code 0 "b: ggml:0.25.0/libggml-cpu.so, version 0.25.0" \
    run 'ternary_gemv/?:q8_0/1024x2560' --quick --counters none "${both[@]}"
ok "the other version" says "a: ggml:0.24.0/libggml-cpu.so, version 0.24.0"
ok "both are measured" [ "$(grep -c '^[ab]:q8_0 .*x' <<<"$out")" = 2 ]
rm 0.24.0/libggml-base.so
code 1 "libggml-base.so: cannot open shared object file" list --load ggml:0.24.0/libggml-cpu.so

# A gate of two builds.
make libslow.so -DCALLS=2
judges REGRESSION ternary_gemv/q8_0/64x512 --duet ggml:libfake.so --candidate ggml:libslow.so --out gate.json
ok "its libraries" [ "$(python3 -c '
import json
print([one["path"] for one in json.load(open("gate.json"))["fingerprint"]["libraries"]])')" = \
    "['ggml:libfake.so', 'ggml:libslow.so']" ]
make bad.so -DNO_VERSION
code 1 "it has no function ggml_version" gate --lock-dir . --duet ggml:libfake.so --candidate ggml:bad.so 'ternary_gemv/*/*'
code 5 "INVALID" gate --lock-dir . --duet ggml:libfake.so --candidate ggml:libwrong.so 'ternary_gemv/q8_0/64x512'
finish
