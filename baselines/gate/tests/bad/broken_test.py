#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""broken_test.py PROGRAM FOLDER MODULE POLICY broken|flips [SEED]: files that are damaged. TAP.

`broken` cuts MODULE short, or makes its headers, tables or rows useless. A gate must refuse each file (1), or say what
went wrong once it was loaded (5). `flips` changes one bit anywhere. A gate may pass that file where the row still
computes the right results in the same time. The test then checks that. SEED repeats a run's flips.
"""
import ctypes
import os
import random
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing appears in the source tree
import trial
from elf_edit import (HEADER, MODULE, PF_X, PT_DYNAMIC, MODULE_ROWS, PT_LOAD, R_RELATIVE, RELOCATION, SECTION,
                      SEGMENT, SYMBOL, Elf)

program, folder, module, shipped_policy, wanted, *seed = sys.argv[1:]
program, folder, module = map(os.path.realpath, (program, folder, module))  # gates run elsewhere
BUDGET_S = 6
SHOWN = 400
ROW, FUNCTION = "qk256_dequant/scalar/4096", "qk_qk256_dequant_scalar"
WILD = 1 << 40
FLIPS = 200
BROKEN_CODES = (1, 5)
FLIP_CODES = (0, 1, 3, 4, 5)


def cuts(good, draw):
    size = len(good.data)
    places = {0, 1, 15, 63, 64, 100, 100000, size // 2, size - 1, size - 64}
    for name in good.sections:
        start, length = good.span(name)
        places |= {start, start + length // 2}
    places |= {draw.randrange(size) for _ in range(30)}
    return [(f"cut to {place} bytes", lambda elf, place=place: elf.data.__delitem__(slice(place, None)))
            for place in sorted(places) if place < size]


def sets(what, table, at, changes):
    """An edit for each (field, value)."""
    return [(f"{what} {field} {value:#x}", lambda elf, f=table[field], v=value: elf.put(f, at, v))
            for field, value in changes]


def headers(good):
    size = len(good.data)
    edits = [(f"no magic, byte {i}", lambda elf, i=i: elf.put((i, "B"), 0, 0)) for i in range(4)]
    edits += sets("header", HEADER, 0, [
        ("class", 1), ("data", 2), ("ident_version", 0), ("osabi", 9), ("abiversion", 99), ("type", 1), ("type", 2),
        ("type", 4), ("machine", 3), ("machine", 8), ("machine", 40), ("machine", 243), ("machine", 0xFFFF),
        ("machine", 62 if good.get(HEADER["machine"]) == 183 else 183), ("version", 2), ("phoff", 0), ("phoff", size),
        ("phoff", size - 8), ("phoff", WILD), ("phentsize", 32), ("phnum", 0), ("phnum", 0xFFFF), ("shoff", size - 8),
        ("shoff", WILD), ("shentsize", 1), ("shnum", 0xFF00 - 1), ("shstrndx", 0xFF00 - 1)])
    for at in [s for s in good.segments if good.get(SEGMENT["type"], s) == PT_LOAD]:
        edits += sets(f"segment {at}", SEGMENT, at, [
            ("offset", WILD), ("offset", good.get(SEGMENT["offset"], at) + 8), ("filesz", WILD), ("memsz", 0),
            ("align", 3)])
    text, dynamic = good.find_segment(PT_LOAD, PF_X), good.find_segment(PT_DYNAMIC)
    edits += sets("text segment", SEGMENT, text, [("type", 0), ("flags", 4), ("vaddr", WILD)])
    edits += sets("dynamic segment", SEGMENT, dynamic, [("type", 0), ("offset", WILD), ("vaddr", WILD)])
    edits += sets(".text", SECTION, good.sections[".text"], [("offset", WILD), ("size", WILD), ("size", 2 ** 64 - 1)])
    return edits


def dynamics(good):
    changes = [(tag, WILD) for tag in ("STRTAB", "SYMTAB", "GNU_HASH", "RELA", "INIT", "INIT_ARRAY", "VERSYM", "VERNEED",
                                       "JMPREL", "RELASZ", "INIT_ARRAYSZ")]
    changes += [("NEEDED", 1), ("RELAENT", 7), ("PLTREL", 1), ("RELASZ", 23)]
    edits = []
    for tag, value in changes:
        at = good.find_dynamic(tag)
        if at:
            edits += sets("dynamic", {tag: (8, "Q")}, at, [(tag, value)])
    start = good.span(".dynamic")[0]
    return edits + sets("first dynamic", {"tag": (0, "Q")}, start, [("tag", 0)])


def relocations(good):
    every = good.relocations()
    relative = [at for at in every if good.get(RELOCATION["type"], at) == R_RELATIVE[good.get(HEADER["machine"])]]
    bound = [at for at in every if good.get(RELOCATION["symbol"], at)]
    edits = []
    for at in (relative[0], relative[len(relative) // 2], relative[-1]):
        edits += sets(f"relocation {at}", RELOCATION, at, [("offset", WILD), ("type", 255)])
    for at in bound[:2]:
        edits += sets(f"relocation {at}", RELOCATION, at, [("offset", WILD), ("type", 255), ("symbol", 1 << 30)])
    entry = good.exports["qk_kernels_module"]
    edits += sets("qk_kernels_module", SYMBOL, entry, [("name", 1), ("shndx", 0), ("value", WILD), ("value", 8)])
    return edits


def function_place(good):
    """The loaded address of the row's pointer to its function."""
    function = good.get(SYMBOL["value"], good.symbols[FUNCTION])
    pointers = [good.get(RELOCATION["offset"], at) for at in good.relocations()
                if good.get(RELOCATION["addend"], at) == function]
    return min(pointer for pointer in pointers if pointer >= good.rows())


