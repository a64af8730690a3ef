#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""policy_schema_test.py SCHEMA POLICY READER...: the shipped policy obeys the schema, and reader and schema refuse the same. TAP."""
import copy
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing appears in the source tree
import schema_frame
from schema_frame import DELETE

schema_path, policy_path, *reader = sys.argv[1:]
schema = schema_frame.Schema(schema_path)
validator = schema.validator
with open(policy_path, encoding="utf-8") as f:
    policy = json.load(f)
# A policy in which every kind of member is there.
whole = copy.deepcopy(policy)
whole["isa"] = ["BASE", "AVX2"]
whole["removed"] = [{"comment": "c", "cases": "op/old", "reason": "nobody used it"}]


def put(place, value):
    return schema_frame.put(whole, place, value)


def places(node, at=()):
    if at:
        yield at
    if isinstance(node, dict):
        for key in node:
            yield from places(node[key], at + (key,))
    elif isinstance(node, list):
        for i in range(len(node)):
            yield from places(node[i], at + (i,))


def beyond_schema(document):
    """What the reader refuses and JSON Schema cannot say: one number below another, a rule twice."""
    pairs = document["margins"] + [document["stored"]]
    rules = [(m["cases"], m.get("memory")) for m in document["margins"]]
    speedups = [(s["cases"], s["over"]) for s in document["speedups"]]
    removed = [r["cases"] for r in document["removed"]]
    return any(p["ignorable"] >= p["must_catch"] or p.get("mean", 1) < p["must_catch"] for p in pairs) or any(
        len(set(x)) != len(x) for x in (rules, speedups, removed))


