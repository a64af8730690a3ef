#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""serve_fake.py MODE LOG model serve --fd 0 ...: serves a model that is none. A token takes 1 ms. MODE: one of those below."""
import os
import socket
import sys
import threading
import time

mode, log, *arguments = sys.argv[1:]
VOCAB = 1000
with open(arguments[-1], "rb") as model:  # a synthetic one, too, is a file to a child
    kind = model.read(4).decode()
with open(log, "a", encoding="ascii") as file:
    file.write("start " + " ".join(arguments[:-1] + [kind]) + "\n")
if mode == "old":  # as a build says it that has no such command
    print("qkbench: model: unknown command 'serve'; commands: info run", file=sys.stderr)
    sys.exit(2)
if mode == "quits":
    print("no model here", file=sys.stderr)
    sys.exit(0)
host = socket.socket(fileno=0)
if mode == "hangs":
    time.sleep(600)


def work():
    while True:
        pass


def say(text):
    host.sendall(text.encode())


say({"newer": "serves 2 vocab 1000\n", "smaller": "serves 1 vocab 999\n", "chatty": "serves 1 vocab 1000\nand so\n",
     "endless": "x" * 5000}.get(mode, f"serves 1 vocab {VOCAB}\n"))
if mode == "busy":
    threading.Thread(target=work, daemon=True).start()
steps = 0
for line in host.makefile():
    word, count, first = line.split()
    steps += 1
    if steps > 6 and mode == "ends":
        print("out of luck", file=sys.stderr)
        sys.exit(7)
    if steps > 6 and mode == "dies":
        os.abort()
    count = int(count)
    begun = time.monotonic_ns()
    time.sleep(count * (0.002 if mode == "slow" else 0.001))
    ids = [(int(first) * 7 + i) % VOCAB for i in range(count)]
    if steps > 6 and mode == "other":
        ids[1] += 1
    if steps > 6 and mode == "few":
        ids.pop()
    if steps > 6 and mode == "large":
        ids[0] = VOCAB
    with open(log, "a", encoding="ascii") as file:
        file.write(f"{word} {count} {first} {time.monotonic_ns() - begun} {begun}\n")
    if mode == "refuses":
        say("error no tokens today\n")
        continue
    claimed = 1 if mode == "boasts" else time.monotonic_ns() - begun
    say(f"ns {claimed} ids " + " ".join(map(str, ids)) + "\n")
