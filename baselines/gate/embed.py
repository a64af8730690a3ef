#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed.py FILE NAME OUT.c: writes the file's bytes as a C string called NAME. Refuses a .json that is not strict."""
import json
import sys


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"a member twice among {[key for key, _ in pairs]}")
    return members


source, name, target = sys.argv[1:]
with open(source, "rb") as f:
    data = f.read()
text = data.decode("utf-8")
if source.endswith(".json"):
    json.loads(text, object_pairs_hook=no_duplicates)
with open(target, "w", encoding="ascii") as f:
    f.write(f"/* Made from {source.rsplit('/', 1)[-1]}. */\nextern const char {name}[];\nconst char {name}[] = {{\n")
    for start in range(0, len(data), 20):
        f.write("    " + " ".join(f"{byte}," for byte in data[start:start + 20]) + "\n")
    f.write("    0};\n")
