#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Manual pages: one for each command, without a complaint of man and mandoc.

pages_test.py PROGRAM FOLDER man.py HELP2MAN VERSION
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM, FOLDER, MAN, HELP2MAN, VERSION = sys.argv[1:6]


def said(*arguments):
    return subprocess.run([PROGRAM, *arguments, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout


def commands(*words):
    yield "-".join(["qkbench", *words])
    table = re.search(r"^Commands.*?\n(.*?)\n\n", said(*words), re.S | re.M)
    for name in re.findall(r"^  (\S+) ", table[1], re.M) if table else []:
        yield from commands(*words, name)


def complaints(page):
    """What man says of the page, and mandoc where it is there."""
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    tools = [["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], ["mandoc", "-T", "lint", "-W", "warning", page]]
    for tool in tools:
        if shutil.which(tool[0]):
            done = subprocess.run(tool, env=env, capture_output=True, text=True, check=False)
            yield from ((done.stderr + done.stdout).splitlines() if tool[0] == "mandoc" else done.stderr.splitlines())


def main():
    number = failed = 0

    def ok(what, good, why=""):
        nonlocal number, failed
        number += 1
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {what}")
        if not good:
            print("# " + str(why).replace("\n", "\n# "))

    wanted = sorted(f"{name}.1" for name in commands())
    there = sorted(name for name in os.listdir(FOLDER) if not os.path.islink(f"{FOLDER}/{name}"))
    ok("a page for each command", there == wanted and len(there) > 20, f"{set(there) ^ set(wanted)}")
    ok("a name for each action", os.path.realpath(f"{FOLDER}/qkbench-baseline-save.1") ==
       os.path.realpath(f"{FOLDER}/qkbench-baseline.1"))
    if shutil.which("man"):
        for name in there:
            said_of = list(complaints(f"{FOLDER}/{name}"))
            ok(f"{name}: no complaint", not said_of, "\n".join(said_of))
        # It can complain.
        with tempfile.NamedTemporaryFile("w", suffix=".1") as bad:
            bad.write('.TH X "1"\n.SH NAME\nx \\- y\n.ZZ\n')
            bad.flush()
            ok("a macro that nobody knows is a complaint", list(complaints(bad.name)))
    else:
        print(f"ok {number + 1} - pages # SKIP no man")
        number += 1
    for name in there:
        with open(f"{FOLDER}/{name}", encoding="utf-8") as file:
            page = file.read()
        help_text = said(*name.removesuffix(".1").split("-")[1:])
        options = {long.replace("-", "\\-") for long in re.findall(r"^ .*?(--[\w-]+)", help_text, re.M) if long != "--help"}
        lacks = {o for o in options if o not in page} | {h for h in (".SH NAME", ".SH SYNOPSIS", ".SH EXAMPLES") if h not in page}
        ok(f"{name}: all options, and examples", not lacks, lacks)
    with tempfile.TemporaryDirectory() as work:
        changes = work + "/CHANGELOG.md"
        with open(changes, "w", encoding="utf-8") as file:
            file.write("# Changes\n\n## 0.9.0 (2026-02-03)\n")
        env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
        for made, more in {"a": {}, "b": {"LANG": "C", "TZ": "Asia/Tokyo"}, "c": {"SOURCE_DATE_EPOCH": "0"}}.items():
            subprocess.run([MAN, PROGRAM, VERSION, HELP2MAN, changes, f"{work}/{made}"], env={**env, **more}, check=True)
        ok("the same pages twice", not subprocess.run(["diff", "-r", work + "/a", work + "/b"], check=False).returncode)
        dates = [re.search(r'^\.TH QKBENCH "1" "(.*?)"', open(f"{work}/{made}/qkbench.1", encoding="utf-8").read(), re.M)[1] for made in "abc"]
        ok("dates are the changelog's or SOURCE_DATE_EPOCH's", dates == ["2026-02-03", "2026-02-03", "1970-01-01"], dates)
        with open(changes, "w", encoding="utf-8") as file:
            file.write("# Changes\n")
        done = subprocess.run([MAN, PROGRAM, VERSION, HELP2MAN, changes, work + "/d"], capture_output=True, text=True, check=False)
        ok("a changelog without a version is named", done.returncode and changes in done.stderr, done.stderr)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
