# SPDX-License-Identifier: MIT
"""What both runners of this folder share: they gate candidates that nobody can trust. TAP, two gates at a time."""
import ctypes
import json
import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 10  # a gate ends within its budget and these
SLACK_S = 3  # of a machine that does other things besides
# Candidates are good, useless, or slower by half and more: small margins would only make the tests slow and the
# controls doubtful. Controls still are twice as far apart as this.
MARGINS = {"ignorable": 0.05, "must_catch": 0.15, "mean": 0.15}


def write_policy(shipped, path):
    """The shipped policy with wide margins, and without what asks for rows that a bad module has not."""
    with open(shipped, encoding="utf-8") as f:
        policy = json.load(f)
    policy["margins"] = [m | MARGINS for m in policy["margins"] if (m["cases"], m["memory"]) == ("*", "cache")]
    policy["speedups"] = []
    policy["suites"] = {suite: {"cases": ["qk256_dequant/scalar/4096"]} for suite in policy["suites"]}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(policy, f)


def build(folder, targets):
    """Modules of tests are no part of a build that nobody tests."""
    made = subprocess.run(["ninja", "-C", folder, *targets], capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stdout[-4000:] + made.stderr)


def children():
    """This process's, with those that lost their parents."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as f:
        return f.read().split()


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_children():
    """Ends all that a gate left behind, whose children then come here, and says what there was."""
    for _ in range(50):  # what was killed takes a moment to die
        reap()
        found = children()
        if not found:
            break
        time.sleep(0.01)
    while children():
        for pid in children():
            os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.01)
        reap()
    return found


class Outcome:
    """How a gate ended. problems: what no gate may do, whatever the candidate."""

    def __init__(self, command, code, text, seconds, problems):
        self.command, self.code, self.seconds, self.problems = command, code, seconds, problems
        self.text = " ".join(text.split())


def gate(program, policy, base, candidate, row, budget, cpu):
    with tempfile.TemporaryDirectory() as work:
        private = os.path.join(work, "tmp")
        os.mkdir(private)
        command = [program, "gate", "--policy", policy, "--cpu", str(cpu), "--budget", str(budget), "--time-identical",
                   "--strict", "--duet", base, "--candidate", candidate, row]
        out = os.path.join(work, "out")
        problems = []
        start = time.monotonic()
        # Into a file: whoever stays behind would keep a pipe open. A group of its own: signals to it are the gate's.
        with open(out, "wb") as f:
            process = subprocess.Popen([*command, "--lock-dir", work], stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd=work,
                                       env=os.environ | {"TMPDIR": private}, start_new_session=True)
            try:
                process.wait(budget + GRACE_S + SLACK_S)
            except subprocess.TimeoutExpired:
                problems.append("does not end")
                process.kill()
                process.wait()
        seconds = time.monotonic() - start
        left = end_children()
        if left and not problems:
            problems.append(f"{len(left)} processes are left")
        if os.listdir(private):
            problems.append(f"files are left: {', '.join(os.listdir(private))}")
        with open(out, "rb") as f:
            text = f.read().decode("utf-8", "replace")
        if not text.strip():
            problems.append("not a word")
        return Outcome(shlex.join(command), process.returncode, text, seconds, problems)


def work(cpu, tests, todo, done):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in iter(todo.get, None):
        name, test, *arguments = tests[number]
        try:
            done.put((name, *test(cpu, *arguments)))
        except Exception as error:  # a test that breaks in any way has failed
            done.put((name, False, f"{type(error).__name__}: {error}"))


def run_tests(tests):
    """
    tests: list of (name, function, argument...). Each function is called with a CPU and its arguments and returns
    whether all was well, and a remark. Prints TAP and ends the program.
    """
    cpus = sorted(os.sched_getaffinity(0))[:2]
    todo, done = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(cpu, tests, todo, done), daemon=True) for cpu in cpus]
    for worker in workers:
        worker.start()
    for number in range(len(tests)):
        todo.put(number)
    for _ in workers:
        todo.put(None)
    print(f"1..{len(tests)}")
    failed = 0
    for number in range(1, len(tests) + 1):
        name, good, remark = done.get()
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
        if remark:
            print("# " + remark.replace("\n", "\n# "), flush=True)
    sys.exit(failed != 0)
