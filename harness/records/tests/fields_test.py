#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fields_test.py SCHEMA [FILE...] [-- WRITER PART WORD...]: files of a record, and what WRITER PART prints for each
WORD, obey the schema that was made from its fields. Without a member that is required, with a member of another type,
or with one more where it is closed, they do not. WORD.json among the files has the very bytes that are printed for
WORD. TAP."""
import json
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by, put

arguments, writer = sys.argv[1:], []
if "--" in arguments:
    at = arguments.index("--")
    arguments, writer = arguments[:at], arguments[at + 1:]
schema = Schema(arguments[0])
documents = {}
for name in arguments[1:]:
    with open(name, encoding="utf-8") as f:
        documents[name.rsplit("/", 1)[-1]] = json.load(f)
for word in writer[2:] or writer[1:2]:
    command = writer[:2] + ([word] if writer[2:] else [])
    documents[word] = printed_by(command)
    for name in arguments[1:]:
        if name.endswith(f"/{word}.json"):
            def same(name=name, command=command):
                printed = subprocess.run(command, check=True, capture_output=True).stdout
                with open(name, "rb") as f:
                    golden = f.read()
                lines = zip(golden.splitlines(), printed.splitlines())
                assert printed == golden, next((pair for pair in lines if pair[0] != pair[1]), "one is longer")
            schema.test(f"{word} is what {word}.json holds", same)


def breaks(rule, document, place):
    """(place, value) of what the rule refuses."""
    if isinstance(document, dict):
        members = rule.get("properties", {})
        for key in rule.get("required", []):
            yield place + [key], DELETE
        if rule.get("additionalProperties") is False:
            yield place + ["no_such_member"], 1
        for key, value in document.items():
            below = members.get(key, rule.get("additionalProperties"))
            if isinstance(below, dict) and ("type" in below or "enum" in below or "const" in below):
                yield place + [key], {"no": ["such", "type"]} if below.get("type") != "object" else 5
                yield from breaks(below, value, place + [key])
    elif isinstance(document, list) and "items" in rule:
        for i, element in enumerate(document):
            yield place + [i], {"no": ["such", "type"]} if rule["items"].get("type") != "object" else 5
            yield from breaks(rule["items"], element, place + [i])


for name, document in documents.items():
    schema.obeys(document, f"{name} obeys it")
    # One of a kind: the elements of a list differ in which members they have.
    broken = {(value is DELETE, *("" if isinstance(key, int) else key for key in where)): (where, value)
              for where, value in breaks(schema.schema, document, [])}.values()
    accepted = [where for where, value in broken if schema.validator.is_valid(put(document, where, value))]

    def strict(broken=broken, accepted=accepted):
        assert len(broken) > 10 and not accepted, f"{len(broken)} tried; accepted without or changed: {accepted[:3]}"
    schema.test(f"{name} broken at each place does not", strict)
schema.run()