def read(documents):
    """The reader's answer to each: "ok" or its reason."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, document in enumerate(documents):
            paths.append(os.path.join(folder, f"{number}.json"))
            with open(paths[-1], "w", encoding="utf-8") as f:
                json.dump(document, f)
        answers = subprocess.run([*reader, *paths], check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(answers) == len(documents), "one line each"
    return answers


# Bad ones by hand, with the JSON path the reader must name.
BAD = [
    ("$.schema_version", put(["schema_version"], 2)),
    ("$.alpha", put(["alpha"], 0)),
    ("$.alpha", put(["alpha"], 0.2)),
    ("$.alpha", put(["alpha"], "0.001")),
    ("$.aplha", {**whole, "aplha": 0.001}),
    ("$.comment", put(["comment"], 5)),
    ("$.$schema", put(["$schema"], 5)),
    ("$.budget_s.cache", put(["budget_s", "cache"], 0)),
    ("$.budget_s.l2", put(["budget_s", "l2"], 1)),
    ("$.launches", put(["launches"], 0)),
    ("$.launches", put(["launches"], 2.5)),
    ("$.isa[1]", put(["isa"], ["AVX2", "AVX2"])),
    ("$.isa[0]", put(["isa"], ["avx2"])),
    ("$.isa", put(["isa"], "AVX2")),
    ("$.margins", put(["margins"], [])),
    ("$.margins[0].must_catch", put(["margins", 0, "must_catch"], 0.00209)),
    ("$.margins[0].ignorable", put(["margins", 0, "ignorable"], -0.001)),
    ("$.margins[0].memory", put(["margins", 0, "memory"], "l2")),
    ("$.margins[0].mean", put(["margins", 0, "mean"], 0)),
    ("$.margins[0].mean", put(["margins", 0, "mean"], 1.1)),
    ("$.margins[0].mean", put(["margins", 0, "mean"], "0.05")),
    ("$.stored.mean", put(["stored", "mean"], 0.1)),
    ("$.margins[0].must_cach", put(["margins", 0, "must_cach"], 0.01)),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a//c")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a/b/")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "/b/c")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a/b/@DRAM")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a b")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a\n")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "\u00e4")),
    ("$.margins[0].cases", put(["margins", 0, "cases"], "a" * 256)),
    ("$.speedups[0].over", put(["speedups", 0, "over"], "sca*")),
    ("$.speedups[0].over", put(["speedups", 0, "over"], "scalar\n")),
    ("$.speedups[0].over", put(["speedups", 0, "over"], "a" * 64)),
    ("$.speedups[0].at_least", put(["speedups", 0, "at_least"], 0)),
    ("$.suites.full", put(["suites", "full"], DELETE)),
    ("$.suites.quick.cases", put(["suites", "quick", "cases"], [])),
    ("$.suites.quick.cases[0]", put(["suites", "quick", "cases", 0], "a/b/@L4")),
    ("$.suites.quick.cases[0]", put(["suites", "quick", "cases", 0], "a/b/@dram")),
    ("$.suites.quick.cases[1]", put(["suites", "quick", "cases"], ["a/b/c", "a/b/c"])),
    ("$.suites.Quick", put(["suites", "Quick"], {"cases": ["*"]})),
    ("$.suites." + "a" * 40, put(["suites", "a" * 40], {"cases": ["*"]})),
    ("$.removed[0].reason", put(["removed", 0, "reason"], "")),
    ("$.removed[0].reason", put(["removed", 0, "reason"], "two\nlines")),
    ("$.removed[0].reason", put(["removed", 0, "reason"], "a" * 200)),
    ("$.stored.spread_factor", put(["stored", "spread_factor"], 0.5)),
    ("$.component_share", put(["component_share"], 0)),
    ("$.instructions", put(["instructions"], "fail")),
]
# Good ones that are close to bad.
GOOD = [
    whole,
    put(["margins", 0, "must_catch"], 0.0021),
    put(["margins", 0, "ignorable"], 0),
    put(["margins", 0, "memory"], DELETE),
    put(["margins", 0, "mean"], DELETE),
    put(["margins", 0, "mean"], 0.008),
    put(["margins", 0, "cases"], "a" * 255),
    put(["margins", 0, "cases"], "a/b/2560x2560@blk.0.attn/q"),
    put(["alpha"], 0.1),
    put(["isa"], ["AVX512"]),
    put(["suites", "mine_2"], {"cases": ["*", "op", "op/v", "op/v/@L1", "op/v/[0-9]*"]}),
    put(["suites", "a" * 39], {"cases": ["*"]}),
    put(["removed", 0, "reason"], "a" * 199),
    put(["removed"], []),
    put(["speedups"], []),
    put(["stored", "ignorable"], 0),
]
VALUES = [DELETE, None, True, -1, 0, 0.003, 1.5, 7, 1e9, "", "x", "a/b/c", "@L1", "cache", "a" * 300, [], ["x"], {}, {"x": 1}]


def agree():
    mutants = [(place, value, put(place, value)) for place in places(whole) for value in VALUES]
    wrong = []
    accepted = 0
    for (place, value, document), answer in zip(mutants, read([m[2] for m in mutants])):
        valid = validator.is_valid(document)
        valid = valid and not beyond_schema(document)
        accepted += valid
        if valid != (answer == "ok"):
            wrong.append(f"{place} {'deleted' if value is DELETE else value!r}: {answer}")
    print(f"# {len(mutants)} mutants, {accepted} of them still good")
    assert accepted > 100 and accepted < len(mutants) / 2, "the mutants show nothing"
    assert not wrong, f"{len(wrong)} disagreements, first: {wrong[0]}"


def refused_where():
    for (where, document), answer in zip(BAD, read([document for _, document in BAD])):
        assert not validator.is_valid(document), f"the schema accepts {where}"
        assert answer.startswith(where + ": "), f"{where}: the reader says {answer!r}"


def accepted():
    for number, (document, answer) in enumerate(zip(GOOD, read(GOOD))):
        validator.validate(document)
        assert answer == "ok", f"{number}: {answer}"


def reader_only():
    twice = copy.deepcopy(whole)
    twice["margins"].append(twice["margins"][0])
    speedup = copy.deepcopy(whole)
    speedup["speedups"].append(speedup["speedups"][0])
    gone = copy.deepcopy(whole)
    gone["removed"].append(gone["removed"][0])
    documents = [put(["margins", 0, "ignorable"], 0.008), put(["margins", 0, "mean"], 0.007), put(["stored", "ignorable"], 0.06),
                 twice, speedup, gone]
    starts = ["$.margins[0].ignorable: ", "$.margins[0].mean: ", "$.stored.ignorable: ",
              f"$.margins[{len(whole['margins'])}].cases: ", "$.speedups[1].cases: ",
              "$.removed[1].cases: "]
    for document, answer, start in zip(documents, read(documents), starts):
        assert beyond_schema(document) and answer.startswith(start), answer


schema.obeys(policy, "the shipped policy obeys it")
schema.test("bad ones are refused by both, with their path", refused_where)
schema.test("good ones that look bad are taken by both", accepted)
schema.test("what a schema cannot say the reader does", reader_only)
schema.test("reader and schema agree on mutants of every member", agree)
schema.run()
