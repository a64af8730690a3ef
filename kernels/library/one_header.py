#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""one_header.py HEADER TREE: HEADER, with the tree's headers in place of their #include lines, as it is installed.

What only a kernel's source needs is left out: the types of kernels, whose `restrict` is no C++. A header that needs more
than the C library, or anything else that a caller's compiler cannot know, ends this with 1 and a message.
"""
import re
import sys
from pathlib import Path

LEFT_OUT = re.compile(r"""/\*\ SPDX-License-Identifier:\ MIT\ \*/\n | \#pragma\ once\n | \#include\ <std(def|int)\.h>\n
    | struct\ qk_error;.*\n | ^typedef\ void\ qk_\w+_fn\([^;]*\);\n""", re.M | re.X)


def contract(path):
    text = LEFT_OUT.sub("", path.read_text(encoding="utf-8"))
    unknown = re.search(r"^[ \t]*#.*|\brestrict\b", text, re.M)
    if unknown:
        sys.exit(f"one_header.py: {path}: found '{unknown.group()}'; expected nothing that callers of libqk.a cannot compile")
    return "\n" + text.strip() + "\n"


header, tree = map(Path, sys.argv[1:])
whole = re.sub(r'^#include "(.*)"\n', lambda line: contract(tree / line[1]), header.read_text(encoding="utf-8"), flags=re.M)
sys.stdout.write(re.sub(r"\n{3,}", "\n\n", whole))
