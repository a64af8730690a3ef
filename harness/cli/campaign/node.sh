# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What a campaign runs on each node, in the folder that it sent there.  sh node.sh FOLDER PLAN
#
# Runs the command that the file `command` sets, in the empty folder `out`. Then it writes a tar to stdout, of all that
# is in `out`. The command's exit code is in it, and PLAN, which says what it is the answer to. The campaign keeps stdin
# open as long as it lives. When stdin ends early, nobody waits for this node, and the command ends, too.
folder=$1
plan=$2
command=
watcher=
tidy() {
    trap '' HUP INT TERM
    for process in $command $watcher; do kill "$process" 2>/dev/null; done
    wait
    cd / && rm -rf "$folder"
}
trap 'tidy; exit 143' HUP INT TERM
mkdir "$folder/out" && cd "$folder/out" || exit 1
export LD_LIBRARY_PATH="$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" QK_PROGRESS_LINES=1
# shellcheck source=/dev/null
. ../command
exec 3<&0
"$@" >stdout </dev/null 3<&- &
command=$!
(while read -r _; do :; done && kill -TERM $$) <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$command"
echo $? >.exit_code
command=
echo "$plan" >.plan
tar -cf - --format=ustar .plan .exit_code -- *
status=$?
tidy
exit $status
