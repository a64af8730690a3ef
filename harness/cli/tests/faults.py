#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
faults.py PROGRAM [--share N] [--only COMMAND] [--seed S]: each system call of commands that write fails once, or is
their last. TAP, with figures at the end.

strace injects ENOSPC, EIO, EINTR and SIGKILL at call number 1, 2, 3... of each kind into the program and its children,
one in each run. It leaves gnuplot alone, which does not look at what write(2) says. After each run the file asked for is
the old one or a whole new one, and nothing else is there. The exit code is a documented one, and a message says why.
What SIGKILL leaves behind is gone after the next run. Calls before main() come from the loader and from libraries. They
may end with any code, but the rest holds for them too.

Closing a pipe never fails here. close(2) frees a descriptor whatever it returns. But strace would keep the call from the
kernel, and the program would then wait for the other end. Nor does brk(2), which refuses with the end of the heap as it
is. libc takes any other number for that end, and then writes behind the heap.

Of a kind of call that a process makes more than OFTEN (signal handlers, clocks), only the first and the last call with
the same arguments are taken. Long campaigns draw one run in so many, see commands(); --share 1 runs all.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing appears in the source tree
from signals import children_end, leftovers

FAULTS = {"ENOSPC": "error=ENOSPC", "EIO": "error=EIO", "EINTR": "error=EINTR", "KILL": "signal=KILL"}
OFTEN = 500
PATIENCE_S = 60
BY_THE_CLOCK = ("poll", "ppoll", "restart_syscall", "wait4", "execve")  # how many there are differs from run to run
DOCUMENTED = {0, 1, 2, 3, 4, 5, 77, 130}
STAND_IN = """#!/bin/sh
printf '<svg></svg>\\n' >"$QKBENCH_IMAGE"
"""
DATE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*")


class Command:
    """
    arguments: {cpu} is one of the caller's. share: one run in so many unless the caller wants others. certain: it makes the
    same calls each time. follow: into its children, too.
    """

    def __init__(self, name, arguments, share=1, path=None, certain=True, follow=True):
        self.name, self.arguments, self.share, self.path = name, arguments.split(), share, path
        self.certain, self.follow = certain, ["-f"] if follow else []


def commands(bin_folder):
    return [
        Command("model synth", "model synth tiny --out tiny.gguf"),
        Command("baseline save RESULT", "baseline save kept ./new.json --dir data"),
        Command("baseline accept", "baseline accept main ./new.json --reason why --dir data"),
        # gnuplot takes 100 times as long as all else; another program draws here, and gnuplot below.
        Command("report", "report new.json --out rep --format svg", path=bin_folder),
        Command("report with gnuplot", "report new.json --out rep --format svg", share=20, follow=False),
        Command("baseline save", "baseline save measured --dir data --quick --launches 1 --cpu {cpu} "
                "--only softmax/scalar/512", share=60, certain=False),
    ]


def read_all(folder):
    """{path: bytes}"""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def whole(path, content, reference):
    """Is it what the command writes when nothing fails? Measured values differ, and a report may have no picture."""
    if DATE.sub(b"", content) == DATE.sub(b"", reference):
        return True
    if path.endswith(".json"):
        try:
            return json.loads(content).keys() == json.loads(reference).keys()
        except ValueError:
            return False
    return path.startswith("rep/report.") and content.splitlines()[-1:] == reference.splitlines()[-1:]


