#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema_test.py WRITER SCHEMA: what WRITER prints obeys SCHEMA, and what is broken does not. TAP."""
import copy
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

writer, schema_path = sys.argv[1:]
with open(schema_path, encoding="utf-8") as f:
    schema = json.load(f)
text = subprocess.run([writer], check=True, capture_output=True, text=True).stdout


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


document = json.loads(text, parse_constant=refuse_constant)
Validator = jsonschema.Draft202012Validator
validator = Validator(schema)

# Place, and what is put there; DELETE takes the member away.
DELETE = object()
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
]

tests = []


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


def schema_is_valid():
    Validator.check_schema(schema)


tests.append(("the schema is one", schema_is_valid))
tests.append(("a written file obeys it", lambda: validator.validate(document)))
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
        print(f"not ok {number} - {name}\n# {str(error).splitlines()[0]}")
sys.exit(failed != 0)
