# SPDX-License-Identifier: MIT
"""The commands of the program, as its --help tells them. Pages and completion are made of nothing else."""
import os
import re
import subprocess


def said(program, *arguments):
    """What the program prints, with each paragraph on one line and whatever the caller's environment holds."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("QK_")}
    env.update(LC_ALL="C.UTF-8", ARGP_HELP_FMT="rmargin=30000")
    return subprocess.run([program, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


class Command:
    """words: ["model", "bench"]; what: one line; text: its --help; below: commands of its own."""

    def __init__(self, program, words, what):
        self.words, self.what = words, what
        self.text = said(program, *words, "--help")
        table = re.search(r"^Commands[^\n]*\n(.*?)(?:\n\n|\Z)", self.text, re.S | re.M)
        rows = re.findall(r"^  ([a-z][\w-]*) +(\S.*)$", table[1], re.M) if table else []
        self.below = [Command(program, [*words, name], line) for name, line in rows]

    @property
    def name(self):
        return "-".join(["qkbench", *self.words])

    def all(self):
        yield self
        for command in self.below:
            yield from command.all()

    def usages(self):
        """What follows the command's words in each line of its usage."""
        lines = re.findall(r"^(?:Usage:|  or: ) qkbench\b(.*)$", self.text, re.M)
        return [line.strip().removeprefix(" ".join(self.words)).strip() for line in lines]

    def actions(self):
        """Words that take the place of a command of its own, as in `baseline save NAME`: they share this --help."""
        found = [re.match(r"(?:\[OPTION\.\.\.\] )?([a-z][a-z-]*)\b", usage) for usage in self.usages()]
        return [match[1] for match in found if match]

    def options(self):
        """(-s or None, --long, what it takes or None) for each option."""
        rows = re.findall(r"^ {1,7}(?:(-\S), )?(--[a-z0-9][\w-]*)(?:\[?=(\S+))?", self.text, re.M)
        return [(short or None, long, value.rstrip("]") if "[" not in value else value or None)
                for short, long, value in rows]
