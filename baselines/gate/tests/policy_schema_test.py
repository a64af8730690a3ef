#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""policy_schema_test.py SCHEMA POLICY READER...: what a policy may say. Reader and schema must refuse the same. TAP."""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing appears in the source tree
import schema_frame
from schema_frame import DELETE

schema_path, policy_path, *reader = sys.argv[1:]
schema = schema_frame.Schema(schema_path)
with open(policy_path, encoding="utf-8") as f:
    policy = json.load(f)
# A policy in which every kind of member is there.
whole = copy.deepcopy(policy)
whole["isa"] = ["BASE", "AVX2"]
whole["removed"] = [{"comment": "c", "cases": "op/old", "reason": "nobody used it"}]

NO_GLOB, NO_NAME, ONE_LINE = "a glob on op/variant/shape", "a suite's name of at most 39", "one line of text"
# (place, value, what the reader says of it[, the place where]); None: the value is good.
ROWS = [
    ("schema_version", 2, "from 1 to 1"),
    ("alpha", 0, "from 1e-09 to 0.1"),
    ("alpha", 0.2, "from 1e-09 to 0.1"),
    ("alpha", 0.1, None),
    ("alpha", "0.001", "a number"),
    ("aplha", 0.001, "no such member"),
    ("comment", 5, "a string"),
    ("$schema", 5, "a string"),
    ("budget_s.cache", 0, "from 0.001 to 3600"),
    ("budget_s.e2e", 0, "from 0.001 to 3600"),
    ("budget_s.e2e", DELETE, None),
    ("budget_s.l2", 1, "no such member"),
    ("launches", 0, "from 1 to 100"),
    ("launches", 2.5, "an integer"),
    ("isa", ["AVX2", "AVX2"], "each of them once", "isa[1]"),
    ("isa", ["avx2"], '"AVX2" or "AVXVNNI"', "isa[0]"),
    ("isa", "AVX2", "an array"),
    ("isa", ["AVX512"], None),
    ("margins", [], "1 to 10000"),
    ("margins[0].must_catch", 0.00209, "from 0.0021 to 1"),
    ("margins[0].must_catch", 0.0021, None),
    ("margins[0].ignorable", -0.001, "from 0 to 1"),
    ("margins[0].ignorable", 0, None),
    ("margins[0].ignorable", 0.008, "less than must_catch"),
    ("margins[0].memory", "l2", '"cache", "dram" or "e2e"'),
    ("margins[0].memory", "e2e", "each cases and memory once", "margins[2].cases"),
    ("margins[0].memory", DELETE, None),
    ("margins[0].mean", 1.1, "from 0.0021 to 1"),
    ("margins[0].mean", 0.007, "at least must_catch"),
    ("margins[0].mean", 0.008, None),
    ("margins[0].mean", DELETE, None),
    ("stored.mean", 0.1, "no such member"),
    ("margins[0].cases", "", NO_GLOB),
    ("margins[0].cases", "a//c", NO_GLOB),
    ("margins[0].cases", "a/b/", NO_GLOB),
    ("margins[0].cases", "/b/c", NO_GLOB),
    ("margins[0].cases", "a/b/@DRAM", "rules have `memory`"),
    ("margins[0].cases", "a b", NO_GLOB),
    ("margins[0].cases", "a\n", NO_GLOB),
    ("margins[0].cases", "\u00e4", NO_GLOB),
    ("margins[0].cases", "a" * 256, NO_GLOB),
    ("margins[0].cases", "a" * 255, None),
    ("margins[0].cases", "a/b/2560x2560@blk.0.attn/q", None),
    ("margins[1]", whole["margins"][0], "each cases and memory once", "margins[1].cases"),
    ("speedups", whole["speedups"] * 2, "each cases and over once", "speedups[1].cases"),
    ("speedups", [], None),
    ("speedups[0].over", "sca*", "the name of a variant"),
    ("speedups[0].over", "scalar\n", "the name of a variant"),
    ("speedups[0].over", "a" * 64, "the name of a variant"),
    ("speedups[0].at_least", 0, "from 1e-06 to 1000000"),
    ("suites.full", DELETE, "found nothing, expected an object"),
    ("suites.quick.cases", [], "1 to 10000"),
    ("suites.quick.cases[0]", "a/b/@L4", "after @, L1, L2, L3 or DRAM"),
    ("suites.quick.cases[0]", "a/b/@dram", "after @, L1, L2, L3 or DRAM"),
    ("suites.quick.cases", ["a/b/c", "a/b/c"], "each of them once", "suites.quick.cases[1]"),
    ("suites.Quick", {"cases": ["*"]}, NO_NAME),
    ("suites." + "a" * 40, {"cases": ["*"]}, NO_NAME),
    ("suites." + "a" * 39, {"cases": ["*", "op", "op/v", "op/v/@L1", "op/v/[0-9]*"]}, None),
    ("removed", whole["removed"] * 2, "each cases once", "removed[1].cases"),
    ("removed[0].reason", "", ONE_LINE),
    ("removed[0].reason", "two\nlines", ONE_LINE),
    ("removed[0].reason", "a" * 200, ONE_LINE),
    ("removed[0].reason", "a" * 199, None),
    ("stored.ignorable", 0.06, "less than must_catch"),
    ("stored.spread_factor", 0.5, "from 1 to 100"),
    ("component_share", 0, "from 0.001 to 100"),
    ("instructions", "fail", '"ignore" or "warn" or "regression"'),
]
VALUES = [DELETE, None, True, -1, 0, 0.003, 1.5, 7, 1e9, "", "x", "a/b/c", "@L1", "cache", "a" * 300, [], ["x"], {}, {"x": 1}]


