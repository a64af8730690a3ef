#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damaged files of a campaign: its plan, a node's answer and report, and the tar that a node sends.

    campaign_mutants.py PROGRAM MODULE [--count N] [--seed N]

Each mutant must end the program in time, with an exit code of a campaign and no word of a sanitizer. A damaged plan or
report in the folder never passes, because both are hashed. --count is the number of mutants of each file.
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

options = argparse.ArgumentParser()
options.add_argument("program")
options.add_argument("module")
options.add_argument("--count", type=int, default=150)
options.add_argument("--seed", type=int, default=1)
args = options.parse_args()
PROGRAM, MODULE = os.path.realpath(args.program), os.path.realpath(args.module)
SECONDS = 120  # of one run, on however busy a machine
REPORT = re.compile(r"Sanitizer|runtime error:|Assertion|stack smashing")


def run(*words):
    done = subprocess.run([PROGRAM, "campaign", *words], capture_output=True, text=True, errors="replace",
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


def mutate(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        how = rng.randrange(6)
        if how == 0:
            data[at:at + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            del data[at:min(to, at + 600)]
        elif how == 2:
            data[at:at] = data[at:min(to, at + 600)]
        elif how == 3:
            del data[at:]
        elif how == 4:
            data[at:at] = rng.choice((b'"', b"{", b"]", b",", b"\\", b"null", b"-1", b"1e999", b"\0" * 512, b"../"))
        elif data:
            digits = [i for i, byte in enumerate(data[at:at + 600], at) if chr(byte).isdigit()]
            for i in digits[:1]:
                data[i] = ord(rng.choice("0123456789"))
        if not data:
            return b""
    return bytes(data)


def main():
    work = tempfile.mkdtemp()
    good, bad = work + "/good", work + "/bad"
    os.mkdir(work + "/lock")
    gate = ("--duet", MODULE, "--candidate", MODULE, "--nodes", "a", "--lock-dir", work + "/lock", "f32_dot/scalar/256")
    failed = False
    try:
        with open(work + "/keep", "w", encoding="utf-8") as script:
            script.write(f'#!/bin/sh\n"$@" >{work}/answer.tar && cat {work}/answer.tar\n')
        os.chmod(work + "/keep", 0o755)
        code, said = run(*gate, "--launch", work + "/keep", "--into", good)
        assert code == 0, said
        print("1..4")
        for number, name in enumerate(("campaign.json", "a/node.json", "a/gate.json", "answer.tar"), 1):
            with open(os.path.join(work if name == "answer.tar" else good, name), "rb") as file:
                whole = file.read()
            wrong, codes = [], {}
            for i in range(args.count):
                data = mutate(whole, random.Random(f"{args.seed} {name} {i}"))
                shutil.rmtree(bad, ignore_errors=True)
                shutil.copytree(good, bad)
                path = work + "/spoiled" if name == "answer.tar" else os.path.join(bad, name)
                with open(path, "wb") as file:
                    file.write(data)
                if name == "answer.tar":
                    shutil.rmtree(bad + "/a")
                    code, said = run("--into", bad, "--launch", f"cat {path}")
                else:
                    code, said = run("--merge", bad)
                codes[code] = codes.get(code, 0) + 1
                passes = code == 0 and name in ("campaign.json", "a/gate.json") and json.loads(data) != json.loads(whole)
                if code not in (0, 1, 2, 3, 4, 5) or REPORT.search(said) or passes:
                    wrong.append(f"mutant {i}: exit code {code}: {said[:500]}")
            failed |= bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}: exit codes {dict(sorted(codes.items()))}", flush=True)
            for text in wrong[:5]:
                print("# " + text.replace("\n", "\n# "))
    finally:
        shutil.rmtree(work)
    return failed


sys.exit(main())
