#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rows_test.py COMMAND...: the figures in COMMAND's JSON rows agree, and its other forms say the same. TAP."""
import csv
import json
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import printed_by, run_tests

command = sys.argv[1:]
document = printed_by([*command, "json"])

# By what compare-llama-bench.py of llama.cpp joins the rows of two builds, in any of its versions of 2025 and 2026.
KEYS = """cpu_info gpu_info backends n_gpu_layers n_cpu_moe tensor_buft_overrides model_filename model_type n_batch n_ubatch
    embeddings cpu_mask cpu_strict poll n_threads type_k type_v use_mmap load_mode no_kv_offload split_mode main_gpu
    tensor_split flash_attn n_prompt n_gen n_depth fit_target fit_min_ctx""".split()
# What it and other tools demand of a row.
LLAMA_BENCH = [*KEYS, *"""build_commit test_time avg_ts model_size model_n_params no_op_offload build_number avg_ns stddev_ns
    stddev_ts samples_ns samples_ts defrag_thold""".split()]


def adds_up():
    for repetitions in "1", "2", "5", "6":
        for row in printed_by([*command, "json", repetitions]):
            total = sum(row["components_ns"].values())
            assert abs(total / row["ns_per_token"]["median"] - 1) < 1e-5, (row["kernels"], total)
            tokens = row["n_prompt"] + row["n_gen"]
            for ns, ts in zip(row["samples_ns"], row["samples_ts"], strict=True):
                assert abs(ns * ts / 1e9 / tokens - 1) < 1e-5, (ns, ts)
            assert (row["interval_level"] == 0) == (row["ns_per_token"]["low"] is None) == (repetitions == "1")


def lines():
    text = subprocess.run([*command, "jsonl"], check=True, capture_output=True, text=True).stdout
    assert text.endswith("\n")
    assert [json.loads(line) for line in text.splitlines()] == document


def comma_separated():
    text = subprocess.run([*command, "csv"], check=True, capture_output=True, text=True).stdout
    columns = {key for row in document for key, value in row.items() if not isinstance(value, (list, dict))}
    for row, expected in zip(csv.DictReader(text.splitlines()), document, strict=True):
        assert set(row) == columns
        for key, value in ((key, expected.get(key)) for key in columns):
            assert row[key] == ("" if value is None else str(value)) or float(row[key]) == value, (key, row[key], value)


def has_all():
    assert all(set(LLAMA_BENCH) <= set(row) for row in document)


def joined():
    """As that script does it: each row meets the same one of another commit, and no other set, head or input."""
    fields = [*KEYS, "build_commit", "avg_ts"]
    rows = [dict(document[0], backends=document[0]["backends"].replace(*part))
            for part in [("full", "certified"), ("f32", "f16")]] + document
    with sqlite3.connect(":memory:") as base:
        base.execute(f"CREATE TABLE llama_bench({', '.join(fields)})")
        for commit in "first", "second":
            base.executemany(f"INSERT INTO llama_bench VALUES({', '.join('?' * len(fields))})",
                             [[commit if key == "build_commit" else row[key] for key in fields] for row in rows])
        same = " AND ".join(f"tb.{key} = tc.{key}" for key in KEYS)
        pairs = base.execute(f"SELECT tb.avg_ts, tc.avg_ts FROM llama_bench tb JOIN llama_bench tc ON {same} AND "
                             "tb.build_commit = 'first' AND tc.build_commit = 'second'").fetchall()
    assert len(pairs) == len(rows) and all(a == b for a, b in pairs), pairs


run_tests([("what llama-bench's tools demand is there", has_all), ("compare-llama-bench.py keeps sets apart", joined),
           ("components add up to the median, speeds are those of the samples", adds_up),
           ("JSON lines are the same rows", lines), ("CSV has the same values", comma_separated)])
