#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""doctor_schema_test.py WRITER SCHEMA: what the doctor writes obeys SCHEMA, and what is broken does not. TAP."""
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


def document(kind):
    text = subprocess.run([writer, kind], check=True, capture_output=True, text=True).stdout
    return json.loads(text, parse_constant=refuse_constant)


def verdict(name):
    return lambda d: next(f["verdict"] for f in d["findings"] if f["name"] == name)


# What a document says that its kind must say: a writer that lost a part would still obey the schema.
SAYS = [
    ("nothing", lambda d: d["verdict"], "warn"),
    ("nothing", lambda d: d["measured"]["noise_cache"]["reason"], "not tried"),
    ("nothing", lambda d: d["measured"]["steal"], None),
    ("nothing", lambda d: d["seed"], "77"),
    ("healthy", verdict("noise_cache"), "ok"),
    ("healthy", lambda d: d["measured"]["noise_dram"]["high"], 1.0001),
    ("healthy", lambda d: d["measured"]["steal"], 0.01),
    ("healthy", lambda d: d["fatal"], False),
    ("hopeless", lambda d: d["fatal"], True),
    ("hopeless", lambda d: d["verdict"], "bad"),
    ("hopeless", lambda d: d["measured"]["timer_step_ns"], None),
]

# Place in the healthy document, and what is put there; DELETE takes the member away.
DELETE = object()
BROKEN = [
    (["schema_version"], 2),
    (["kind"], "list"),
    (["seed"], 77),
    (["fingerprint"], "xyz"),
    (["findings"], []),
    (["findings", 0, "verdict"], "good"),
    (["findings", 0, "fatal"], True),
    (["findings", 0, "costs"], "time"),
    (["findings", 0, "mend"], DELETE),
    (["findings", 0, "found"], ""),
    (["measured", "steal"], 1.5),
    (["measured", "timer_ns"], -1),
    (["measured", "noise_cache", "ratio"], None),
    (["measured", "noise_cache", "pairs"], 3),
    (["measured", "noise_dram", "reason"], "why"),
    (["measured", "core_ghz", "median"], DELETE),
    (["limits", 0, "why"], ""),
    (["extra"], 1),
]


def put(place, value):
    broken = document("healthy")
    parent = broken
    for step in place[:-1]:
        parent = parent[step]
    if value is DELETE:
        del parent[place[-1]]
    else:
        parent[place[-1]] = copy.deepcopy(value)
    return broken


tests = [("the schema is one", lambda: Validator.check_schema(schema))]
for kind in ("nothing", "healthy", "hopeless"):
    tests.append((f"{kind}: obeys it", lambda kind=kind: validator.validate(document(kind))))
for number, (kind, get, want) in enumerate(SAYS):
    def says(kind=kind, get=get, want=want):
        assert get(document(kind)) == want, f"found {get(document(kind))!r}"
    tests.append((f"{kind}: says {number}: {want}", says))
for place, value in BROKEN:
    def refused(place=place, value=value):
        assert not validator.is_valid(put(place, value)), "accepted"
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
