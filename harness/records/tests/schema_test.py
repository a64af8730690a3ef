#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema_test.py SCHEMA WRITER...: what WRITER prints obeys SCHEMA, and what is broken does not. TAP."""
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by

schema_path, *writer = sys.argv[1:]
document = printed_by(writer)

# Place, and what is put there; DELETE takes the member away.
BROKEN = [
    (["qkbench"], DELETE),
    (["context", "date"], 5),
    (["qkbench", "schema_version"], 2),
    (["qkbench", "kind"], "baseline"),
    (["qkbench", "seed"], 7),
    (["qkbench", "seed"], "007"),
    (["qkbench", "clock", "estimated_ghz"], None),
    (["qkbench", "fingerprint", "hash"], "xyz"),
    (["qkbench", "fingerprint", "identity", "cpu_family"], -1),
    (["qkbench", "cases", 0, "flags"], DELETE),
    (["qkbench", "cases", 0, "op"], "a/b"),
    (["qkbench", "cases", 0, "elements"], 0.5),
    (["qkbench", "cases", 0, "reason"], "why"),
    (["qkbench", "cases", 2, "reason"], None),
    (["qkbench", "cases", 0, "metrics"], {}),
    (["qkbench", "cases", 0, "metrics", 0, "name"], ""),
    (["qkbench", "cases", 0, "metrics", 0, "value"], "1"),
    (["qkbench", "cases", 0, "metrics", 2, "reason"], None),
    (["qkbench", "events_reason"], None),
    (["benchmarks", 0, "disturbed"], DELETE),
    (["benchmarks", 0, "events"], DELETE),
    (["benchmarks", 0, "events", "steal_ns"], DELETE),
    (["benchmarks", 0, "events", "wall_ns"], -1),
    (["benchmarks", 0, "core_ghz"], 0),
    (["benchmarks", 0, "time_unit"], "us"),
    (["benchmarks", 0, "samples_ns"], []),
    (["benchmarks", 0, "samples_ns", 1], -1),
    (["benchmarks", 0, "samples_ns", 1], 0.000999),
    (["benchmarks", 0, "samples_ns", 1], 1.1e15),
    (["benchmarks", 0, "core_ghz"], 1001),
    (["context", "date"], "2026-13-02T03:04:05+00:00"),
]

schema = Schema(schema_path)
schema.obeys(document)
schema.refuses(document, BROKEN)
schema.run()
