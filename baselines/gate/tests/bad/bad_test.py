#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bad_test.py PROGRAM BUILD LIST POLICY fast|long|MEMBER...: does the gate end as LIST says with each candidate? TAP.

BUILD is the build folder and LIST is bad.def. `fast` runs the candidates of ci/test, `long` all others.
"""
import os
import platform
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
import trial

program, build, list_path, shipped_policy, *wanted = sys.argv[1:]
program, build = map(os.path.realpath, (program, build))  # gates run elsewhere
MODULES = "baselines/gate/tests/bad"  # in the build folder
BUDGET_S, HANGS_S = 12, 2  # on a busy machine it takes long to judge the controls; what hangs takes all it gets
SHOWN, AROUND = 600, 80  # characters: of the end of what a gate said, or around its reason
ROWS_2 = ("avx2_avx512", "avx2_base", "avx2_lowered", "stalls_rarely")  # their bad row is the second
BASES = {"old_good": "old_good", "old_hash": "old_good"}  # of all others: good
LINE = re.compile(r'BAD\((\w+), (\w+), (\w+), "?([\d ]+)"?, (fast|long), "(.*)"\)$')


def read_list():
    with open(list_path, encoding="ascii") as f:
        lines = [line.rstrip() for line in f if line.startswith("BAD(")]
    rows = [LINE.match(line) for line in lines]
    assert all(rows), f"not a row of {list_path}: {lines[rows.index(None)]}"
    return [row.groups() for row in rows]


def module(member):
    return os.path.join(build, MODULES, f"{member}.so")


def levels_here():
    """The words of the column `needs` that hold here."""
    rows = [line.split() for line in subprocess.run([program, "list"], capture_output=True, text=True).stdout.splitlines()]
    return {"any", platform.machine()} | {row[1] for row in rows if len(row) > 4 and row[4] == "yes"}


def findings(text, member):
    """What a gate found: without the head of its report, its exit code, and the names of files."""
    found = text.split("not from the interval")[-1].replace(module(member), "CANDIDATE")
    return re.sub(r"qkbench gate: [A-Z]+, exit code [0-9]+", "", found)


def judge(cpu, member, file, codes, reason):
    row = "avx2_best" if member in ROWS_2 else "scalar"
    base = module(BASES.get(member, "good"))
    budget = HANGS_S if file == "hangs" and codes == "5" else BUDGET_S
    outcome = trial.gate(program, policy, base, module(member), f"qk256_dequant/{row}/4096", budget, cpu)
    problems = outcome.problems
    if str(outcome.code) not in codes.split():
        problems.append(f"exit code {outcome.code}, expected {codes}")
    said = re.search(reason, findings(outcome.text, member))
    if not said:
        problems.append(f"does not say /{reason}/")
    if not problems:
        around = said.string[max(said.start() - AROUND, 0):said.end() + AROUND]
        return True, f"{outcome.code}, {outcome.seconds:.1f} s: {around}"
    return False, f"{'; '.join(problems)}; {outcome.seconds:.1f} s; {outcome.command}\n{outcome.text[-SHOWN:]}"


policy = os.path.join(build, MODULES, "policy.json")
trial.write_policy(shipped_policy, policy)
here = levels_here()
rows = [row for row in read_list() if row[2] in here and (row[0] in wanted or row[4] in wanted)]
trial.build(build, [f"{MODULES}/{row[0]}.so" for row in rows] +
            [f"{MODULES}/{base}.so" for base in ("good", *BASES.values())])
trial.run_tests([(f"{member}: {codes}", judge, member, file, codes, reason)
                 for member, file, _, codes, _, reason in rows])