def rows(good):
    head, first = good.module(), good.rows()
    edits = sets("table", MODULE, good.place(head), [
        ("magic", 0), ("abi", 0), ("abi", 99), ("row_bytes", 0), ("row_bytes", 8), ("row_count", 0),
        ("row_count", 0xFFFFFFFF)])
    edits += sets("table rows", RELOCATION, good.find_relocation(head + 16), [("addend", 0), ("addend", WILD)])
    place = good.find_relocation(function_place(good))
    edits += sets("row's function", RELOCATION, place, [("addend", 0), ("addend", first), ("addend", WILD)])
    for i, field in enumerate(("op", "name", "isa", "phase", "kind")):
        text = good.find_relocation(first + 8 * i)
        edits += sets(f"row's {field}", RELOCATION, text, [("addend", WILD)])
        if field != "phase":
            at = good.place(good.get(RELOCATION["addend"], text))
            edits += [(f"row's {field}, a letter", lambda elf, at=at: elf.put((0, "B"), at, ord("~")))]
    return edits


def flips(good, draw):
    """Half of them anywhere, the others where they are likely to matter."""
    function = good.symbols[FUNCTION]
    places = [(good.place(good.get(SYMBOL["value"], function)), good.get(SYMBOL["size"], function))]
    places += [(0, 64 + 56 * len(good.segments))]
    places += [good.span(name) for name in (".dynsym", ".dynstr", ".rela.dyn", ".rodata", ".data.rel.ro", ".dynamic",
                                            ".gnu.hash", ".eh_frame") if name in good.sections]
    for number in range(FLIPS):
        start, size = (0, len(good.data)) if number % 2 else places[number // 2 % len(places)]
        at, bit = start + draw.randrange(size), draw.randrange(8)
        yield f"bit {bit} of byte {at}", lambda elf, at=at, bit=bit: elf.put((0, "B"), at, elf.data[at] ^ 1 << bit)


def load(path, place):
    """The function of the first row, whose pointer stands at that place of it."""
    library = ctypes.CDLL(path)
    library.qk_kernels_module.restype = ctypes.c_uint64
    rows_at = ctypes.c_uint64.from_address(library.qk_kernels_module() + MODULE_ROWS).value
    function = ctypes.c_uint64.from_address(rows_at + place).value
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_size_t)(function)


def look(path):
    """Ends with a text when a row computes other results than the undamaged one, or takes half as long again."""
    elf = Elf(original)
    places = [load(p, function_place(elf) - elf.rows()) for p in (module, path)]
    draw, least = random.Random(1), [float("inf")] * 2
    for number in range(300):
        blocks = 16 if number % 2 else draw.randrange(1, 40)
        codes = ctypes.create_string_buffer(draw.randbytes(64 * blocks))
        scale = (ctypes.c_float * blocks)(*[draw.uniform(-2, 2) for _ in range(blocks)])
        table = (ctypes.c_float * 4)(-2, -1, 1, 2)
        out = [(ctypes.c_float * (256 * blocks))(*[7] * (256 * blocks)) for _ in places]
        for arm, function in enumerate(places):
            start = time.perf_counter()
            function(out[arm], codes, scale, table, blocks)
            if blocks == 16:
                least[arm] = min(least[arm], time.perf_counter() - start)
        if bytes(out[0]) != bytes(out[1]):
            sys.exit(f"computes other results in call {number}")
    if least[1] > 1.5 * least[0]:
        sys.exit(f"takes {least[1] / least[0]:.2f} times as long")


def honest(path):
    """Whether the row of a module that passed computes the same in the same time, as a process of its own finds."""
    looked = subprocess.run([sys.executable, __file__, program, folder, module, shipped_policy, "look", path],
                            capture_output=True, text=True, timeout=60)
    return looked.returncode == 0, (looked.stdout + looked.stderr).strip()


def judge(cpu, edit, codes):
    elf = Elf(original)
    edit(elf)
    with tempfile.NamedTemporaryFile(suffix=".so") as f:
        f.write(elf.data)
        f.flush()
        outcome = trial.gate(program, policy, module, f.name, ROW, BUDGET_S, cpu)
        problems = outcome.problems
        if outcome.code not in codes:
            problems.append(f"exit code {outcome.code}, expected one of {codes}")
        elif outcome.code == 0 and bytes(elf.data) != original:
            good, why = honest(f.name)
            if not good:
                problems.append(f"passed, but {why}")
    if not problems:
        return True, f"{outcome.code}: {outcome.text[-120:]}"
    return False, f"{'; '.join(problems)}; {outcome.seconds:.1f} s\n{outcome.text[-SHOWN:]}"


def plan():
    good = Elf(original)
    number = int(seed[0]) if seed else random.randrange(1 << 32)
    if wanted == "flips":
        print(f"# seed {number}")
        return [(name, judge, edit, FLIP_CODES) for name, edit in flips(good, random.Random(number))]
    edits = cuts(good, random.Random(1)) + headers(good) + dynamics(good) + relocations(good) + rows(good)
    return [(name, judge, edit, BROKEN_CODES) for name, edit in edits]


with open(module, "rb") as f:
    original = f.read()
policy = os.path.join(folder, "policy.broken.json")
if wanted == "look":
    look(seed[0])
else:
    trial.write_policy(shipped_policy, policy)
    trial.run_tests(plan())
