#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sums_test.py COMMAND [ARGUMENT...]: the figures of the breakdown that COMMAND prints agree with each other. TAP."""
import itertools
import statistics
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import printed_by, run_tests

document = printed_by(sys.argv[1:])
timed = [row for row in document["rows"] if row["status"] == "ok"]


def components_add_up():
    """Exactly, in any order, after a round trip through text."""
    for row in timed:
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
    for row in timed:
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
    for row in timed:
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
    for row in timed:
        for part in row["components"] + [row["total"], row["kernel"], row["difference"]]:
            assert part["ns_low"] <= part["ns"] <= part["ns_high"], (row["name"], part["name"])
            assert not (part["resolved"] and part["ns_low"] <= 0 <= part["ns_high"]), (row["name"], part["name"])


def reasons_stand_where_something_is_missing():
    assert timed
    for row in document["rows"]:
        assert (row["status"] == "ok") == (row["reason"] is None) == ("components" in row and "counts" in row), row
    for row in timed:
        for part in row["components"] + [row["total"], row["kernel"], row["difference"]]:
            assert part["resolved"] == (part["reason"] is None), part
        for count in row["counts"]:
            assert (count["kernel"] is None) == (count["prefixes"] is None), count
            assert count["prefixes"] or (count["reason"] and count["components"] is None), count
    assert document["clock"]["estimated_ghz"] or document["clock"]["reason"]


run_tests([(test.__name__.replace("_", " "), test) for test in (
    components_add_up, estimates_follow_from_the_samples, counts_add_up, intervals_hold_their_values,
    reasons_stand_where_something_is_missing)])
