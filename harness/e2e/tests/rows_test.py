#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rows_test.py COMMAND...: the figures in COMMAND's JSON rows agree, and its other forms say the same. TAP."""
import csv
import json
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import printed_by, run_tests

command = sys.argv[1:]
document = printed_by([*command, "json"])

# What compare-llama-bench.py of llama.cpp demands of a row.
LLAMA_BENCH = """build_commit test_time avg_ts cpu_info gpu_info backends n_gpu_layers tensor_buft_overrides model_filename
    model_type n_batch n_ubatch embeddings cpu_mask cpu_strict poll n_threads type_k type_v use_mmap no_kv_offload split_mode
    main_gpu tensor_split flash_attn n_prompt n_gen n_depth model_size model_n_params no_op_offload build_number avg_ns
    stddev_ns stddev_ts samples_ns samples_ts defrag_thold""".split()


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
    for row, expected in zip(csv.DictReader(text.splitlines()), document, strict=True):
        flat = {k: v for k, v in expected.items() if not isinstance(v, (list, dict))}
        assert list(row) == list(flat)
        for key, value in flat.items():
            assert row[key] == ("" if value is None else str(value)) or float(row[key]) == value, (key, row[key], value)


def has_all():
    assert all(set(LLAMA_BENCH) <= set(row) for row in document)


run_tests([("what llama-bench's tools demand is there", has_all),
           ("components add up to the median, speeds are those of the samples", adds_up),
           ("JSON lines are the same rows", lines), ("CSV has the same values", comma_separated)])
