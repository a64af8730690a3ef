#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""e2e_schema_test.py SCHEMA COMMAND...: what COMMAND json prints obeys SCHEMA, what is broken does not; the other forms. TAP."""
import csv
import json
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import DELETE, Schema, printed_by

schema_path, *command = sys.argv[1:]
document = printed_by([*command, "json"])

# What compare-llama-bench.py of llama.cpp demands of a row besides build_commit, test_time and avg_ts.
LLAMA_BENCH = """cpu_info gpu_info backends n_gpu_layers tensor_buft_overrides model_filename model_type n_batch n_ubatch
    embeddings cpu_mask cpu_strict poll n_threads type_k type_v use_mmap no_kv_offload split_mode main_gpu tensor_split
    flash_attn n_prompt n_gen n_depth model_size model_n_params no_op_offload build_number avg_ns stddev_ns stddev_ts samples_ns
    samples_ts defrag_thold""".split()

BROKEN = [
    ([0, "schema_version"], 2),
    ([0, "extra"], 1),
    ([0, "n_threads"], 0),
    ([0, "type_k"], "q8_0"),
    ([0, "n_prompt"], 0),
    ([1, "n_prompt"], 16),
    ([0, "samples_ns"], []),
    ([0, "samples_ns", 0], 1.5),
    ([0, "samples_ns", 0], 10**15 + 1),
    ([0, "samples_ts", 0], 0),
    ([0, "test_time"], "yesterday"),
    ([0, "phase"], "five"),
    ([0, "matrix_kernel"], "scalar"),
    ([0, "seed"], 42),
    ([0, "interval_level"], 0.99),
    ([0, "ns_per_token", "median"], None),
    ([0, "ns_per_token", "low"], DELETE),
    ([0, "speedup", "high"], -1),
    ([0, "components_ns", "head"], DELETE),
    ([0, "components_ns", "tail"], 1),
    ([0, "components_ns", "head"], -1),
    ([0, "ceiling_reason"], None),
    ([0, "fraction_of_ceiling"], 0.5),
    ([1, "counters", "l3_misses", "reason"], None),
    ([1, "counters", "l3_misses", "extra"], 1),
    ([0, "fingerprint"], "xyz"),
] + [([0, key], DELETE) for key in LLAMA_BENCH]


def adds_up():
    for repetitions in "1", "2", "5", "6":
        for row in printed_by([*command, "json", repetitions]):
            total = sum(row["components_ns"].values())
            assert abs(total / row["ns_per_token"]["median"] - 1) < 1e-5, (row["kernels"], total)
            tokens = row["n_prompt"] + row["n_gen"]
            for ns, ts in zip(row["samples_ns"], row["samples_ts"], strict=True):
                assert abs(ns * ts / 1e9 / tokens - 1) < 1e-5, (ns, ts)


def without_intervals():
    for row in printed_by([*command, "json", "1"]):
        assert row["interval_level"] == 0 and row["ns_per_token"]["low"] is None
        schema.validator.validate([row])


def lines():
    text = subprocess.run([*command, "jsonl"], check=True, capture_output=True, text=True).stdout
    assert text.endswith("\n")
    assert [json.loads(line) for line in text.splitlines()] == document


def comma_separated():
    text = subprocess.run([*command, "csv"], check=True, capture_output=True, text=True).stdout
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == len(document)
    for row, expected in zip(rows, document):
        flat = {k: v for k, v in expected.items() if not isinstance(v, (list, dict))}
        assert list(row) == list(flat)
        for key, value in flat.items():
            assert row[key] == ("" if value is None else str(value)) or float(row[key]) == value, (key, row[key], value)


def not_valid(what):
    assert not schema.validator.is_valid(what), "accepted"


schema = Schema(schema_path)
schema.obeys(document)
schema.refuses(document, BROKEN)
schema.test("an object is refused", lambda: not_valid({}))
schema.test("no rows are refused", lambda: not_valid([]))
schema.test("components add up to the median, speeds are those of the samples", adds_up)
schema.test("one repetition has no interval", without_intervals)
schema.test("JSON lines are the same rows", lines)
schema.test("CSV has the same values", comma_separated)
schema.run()
