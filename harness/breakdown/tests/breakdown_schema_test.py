#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""breakdown_schema_test.py SCHEMA COMMAND [ARGUMENT...]: what COMMAND prints obeys SCHEMA and adds up, and what is
broken does not obey it. TAP."""
import itertools
import statistics
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by

schema_path, *command = sys.argv[1:]
document = printed_by(command)
timed = [i for i, row in enumerate(document["rows"]) if row["status"] == "ok"]
stopped = [i for i, row in enumerate(document["rows"]) if row["status"] != "ok"]
unresolved = [(i, k) for i in timed for k, part in enumerate(document["rows"][i]["components"])
              if not part["resolved"]]
first = timed[0]

# Place, and what is put there; DELETE takes the member away.
BROKEN = [
    (["schema_version"], 2),
    (["kind"], "sample_set"),
    (["more"], 1),
    (["seed"], 7),
    (["mode"], "slow"),
    (["rows"], []),
    (["rows", first, "components"], DELETE),
    (["rows", first, "reason"], "why"),
    (["rows", first, "name"], "scalar"),
    (["rows", first, "total", "ns"], None),
    (["rows", first, "total", "reason"], "why"),
    (["rows", first, "noise_percent"], -1),
    (["rows", first, "components", 1, "resolved"], DELETE),
    (["rows", first, "components", 1, "more"], 1),
    (["blocks", 0, "samples_ns", 0], []),
    (["blocks", 0, "samples_ns", 0, 0], 0),
    (["blocks", 0, "core_ghz"], 0),
    (["clock"], {"estimated_ghz": None, "reason": None}),
]
counted = [(k, count) for k, count in enumerate(document["rows"][first]["counts"])]
BROKEN += [(["rows", first, "counts"], DELETE)]
BROKEN += [(["rows", first, "counts", k, "reason"], None) for k, count in counted if count["prefixes"] is None][:1]
BROKEN += [(["rows", first, "counts", k, "kernel"], None) for k, count in counted if count["prefixes"]][:1]
BROKEN += [(["rows", i, "counts"], []) for i in stopped[:1]]
BROKEN += [(["rows", i, "reason"], None) for i in stopped[:1]]
BROKEN += [(["rows", i, "total"], document["rows"][first]["total"]) for i in stopped[:1]]
BROKEN += [(["rows", i, "components", k, "reason"], None) for i, k in unresolved[:1]]
if "claims" in document:
    BROKEN += [(["claims", "gains", 0, "verdict"], "maybe"), (["claims", "gains", 0, "claimed"], 0),
               (["claims", "table", 0, "ms_per_token"], {})]


def components_add_up():
    """Exactly, in any order, after a round trip through text."""
    for i in timed:
        row = document["rows"][i]
        ns = [part["ns"] for part in row["components"]]
        for order in itertools.permutations(ns):
            assert sum(order) == row["total"]["ns"], (row["name"], order, row["total"]["ns"])
        assert row["prefixes_ns"] == list(itertools.accumulate(ns)), row["name"]
        assert row["kernel"]["ns"] - row["total"]["ns"] == row["difference"]["ns"], row["name"]
        for unit in ("cycles_per_element", "share_percent", "ms_per_token"):
            if row["total"][unit] is not None:
                total = sum(part[unit] for part in row["components"])
                assert abs(total - row["total"][unit]) <= 1e-12 * abs(row["total"][unit]), (row["name"], unit)


def estimates_follow_from_the_samples():
    for i in timed:
        row = document["rows"][i]
        blocks = [block["samples_ns"] for block in document["blocks"] if block["name"] == row["name"]]
        assert len(blocks) > 0
        for arm, ns in enumerate(row["prefixes_ns"] + [row["kernel"]["ns"]]):
            again = statistics.median(statistics.median(block[arm]) for block in blocks)
            assert abs(again - ns) <= row["total"]["ns"] * 2**-29, (row["name"], arm, again, ns)
        for k, part in enumerate(row["components"]):
            again = statistics.median(
                statistics.median(x - (y if k else 0) for x, y in zip(block[k], block[k - 1])) for block in blocks)
            assert abs(again - part["ns_paired"]) < 1e-9 * row["total"]["ns"], (row["name"], part["name"])


def counts_add_up():
    for i in timed:
        row = document["rows"][i]
        for count in row["counts"]:
            if count["prefixes"] is None:
                continue
            assert len(count["prefixes"]) == len(row["components"]), (row["name"], count["name"])
            if count["components"] is not None:
                again = list(itertools.accumulate(count["components"]))
                assert all(abs(x - y) <= 1e-12 * abs(y) for x, y in zip(again, count["prefixes"])), (row["name"], count)
            if count["name"].startswith("steps") and row["same_code"]:
                assert count["prefixes"][-1] == count["kernel"], (row["name"], count)


def intervals_hold_their_values():
    for i in timed:
        row = document["rows"][i]
        for part in row["components"] + [row["total"], row["kernel"], row["difference"]]:
            assert part["ns_low"] <= part["ns"] <= part["ns_high"], (row["name"], part["name"])
            assert not (part["resolved"] and part["ns_low"] <= 0 <= part["ns_high"]), (row["name"], part["name"])


schema = Schema(schema_path)
schema.obeys(document)
schema.test("components add up to the total", components_add_up)
schema.test("estimates follow from the samples", estimates_follow_from_the_samples)
schema.test("counts add up", counts_add_up)
schema.test("intervals hold their values", intervals_hold_their_values)
schema.refuses(document, BROKEN)
schema.run()
