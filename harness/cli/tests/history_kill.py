#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
history_kill.py PROGRAM [--share N] [--only COMMAND]: `qkbench history` ends at every system call. TAP, figures at the end.

strace injects SIGKILL at call number 1, 2, 3... of each kind, one in each run, and with ENOSPC and EIO lets the call fail.
Then the store is whole and has every run that was acknowledged before: by exit code 0, or by the line `added run N`. The
new run is there with all its cases or not at all. It is there if it was acknowledged. The same command again stores it
exactly once, and nothing is left beside the file.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing appears in the source tree
import faults
import history_gate
from signals import children_end, leftovers

BEFORE, CASES = 3, 40
STORE = "h.db"


class Ended(faults.Campaign):
    """One command on a store of BEFORE runs, or on none."""

    def run(self, folder, tracer):
        cpu = self.cpus.get()
        try:
            return subprocess.run([*tracer, self.program, *self.command.arguments], cwd=folder, env=self.environment,
                                  timeout=faults.PATIENCE_S, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        finally:
            self.cpus.put(cpu)

    def inject(self, fault, kind, number):
        folder = self.fresh()
        done = self.run(folder, ["strace", "-qqq", "-o", "/dev/null", "-e", "trace=" + kind, "-e",
                                 f"inject={kind}:{faults.FAULTS[fault]}:when={number}"])
        problem = self.judge(folder, done, fault, kind, number)
        shutil.rmtree(folder)
        return problem

    def judge(self, folder, done, fault, kind, number):
        code, said = done.returncode, done.stderr.decode(errors="replace")
        self.codes[code] += 1
        early = number <= self.before_main[kind]
        # How often the heap grows depends on where it is.
        if fault == "KILL" and code != -9 and kind != "brk":
            return f"exit code {code}, but it should have been killed"
        if fault != "KILL" and not early and code not in faults.DOCUMENTED:
            return f"exit code {code}: {said[-300:]}"
        if fault != "KILL" and not early and code and not said and kind != "write":
            return f"exit code {code} without a word"
        acknowledged = code == 0 or b"added run" in done.stdout or b"marked" in done.stdout
        there, problem = look(folder, self.made)
        if problem or (acknowledged and not there):
            return problem or f"exit code {code} and {done.stdout!r}, but it is not there"
        self.codes["stored" if there else "not stored"] += 1
        self.codes["acknowledged"] += acknowledged
        again = self.run(folder, [])
        if again.returncode:
            return f"the same command again ends with {again.returncode}: {again.stderr.decode()[-300:]}"
        there, problem = look(folder, self.made)
        rest = sorted(set(os.listdir(folder)) - set(os.listdir(self.template)) - {STORE})
        if problem or not there or rest or leftovers(folder):
            return problem or f"after the same command again: stored {there}, beside it {rest}"
        return None


def look(folder, made):
    """(is the command's work there, what is wrong)"""
    path = os.path.join(folder, STORE)
    if not os.path.exists(path):
        return False, None if not made["before"] else "the store is gone"
    db = sqlite3.connect(path)
    try:
        for check in ("integrity_check", "foreign_key_check"):
            found = db.execute("pragma " + check).fetchall()
            if found not in ([("ok",)], []):
                return False, f"{check}: {found}"
        runs = db.execute("select run.id, count(result.id) from run left join result on run_id = run.id group by run.id "
                          "order by run.id").fetchall()
        marks = db.execute("select count(*) from mark").fetchone()[0]
    except sqlite3.Error as error:
        return False, f"the store is damaged: {error}"
    finally:
        db.close()
    old = [(i + 1, CASES) for i in range(made["before"])]
    if runs[:len(old)] != old:
        return False, f"runs that were acknowledged are lost: {runs}"
    if made["mark"]:
        return marks >= 1, None if runs == old and marks in (0, 1, 2) else f"found {runs} and {marks} marks"
    new = runs[len(old):]
    return bool(new), None if new in ([], [(len(old) + 1, CASES)]) else f"found {new} behind {old}"


def prepare(program, folder, before):
    """A store with runs, and the files of the next one."""
    os.mkdir(folder)
    for n in range(before + 1):
        for name, base in ("g.json", "parent.so"), ("p.json", "v1.so"):
            results = [history_gate.result(f"op/v{i}/1", (0.1, 0.1)) for i in range(CASES)]
            made = history_gate.gate(results, commit=f"c{n}", minute=n, base=base)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                history_gate.json.dump(made, file)
        if n < before:
            subprocess.run([program, "history", "add", "g.json", "--pinned", "p.json", "--db", STORE], cwd=folder, check=True,
                           capture_output=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--share", type=int, default=1, help="one system call in so many")
    parser.add_argument("--only")
    options = parser.parse_args()
    if faults.why_not():
        print("1..0 # SKIP " + faults.why_not())
        return 0
    program = os.path.abspath(options.program)
    children_end()
    failed = number = 0
    figures = []
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")
        add = f"history add g.json --pinned p.json --db {STORE}"
        for name, arguments, before, mark in (("add", add, BEFORE, False), ("first add", add, 0, False),
                                              ("mark", f"history mark 2 op/v7 real --why x --db {STORE}", BEFORE, True)):
            if options.only and options.only != name:
                continue
            template = os.path.join(work, re.sub(r"\W", "-", name))
            prepare(program, template, before)
            campaign = Ended(program, faults.Command(name, arguments), template, work)
            campaign.made = {"before": before, "mark": mark}
            # strace itself makes the first execve, and cannot end it.
            calls = [call for call in campaign.calls() if call != ("execve", 1)][::options.share]
            for fault in ("KILL", "ENOSPC", "EIO"):
                campaign.codes = collections.Counter()
                with concurrent.futures.ThreadPoolExecutor(campaign.workers) as pool:
                    runs = [call for call in calls if fault == "KILL" or call[0] not in ("brk", "close")]
                    found = list(pool.map(lambda call, f=fault: (call, campaign.inject(f, *call)), runs))
                problems = [f"{kind} number {n}: {problem}" for (kind, n), problem in found if problem]
                number += 1
                failed += bool(problems)
                print(f"{'not ok' if problems else 'ok'} {number} - {name}: {fault} at {len(runs)} calls", flush=True)
                for problem in problems[:20]:
                    print("# " + problem.replace("\n", " "), flush=True)
                codes = ", ".join(f"{n} {what if isinstance(what, str) else f'ended with {what}'}"
                                  for what, n in sorted(campaign.codes.items(), key=str))
                figures.append(f"{name}, {fault}: {len(runs)} runs: {codes}")
    for line in figures:
        print("# " + line)
    print(f"1..{number}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
