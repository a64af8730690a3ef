#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests that JSON files obey a schema that was made from a table of fields. Prints TAP.

    fields_test.py SCHEMA [FILE...] [-- WRITER PART WORD...]

Documents are the files, and what WRITER PART prints for each WORD. Each must obey the schema. It must not obey
without a required member, with a member of another type, or with an unknown one where the schema is closed. Where
a file is called WORD.json, WRITER must print exactly its bytes for that WORD."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import Schema, printed_by

arguments, writer = sys.argv[1:], []
if "--" in arguments:
    at = arguments.index("--")
    arguments, writer = arguments[:at], arguments[at + 1:]
schema = Schema(arguments[0])
documents = {}
for name in arguments[1:]:
    word = name.rsplit("/", 1)[-1].removesuffix(".json")
    with open(name, encoding="utf-8") as f:
        documents[word] = json.load(f)
    if os.path.getsize(name) > 50_000:  # stored data: too many places to break
        schema.obeys(documents.pop(word), f"{word} obeys it")
for word in writer[2:] or writer[1:2]:
    command = writer[:2] + ([word] if writer[2:] else [])
    golden = [name for name in arguments[1:] if name.endswith(f"/{word}.json")]
    if not golden:
        documents[word] = printed_by(command)
    for name in golden:
        def same(name=name, command=command):
            printed = subprocess.run(command, check=True, capture_output=True).stdout
            with open(name, "rb") as f:
                expected = f.read()
            lines = zip(expected.splitlines(), printed.splitlines())
            assert printed == expected, next((pair for pair in lines if pair[0] != pair[1]), "one is longer")
        schema.test(f"{word} is what {word}.json holds", same)


def breaks(rule, document, place):
    """{place: (rule, what it refuses)}; one for all elements of a list, which differ in the members they have."""
    found = {}
    if isinstance(document, dict):
        for key in rule.get("required", []):
            found[f"{place}.{key} taken away"] = rule, {name: document[name] for name in document if name != key}
        if rule.get("additionalProperties") is False:
            found[f"{place}.no_such_member"] = rule, {**document, "no_such_member": 1}
        for key, value in document.items():
            below = rule.get("properties", {}).get(key, rule.get("additionalProperties"))
            if isinstance(below, dict) and ("type" in below or "enum" in below or "const" in below):
                found[f"{place}.{key}"] = rule, {**document, key: 5 if below.get("type") == "object" else {"no": ["type"]}}
                found |= breaks(below, value, f"{place}.{key}")
    elif isinstance(document, list) and "items" in rule:
        for element in document:
            found[f"{place}[]"] = rule["items"], 5 if rule["items"].get("type") == "object" else {"no": ["type"]}
            found |= breaks(rule["items"], element, f"{place}[]")
    return found


for name, document in documents.items():
    schema.obeys(document, f"{name} obeys it")
    broken = breaks(schema.schema, document, "$")
    accepted = [place for place, (rule, value) in broken.items() if schema.validator.evolve(schema=rule).is_valid(value)]

    def strict(broken=broken, accepted=accepted):
        assert len(broken) > 10 and not accepted, f"{len(broken)} tried; accepted without or changed: {accepted[:3]}"
    schema.test(f"{name} broken at each place does not", strict)
schema.run()
