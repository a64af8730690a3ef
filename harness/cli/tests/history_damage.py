#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
history_damage.py PROGRAM [--times N] [--seed S]: stores and results whose bytes were changed. TAP, figures at the end.

Each file gets other bytes at random places, loses its end, or has one part overwritten by another. Whatever is in it,
each command ends in time with a documented exit code, and says why when that is not 0.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing appears in the source tree
import history_gate
from faults import DOCUMENTED

COMMANDS = ("log", "check", "export --sql", "export --openmetrics", "add g9.json --pinned p9.json",
            "mark 3 op/v1 accepted --why x", "plot op/v1 --out p.svg")
RESULTS = {
    "gbench.json": {"context": {"date": "2026-01-02T03:04:05+00:00", "host_name": "h", "num_cpus": 4, "caches": [],
                                "library_build_type": "release"},
                    "benchmarks": [{"name": f"BM_{i}", "run_name": f"BM_{i // 2}", "run_type": "iteration", "real_time": 1.5 + i,
                                    "time_unit": "us"} for i in range(6)]},
    "llama.jsonl": {"build_commit": "bebc9350e", "cpu_info": "a CPU", "gpu_info": "", "model_filename": "m/2b.gguf",
                    "model_type": "2B", "n_batch": 512, "n_threads": 4, "type_k": "q8_0", "n_prompt": 0, "n_gen": 64,
                    "n_depth": 512, "test_time": "2026-08-30T10:19:31Z", "avg_ns": 640, "samples_ns": [64000, 128000]},
}
PATIENCE_S = 60


def damage(draw, content):
    """Some kind of damage, and what it was."""
    data = bytearray(content)
    kind = draw.choice(("byte", "bytes", "head", "cut", "move"))
    if kind == "cut":
        del data[draw.randrange(len(data)):]
    elif kind == "move":
        size = min(draw.choice((8, 100, 4096)), len(data) // 2)
        start, end = draw.randrange(len(data) - size), draw.randrange(len(data) - size)
        data[start:start + size] = data[end:end + size]
    else:
        for _ in range(1 if kind == "byte" else draw.randrange(2, 200)):
            data[draw.randrange(100 if kind == "head" else len(data))] = draw.randrange(256)
    return kind, bytes(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    program, draw = os.path.abspath(options.program), random.Random(options.seed)
    codes, problems = collections.Counter(), []
    with tempfile.TemporaryDirectory() as work:
        environment = {**os.environ, "PATH": work}  # no gnuplot, which takes most of the time
        for n in range(10):
            for name, base in (f"g{n}.json", "parent.so"), (f"p{n}.json", "v1.so"):
                results = [history_gate.result(f"op/v{i}/1", (0.1 * n, 0.1)) for i in range(8)]
                with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                    history_gate.json.dump(history_gate.gate(results, commit=f"c{n}", minute=n, base=base), file)
            if n < 9:
                subprocess.run([program, "history", "add", f"g{n}.json", "--pinned", f"p{n}.json", "--db", "h.db"], cwd=work,
                               check=True, capture_output=True)
        with open(os.path.join(work, "h.db"), "rb") as file:
            content = file.read()

        def run(job):
            number, name, command, (kind, data) = job
            folder = tempfile.mkdtemp(dir=work)
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            words = [word if word[0] not in "gp" or ".json" not in word or word == name else os.path.join(work, word) for word in command.split()]
            try:
                done = subprocess.run([program, "history", *words, "--db", "h.db"], cwd=folder, env=environment,
                                      capture_output=True, timeout=PATIENCE_S, check=False)
                problem = (f"exit code {done.returncode}" if done.returncode not in DOCUMENTED else
                           "no word" if done.returncode and not done.stderr and not done.stdout else None)
                codes[kind, done.returncode] += 1
            except subprocess.TimeoutExpired:
                problem = "does not end"
            shutil.rmtree(folder)
            return f"{number}, {kind}, {command}: {problem}" if problem else None

        jobs = [(n, "h.db", draw.choice(COMMANDS), damage(draw, content)) for n in range(options.times)]
        for name, result in RESULTS.items():
            text = (history_gate.json.dumps(result) + "\n").encode()
            jobs += [(n, name, "import " + name, damage(draw, text)) for n in range(options.times // 2)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            problems = [problem for problem in pool.map(run, jobs) if problem]
    print(f"{'not ok' if problems else 'ok'} 1 - {options.times} damaged stores, and as many damaged results")
    for problem in problems[:20]:
        print("# " + problem)
    print(f"# seed {options.seed}: " + ", ".join(f"{n} of {kind} ended with {code}" for (kind, code), n in sorted(codes.items())))
    print("1..1")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
