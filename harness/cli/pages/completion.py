#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion for bash: tables of what the program has, then completion.bash.  completion.py PROGRAM COMPLETION.bash"""
import json
import re
import sys

from commands import Command, said


def kind(value):
    """What completes a value, told from how --help names it."""
    if re.fullmatch(r"[a-z0-9_]+(\|[a-z0-9_]+)+", value):
        return value.replace("|", " ")
    for names, found in (("PATTERN|CASE", "@pattern"), ("OP", "@op"), ("DIR", "@directory"), ("SET", "@set"),
                         (r"FILE|\S*\.so|SO|\S*PROGRAM|RESULT|GATE|TRACE|MODEL|CLAIMS\.json|OLD|NEW|IN|OUT", "@file")):
        if re.search(rf"(?:^|\])(?:{names})$", value):
            return found
    return ""


def arguments(command):
    """The kinds of what stands behind a command's options."""
    names = [word for usage in command.usages() for word in re.findall(r"[A-Z][A-Za-z.]*", usage.replace("[OPTION...]", ""))]
    return " ".join(dict.fromkeys(filter(None, (kind(name.rstrip(".")) for name in names))))


def row(table, key, value):
    return f"_qkbench_{table}['{key}']='{value}'\n"


def tables(program):
    for command in Command(program, [], "").all():
        key = " ".join(["qkbench", *command.words])
        options = command.options()
        yield row("commands", key, " ".join([c.words[-1] for c in command.below] or command.actions()))
        yield row("options", key, " ".join(long + ("=" if value else "") for _, long, value in options) or "--help")
        yield row("arguments", key, "" if command.below else arguments(command))
        for short, long, value in options:
            if value:
                yield "".join(row("values", f"{key} {name}", kind(value)) for name in (short, long) if name)
    listed = json.loads(said(program, "list", "--json"))
    for op in dict.fromkeys(variant["op"] for variant in listed["variants"]):
        shapes = (shape["shape"] for shape in listed["shapes"] if shape["op"] == op)
        yield row("variants", op, " ".join(row["variant"] for row in listed["variants"] if row["op"] == op))
        yield row("shapes", op, " ".join(dict.fromkeys(shapes)))
    yield f"_qkbench_sets='{' '.join(dict.fromkeys(shape['set'] for shape in listed['shapes']))}'\n"


def main(program, code):
    names = ("commands", "options", "arguments", "values", "variants", "shapes")
    with open(code, encoding="utf-8") as file:
        head, _, body = file.read().partition("\n\n")
    print(head)
    print("declare -gA", " ".join(f"_qkbench_{name}=()" for name in names))
    print("".join(tables(program)) + body, end="")


main(*sys.argv[1:])
