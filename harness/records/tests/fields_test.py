#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests that JSON files obey a schema that was made from a table of fields. Prints TAP.

    fields_test.py SCHEMA [FILE...] [-- WRITER PART WORD...] [++ READER PART]

Documents are the files, and what WRITER PART prints for each WORD. Each must obey the schema. It must not obey
without a required member, with a member of another type, or with an unknown one where the schema is closed. The
reader must refuse each of these. Where a file is called WORD.json, WRITER must print exactly its bytes for that
WORD, and READER must write the bytes that it read."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import Schema, printed_by

arguments, writer, reader = sys.argv[1:], [], []
if "++" in arguments:
    at = arguments.index("++")
    arguments, reader = arguments[:at], arguments[at + 1:]
if "--" in arguments:
    at = arguments.index("--")
    arguments, writer = arguments[:at], arguments[at + 1:]
def printed_same(command, name):
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    with open(name, "rb") as f:
        expected = f.read()
    lines = zip(expected.splitlines(), printed.splitlines())
    assert printed == expected, next((pair for pair in lines if pair[0] != pair[1]), "one is longer")


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
        schema.test(f"{word} is what {word}.json holds", lambda name=name, command=command: printed_same(command, name))


for name in arguments[1:] if reader else []:
    schema.test(f"{name.rsplit('/', 1)[-1]} is written as it was read", lambda name=name: printed_same([*reader, name], name))


def breaks(rule, document, place, whole=lambda value: value):
    """{place: (rule, what it refuses, the document with that)}; one for all elements of a list, which differ in the
    members they have."""
    found = {}

    def put(at, value):
        found[at] = rule, value, whole(value)
    if isinstance(document, dict):
        for key in rule.get("required", []):
            put(f"{place}.{key} taken away", {name: document[name] for name in document if name != key})
        if rule.get("additionalProperties") is False:
            put(f"{place}.no_such_member", {**document, "no_such_member": 1})
        for key, value in document.items():
            below = rule.get("properties", {}).get(key, rule.get("additionalProperties"))
            if isinstance(below, dict) and ("type" in below or "enum" in below or "const" in below):
                put(f"{place}.{key}", {**document, key: 5 if below.get("type") == "object" else {"no": ["type"]}})
                found |= breaks(below, value, f"{place}.{key}", lambda v, key=key: whole({**document, key: v}))
    elif isinstance(document, list) and "items" in rule:
        for i, element in enumerate(document):
            def replaced(value, i=i):
                return whole([*document[:i], value, *document[i + 1:]])
            broken = 5 if rule["items"].get("type") == "object" else {"no": ["type"]}
            found[f"{place}[]"] = rule["items"], broken, replaced(broken)
            found |= breaks(rule["items"], element, f"{place}[]", replaced)
    return found


for name, document in documents.items():
    schema.obeys(document, f"{name} obeys it")
    broken = breaks(schema.schema, document, "$")
    accepted = [place for place, (rule, value, _) in broken.items() if schema.validator.evolve(schema=rule).is_valid(value)]

    def strict(broken=broken, accepted=accepted):
        assert len(broken) > 10 and not accepted, f"{len(broken)} tried; accepted without or changed: {accepted[:3]}"
    schema.test(f"{name} broken at each place does not", strict)

    def refused(document=document, broken=broken):
        lines = "".join(json.dumps(one) + "\n" for one in (document, *(whole for _, _, whole in broken.values())))
        first, *said = subprocess.run(reader, input=lines, check=True, capture_output=True, text=True).stdout.splitlines()
        taken = [place for place, line in zip(broken, said) if not line.startswith("$")]
        assert first == "ok" and len(said) == len(broken) and not taken, f"{first}; {len(said)} tried; taken: {taken[:3]}"
    if reader:
        schema.test(f"{name} broken at each place is refused by the reader", refused)
schema.run()
