#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
history_readers.py PROGRAM: what others make of `qkbench history export`. TAP.

A PostgreSQL server of its own loads --sql, and its view `log` has the rows of ours. It runs in a temporary folder with a
socket and no port. The test ends it by its process id. python3-prometheus-client reads --openmetrics. What is not
installed is a skip.
"""
import csv
import glob
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing appears in the source tree
import history_gate

CASES = ["op/v/1", "op/w/1", "op/quote'd \\ \"x\", \u4f60\u597d/\u00e9", "op/u/1"]
PATIENCE_S = 60


def make(program, folder):
    """A store with all there is: intervals and none, reasons, marks, texts that need quoting, two machines."""
    def history(*words):
        subprocess.run([program, "history", *words, "--db", "h.db"], cwd=folder, check=True, capture_output=True)

    for n in range(1, 9):
        machine = "0123456789abcdef" if n % 3 else "feedfeedfeedfeed"
        for name, base in ("g.json", "parent's.so"), ("p.json", "v1.so"):
            results = [history_gate.result(CASES[0], (0.123456789 * n, 0.1)), history_gate.result(CASES[1], (0.2, 0)),
                       history_gate.result(CASES[2], "PASS it's \"identical\" \\ code"),
                       history_gate.result(CASES[3], (1 / 3, 1e-7), ns=1e9 / 3)]
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump(history_gate.gate(results, commit=f"c{n}", minute=n, machine=machine, base=base), file)
        history("add", "g.json", *(["--pinned", "p.json"] if n % 4 else []))
    history("mark", "5", "op/v", "false", "--why", "it's a \\ \"busy\"; machine -- \u00fc")
    history("mark", "5", "op/v", "accepted", "--why", "second thoughts")
    history("mark", "7", "*", "real", "--why", "$1 {} %s")


class Server:
    """PostgreSQL in a folder that it owns, as it does not run for root."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = tempfile.mkdtemp(prefix="qk")  # short: a socket's path has at most 107 bytes
        self.user = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "nobody")
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": self.folder}
        self.process = None

    def call(self, name, *words, **more):
        return subprocess.run([*self.user, os.path.join(self.programs, name), *words], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, check=False, **more)

    def start(self):
        made = self.call("initdb", "-D", "data", "-A", "trust", "-U", "qk", "-E", "UTF8", "-N")
        if made.returncode:
            return made.stderr
        with open(os.path.join(self.folder, "log.txt"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*self.user, os.path.join(self.programs, "postgres"), "-D", "data", "-k", self.folder,
                                             "-c", "listen_addresses=", "-c", "fsync=off"], cwd=self.folder,
                                            env=self.environment, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while self.psql("-c", "select 1").returncode:
            if time.monotonic() > until or self.process.poll() is not None:
                with open(os.path.join(self.folder, "log.txt"), encoding="utf-8") as log:
                    return log.read()
            time.sleep(0.1)
        return None

    def psql(self, *words, **more):
        return self.call("psql", "-X", "-q", "-h", self.folder, "-U", "qk", "-d", "postgres", "-v", "ON_ERROR_STOP=1", *words,
                         **more)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # a fast shutdown
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder)


def rows_of(text):
    """By column; numbers as numbers, because two programs write the same one differently."""
    def value(x):
        try:
            return float(x)
        except ValueError:
            return x

    return [{name: value(x) for name, x in row.items()} for row in csv.DictReader(io.StringIO(text))]


def postgres(folder, programs):
    """None, or what is wrong."""
    server = Server(programs)
    try:
        problem = server.start()
        if problem:
            return problem
        with open(os.path.join(folder, "all.sql"), encoding="utf-8") as file:
            loaded = server.psql("-f", "-", input=file.read())
        if loaded.returncode:
            return loaded.stderr
        order = "order by case_name collate \"C\", measured_at desc, run_id desc"
        theirs = server.psql("--csv", "-c", f"select * from log {order}")
        if theirs.returncode:
            return theirs.stderr
        db = sqlite3.connect(os.path.join(folder, "h.db"))
        ours = db.execute("select * from log order by case_name, measured_at desc, run_id desc")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column[0] for column in ours.description])
        writer.writerows(ours)
        db.close()
        found, expected = rows_of(theirs.stdout), rows_of(out.getvalue())
        if len(expected) != 8 * len(CASES) or found != expected:
            wrong = [pair for pair in zip(found, expected) if pair[0] != pair[1]]
            return f"{len(found)} rows for {len(expected)}; the first that differ: {wrong[:1]}"
        # The constraints came along.
        bad = server.psql("-c", "update result set ns = null where id = 1")
        return None if "violates check constraint" in bad.stderr else f"a wrong row was taken: {bad.stderr}"
    finally:
        server.end()


def prometheus(text, shown):
    """None, or what is wrong."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    families = {family.name: family for family in text_string_to_metric_families(text)}
    rows = {(row["case_name"], row["fingerprint"]): row for row in reversed(shown)}  # the newest comes first
    for name, column, factor in (("qkbench_call_seconds", "ns", 1e-9), ("qkbench_parent_ratio", "parent_ratio", 1),
                                 ("qkbench_pinned_low_ratio", "pinned_low", 1),
                                 ("qkbench_call_instructions", "instructions", 1)):
        found = {(s.labels["case"], s.labels["machine"]): s.value for s in families[name].samples}
        expected = {key: float(row[column]) * factor for key, row in rows.items() if row[column]}
        if found.keys() != expected.keys() or any(abs(found[k] / expected[k] - 1) > 1e-12 for k in found) or not found:
            return f"{name}: found {found}, expected {expected}"
    info = {(s.labels["case"], s.labels["machine"]): s.labels for s in families["qkbench_result"].samples}
    if {key: labels["commit"] for key, labels in info.items()} != {key: row["commit_name"] for key, row in rows.items()}:
        return f"qkbench_result: found {info}"
    return None


def main():
    program = os.path.abspath(sys.argv[1])
    failed = 0

    def told(number, name, problem, skip=None):
        nonlocal failed
        failed += bool(problem)
        print(f"{'not ok' if problem else 'ok'} {number} - {name}{' # SKIP ' + skip if skip else ''}", flush=True)
        if problem:
            print("# " + str(problem).strip().replace("\n", "\n# "), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        make(program, folder)

        def export(*words):
            return subprocess.run([program, "history", "export", *words, "--db", "h.db"], cwd=folder, check=True,
                                  capture_output=True, text=True).stdout

        with open(os.path.join(folder, "all.sql"), "w", encoding="utf-8") as file:
            file.write(export("--sql"))
        servers = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        programs = os.path.dirname(servers[-1] if servers else shutil.which("initdb") or "")
        told(1, "PostgreSQL reads --sql, and its log has the rows of ours", postgres(folder, programs) if programs else None,
             None if programs else "postgresql is not installed")
        try:
            import prometheus_client
            skip = None if prometheus_client else "never"
        except ImportError:
            skip = "python3-prometheus-client is not installed"
        told(2, "python3-prometheus-client reads --openmetrics",
             None if skip else prometheus(export("--openmetrics"), list(csv.DictReader(io.StringIO(export("--csv"))))), skip)
    print("1..2")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
