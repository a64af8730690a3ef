#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Manual pages of the program and of each of its commands.  man.py PROGRAM VERSION HELP2MAN CHANGELOG FOLDER

help2man makes a page of what --help says. The date of a page is that of the changelog's newest version, or
SOURCE_DATE_EPOCH, so that a build makes the same pages on every day.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from commands import Command


def date(changelog):
    with open(changelog, encoding="utf-8") as file:
        day = re.search(r"^## [\d.]+ \((\d{4}-\d{2}-\d{2})\)$", file.read(), re.M)
    if not day:
        sys.exit(f"{changelog}: expected a line as '## 1.2.3 (2026-01-02)'")
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    return time.strftime("%Y-%m-%d", time.gmtime(int(seconds))) if seconds else day[1]


def for_help2man(text):
    """It knows a heading by its line, and a row of a table by two blanks."""
    text = re.sub(r"(?<=\S)\s+Examples:$", r"\n\nExamples:", text, flags=re.M)
    table = re.compile(r"^Commands.*?\n\n", re.S | re.M)
    return table.sub(lambda rows: re.sub(r"^(  \S+) (?=\S)", r"\1  ", rows[0], flags=re.M), text)


def mended(page, day):
    """Lines that stand under each other stay so, and the date is one that every reader of pages knows."""
    page = re.sub(r"^\.IP\n((?:(?!\.).*\n)+)", r".IP\n.nf\n\1.fi\n", page, flags=re.M)
    return re.sub(r'^(\.TH \S+ "1") "[^"]*"', rf'\1 "{day}"', page, count=1, flags=re.M)


def see_also(command, root):
    others = [c.name for c in (root.all() if command is root else [root, *command.below]) if c is not command]
    return "[SEE ALSO]\n" + ",\n".join(f".BR {name} (1)" for name in others) + "\n"


def page(command, root, version, help2man):
    with tempfile.TemporaryDirectory() as work:
        program, notes = os.path.join(work, command.name), os.path.join(work, "notes")
        with open(program, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\ncat <<'END OF THE HELP'\n" + for_help2man(command.text) + "END OF THE HELP\n")
        os.chmod(program, 0o755)
        with open(notes, "w", encoding="utf-8") as file:
            file.write(see_also(command, root))
        return subprocess.run([help2man, "--no-info", f"--version-string={version}", f"--name={command.what}",
                               f"--include={notes}", program], stdout=subprocess.PIPE, text=True, check=True).stdout


def main(program, version, help2man, changelog, folder):
    day = date(changelog)
    root = Command(program, [], "measures kernels of 2-bit and ternary LLMs, and blocks the change that makes one slower")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for command in root.all():
        with open(f"{folder}/{command.name}.1", "w", encoding="utf-8") as file:
            file.write(mended(page(command, root, version, help2man), day))
        for action in command.actions():
            os.symlink(f"{command.name}.1", f"{folder}/{command.name}-{action}.1")


main(*sys.argv[1:])
