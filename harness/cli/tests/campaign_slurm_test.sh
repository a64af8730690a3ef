#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A campaign under Slurm as it is: munge, slurmctld and two slurmd on this host. One of them does without AVX2, and the
# candidate is really slower in one row of AVX2.  campaign_slurm_test.sh PROGRAM BUILD REBUILD
# shellcheck disable=SC2016,SC2317 # conditions are texts for eval, so functions look unreached
build=$(realpath "$2")
rebuild=$(realpath "$3")
# shellcheck source=harness/cli/tests/tap.sh
. "$(dirname "$0")/tap.sh"
PATH=$PATH:/usr/sbin

none() {
    echo "1..0 # SKIP $1"
    exit 0
}
[ "$(id -u)" -eq 0 ] || none "needs root"
for tool in munged slurmctld slurmd srun scontrol; do
    command -v $tool >/dev/null || none "needs $tool (slurm-wlm, munge)"
done
grep -qw avx2 /proc/cpuinfo || none "needs a CPU with AVX2, where a row is slower"
{ [ -e "$build/build.ninja" ] && command -v ninja >/dev/null; } || none "needs the build folder, to build a slower module"

# Each daemon ends by its id, with what it started, whatever happens.
daemons=()
tree() { # tree PROCESS: its id, and then those of all that it started
    local child
    echo "$1"
    for child in $(pgrep -P "$1"); do tree "$child"; done
}
end_tree() { # the parents first, as when the power goes: none of them can tell of its child's end
    xargs -r kill -KILL <<<"$(tree "$1")" 2>/dev/null
}
clean_up() {
    exec 2>/dev/null # what the shell says of processes that it did not expect to end
    [ ${#daemons[@]} -eq 0 ] || scancel --state=RUNNING --user=root 2>/dev/null
    for daemon in "${daemons[@]}"; do end_tree "$daemon"; done
    wait 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

read -r control first second < <(python3 -c 'import socket
held = [socket.socket() for _ in range(3)]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))')
chmod 755 "$work"
mkdir tmp lock state spool-zen5 spool-old munge
chmod 700 munge
host=$(hostname)
export SLURM_CONF=$work/slurm.conf TMPDIR=$work/tmp # a node that is killed leaves its folder there
cat >slurm.conf <<EOF
ClusterName=qkbench
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SwitchType=switch/none
MpiDefault=none
StateSaveLocation=$work/state
SlurmctldPidFile=$work/slurmctld.pid
SlurmdSpoolDir=$work/spool-%n
SlurmdPidFile=$work/%n.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
JobAcctGatherType=jobacct_gather/none
TaskProlog=$work/prolog.sh
ReturnToService=2
SlurmdTimeout=10
KillWait=5
NodeName=zen5 NodeHostname=$host NodeAddr=127.0.0.1 Port=$first CPUs=1 Features=zen5
NodeName=old NodeHostname=$host NodeAddr=127.0.0.1 Port=$second CPUs=1 Features=old
PartitionName=all Nodes=ALL Default=YES State=UP OverSubscribe=EXCLUSIVE
EOF
cat >prolog.sh <<'EOF'
#!/bin/sh
[ "$SLURMD_NODENAME" != old ] || echo export QK_DISABLE_ISA=avx512,avxvnni,avx2
EOF
chmod 755 prolog.sh
start() { # start NAME COMMAND...: a daemon in the foreground, whose id is in $last
    "${@:2}" >"$1.log" 2>&1 </dev/null &
    last=$!
    daemons+=("$last")
}
head -c 128 /dev/urandom >munge/key && chmod 400 munge/key
start munged munged --force --foreground --key-file "$work/munge/key" --socket "$work/munge/socket" \
    --pid-file "$work/munge/pid" --log-file "$work/munge/log" --seed-file "$work/munge/seed"
await [ -S munge/socket ]
start slurmctld slurmctld -D
start zen5 slurmd -D -N zen5
start old slurmd -D -N old
old=$last
idle() { [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" -eq "$1" ]; }
await idle 2
out=$(sinfo; tail -n 5 ./*.log)
ok "two nodes are idle" idle 2

base=$build/kernels/libqkernels.so
with "$rebuild" "$build" slower.so --slower 16
ok "a module with a slower row of AVX2 is built" [ "$status" -eq 0 ]
judge() { # judge FOLDER: both rows, as zen5 and as old have them
    run campaign --duet "$base" --candidate slower.so --nodes zen5,old --launch "srun -N1 --exclusive -C {node}" \
        --into "$1" --lock-dir "$work/lock" --timeout 120 --out "$1.json" 'qk256_dequant/p4*/4096' 'qk256_dequant/scalar/4096'
}
cat >said.py <<'EOF'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    merged = json.load(file)
print(merged["verdict"], merged["exit_code"], *(f"{node['name']}={node['verdict']}" for node in merged["nodes"]))
for case in merged["cases"]:
    if case["role"] == "case":
        print(case["name"], case["verdict"], *(cell["verdict"] or "n/a" for cell in case["nodes"]))
EOF
said() { # said FILE: the verdicts of the campaign, its nodes, its cases and their cells
    out+=$'\n'$(python3 "$work/said.py" "$1" 2>&1)
}

# A busy machine may leave a control undecided, and then a node is INVALID. So it may try again.
for try in 1 2 3 4; do
    judge "all$try" && said "all$try.json"
    [ "$status" -ne 3 ] || break
done
ok "one kind of machine is slower: exit code 3" [ "$status" -eq 3 ]
ok "each node has its verdict" says "REGRESSION 3 zen5=REGRESSION old=PASS"
ok "the slower row is judged where it runs" says "qk256_dequant/p4_permute/4096 REGRESSION REGRESSION n/a"
ok "and what is as it was passes on both" says "qk256_dequant/scalar/4096 PASS PASS PASS"
ok "all that the nodes found is kept" eval '[ -s all$try/old/trace.jsonl ] && [ -s all$try/zen5/gate.json ]'

# A node goes in the middle of its gate, with its daemon and all that it has begun. Who began it hides its environment,
# so it is found as the parent of the node's task.
kill_node() {
    local process
    end_tree "$old"
    for process in $(pgrep -u root); do
        grep -qzx "SLURM_CONF=$work/slurm.conf" "/proc/$process/environ" || continue
        grep -qzx SLURMD_NODENAME=old "/proc/$process/environ" || continue
        process=$(ps -o ppid= -p "$process")
        [ "$(cat "/proc/${process// /}/comm")" != slurmstepd ] || end_tree "${process// /}"
    done 2>/dev/null
}
(judge killed && echo "$status" >status && echo "$out" >out) &
campaign=$!
begun() { grep -q "at most" killed/old/stderr 2>/dev/null || ! kill -0 "$campaign" 2>/dev/null; }
await begun
kill_node
wait $campaign
status=$(cat status) out=$(cat out)
said killed.json
ok "a node that goes is MISSING: exit code 5" [ "$status" -eq 5 ]
ok "the other one has its verdict" says "MISSING 5 zen5=REGRESSION old=MISSING"
ok "and nothing passes there" says "qk256_dequant/scalar/4096 MISSING PASS MISSING"

start old slurmd -D -N old
old=$last
scontrol update nodename=old state=resume 2>/dev/null
await idle 2
touch before
judge killed && said killed.json
ok "the same command measures that node alone" eval 'says "1 of 2 nodes answered before" && [ before -nt killed/zen5/node.json ] && [ killed/old/node.json -nt before ]'
ok "and ends as if nothing had been" eval '[ $status -eq 3 ] && says "REGRESSION 3 zen5=REGRESSION old=PASS"'

# Ctrl-C ends what runs on the nodes.
"$program" campaign --duet "$base" --candidate slower.so --nodes zen5,old --launch "srun -N1 --exclusive -C {node}" \
    --into stopped --lock-dir "$work/lock" 'qk256_dequant/p4*/4096' >said 2>&1 &
campaign=$!
begun() { grep -q "at most" stopped/zen5/stderr 2>/dev/null || ! kill -0 "$campaign" 2>/dev/null; }
await begun
interrupt "$campaign" said
ok "Ctrl-C ends with 130" [ "$status" -eq 130 ]
none_runs() { [ -z "$(squeue -h)" ]; }
await none_runs
out=$(squeue 2>&1)
ok "and no node works on" none_runs

run campaign --nodes zen5,old --launch "srun -N1 --exclusive -C {node}" --into list -- list
ok "another command goes the same way" eval '[ $status -eq 0 ] && grep -q AVX512 list/zen5/stdout'
finish
