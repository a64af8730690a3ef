#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program takes every command of qkbench in ci/examples/, and ci/gate every option.  examples_test.py PROGRAM TREE

A copy of the program runs in an empty folder, where it finds neither a source tree nor the folder of a campaign. So it
ends with 1 where it takes its arguments, and with 2 where it does not.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("1..0 # SKIP python3-yaml is not installed")
    sys.exit(0)

PROGRAM, TREE = (os.path.realpath(path) for path in sys.argv[1:3])
WANTED = re.compile(r"(^|/)(qkbench|ci/gate|ci/baseline|ci/test)$")


def texts(value, key=""):
    """All commands of a document, wherever they are."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from texts(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from texts(below, key)
    elif key in ("run", "script"):
        yield str(value)


def commands(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    scripts = texts(yaml.safe_load(text)) if path.endswith(".yml") else [re.sub(r"^#.*$", "", text, flags=re.M)]
    for script in scripts:
        script = re.sub(r'"\$\([^)]*\)"', "REF", script.replace("\\\n", " "))
        for line in re.split(r"\n|&&|\|\||;", script):
            words = shlex.split(line, comments=True)
            while words and (words[0] == "exec" or re.match(r"[A-Z_]+=", words[0])):
                words.pop(0)
            if words and WANTED.search(words[0]):
                yield [re.sub(r"\$\{?\w+\}?|\$\(.*", "a", word) for word in words]


def check(words, folder):
    if words[0].endswith("qkbench"):
        done = subprocess.run([folder + "/qkbench", *words[1:]], cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode == 1, f"exit code {done.returncode}: {done.stderr}"
    help_text = subprocess.run([os.path.join(TREE, words[0]), "--help"], capture_output=True, text=True, check=True).stdout
    gate = subprocess.run([folder + "/qkbench", "gate", "--help"], capture_output=True, text=True, check=True).stdout
    unknown = [word for word in words[1:] if word.startswith("-") and word not in help_text + gate]
    return not unknown, f"--help lacks {unknown}"


def main():
    number = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(PROGRAM, folder + "/qkbench")
        for path in sorted(glob.glob(TREE + "/ci/examples/*")):
            found = list(commands(path))
            for words in found or [None]:
                number += 1
                good, why = check(words, folder) if words else (False, "found no command of ours")
                failed += not good
                print(f"{'ok' if good else 'not ok'} {number} - {os.path.basename(path)}: {' '.join(words or [])}")
                if not good:
                    print("# " + why.strip().replace("\n", "\n# "))
    print(f"1..{number}")
    return 1 if failed or number < 10 else 0


sys.exit(main())
