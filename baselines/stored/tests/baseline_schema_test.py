#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""baseline_schema_test.py SCHEMA COMMAND [ARGUMENT...]: what COMMAND prints obeys SCHEMA and has sorted keys, and what
is broken does not. TAP."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, refuse_constant

schema_path, *command = sys.argv[1:]
text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
document = json.loads(text, parse_constant=refuse_constant)
cases = document["cases"]
with_parts = next((i for i, case in enumerate(cases) if case["components"]["parts"]), None)
without_parts = next((i for i, case in enumerate(cases) if not case["components"]["parts"]), None)
counted = next((i for i, case in enumerate(cases) if case["instructions"]["count"]), None)
changed = next((i for i, case in enumerate(cases) if case["history"]), None)

# Place, and what is put there; DELETE takes the member away.
BROKEN = [
    (["schema_version"], 1),
    (["kind"], "sample_set"),
    (["more"], 1),
    (["name"], ".main"),
    (["name"], "main.json"),
    (["hash"], "xyz"),
    (["launches"], 0),
    (["mode"], "slow"),
    (["cases"], []),
    (["identity", "compiler"], DELETE),
    (["identity", "more"], 1),
    (["shown", "load"], [1]),
    (["shown", "host"], "a name"),
    (["uncounted", "ipc"], {"reason": "", "unit": ""}),
    (["cases", 0, "name"], "scalar"),
    (["cases", 0, "ns"], 0),
    (["cases", 0, "ns"], 1.1e15),
    (["cases", 0, "speedup", "high"], 1.1e18),
    (["cases", 0, "speedup", "value"], -1),
    (["cases", 0, "speedup", "low"], None),
    (["cases", 0, "speedup", "more"], 1),
    (["cases", 0, "spread", "value"], -1),
    (["cases", 0, "spread"], {"value": None, "reason": None}),
    (["cases", 0, "isa"], DELETE),
    (["cases", 0, "instructions"], {"count": None, "kinds": {}, "reason": None}),
]
BROKEN += [(["cases", i, "components", "reason"], "why") for i in [with_parts] if i is not None]
BROKEN += [(["cases", i, "components", "parts", 0, "name"], "") for i in [with_parts] if i is not None]
BROKEN += [(["cases", i, "components", "reason"], None) for i in [without_parts] if i is not None]
BROKEN += [(["cases", i, "instructions", "count"], 0.5) for i in [counted] if i is not None]
BROKEN += [(["cases", i, "instructions", "kinds", "load"], -1) for i in [counted] if i is not None]
BROKEN += [(["cases", i, "history", 0, "reason"], "") for i in [changed] if i is not None]
BROKEN += [(["cases", i, "history", 0, "old", "speedup"], DELETE) for i in [changed] if i is not None]
for i, case in enumerate(cases):
    for name, counter in case["counters"].items():
        if counter["value"] is None:
            BROKEN.append((["cases", i, "counters", name, "reason"], None))
            break


def keys_are_sorted():
    def pairs(found):
        names = [name for name, _ in found]
        assert names == sorted(names), names
        return dict(found)
    json.loads(text, object_pairs_hook=pairs)


def cases_are_sorted():
    names = [case["name"] for case in cases]
    assert names == sorted(set(names)), names


schema = Schema(schema_path)
schema.obeys(document)
schema.test("members are in the order of their names", keys_are_sorted)
schema.test("cases are in the order of their names, each once", cases_are_sorted)
schema.refuses(document, BROKEN)
schema.run()