def put(place, value):
    return schema_frame.put(whole, [int(s) if s.isdigit() else s for s in re.findall(r"[^.\[\]]+", place)], value)


def places(node, at=""):
    """Of every member, and of the first of each list."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{at}{key}"
            yield from places(value, f"{at}{key}.")
    elif isinstance(node, list) and node:
        yield f"{at[:-1]}[0]"
        yield from places(node[0], f"{at[:-1]}[0].")


def beyond_schema(document):
    """What the reader refuses and JSON Schema cannot say: one number below another, a rule twice."""
    pairs = document["margins"] + [document["stored"]]
    rules = [(m["cases"], m.get("memory")) for m in document["margins"]]
    speedups = [(s["cases"], s["over"]) for s in document["speedups"]]
    removed = [r["cases"] for r in document["removed"]]
    return any(p["ignorable"] >= p["must_catch"] or p.get("mean", 1) < p["must_catch"] for p in pairs) or any(
        len(set(x)) != len(x) for x in (rules, speedups, removed))


def read(documents):
    """(document, the reader's answer: "ok" or its reason) of each."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, document in enumerate(documents):
            paths.append(os.path.join(folder, f"{number}.json"))
            with open(paths[-1], "w", encoding="utf-8") as f:
                json.dump(document, f)
        answers = subprocess.run([*reader, *paths], check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(answers) == len(documents), "one line each"
    return zip(documents, answers)


def is_good(document):
    return schema.validator.is_valid(document) and not beyond_schema(document)


def rows():
    answers = read([put(place, value) for place, value, *_ in ROWS])
    for (place, value, words, *where), (document, answer) in zip(ROWS, answers):
        start = "ok" if words is None else f"$.{(where or [place])[0]}: "
        assert answer.startswith(start) and (words or "") in answer, f"{place}: {answer!r} is not {start!r}, {words!r}"
        assert is_good(document) == (words is None), f"{place} {value!r}: the schema says something else"


def mutants():
    tried = [(place, value) for place in places(whole) for value in VALUES]
    answers = [(*which, is_good(document), answer) for which, (document, answer) in
               zip(tried, read([put(*which) for which in tried]))]
    wrong = [f"{place} {value!r}: {answer}" for place, value, good, answer in answers if good != (answer == "ok")]
    accepted = sum(good for _, _, good, _ in answers)
    print(f"# {len(answers)} mutants, {accepted} of them still good")
    assert 100 < accepted < len(answers) / 2, "the mutants show nothing"
    assert not wrong, f"{len(wrong)} disagreements, first: {wrong[0]}"


schema.obeys(policy, "the shipped policy obeys it")
schema.test("bad ones are refused by both, good ones that look bad are taken", rows)
schema.test("reader and schema agree on mutants of every member", mutants)
schema.run()
