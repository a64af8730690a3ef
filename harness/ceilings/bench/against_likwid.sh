#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Ceilings beside likwid-bench (Debian: apt-get install likwid), in alternating runs.  against_likwid.sh PROGRAM [RUNS]
#
# RUNS (3) times, it runs every likwid-bench row for half a second, then `qkbench ceilings --fresh`. It prints the best
# of each tool, the ratio of the two, and by how much the runs of qkbench differ. It exits with 1 when a ratio is below
# 0.95. The working sets are ours. likwid-bench reports the mean over its time, and one thread of ours the fastest of
# many repetitions. likwid's MByte are 1e6 bytes, and it counts copies both ways, as we do. -W, because that needs no
# access to model-specific registers. Run it by hand: it takes minutes, and other load does not fall on both evenly.
set -euo pipefail
program=$(realpath "${1:?against_likwid.sh PROGRAM [RUNS]}")
runs=${2:-3}
command -v likwid-bench >/dev/null || { echo "no likwid-bench; on Debian: apt-get install likwid" >&2; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work

# A quick run says which rows there are and how large their working sets.
"$program" ceilings --quick --out "$work/rows.json" >/dev/null
python3 - "$work/rows.json" >"$work/rows" <<'END'
import json
import sys

TESTS = {"read": "load", "write": "store", "copy": "copy", "nt_write": "store_mem"}
ISAS = {"BASE": "sse", "AVX2": "avx", "AVX512": "avx512"}
for row in json.load(open(sys.argv[1], encoding="utf-8"))["ceilings"]:
    # Stores past the caches do not depend on the set's size; likwid has no loop for sets of a few KiB of them.
    if row["kind"] not in TESTS or row["best"] is None or (row["kind"] == "nt_write" and row["level"] != "DRAM"):
        continue
    kib = row["bytes_per_thread"] * row["threads"] // 1024
    print(row["name"], f"{TESTS[row['kind']]}_{ISAS[row['isa']]}", f"{kib}kB", row["threads"])
END
for ((run = 1; run <= runs; run++)); do
    while read -r name test size threads; do
        rate=$(likwid-bench -t "$test" -s 0.5 -W "N:$size:$threads" 2>/dev/null | awk '/^MByte\/s:/ { print $2 / 1000 }')
        echo "$name ${rate:-nan}" >>"$work/likwid"
    done <"$work/rows"
    "$program" ceilings --fresh --out "$work/ours$run.json" >/dev/null
    echo "run $run of $runs" >&2
done
python3 - "$work" "$runs" <<'END'
import json
import math
import sys

work, runs = sys.argv[1], int(sys.argv[2])
theirs, ours = {}, {}
for line in open(f"{work}/likwid", encoding="utf-8"):
    name, rate = line.split()
    theirs.setdefault(name, []).append(float(rate))
for run in range(1, runs + 1):
    for row in json.load(open(f"{work}/ours{run}.json", encoding="utf-8"))["ceilings"]:
        ours.setdefault(row["name"], []).append(row["best"] or math.nan)
print(f"{'GB/s':24} {'likwid':>8} {'qkbench':>8} {'ratio':>7}  runs of qkbench differ by")
low = 0
for name, rates in theirs.items():
    if any(math.isnan(rate) for rate in rates):
        print(f"{name:24} likwid-bench gave no number")
        continue
    ratio, spread = max(ours[name]) / max(rates), max(ours[name]) / min(ours[name]) - 1
    low += ratio < 0.95
    print(f"{name:24} {max(rates):8.2f} {max(ours[name]):8.2f} {ratio:7.3f}  {100 * spread:.1f} %")
for name, rates in ours.items():
    if name not in theirs and not math.isnan(rates[0]):
        print(f"{name:24} {'':8} {max(rates):8.2f} {'':7}  {100 * (max(rates) / min(rates) - 1):.1f} %")
print(f"{low} of {len(theirs)} rows below 0.95")
sys.exit(low > 0)
END
