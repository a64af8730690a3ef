#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Renews the tables of a README from what qkbench prints about the files beside it.

    renew.py PROGRAM README.md [--check]

A table stands between a line `<!-- qkbench ARGUMENT... -->` and a line `<!-- end -->`. The arguments are those of
qkbench, relative to the README; `*` finds files, in order of name. Behind `::` stand the titles, or their beginnings, of
the tables that are left out, with `;` between them. With --check nothing is written. Exit codes: 0 the tables are up to
date (now), 1 could not, 3 with --check: they are not.
"""
import glob
import os
import re
import shlex
import subprocess
import sys


def table(program, folder, line):
    words, _, left_out = line.partition("::")
    found = []
    for word in shlex.split(words):
        found += sorted(glob.glob(word, root_dir=folder)) if "*" in word else [word]
    done = subprocess.run([program, *found], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"renew.py: qkbench {words}: exit code {done.returncode}: {done.stderr.strip()}")
    tables = re.split(r"^(?=### )", done.stdout.strip(), flags=re.M)
    for title in filter(None, map(str.strip, left_out.split(";"))):
        kept = [one for one in tables if not one.startswith(f"### {title}")]
        if len(kept) == len(tables):
            sys.exit(f"renew.py: qkbench {words}: found no table '{title}' to leave out")
        tables = kept
    return "".join(tables).strip()


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--check"]):
        sys.exit(__doc__)
    program, name = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(name, encoding="utf-8") as file:
        old = file.read()
    folder = os.path.dirname(os.path.abspath(name))
    new, count = re.subn(r"^(<!-- qkbench ([^\n]*) -->)\n.*?^(<!-- end -->)$",
                         lambda m: f"{m[1]}\n\n{table(program, folder, m[2])}\n\n{m[3]}", old, flags=re.M | re.S)
    if not count:
        sys.exit(f"renew.py: {name}: found no table, expected a line <!-- qkbench ... -->")
    if new == old:
        return
    if sys.argv[3:]:
        print(f"{name} is not up to date; renew it: baselines/campaigns/renew.py build/qkbench {name}")
        sys.exit(3)
    with open(f"{name}.tmp", "w", encoding="utf-8") as file:
        file.write(new)
    os.replace(f"{name}.tmp", name)


main()
