#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion, in a bash of its own on a terminal.  completion_test.py PROGRAM COMPLETION

Each line is typed and completed with readline's insert-completions. The program's name is then a function that prints
the words it is given, so a test sees what a user would run.
"""
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile

PROGRAM, COMPLETION = (os.path.realpath(path) for path in sys.argv[1:3])
KEY = "\x18*"  # insert-completions, bound below
DONE = "<done>"
MOST_SECONDS = 60


class Shell:
    def __init__(self, folder):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=slave, stdout=slave, stderr=slave,
                                        cwd=folder, start_new_session=True, close_fds=True,
                                        env={"PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8", "PS1": "",
                                             "HOME": folder, "INPUTRC": "/dev/null", "HISTFILE": ""})
        os.close(slave)
        self.type("stty -echo cols 30000; bind 'set completion-query-items 0'; bind '\"\\C-x*\": insert-completions'; "
                  f"qkbench() {{ printf '[%s]\\n' \"$@\"; }}; . '{COMPLETION}'")

    def type(self, line):
        """What the shell printed of it, apart from the line itself."""
        os.write(self.master, f"{line}\necho '<''done>'\n".encode())
        text = ""
        while DONE not in text:
            if not select.select([self.master], [], [], MOST_SECONDS)[0]:
                sys.exit(f"the shell hangs on '{line}'; it said: {text}")
            text += os.read(self.master, 65536).decode(errors="replace")
        return text.replace("\r", "")

    def complete(self, line):
        return re.findall(r"^\[(.*)\]$", self.type(line + KEY), re.M)

    def end(self):
        os.close(self.master)
        self.process.wait()


def said(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    number = failed = 0

    def same(what, got, wanted):
        nonlocal number, failed
        number += 1
        good = sorted(got) == sorted(wanted) and wanted
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {what}")
        if not good:
            print(f"# got    {' '.join(got)[:800]}\n# wanted {' '.join(wanted)[:800]}")

    listed = json.loads(said("list", "--json"))
    ops = list(dict.fromkeys(row["op"] for row in listed["variants"]))
    rows = [f"{row['op']}/{row['variant']}" for row in listed["variants"]]
    shapes = {op: list(dict.fromkeys(s["shape"] for s in listed["shapes"] if s["op"] == op)) for op in ops}
    table = re.compile(r"^Commands.*?\n(.*?)\n\n", re.S | re.M)
    commands = re.findall(r"^  (\S+) ", table.search(said("--help"))[1], re.M)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(folder + "/results")
        for name in ("base.so", "p4.json", "p5.json"):
            open(f"{folder}/{name}", "w", encoding="utf-8").close()
        shell = Shell(folder)
        complete = shell.complete
        same("commands", complete("qkbench "), commands)
        same("a command that is begun", complete("qkbench brea"), ["breakdown"])
        below = re.findall(r"^  (\S+) ", table.search(said("model", "--help"))[1], re.M)
        same("commands of a command", complete("qkbench model "), ["model", *below])
        same("actions of a command", complete("qkbench baseline --quick "),
             ["baseline", "--quick", "save", "list", "show", "accept", "remove"])
        for command in commands:
            options = re.findall(r"^ {1,6}(?:-\S, )?(--[\w-]+)(=)?", said(command, "--help"), re.M) or [("--help", "")]
            same(f"options of {command}", complete(f"qkbench {command} --"), [command, *("".join(o) for o in options)])
        same("ops", complete("qkbench run "), ["run", *(op + "/" for op in ops)])
        same("ops, alone", complete("qkbench tune i2s16"), ["tune", *(op for op in ops if op.startswith("i2s16"))])
        same("ops of plug-ins", complete("qkbench plugin new x --op=f32"),
             ["plugin", "new", "x", *("--op=" + op for op in ops if op.startswith("f32"))])
        same("ops of plug-ins, a word of its own", complete("qkbench plugin new x --op f32"),
             ["plugin", "new", "x", "--op", *(op for op in ops if op.startswith("f32"))])
        for op in ops:
            same(f"variants of {op}", complete(f"qkbench run --quick {op}/"),
                 ["run", "--quick", *(row for row in rows if row.startswith(op + "/"))])
        same("shapes", complete("qkbench run qk256_dequant/p4_permute/"),
             ["run", *(f"qk256_dequant/p4_permute/{shape}" for shape in shapes["qk256_dequant"])])
        same("a shape that is begun", complete("qkbench check qk256_dequant/scalar/40"),
             ["check", "qk256_dequant/scalar/4096"])
        same("an op that is whole", complete("qkbench run qk256_deq"),
             ["run", *(row for row in rows if row.startswith("qk256_dequant/"))])
        p4 = ["/p4_permute", *("/p4_permute/" + shape for shape in shapes["qk256_dequant"])]
        same("a variant that is whole", complete("qkbench run qk256_dequant/p4"), ["run", *("qk256_dequant" + p for p in p4)])
        same("a pattern in quotes", complete("qkbench gate --duet base.so 'qk256_dequant/p4"),
             ["gate", "--duet", "base.so", *("qk256_dequant" + p for p in p4)])
        same("a glob for an op", complete("qkbench run 'qk256_d*/p4"), ["run", *("qk256_d*" + p for p in p4)])
        same("a glob for a variant", complete('qkbench run "f32_dot/*/69'), ["run", "f32_dot/*/6912"])
        same("a pattern as a value", complete("qkbench baseline save x --only=qk256_dequant/p4"),
             ["baseline", "save", "x", "--only=qk256_dequant" + p4[0], *("qk256_dequant" + p for p in p4[1:])])
        same("words of a value", complete("qkbench model run --kv=f1"), ["model", "run", "--kv=f16"])
        # The first of several stands where the value was, the others behind it.
        same("a value that is not begun", complete("qkbench model run --kv="), ["model", "run", "--kv=f16", "f32"])
        same("what an action takes", complete("qkbench baseline accept p"), ["baseline", "accept", "p4.json", "p5.json"])
        same("words of a value, a word of its own", complete("qkbench model bench --kv f3"),
             ["model", "bench", "--kv", "f32"])
        same("files", complete("qkbench report p"), ["report", "p4.json", "p5.json"])
        same("a file behind a name", complete("qkbench run --load=mine=ba"), ["run", "--load=mine=base.so"])
        same("a file behind a kind", complete("qkbench run -l ggml:ba"), ["run", "-l", "ggml:base.so"])
        same("folders", complete("qkbench compare --dir "), ["compare", "--dir", "results"])
        same("sets of shapes", complete("qkbench run --shapes=se"), ["run", "--shapes=seed"])
        shell.end()
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
