#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ceilings_schema_test.py SCHEMA COMMAND...: what COMMAND prints obeys SCHEMA, and what is broken does not. TAP."""
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by

schema_path, *command = sys.argv[1:]
document = printed_by(command)
rows = {row["name"]: number for number, row in enumerate(document["ceilings"])}
FMA, ABSENT = rows["fma/AVX2"], rows["dot/AVXVNNI"]

# Place, and what is put there; DELETE takes the member away.
BROKEN = [
    (["schema_version"], 1),
    (["kind"], "breakdown"),
    (["seed"], 42),
    (["mode"], "fast"),
    (["threads"], 0),
    (["huge_page_share"], 1.5),
    (["timer", "cost_ns"], 0),
    (["clock", "estimated_ghz"], None),
    (["clock", "reason"], "why"),
    (["fingerprint", "hash"], "xyz"),
    (["ceilings"], DELETE),
    (["ceilings", 0, "extra"], 1),
    (["ceilings", 0, "name"], "read L1"),
    (["ceilings", 0, "kind"], "reed"),
    (["ceilings", 0, "level"], "L4"),
    (["ceilings", 0, "level"], "registers"),
    (["ceilings", 0, "unit"], "instructions/ns"),
    (["ceilings", 0, "best"], 0),
    (["ceilings", 0, "best"], None),
    (["ceilings", 0, "median"], None),
    (["ceilings", 0, "spread"], -0.1),
    (["ceilings", 0, "spread"], DELETE),
    (["ceilings", 0, "clock_ghz"], 4),
    (["ceilings", 0, "repetitions"], 0),
    (["ceilings", 0, "reason"], "why"),
    (["ceilings", 0, "gop_s"], 1),
    (["ceilings", FMA, "unit"], "GB/s"),
    (["ceilings", FMA, "ops_per_instruction"], None),
    (["ceilings", FMA, "bytes_per_thread"], 512),
    (["ceilings", ABSENT, "reason"], None),
    (["ceilings", ABSENT, "spread"], 0.1),
    (["ceilings", ABSENT, "clock_ghz"], 4),
    (["ceilings", ABSENT, "repetitions"], 1),
]

schema = Schema(schema_path)
schema.obeys(document)
schema.refuses(document, BROKEN)
schema.run()
