#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Commands with little memory and few CPUs.  limits_test.sh PROGRAM KERNELS
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
kernels=$(realpath "$2")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
short() { # short LIMIT PREFIX...: what commands say whose memory LIMIT limits; PREFIX runs one with that limit
    local limit=$1
    shift
    with "$@" "$program" run --quick --shapes cache 'qk256_dequant/p4*'
    ok "$limit: run skips what does not fit and measures the rest" eval \
        '[ $status -eq 0 ] && says "skipped: needs" && says "MiB of memory; " && says "$limit"'
    with "$@" "$program" breakdown --quick --shapes cache 'qk256_dequant/p4*'
    ok "$limit: breakdown skips it, too" eval '[ $status -eq 0 ] && says "MiB of memory; " && says "$limit"'
    with "$@" "$program" ceilings --quick --fresh
    ok "$limit: ceilings without DRAM" eval '[ $status -eq 0 ] && says "MiB may be taken" && ! ls "$XDG_CACHE_HOME"/qkbench/*.json'
    with "$@" "$program" model bench synth:bitnet-2b/4 -p 4 -n 2 -r 1
    ok "$limit: a model that does not fit ends with 1 and the reason" eval '[ $status -eq 1 ] && says "synth:bitnet-2b/4: needs"'
    with "$@" "$program" model run -p In -n 2 -t 1
    ok "$limit: one that fits runs" [ "$status" -eq 0 ]
    with "$@" "$program" gate --duet "$kernels" --candidate "$kernels" --time-identical --budget 20 --lock-dir . \
        'qk256_dequant/avx2_best/@DRAM'
    ok "$limit: a gate's case that does not fit is INVALID with the reason" eval '[ $status -eq 5 ] && says "of memory; "'
}

address_space() { (ulimit -v 460000 && exec "$@"); }
group=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/qkbench_test.$$
in_group() { (echo 0 >"$group/cgroup.procs" && exec "$@"); }
if nm -D "$program" | grep __asan_ >/dev/null; then
    skip "ulimit -v" "the sanitizer takes all address space"
else
    short 'RLIMIT_AS (ulimit -v)' address_space
fi
if mkdir "$group" 2>/dev/null && echo $((300 << 20)) >"$group/memory.limit_in_bytes"; then
    trap 'rmdir "$group"; rm -rf "$work"' EXIT
    short memory.limit_in_bytes in_group
    out=$(cat "$group/memory.oom_control")
    ok "nothing was killed" says 'oom_kill 0'
else
    skip "a control group of 300 MiB" "no group of version 1 can be made here"
fi

quota=/sys/fs/cgroup/cpu$(sed -n 's/^[0-9]*:\(cpu\|cpu,cpuacct\)://p' /proc/self/cgroup)/qkbench_test.$$
if mkdir "$quota" 2>/dev/null && echo 100000 >"$quota/cpu.cfs_period_us" && echo 170000 >"$quota/cpu.cfs_quota_us"; then
    trap 'rmdir "$group" "$quota" 2>/dev/null; rm -rf "$work"' EXIT
    in_quota() { (echo 0 >"$quota/cgroup.procs" && exec "$@"); }
    with in_quota "$program" model bench -p 4 -n 0 -r 1 -o csv
    ok "a quota of 1.7 CPUs: one thread" eval '[ $status -eq 0 ] && [ "$(grep -c ",\"CPU, best" <<<"$out")" -eq 1 ]'
else
    skip "a control group of 1.7 CPUs" "no group of version 1 can be made here"
fi

first=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
with taskset -c "$first" "$program" run --quick 'qk256_dequant/p4*/4096'
ok "one CPU" eval '[ $status -eq 0 ] && says "CPU $first"'
with taskset -c "$first" "$program" run --quick --cpu $((first + 1)) 'qk256_dequant/p4*/4096'
ok "another than that: exit 1 with the reason" eval '[ $status -eq 1 ] && says "expected one of: $first"'

cpus=/sys/fs/cgroup/cpuset$(sed -n 's/^[0-9]*:cpuset://p' /proc/self/cgroup)/qkbench_test.$$
last=$(taskset -cp $$ | sed 's/.*[^0-9]//')
if [ "$first" != "$last" ] && mkdir "$cpus" 2>/dev/null && cat "${cpus%/*}/cpuset.mems" >"$cpus/cpuset.mems" &&
    echo "$first,$last" >"$cpus/cpuset.cpus"; then
    trap 'rmdir "$group" "$quota" "$cpus" 2>/dev/null; rm -rf "$work"' EXIT
    for command in "run qk256_dequant/*" "breakdown qk256_dequant/*" "ceilings --fresh"; do
        echo "$first,$last" >"$cpus/cpuset.cpus"
        # shellcheck disable=SC2086 # several words
        (echo 0 >"$cpus/cgroup.procs" && exec "$program" $command) >said 2>&1 &
        sleep 2
        echo "$first" >"$cpus/cpuset.cpus"
        wait $!
        status=$?
        out=$(cat said)
        ok "${command%% *}: a CPU that is taken away is exit 1 and is named" eval '[ $status -eq 1 ] && says "CPU $last was taken away"'
    done
else
    [ -d "$cpus" ] && rmdir "$cpus"
    skip "a CPU that is taken away" "no group of CPUs of version 1 can be made here, or it would have one CPU"
fi
finish
