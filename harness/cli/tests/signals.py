#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
signals.py PROGRAM MODULE [--times N] [--seed S] [--only COMMAND]: commands that measure get HUP, TERM or INT at a random
moment, alone or with their process group, once or twice. TAP, with figures at the end.

After each, no process and no temporary file is left. The files asked for are the old ones or whole new ones. The exit
code is 130 or that of a normal end. Before main() runs nobody answers a signal, so the program then dies of it.
"""
import argparse
import collections
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 60
TEMPORARY = re.compile(r"\.qkbench-\d+-\d+\.tmp$")


def leftovers(folder):
    return sorted(name for _, folders, names in os.walk(folder) for name in folders + names if TEMPORARY.search(name))


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def children_end(seconds=5):
    """Have all who lost their parents ended, too? Those who have not are ended. Such come to us from here on."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    until = time.monotonic() + seconds
    while True:
        reap()
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as f:
            left = f.read().split()
        if not left:
            return True
        if time.monotonic() > until:
            for pid in left:
                os.kill(int(pid), signal.SIGKILL)
            return False
        time.sleep(0.01)


def whole(path):
    """A new file, all of it."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        if path.endswith(".json"):
            json.loads(text)
        if path.endswith(".xml"):
            ElementTree.fromstring(text)
    except (ValueError, ElementTree.ParseError):
        return False
    return text.endswith("\n")


class Command:
    """outputs: the files asked for. ends: exit codes of a normal end. stays: does it leave old files on interruption?"""

    def __init__(self, name, arguments, outputs, ends, stays=True):
        self.name, self.arguments, self.outputs, self.ends, self.stays = name, arguments, outputs, ends, stays


def commands(module):
    return [
        Command("run", "run --quick --counters auto,steps softmax/*/512 --out r.json --csv r.csv", ["r.json", "r.csv"], {0}),
        # What a gate says of its own interruption stands in the forms that were asked for.
        Command("gate", f"gate --duet {module} --candidate copy.so --quick --time-identical --budget 3 --lock-dir . "
                "qk256_dequant/scalar/4096 --out g.json --junit g.xml --markdown g.md", ["g.json", "g.xml", "g.md"],
                {0, 3, 4, 5}, stays=False),
        Command("model bench", "model bench synth:tiny -p 16 -n 8 -r 2 --counters none --out b.json", ["b.json"], {0}),
    ]


class Trial:
    def __init__(self, program, command, module, draw):
        self.program, self.command, self.module, self.draw = program, command, module, draw
        self.codes = collections.Counter()
        self.slowest = 0.0
        start = time.monotonic()
        problem = self.once(None)
        self.length = time.monotonic() - start
        self.problems = [problem] if problem else []
        self.codes.clear()

    def once(self, after):
        with tempfile.TemporaryDirectory() as folder:
            private = os.path.join(folder, "tmp")
            os.mkdir(private)
            for name in self.command.outputs:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                    f.write("old\n")
            shutil.copy(self.module, os.path.join(folder, "copy.so"))
            process = subprocess.Popen([self.program, *self.command.arguments.split()], cwd=folder, start_new_session=True,
                                       env=os.environ | {"TMPDIR": private}, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            how = self.interrupt(process, after) if after is not None else "undisturbed"
            start = time.monotonic()
            try:
                said = process.communicate(timeout=PATIENCE_S)[1].decode(errors="replace")
            except subprocess.TimeoutExpired:
                process.kill()
                return f"{how}: does not end"
            if after is not None:
                self.slowest = max(self.slowest, time.monotonic() - start)
            problem = self.judge(folder, private, process, said, after is not None)
            return f"{how}: {problem}" if problem else None

    def interrupt(self, process, after):
        number = self.draw.choice([signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
        group, twice = self.draw.random() < 0.5, self.draw.random() < 0.25
        time.sleep(after)
        for _ in range(1 + twice):
            try:
                (os.killpg if group else os.kill)(process.pid, number)
            except ProcessLookupError:
                pass
            time.sleep(self.draw.choice([0.02, 0.3]) * twice)  # the same signal again, or another one
        return f"{number.name}{' twice' * twice}{' to the group' * group} after {after:.3f} s"

    def judge(self, folder, private, process, said, interrupted):
        code = process.returncode
        self.codes[code] += 1
        if not children_end():
            return "a process is left"
        early = interrupted and code in (-signal.SIGHUP, -signal.SIGTERM, -signal.SIGINT) and not said
        if code not in self.command.ends and not (interrupted and code == 130) and not early:
            return f"exit code {code}: {said[-300:]}"
        if code == 130 and not said:
            return "not a word"
        if leftovers(folder) or os.listdir(private):
            return f"leaves {leftovers(folder)} {os.listdir(private)}"
        for name in self.command.outputs:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as f:
                old = f.read() == "old\n"
            if not old and not whole(path):
                return f"{name} is torn"
            if old != (code not in self.command.ends) and (self.command.stays or code != 130):
                return f"exit code {code}, and {name} is {'old' if old else 'new'}"
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("module")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--only")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    failed, number, figures = 0, 0, [f"seed {options.seed}"]
    children_end()
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = work
        for command in commands(os.path.abspath(options.module)):
            if options.only and command.name != options.only:
                continue
            trial = Trial(os.path.abspath(options.program), command, os.path.abspath(options.module), draw)
            for _ in range(options.times):
                problem = trial.once(draw.uniform(0, 1.05 * trial.length))
                trial.problems += [problem] if problem else []
            number += 1
            failed += bool(trial.problems)
            print(f"{'not ok' if trial.problems else 'ok'} {number} - {command.name}: {options.times} signals", flush=True)
            for problem in trial.problems[:20]:
                print("# " + problem.replace("\n", " "), flush=True)
            codes = ", ".join(f"{n} ended with {code}" for code, n in sorted(trial.codes.items()))
            figures.append(f"{command.name}: {options.times} signals within {trial.length:.2f} s: {codes}; "
                           f"the slowest ended {trial.slowest:.2f} s after it")
    for line in figures:
        print("# " + line)
    print(f"1..{number}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
