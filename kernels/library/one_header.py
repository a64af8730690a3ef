#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""one_header.py [--kernels] HEADER TREE: HEADER, with the tree's headers in place of their #include lines, as installed.

For callers, what only a kernel's source needs is left out: the types of kernels. With --kernels it is the other way
round: the entry points are left out, and `restrict`, which is no C++, is written as both languages know it. A source may
include both headers. So each enum, struct and inline function stands behind a guard that both know. A header that needs more than the C library, or anything else that other compilers cannot know, ends this with 1 and a message.
"""
import re
import sys
from pathlib import Path

LEFT_OUT = r"""/\*\ SPDX-License-Identifier:\ MIT\ \*/\n | \#pragma\ once\n | \#include\ <std(def|int)\.h>\n
    | struct\ qk_error;.*\n"""
KERNELS = r"^typedef\ void\ qk_\w+_fn\([^;]*\);\n"
ENTRY_POINTS = r"(^/\*(?:(?!\*/)[\s\S])*\*/\n)?^int\ qk_\w+\([^;]*\);\n | ^\#include\ \"kernels/(kernels|form)\.h\"\n | ^\#define\ QK_MODULE_SYMBOL\ .*\n"
DEFINITION = re.compile(r"^(?:(?:enum|struct)(?: \w+)? \{\n[\s\S]*?^\};|static inline [^;{]*\n\{\n[\s\S]*?^\})\n", re.M)


def guarded(path, text):
    """A type or an inline function may be defined once, unlike what is only declared, which may be so twice."""
    name = re.sub(r"\W", "_", str(path.relative_to(tree))).upper()
    number = iter(range(len(text)))

    def guard(found):
        macro = f"QK_TYPES_{name}_{next(number)}"
        return f"#ifndef {macro}\n#define {macro}\n{found[0]}#endif\n"
    return DEFINITION.sub(guard, text)


def contract(path):
    text = left_out.sub("", path.read_text(encoding="utf-8"))
    if for_kernels:
        text = re.sub(r"\brestrict\b", "__restrict", text)
    unknown = re.search(r"^[ \t]*#.*|\brestrict\b", text, re.M)
    if unknown:
        sys.exit(f"one_header.py: {path}: found '{unknown.group()}'; expected nothing that others cannot compile")
    return "\n" + guarded(path, text).strip() + "\n"


for_kernels = sys.argv[1] == "--kernels"
left_out = re.compile(f"{LEFT_OUT} | {ENTRY_POINTS if for_kernels else KERNELS}", re.M | re.X)
header, tree = map(Path, sys.argv[-2:])
whole = re.sub(r'^#include "(.*)"\n', lambda line: contract(tree / line[1]), header.read_text(encoding="utf-8"), flags=re.M)
sys.stdout.write(re.sub(r"\n{3,}", "\n\n", whole))
