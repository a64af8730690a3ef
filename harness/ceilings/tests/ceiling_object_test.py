#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ceiling_object_test.py PROGRAM LOOPS: checks each loop of LOOPS (ceilings/loops.def) in the built program. It must
consist of the instruction that it claims, on the registers and as often as it claims. Beside that, it may only count.
TAP."""
import re
import shutil
import subprocess
import sys

UNIT, PEAK = 512, 24  # BENCH_LOOP_UNIT, BENCH_LOOP_INSTRUCTIONS
WIDTH = {"xmm": 16, "ymm": 32, "zmm": 64, "tmm": 1024}
CHAINS = {"tmm": 6}  # else 12
COUNTING = {"add", "sub", "dec"}

program, loops = sys.argv[1:]
if not shutil.which("objdump"):
    print("1..0 # SKIP no objdump")
    sys.exit(0)
listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], check=True, capture_output=True,
                         text=True).stdout
bodies = {}
for block in listing.split("\n\n"):
    head = re.match(r"[0-9a-f]+ <(bench_loop_\w+)>:\n", block)
    if head:
        code = re.findall(r"^\s*([0-9a-f]+):\s+(\S.*)$", block, re.M)
        bodies[head[1]] = [(int(address, 16), re.sub(r"\{vex\} ", "", text).strip()) for address, text in code]


def innermost(body):
    """Loops without another inside: the instructions from the target of a branch backwards to it."""
    spans = []
    for address, text in body:
        branch = re.match(r"(jne|jnz)\s+([0-9a-f]+)", text)
        if branch and int(branch[2], 16) <= address:
            spans.append((int(branch[2], 16), address))
    inner = [s for s in spans if not any(o != s and s[0] <= o[0] and o[1] <= s[1] for o in spans)]
    return [[text for address, text in body if first <= address < last] for first, last in inner]


def memory_operands(texts, width, stores):
    """Offsets of the loads or stores, each of which must be there once."""
    pattern = r"%[xyz]mm\d+,(0x[0-9a-f]+)?\(%\w+\)$" if stores else r"(?:\s|,)(0x[0-9a-f]+)?\(%\w+\),%[xyz]mm\d+$"
    found = [re.search(pattern, text) for text in texts]
    offsets = [int(m[1] or "0", 16) for m in found if m]
    assert sorted(offsets) == list(range(0, UNIT, width)), f"offsets {offsets}"
    return len(offsets)


def check(kind, isa, instruction, registers):
    name = f"bench_loop_{kind}_{isa}"
    assert name in bodies, "the program has no such function"
    for texts in innermost(bodies[name]):
        ours = [t for t in texts if t.split()[0] == instruction]
        if ours:
            break
    else:
        raise AssertionError(f"no loop with {instruction}")
    hints = [t for t in texts if t.startswith("prefetch")]
    assert len(hints) == {"read_ahead": 1, "read_lines": UNIT // 64}.get(kind, 0), f"{len(hints)} hints"
    other = [t for t in texts if t.split()[0] not in COUNTING | {instruction} and t not in hints]
    assert not other, f"also has {other}"
    wrong = [t for t in ours if set(re.findall(r"%([txyz]mm)", t)) != {registers}]
    assert not wrong, f"other registers: {wrong}"
    width = WIDTH[registers]
    reads = kind.startswith("read")
    if reads or kind in ("write", "copy", "nt_write"):
        count = 0
        if reads or kind == "copy":
            count += memory_operands(ours, width, False)
        if not reads:
            count += memory_operands(ours, width, True)
        assert len(ours) == count, f"{len(ours)} instructions, {count} operands"
        if kind == "nt_write":
            assert any(t.startswith("sfence") for _, t in bodies[name]), "no sfence"
    else:
        assert len(ours) == PEAK, f"{len(ours)} instructions, expected {PEAK}"
        assert not any("(" in t for t in ours), "touches memory"
        chains = {t.rsplit("%", 1)[1] for t in ours}
        expected = CHAINS.get(registers, 12)
        assert len(chains) == expected, f"{len(chains)} registers are written, expected {expected}"


with open(loops, encoding="utf-8") as f:
    rows = re.findall(r"^CEILING_LOOP\((\w+), (\w+), (\w+), (\w+), (\d+)\)$", f.read(), re.M)
print(f"1..{len(rows) + 1}")
failed = sorted(bodies) != sorted(f"bench_loop_{row[0]}_{row[1]}" for row in rows) or not rows
print(f"{'not ok' if failed else 'ok'} 1 - every loop has a row, every row a loop")
for number, (kind, isa, instruction, registers, _) in enumerate(rows, 2):
    try:
        check(kind, isa, instruction, registers)
        print(f"ok {number} - {kind} {isa}: {instruction} {registers}")
    except AssertionError as error:
        failed = True
        print(f"not ok {number} - {kind} {isa}: {instruction} {registers}\n# {error}")
sys.exit(failed)
