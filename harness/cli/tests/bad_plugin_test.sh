#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What can be wrong with a plug-in: one message and one exit code each, for check and for a gate.
# bad_plugin_test.sh PROGRAM BUILD SOURCES COMPILER...
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$2 sources=$(realpath "$3") cc=("${@:4}")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir lock
made() { # made FILE FAULT: bad_plugin.c with that fault
    with "${cc[@]}" -std=c11 -O2 -Wno-unused -ffp-contract=off -fPIC -shared "-I$build/kernels/library" -DFAULT="$2" \
        "$sources/bad_plugin.c" -o "$1"
    [ $status -eq 0 ] || ok "builds: $*" false
}
echo "This is text, longer than the header of any module for any machine." >text.so
echo 'int nothing;' >nothing.c
"${cc[@]}" -fPIC -shared nothing.c -o nothing.so
made good.so 0
code 0 "1 passed" check 'f32_dot/bad:*' --load good.so

# FAULT|exit code of check|of a gate|what the message says. 1: it cannot be loaded as a module. 3: a result is wrong.
# 5: a gate that loaded a module which it cannot trust.
while IFS='|' read -r fault check gate text; do
    file=$fault
    case $fault in [0-9]*) made "fault$fault.so" "$fault" && file=fault$fault.so ;; esac
    code "$check" "$text" check '*/bad:*' --load bad="$file"
    code "$gate" "$text" gate --lock-dir lock --duet good.so --candidate "$file" --budget 10 --out gate.json
    ok "the form says so, too" grep -q "\"exit_code\": $gate," gate.json
done <<'TABLE'
none.so|1|1|cannot open the kernel module
text.so|1|1|magic 0x54, expected 0x7f
nothing.so|1|1|it has no function qk_kernels_module
1|1|1|was built with ABI version 5 of the kernels
2|1|1|row 1: an earlier row has the same op and name
3|1|1|rows of 96 bytes, expected 1 to 4096 of 88
4|1|1|5000 rows of 88 bytes, expected 1 to 4096 of 88
5|1|1|has no op
6|1|5|the launch ended with exit code 0 before it answered
7|3|5|expected
8|3|5|prepare_weights died of Aborted
10|1|1|its op takes PREPARED rows only
11|3|5|its form
TABLE
finish
