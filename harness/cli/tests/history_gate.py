#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Writes the JSON of a gate whose figures are told. history_gate.py FILE [OPTION=VALUE...] CASE=SAID...

SAID is a change in per cent with the half width of its interval, as in 0.2+-0.1; or a verdict with a reason, as in
"PASS identical code". Options: commit, minute (of the run), machine (16 digits), base, mode, memory, verdict and reason
of the run, ended (an exit code). Tests import gate() and make thousands.
"""
import json
import re
import sys

IDENTITY = {"cpu_vendor": "AuthenticAMD", "cpu_family": 25, "cpu_model": 1, "cpu_stepping": 1, "isa_levels": "BASE AVX2",
            "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}], "compiler": "gcc 12.2.0"}
MARGINS = {"cache": (0.002, 0.008), "dram": (0.005, 0.016), "e2e": (0.005, 0.016)}
WORDS = ("PASS", "WARN", "REGRESSION", "INCONCLUSIVE", "INVALID", "NEW", "MISSING", "REMOVED")
EXITS = {"PASS": 0, "WARN": 0, "REGRESSION": 3, "INCONCLUSIVE": 4, "INVALID": 5, "MISSING": 5}


def result(name, said, memory="cache", ns=100.0):
    """Of one case. said: (per cent, half width), or a text of verdict and reason."""
    ignorable, must_catch = MARGINS[memory]
    made = {"name": name, "role": "case", "file": None, "memory": memory, "verdict": "PASS", "judged_right": None,
            "reason": None, "timing": None, "instructions": {"base": None, "candidate": 225.0}, "components": []}
    if isinstance(said, str):
        word, _, reason = said.partition(" ")
        return {**made, "verdict": word, "reason": reason or None}
    percent, half = said
    ratio, low, high = (1 + x / 100 for x in (percent, percent - half, percent + half))
    made["verdict"] = "REGRESSION" if low > 1 + must_catch else "WARN" if low > 1 + ignorable else "PASS"
    made["timing"] = {"ratio": ratio, "ratio_low": low if half else None, "ratio_high": high if half else None,
                      "mean_ratio": ratio, "ignorable": ignorable, "must_catch": must_catch, "mean": 0.05, "base_ns": ns,
                      "candidate_ns": ns * ratio, "blocks": 40, "launches": 5, "seconds": 2.0, "extra_work": 0.0}
    return made


def gate(results, commit="0123456789ab", minute=0, machine="0123456789abcdef", base="build-base/libqkernels.so", mode="duet",
         verdict=None, reason=None, ended=0):
    order = ("INVALID", "MISSING", "REGRESSION", "INCONCLUSIVE", "WARN", "PASS")
    found = [r["verdict"] for r in results]
    verdict = verdict or next((word for word in order if word in found), "INVALID")
    return {
        "schema_version": 1, "kind": "gate", "version": "0.1.0", "commit": commit,
        "date": f"2026-01-{2 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:05+00:00", "host": "bench-1",
        "mode": mode or None, "base": {"name": base, "compiler": "gcc 12.2.0"},
        "candidate": {"name": "build/libqkernels.so", "compiler": "gcc 12.2.0"}, "suite": "full", "policy": "built in",
        "unavailable": 0, "unavailable_reason": None, "alpha": 0.001, "seed": str(1000 + minute), "seconds": 100.0,
        "strict": False, "verdict": verdict, "reason": reason, "exit_code": int(ended) or EXITS[verdict],
        "counts": {word: found.count(word) for word in WORDS},
        "fingerprint": {"identity": IDENTITY, "hash": machine,
                        "shown": {"cpu_name": "AMD EPYC 9R14", "cpu_flags": None, "virtualised": "no", "kernel": None,
                                  "microcode": None, "governor": None, "governor_reason": None}},
        "results": results}


def main():
    options, results, memory = {}, [], "cache"
    for argument in sys.argv[2:]:
        name, _, said = argument.partition("=")
        change = re.fullmatch(r"([-+.\d]+)\+-([.\d]+)", said)
        if name == "memory":
            memory = said
        elif "/" not in name:
            options[name] = int(said) if name in ("minute", "ended") else said
        else:
            results.append(result(name, tuple(map(float, change.groups())) if change else said, memory))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(gate(results, **options), file)


if __name__ == "__main__":
    main()
