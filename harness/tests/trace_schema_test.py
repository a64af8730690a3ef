#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trace_schema_test.py WRITER SCHEMA: every line WRITER prints obeys SCHEMA, and what is broken does not. TAP."""
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
Validator = jsonschema.Draft202012Validator
validator = Validator(schema)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


written = subprocess.run([writer], check=True, capture_output=True, text=True).stdout
lines = [json.loads(line, parse_constant=refuse_constant) for line in written.splitlines()]
header, full, bare = lines

# Line, place, and what is put there; DELETE takes the member away.
DELETE = object()
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
    (full, ["disturbed"], 1),
    (bare, ["order"], "1" * 65),
]


def put(line, place, value):
    broken = copy.deepcopy(line)
    parent = broken
    for step in place[:-1]:
        parent = parent[step]
    if value is DELETE:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return broken


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
    expect("not recorded", [bare["steal_ns"], bare["switches"], bare["disturbed"]], [None] * 3)
    expect("recorded", [full["steal_ns"], full["switches"], full["disturbed"]], [0, 0, False])
    expect("pairs", [len(bare["order"]), len(bare["base_ns"]), len(bare["cand_ns"])], [64] * 3)


tests = [("the schema is one", lambda: Validator.check_schema(schema)), ("values are what was measured", values)]
for number, line in enumerate(lines, 1):
    tests.append((f"line {number} obeys it", lambda line=line: validator.validate(line)))
for line, place, value in BROKEN:
    def refused(broken=put(line, place, value)):
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
