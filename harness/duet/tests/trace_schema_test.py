#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trace_schema_test.py SCHEMA WRITER...: every line WRITER prints obeys SCHEMA, and what is broken does not. TAP."""
import json
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, refuse_constant

schema_path, *writer = sys.argv[1:]
written = subprocess.run(writer, check=True, capture_output=True, text=True).stdout
lines = [json.loads(line, parse_constant=refuse_constant) for line in written.splitlines()]
header, full, bare = lines

# Line, place, and what is put there; DELETE takes the member away.
BROKEN = [
    (header, ["schema_version"], 2),
    (header, ["kind"], "sample_set"),
    (header, ["seed"], 7),
    (header, ["policy"], None),
    (header, ["modules", 0, "side"], "head"),
    (header, ["modules", 0, "xxh3"], "xyz"),
    (header, ["cases", 0, "memory"], "l3"),
    (header, ["cases", 0, "candidate"], DELETE),
    (header, ["cases", 0, "base", "variant"], ""),
    (header, ["cases", 0, "extra"], -0.1),
    (header, ["cases", 0, "budget_ns"], 0),
    (header, ["cases", 1, "shape"], "2x"),
    (header, ["fingerprint", "hash"], DELETE),
    (full, ["order"], "012"),
    (full, ["order"], ""),
    (full, ["base_ns"], []),
    (full, ["cand_ns", 1], -1),
    (full, ["cand_ns", 1], None),
    (full, ["log_ratio"], None),
    (full, ["launch"], DELETE),
    (full, ["core_ghz"], 0),
    (full, ["proof_ns"], 0),
    (full, ["disturbed"], 1),
    (bare, ["order"], "1" * 65),
]


def expect(what, found, expected):
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def values():
    expect("seed", header["seed"], str(2**64 - 1))
    expect("policy", header["policy"], {"alpha": 0.001})
    expect("budget", header["cases"][1]["budget_ns"], None)
    expect("unreadable module", header["modules"][1]["xxh3"], None)
    expect("hash of a module", len(header["modules"][0]["xxh3"]), 16)
    expect("order", full["order"], "101")
    expect("slices", full["cand_ns"], [274, 0.1000001, 1.5e9])
    expect("place", [full["case"], full["block"], full["launch"]], [0, 3, 1])
    expect("clock", [full["core_ghz"], bare["core_ghz"]], [3.5, None])
    expect("proof", [full["proof_ns"], "proof_ns" in bare], [1.5e6, False])
    expect("not recorded", [bare["steal_ns"], bare["switches"], bare["disturbed"]], [None] * 3)
    expect("recorded", [full["steal_ns"], full["switches"], full["disturbed"]], [0, 0, False])
    expect("pairs", [len(bare["order"]), len(bare["base_ns"]), len(bare["cand_ns"])], [64] * 3)


schema = Schema(schema_path)
schema.test("values are what was measured", values)
for number, line in enumerate(lines, 1):
    schema.obeys(line, f"line {number} obeys it")
for line, place, value in BROKEN:
    schema.refuses(line, [(place, value)])
schema.run()