class Campaign:
    def __init__(self, program, command, template, work):
        self.program, self.command, self.template, self.work = program, command, template, work
        self.environment = dict(os.environ)
        if command.path:
            self.environment["PATH"] = command.path + ":" + os.environ["PATH"]
        self.swept = 0
        self.codes = collections.Counter()
        cpus = sorted(os.sched_getaffinity(0))[:2]
        self.cpus = queue.Queue()
        for cpu in cpus:
            self.cpus.put(cpu)
        self.workers = len(cpus)
        self.old = read_all(template)
        folder = self.fresh()
        self.run(folder, [])
        self.new = read_all(folder)
        shutil.rmtree(folder)

    def fresh(self):
        folder = tempfile.mkdtemp(dir=self.work)
        shutil.copytree(self.template, folder, dirs_exist_ok=True)
        return folder

    def run(self, folder, tracer):
        cpu = self.cpus.get()
        try:
            arguments = [a.format(cpu=cpu) for a in self.command.arguments]
            return subprocess.run([*tracer, self.program, *arguments], cwd=folder, env=self.environment, timeout=PATIENCE_S,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        finally:
            self.cpus.put(cpu)

    def calls(self):
        """[(kind, number)]: where faults go."""
        folder = self.fresh()
        self.count(folder)
        shutil.rmtree(folder)
        found = set()
        for kind, n in (self.own | self.others).items():
            if n <= OFTEN:
                found |= {(kind, i + 1) for i in range(n)}
        return sorted(found | {(kind, n) for (kind, _), ends in self.ends.items() if self.most(kind) > OFTEN for n in ends})

    def most(self, kind):
        return max(self.own[kind], self.others[kind])

    def count(self, folder):
        """
        Calls of each kind that the program itself makes, how many of them before main, and the most that one of its
        children makes. Which close a pipe. The first and last with the same arguments, numbers apart.
        """
        self.run(folder, ["strace", *self.command.follow, "-o", "trace"])
        counts, pipes = collections.defaultdict(collections.Counter), collections.defaultdict(set)
        self.before_main, self.of_pipes, self.ends, main = None, set(), {}, None
        with open(os.path.join(folder, "trace"), encoding="utf-8", errors="replace") as f:
            for line in f:
                found = re.match(r"(?:(\d+) +)?(\w+)\((?:\[?(\d+)(?:, (\d+)\])?)?", line)
                if not found:
                    continue
                process, kind, *descriptors = found.groups("")
                counts[process][kind] += 1
                arguments = re.sub(r"\b\d+\b", "", line[found.end(2):].split(") =")[0])
                first, _ = self.ends.get((kind, arguments), (counts[process][kind], 0))
                self.ends[kind, arguments] = first, counts[process][kind]
                main = process if main is None else main
                if process == main and not self.before_main and "O_PATH" in line:
                    self.before_main = counts[main].copy()
                if kind == "pipe2":
                    pipes[process].update(descriptors)
                if kind == "close" and descriptors[0] in pipes[process]:
                    self.of_pipes.add(counts[process][kind])
                    pipes[process].remove(descriptors[0])
        if not self.before_main:
            sys.exit("the program does not begin as faults.py expects")
        self.own = counts.pop(main)
        self.others = collections.Counter()
        for of in counts.values():
            self.others |= of

    def inject(self, fault, kind, number):
        """None, or what is wrong."""
        folder = self.fresh()
        tracer = ["strace", *self.command.follow, "-qqq", "-o", "/dev/null", "-e", "trace=" + kind, "-e",
                  f"inject={kind}:{FAULTS[fault]}:when={number}"]
        if self.command.follow and fault != "KILL":  # with which strace 6.1 sends no signals
            tracer.insert(1, "--seccomp-bpf")
        try:
            done = self.run(folder, tracer)
        except subprocess.TimeoutExpired:
            return "does not end"
        problem = self.judge(folder, done, fault, kind, number)
        if not problem and fault == "KILL" and leftovers(folder):
            self.swept += 1
            again = self.run(folder, [])
            if again.returncode or leftovers(folder):
                problem = f"the next run ends with {again.returncode} and leaves {leftovers(folder)}"
        shutil.rmtree(folder)
        return problem

    def judge(self, folder, done, fault, kind, number):
        code, said = done.returncode, done.stderr.decode(errors="replace")
        self.codes[code] += 1
        early = code and number <= self.before_main[kind]
        if not early and code not in DOCUMENTED and not (fault == "KILL" and code == -9):
            return f"exit code {code}: {said[-300:]}"
        if not early and code > 0 and not said and kind not in ("write", "writev"):
            return f"exit code {code} without a word"
        certain = self.others[kind] < number <= self.own[kind] and kind not in BY_THE_CLOCK and self.command.certain
        if fault == "KILL" and code != -9 and certain:
            return f"exit code {code}, but it should have been killed"
        if fault != "KILL" and leftovers(folder):
            return f"leaves {leftovers(folder)}"
        now = read_all(folder)
        for path, content in now.items():
            if os.path.basename(path) in leftovers(folder):
                continue
            # The folder of a baseline says what is known of the machine, which may be less now.
            reference = [c for p, c in self.new.items() if os.path.basename(p) == os.path.basename(path)]
            if content != self.old.get(path) and not any(whole(path, content, c) for c in reference):
                return f"{path} is torn: {len(content)} bytes"
        # An old picture may go when no new one could be drawn: it would be taken for one of the new tables.
        gone = {path for path in self.old.keys() - now.keys() if not path.endswith(".svg")}
        missing = {path for path in self.new.keys() - now.keys() if not path.endswith(".svg")}
        if gone or (code == 0 and missing):
            return f"exit code {code}, but {gone | missing} not there"
        return None

    def campaign(self, fault, runs):
        problems = []
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            found = pool.map(lambda r: (r, self.inject(fault, *r)), runs)
            for (kind, number), problem in found:
                if problem:
                    problems.append(f"{kind} number {number}: {problem}")
        if not children_end():
            problems.append("processes are left")
        return problems


def prepare(program, work):
    """A folder with results, a baseline, and old files where new ones will go."""
    template = os.path.join(work, "template")
    os.mkdir(template)
    for name, pattern in ("old", "softmax/scalar/512"), ("new", "softmax/*/512"):
        subprocess.run([program, "run", "--quick", "--counters", "none", pattern, "--out", name + ".json"], cwd=template,
                       check=True, capture_output=True)
    for name in "main", "kept", "measured":
        subprocess.run([program, "baseline", "save", name, "./old.json", "--dir", "data"], cwd=template, check=True,
                       capture_output=True)
    os.mkdir(os.path.join(template, "rep"))
    for name in "tiny.gguf", "rep/forest.svg", "rep/report.txt", "rep/report.md", "rep/forest.tsv":
        with open(os.path.join(template, name), "w", encoding="utf-8") as f:
            f.write("old\n")
    bin_folder = os.path.join(work, "bin")
    os.mkdir(bin_folder)
    with open(os.path.join(bin_folder, "gnuplot"), "w", encoding="utf-8") as f:
        f.write(STAND_IN)
    os.chmod(f.name, 0o755)
    return template, bin_folder


def why_not():
    if not shutil.which("strace"):
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return "strace may not trace here: " + tried.stderr.strip().replace("\n", " ") if tried.returncode else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--share", type=int)
    parser.add_argument("--only")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    if why_not():
        print("1..0 # SKIP " + why_not())
        return 0
    children_end()
    draw = random.Random(options.seed)
    number, failed, figures = 0, 0, [f"seed {options.seed}"]
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")
        template, bin_folder = prepare(os.path.abspath(options.program), work)
        for command in commands(bin_folder):
            if options.only and command.name != options.only:
                continue
            if command.name == "report with gnuplot" and not shutil.which("gnuplot"):
                number += 1
                print(f"ok {number} - {command.name} # SKIP no gnuplot")
                continue
            campaign = Campaign(os.path.abspath(options.program), command, template, work)
            calls = campaign.calls()
            share = options.share or command.share
            total = 0
            for fault in FAULTS:
                runs = [call for call in draw.sample(calls, -(-len(calls) // share))
                        if fault == "KILL" or (call[0] != "brk" and
                                               (call[0] != "close" or call[1] not in campaign.of_pipes))]
                problems = campaign.campaign(fault, runs)
                number += 1
                total += len(runs)
                failed += bool(problems)
                print(f"{'not ok' if problems else 'ok'} {number} - {command.name}: {fault} at {len(runs)} of {len(calls)} calls",
                      flush=True)
                for problem in problems[:20]:
                    print("# " + problem.replace("\n", " "), flush=True)
            codes = ", ".join(f"{n} ended with {code}" for code, n in sorted(campaign.codes.items()))
            figures.append(f"{command.name}: {len(calls)} calls, {total} runs: {codes}; {campaign.swept} leftovers swept")
    for line in figures:
        print("# " + line)
    print(f"1..{number}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
