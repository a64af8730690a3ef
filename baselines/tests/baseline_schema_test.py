#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""baseline_schema_test.py SCHEMA COMMAND [ARGUMENT...]: what COMMAND prints obeys SCHEMA and has sorted keys, and what
is broken does not. TAP."""
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
Validator = jsonschema.Draft202012Validator
validator = Validator(schema)
cases = document["cases"]
with_parts = next((i for i, case in enumerate(cases) if case["components"]["parts"]), None)
without_parts = next((i for i, case in enumerate(cases) if not case["components"]["parts"]), None)
counted = next((i for i, case in enumerate(cases) if case["instructions"]["count"]), None)
changed = next((i for i, case in enumerate(cases) if case["history"]), None)

# Place, and what is put there; DELETE takes the member away.
DELETE = object()
BROKEN = [
    (["schema_version"], 2),
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
    (["cases", 0, "name"], "scalar"),
    (["cases", 0, "ns"], 0),
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


def keys_are_sorted():
    def pairs(found):
        names = [name for name, _ in found]
        assert names == sorted(names), names
        return dict(found)
    json.loads(text, object_pairs_hook=pairs)


def cases_are_sorted():
    names = [case["name"] for case in cases]
    assert names == sorted(set(names)), names


tests = [
    ("the schema is one", lambda: Validator.check_schema(schema)),
    ("a written file obeys it", lambda: validator.validate(document)),
    ("members are in the order of their names", keys_are_sorted),
    ("cases are in the order of their names, each once", cases_are_sorted),
]
for place, value in BROKEN:
    def refused(broken=put(place, value)):
        assert not validator.is_valid(broken), "accepted"
    what = "deleted" if value is DELETE else json.dumps(value)[:60]
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
