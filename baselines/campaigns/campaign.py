#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often the gate is right here. Runs one module against itself many times, with no or known extra work injected.

campaign.py PROGRAM MODULE RUNS [GATE OPTION...], for instance

    campaign.py build/qkbench build/kernels/libqkernels.so 50                      # A/A: no alarm is right
    campaign.py build/qkbench build/kernels/libqkernels.so 40 --inject 1000 '*/p4_permute/4096'

It takes minutes, needs a quiet machine, and is run by hand. It prints the verdicts of runs and of cases, the time to a
verdict, the injected size, and how much the reported ratio differs from run to run.
"""
import collections
import json
import statistics
import subprocess
import sys
import tempfile


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def main():
    program, module, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    options = sys.argv[4:]
    exits, verdicts, seconds, walls = collections.Counter(), {}, {}, []
    ratios, injected = collections.defaultdict(list), {}
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            out = f"{folder}/gate.json"
            done = subprocess.run(
                [program, "gate", "--duet", module, "--candidate", module, "--time-identical", "--out", out, *options],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
            exits[done.returncode] += 1
            if done.returncode not in (0, 3, 4, 5):
                sys.exit(f"run {run} ended with {done.returncode}: {done.stderr}")
            report = json.load(open(out, encoding="utf-8"))
            walls.append(report["seconds"])
            print(f"run {run + 1} of {runs}: {report['verdict']} in {report['seconds']:.1f} s {report['reason'] or ''}",
                  file=sys.stderr)
            for row in report["results"]:
                key = (row["role"], row["memory"] or "")
                verdicts.setdefault(key, collections.Counter())[row["verdict"]] += 1
                timing = row["timing"]
                if timing:
                    seconds.setdefault(key, []).append(timing["seconds"])
                    ratios[(*key, row["name"])].append(timing["ratio"])
                    injected[(*key, row["name"])] = timing["extra_work"]
    print(f"runs by exit code: {dict(exits)}; wall time of a run: median {statistics.median(walls):.1f} s, "
          f"longest {max(walls):.1f} s")
    for key in sorted(verdicts):
        times = seconds.get(key, [float('nan')])
        print(f"{key[0]:8} {key[1]:6} {dict(verdicts[key])}; time to verdict: median {statistics.median(times):.2f} s, "
              f"95 % {quantile(times, 0.95):.2f} s, longest {max(times):.2f} s")
    print("ratio of each case: median, standard deviation over the runs, in per cent; extra work injected, in per cent")
    for key in sorted(ratios):
        values = ratios[key]
        spread = statistics.stdev(values) if len(values) > 1 else float("nan")
        print(f"  {key[0]:8} {key[1]:6} {key[2]:44} {100 * statistics.median(values) - 100:+8.3f} {100 * spread:7.4f} "
              f"{100 * injected[key]:7.3f}")


main()
