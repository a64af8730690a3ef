#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ceilings_schema_test.py SCHEMA COMMAND...: what COMMAND prints obeys SCHEMA, and what is broken does not. TAP."""
import copy
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

schema_path, *command = sys.argv[1:]
with open(schema_path, encoding="utf-8") as f:
    schema = json.load(f)
text = subprocess.run(command, check=True, capture_output=True, text=True).stdout


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


document = json.loads(text, parse_constant=refuse_constant)
rows = {row["name"]: number for number, row in enumerate(document["ceilings"])}
Validator = jsonschema.Draft202012Validator
validator = Validator(schema)
FMA, ABSENT = rows["fma/AVX2"], rows["dot/AVXVNNI"]

# Place, and what is put there; DELETE takes the member away.
DELETE = object()
BROKEN = [
    (["schema_version"], 2),
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


def put(place, value):
    broken = copy.deepcopy(document)
    parent = broken
    for step in place[:-1]:
        parent = parent[step]
    if value is DELETE:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return broken


tests = [
    ("the schema is one", lambda: Validator.check_schema(schema)),
    ("a written file obeys it", lambda: validator.validate(document)),
]
for place, value in BROKEN:
    def refused(broken=put(place, value)):
        assert not validator.is_valid(broken), "accepted"
    what = "deleted" if value is DELETE else json.dumps(value)
    tests.append((f"{'.'.join(map(str, place))} {what} is refused", refused))

print(f"1..{len(tests)}")
failed = 0
for number, (name, test) in enumerate(tests, 1):
    try:
        test()
        print(f"ok {number} - {name}")
    except Exception as error:  # a test that breaks in any way has failed
        failed += 1
        print(f"not ok {number} - {name}\n# {(str(error).splitlines() or [''])[0]}")
sys.exit(failed != 0)
