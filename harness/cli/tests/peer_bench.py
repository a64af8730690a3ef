#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A peer for peer_test.sh that prints rows as llama-bench does, as far as they matter.

    peer_bench.py MODE LOG -p N -n N -t LIST -r 1 -o json [-d LIST]

A prompt token takes 1 ms by one thread, a generated one 10 ms. A test takes 1 us more for each position before it, and
k threads are k times as fast. LOG gets a line of the arguments. MODE `good` prints that. Others do as they are called."""
import json
import os
import signal
import subprocess
import sys
import time

mode, log, *options = sys.argv[1:]
with open(log, "a", encoding="utf-8") as file:
    print(*options, file=file)
given = dict(zip(options[::2], options[1::2]))
assert given["-r"] == "1" and given["-o"] == "json", options


def row(prompt, generate, threads, depth):
    ns = (prompt * 1000000 + generate * 10000000 + 1000 * depth) // threads
    return {"build_commit": "bebc9350e", "build_number": 10700, "cpu_info": "a CPU", "gpu_info": "", "backends": "CPU",
            "model_filename": "models/2b.gguf", "model_type": "bitnet 2B IQ2_BN", "model_size": 1187801280,
            "model_n_params": 2412820480, "n_batch": 2048, "n_ubatch": 512, "n_threads": threads, "cpu_mask": "0x0",
            "cpu_strict": False, "poll": 50, "type_k": "f16", "type_v": "f16", "flash_attn": -1, "load_mode": "auto",
            "fit_target": 0, "fit_min_ctx": 0, "n_prompt": prompt, "n_gen": generate, "n_depth": depth,
            "test_time": "2026-08-30T10:19:31Z", "avg_ns": ns, "stddev_ns": 0, "avg_ts": 1.5, "stddev_ts": 0.0,
            "samples_ns": [ns], "samples_ts": [1.5]}


tests = [(int(given["-p"]), 0)] * (given["-p"] != "0") + [(0, int(given["-n"]))] * (given["-n"] != "0")
rows = [row(*test, int(threads), int(depth)) for threads in given["-t"].split(",")
        for depth in given.get("-d", "0").split(",") for test in tests]
text = json.dumps(rows, indent=2) + "\n"
if mode == "old":  # of a time when there was no depth
    text = json.dumps([{key: value for key, value in one.items() if key != "n_depth"} for one in rows])
elif mode == "twice":
    text = json.dumps(rows + rows[:1])
elif mode == "few":
    text = json.dumps(rows[:-1])
elif mode == "no-samples":
    text = json.dumps([{**one, "samples_ns": []} for one in rows])
elif mode == "half":
    text = text[:len(text) // 2]
elif mode == "words":
    text = "error: failed to load model\n"
elif mode == "nothing":
    text = ""
elif mode == "fails":
    print(text)
    print("loading the model", "error: no such model", "", sep="\n", file=sys.stderr)
    sys.exit(3)
elif mode == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif mode == "hangs":
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as child:
        with open(log + ".pids", "w", encoding="utf-8") as file:
            print(os.getpid(), child.pid, file=file)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
print(text, end="")
