#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""doctor_schema_test.py SCHEMA WRITER...: what WRITER prints obeys SCHEMA, and what is broken does not. TAP."""
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by

schema_path, *writer = sys.argv[1:]
documents = {kind: printed_by([*writer, kind]) for kind in ("nothing", "healthy", "hopeless")}


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

schema = Schema(schema_path)
for kind, document in documents.items():
    schema.obeys(document, f"{kind}: obeys it")
for number, (kind, get, want) in enumerate(SAYS):
    def says(document=documents[kind], get=get, want=want):
        assert get(document) == want, f"found {get(document)!r}"
    schema.test(f"{kind}: says {number}: {want}", says)
schema.refuses(documents["healthy"], BROKEN)
schema.run()
