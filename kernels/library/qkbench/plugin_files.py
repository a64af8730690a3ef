#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plugin_files.py DEPFILE OUT TREE C OWN MESON README OP...: what `qkbench plugin new` writes, as C arrays of lines.

C, OWN, MESON and README are texts with @NAME@ and @OP@, and C with @BODY@. OWN is the source of an op of its own. That is the source of the op's reference, as a
function `mine`. What it includes of the tree stands in it, but for contracts, which are in plugin.h, and code of levels
above BASE.
"""
import re
import sys
from pathlib import Path

IN_PLUGIN_H = re.compile(r"kernels/(\w+/op|form|layout|row)\.h")
LEFT_OUT = re.compile(r"""/\*\ SPDX-License-Identifier:\ MIT\ \*/\n | \#pragma\ once\n
    | ^\#if\ defined\ __AVX(2|512F)__\n(?:.*\n)*?\#endif\n""", re.M | re.X)


read = set()


def source(tree, name, seen):
    """The text of a file, and of what it includes first."""
    read.add(str(tree / name))
    def put(line):
        if IN_PLUGIN_H.fullmatch(line[1]) or line[1] in seen:
            return ""
        seen.add(line[1])
        return source(tree, line[1], seen) + "\n"

    def included(text):
        return re.sub(r'^#include "(.*)"\n', put, text, flags=re.M)
    text = LEFT_OUT.sub("", (tree / name).read_text(encoding="utf-8"))
    # A file's first comment stands with its own code, behind what it includes at its start.
    head = re.match(r"\s*(/\*(?:(?!\*/).)*\*/\n)?((?:\n|#include .*\n)*)", text, re.S)
    return included(head[2]) + (head[1] or "") + included(text[head.end():])


STAGED = """QK_CUTS(QK_CUT_FUNCTION)

static void mine(QK_ARGS)
{
    body(QK_PASS, STAGE_WHOLE);
}

/* The same cut after a stage, which breakdown times. */
static qk_fn *mine_upto(int stage)
{
    qk_@OP@_fn *const cut[] = {QK_CUTS(QK_CUT_ENTRY) mine};
    return stage >= 0 && stage <= STAGE_WHOLE ? (qk_fn *)cut[stage] : NULL;
}"""
HELPER = re.compile(r"(?:^/\*(?:(?!\*/).)*\*/\n)?^static inline (?:\w+[ *]+)+(\w+)\([^()]*\)\n\{\n.*?^\}\n", re.M | re.S)


def without_unused(text):
    """Headers have functions for several kernels."""
    while True:
        unused = [found for found in HELPER.finditer(text) if len(re.findall(rf"\b{found[1]}\b", text)) == 1]
        if not unused:
            return text
        text = text.replace(unused[0][0], "")


def body(tree, op):
    reference = f"qk_{op}_scalar"
    whole = source(tree, f"kernels/{op}/scalar.c", set())
    system = sorted(set(re.findall(r"^#include <.*>\n", whole, re.M)) - {"#include <stddef.h>\n", "#include <stdint.h>\n"})
    text = re.sub(r"^#include <.*>\n", "", whole, flags=re.M)
    text = text.replace("QK_STAGED_KERNEL(scalar)", STAGED.replace("@OP@", op))

    def signature(found):
        back = len(f"void {reference}(") - len("static void mine(")
        return "static void mine(" + found[1].replace("\n" + " " * max(back, 0), "\n")
    text = re.sub(rf"^void {reference}\(([^)]*)\)", lambda found: signature(found) + ")", text, flags=re.M)
    text = re.sub(rf"\b{reference}\b", "mine", text)
    text = text.replace(f"const struct qk_form {reference}_form", "static const struct qk_form form")
    text = without_unused(text)
    text = re.sub(r"/\*[\s*]*The reference(?:(?!\*/).)*\*/\n", "", text, flags=re.S)
    return "".join(system) + f"\nstatic qk_{op}_fn mine;\n\n" + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def array(name, text):
    def quoted(line):
        return '"' + line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'
    lines = "".join(f"    {quoted(line)},\n" for line in text.splitlines())
    return f"static const char *const {name}[] = {{\n{lines}    NULL,\n}};\n"


depfile, out, tree, template, own, meson, readme = (Path(name) for name in sys.argv[1:8])
ops = sys.argv[8:]
plain = template.read_text(encoding="utf-8")


def source_of(op):
    text = body(tree, op)
    row = "QK_ROW(@OP@, mine, BASE, mine)"
    if "mine_upto" in text:
        row = "QK_ROW_STAGED(@OP@, mine, BASE, mine, mine_upto)"
    if "struct qk_form form" in text:
        row = "QK_ROW_PREPARED(@OP@, mine, BASE, mine, form)"
    return plain.replace("@BODY@", text).replace("@ROW@", row)


parts = ["/* Made by kernels/library/qkbench/plugin_files.py. */\n#pragma once\n\n#include <stddef.h>\n"]
parts += [array("plugin_source_" + op, source_of(op)) for op in ops]
sources = "".join(f"    plugin_source_{op},\n" for op in ops)
parts += ["/* [enum qk_op] */\nstatic const char *const *const plugin_sources[] = {\n" + sources + "};\n"]
parts += [array("plugin_own", own.read_text(encoding="utf-8"))]
parts += [array("plugin_meson", meson.read_text(encoding="utf-8")), array("plugin_readme", readme.read_text(encoding="utf-8"))]
out.write_text("\n".join(parts), encoding="utf-8")
depfile.write_text(f"{out}: {' '.join(sorted(read))}\n", encoding="utf-8")
