#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
history_large.py PROGRAM [ROWS]: how long `qkbench history` takes in a store of 1,000,000 rows. TAP, with figures at the end.

The store has 200 cases on two machines. Each command is timed five times, and the median counts. The limit for log and
plot of one case and for add of a run is 1 s. gnuplot draws on a busy machine, too, so with it the limit is 5 s. check and
export read all rows and have a limit of a minute.
"""
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing appears in the source tree
import history_gate

CASES = 200
TIMES = 5


def gate(folder, name, number, machine, base, cases=CASES):
    results = [history_gate.result(f"op{i // 20}/v{i % 20}/4096", (0.1, 0.1)) for i in range(cases)]
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(history_gate.gate(results, commit=f"c{number}", minute=number, machine=machine, base=base), file)


def fill(path, rows):
    """Copies the two runs that are there, until there are so many rows."""
    db = sqlite3.connect(path)
    db.execute("pragma foreign_keys = on")
    names = {table: [row[1] for row in db.execute(f"pragma table_info({table})") if row[1] != "id"] for table in ("run", "result")}
    n = db.execute("select count(*) from result").fetchone()[0]
    first = {row[0]: row[1:] for row in db.execute(f"select id, {', '.join(names['run'])} from run")}
    results = {run: db.execute(f"select {', '.join(names['result'])} from result where run_id = ?", (run,)).fetchall()
               for run in first}
    where = {table: {name: i for i, name in enumerate(of)} for table, of in names.items()}
    insert = {table: f"insert into {table} ({', '.join(of)}) values ({', '.join('?' * len(of))})" for table, of in names.items()}
    copy = 0
    while n < rows:
        copy += 1
        for run, values in first.items():
            new = list(values)
            new[where["run"]["run_key"]] = f"copy{copy}of{run}"
            at = new[where["run"]["measured_at"]] = values[where["run"]["measured_at"]] + 3600 * copy
            number = db.execute(insert["run"], new).lastrowid
            made = []
            for result in results[run]:
                row = list(result)
                row[where["result"]["run_id"]], row[where["result"]["measured_at"]] = number, at
                made.append(row)
            db.executemany(insert["result"], made)
            n += len(made)
    db.commit()
    db.close()
    return n


class Test:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.number = self.failed = 0
        self.figures = []

    def timed(self, name, limit, commands, expected=(0,)):
        """One command of the list for each time."""
        times, said = [], ""
        for words in commands:
            begun = time.monotonic()
            done = subprocess.run([self.program, "history", *words, "--db", "h.db"], cwd=self.folder, capture_output=True,
                                  text=True, check=False)
            times.append(time.monotonic() - begun)
            if done.returncode not in expected:
                said = f"{words}: exit code {done.returncode}: {done.stderr}"
        self.figures.append(f"{name}: {statistics.median(times):.3f} s, at most {max(times):.3f} s")
        good = not said and statistics.median(times) < limit
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {name} takes less than {limit} s", flush=True)
        if said:
            print("# " + said.replace("\n", " "))


def main():
    program, rows = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    with tempfile.TemporaryDirectory() as folder:
        for number, machine in (1, "0123456789abcdef"), (2, "feedfeedfeedfeed"):
            gate(folder, "g.json", number, machine, "parent.so")
            gate(folder, "p.json", number, machine, "v1.so")
            subprocess.run([program, "history", "add", "g.json", "--pinned", "p.json", "--db", "h.db"], cwd=folder, check=True,
                           capture_output=True)
        begun = time.monotonic()
        count = fill(os.path.join(folder, "h.db"), rows)
        test = Test(program, folder)
        test.figures.append(f"{count} rows, {os.path.getsize(folder + '/h.db') / 1e6:.0f} MB, made in "
                            f"{time.monotonic() - begun:.0f} s")
        for n in range(TIMES):
            gate(folder, f"g{n}.json", 9000 + n, "0123456789abcdef", "parent.so")
            gate(folder, f"p{n}.json", 9000 + n, "0123456789abcdef", "v1.so")
        test.timed("log of one case", 1, [["log", "op3/v7/4096"]] * TIMES)
        test.timed("log of all cases", 1, [["log", "-n", "1"]] * TIMES)
        if shutil.which("gnuplot"):
            test.timed("plot of one case with gnuplot", 5,
                       [["plot", "op3/v7/4096", "--machine", "0123", "--out", "p.svg"]] * TIMES)
        # gnuplot is not what this is about, and may take a second on its own; without one in PATH all else is done.
        os.environ["PATH"] = folder
        test.timed("plot of one case, up to gnuplot", 1,
                   [["plot", "op3/v7/4096", "--machine", "0123", "--out", "p.svg"]] * TIMES, (77,))
        test.timed("add of a run", 1, [["add", f"g{n}.json", "--pinned", f"p{n}.json"] for n in range(TIMES)])
        test.timed("check of one case", 1, [["check", "op3/v7/4096"]] * TIMES)
        test.timed("check of all cases", 60, [["check"]])
        test.timed("export --sql", 60, [["export", "--sql", "--out", "all.sql"]])
    for line in test.figures:
        print("# " + line)
    print(f"1..{test.number}")
    return test.failed != 0


if __name__ == "__main__":
    sys.exit(main())
