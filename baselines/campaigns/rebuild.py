#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the other builds of a campaign from a finished build folder, without touching it.

    rebuild.py BUILD OUT.so --shuffle SEED    the same objects, linked in another order: nothing changed
    rebuild.py BUILD OUT.so --slower N        N instructions more, which do nothing, per eight elements in the look-up
                                              stage of the rows of qk256_dequant that look up by a permute
    rebuild.py BUILD OUT --waits N            the program qkbench; `model serve` waits after each token, N thousandths of
                                              the time that it took

It asks ninja how the module was linked and compiled, and runs those commands with other outputs. Exit codes: 0 done,
1 could not, 2 usage.
"""
import argparse
import glob
import os
import random
import shlex
import subprocess
import sys
import tempfile

MODULE = "kernels/libqkernels.so"
HEADER = "kernels/qk256_dequant/ladder.h"
PROGRAM = "qkbench"
SERVE = "harness/e2e/serve.c"
TOKEN = "        code = next(s, err);\n"
PLACE = "    if (last == STAGE_LOOKUP) {\n"


def commands_of(build, target):
    done = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", target], capture_output=True, text=True,
                          check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        sys.exit(f"rebuild.py: {build}: ninja knows no command for {target}: {(done.stderr or done.stdout).strip()}")
    return shlex.split(lines[-1])


def run(words, build):
    done = subprocess.run(words, cwd=build, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"rebuild.py: {words[0]} ended with {done.returncode}: {done.stderr.strip()}")


def set_output(words, output):
    words[words.index("-o") + 1] = output


def shuffle(link, seed):
    """Objects change places with each other; all else stays where it is."""
    places = [i for i, word in enumerate(link) if word.endswith(".o") and link[i - 1] != "-o"]
    objects = [link[i] for i in places]
    mixed = objects[:]
    random.Random(seed).shuffle(mixed)
    if mixed == objects:
        sys.exit(f"rebuild.py: seed {seed} leaves the order of {len(objects)} objects as it is")
    for place, name in zip(places, mixed):
        link[place] = name


def changed_copy(name, place, more, folder):
    """Writes a copy of a file of this tree into the folder, with `more` in the stead of the one place."""
    root = os.path.dirname(os.path.realpath(__file__)) + "/../.."
    with open(f"{root}/{name}", encoding="utf-8") as file:
        text = file.read()
    if text.count(place) != 1:
        sys.exit(f"rebuild.py: {name}: found no single place to change, expected '{place.strip()}'")
    os.makedirs(f"{folder}/{os.path.dirname(name)}")
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        file.write(text.replace(place, more))


def to_object(words, name):
    set_output(words, name)
    for at, word in enumerate(words):
        if word in ("-MF", "-MQ"):
            words[at + 1] = name + ".d"
    return words


def slow_down(link, count, build, folder):
    """Compiles what includes the ladder against a slower copy of it, and links that in place of the old objects."""
    changed_copy(HEADER, PLACE, f'    if (rungs.permute)\n        __asm__ volatile(".rept {count}; nop; .endr");\n{PLACE}',
                 folder)
    changed = 0
    for i, name in enumerate(link):
        if not (name.endswith(".o") and "qk256_dequant_p4" in name):
            continue
        link[i] = f"{folder}/{os.path.basename(name)}"
        run(first_include(to_object(commands_of(build, name), link[i]), folder), build)
        changed += 1
    if not changed:
        sys.exit(f"rebuild.py: {MODULE}: found no object of a permuting row, expected qk256_dequant_p4...")


def first_include(words, folder):
    """The overlay must be searched before the tree."""
    at = next(i for i, word in enumerate(words) if word.startswith("-I"))
    return words[:at] + [f"-I{folder}"] + words[at:]


def wait(link, thousandths, build, folder):
    """Links a slower `serve` before the library that has the other one, which nobody then asks for."""
    changed_copy(SERVE, TOKEN, f"""        const uint64_t began = bench_clock_ns();
{TOKEN}        const double until = bench_clock_since(began) * (1 + {thousandths} / 1000.0);
        while (bench_clock_since(began) < until)
            ;
""", folder)
    ending = "_".join(SERVE.split("/")[1:]) + ".o"
    names = [os.path.relpath(name, build) for name in glob.glob(f"{build}/**/*{ending}", recursive=True)]
    if len(names) != 1:
        sys.exit(f"rebuild.py: {build}: found {len(names)} objects called {ending}, expected one")
    words = to_object(commands_of(build, names[0]), f"{folder}/serve.o")
    source = next(i for i, word in enumerate(words) if word.endswith(SERVE))
    run(words[:source] + [f"{folder}/{SERVE}"] + words[source + 1:], build)
    link.insert(next(i for i, word in enumerate(link) if word.endswith((".o", ".a"))), f"{folder}/serve.o")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("out")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--shuffle", type=int, metavar="SEED")
    what.add_argument("--slower", type=int, metavar="N")
    what.add_argument("--waits", type=int, metavar="N")
    options = parser.parse_args()
    for name, count in (("--slower", options.slower), ("--waits", options.waits)):
        if count is not None and not 1 <= count <= 1000:
            parser.error(f"{name}: found {count}, expected 1 to 1000")
    link = commands_of(options.build, MODULE if options.waits is None else PROGRAM)
    out = os.path.abspath(options.out)
    with tempfile.TemporaryDirectory() as folder:
        if options.shuffle is not None:
            shuffle(link, options.shuffle)
        elif options.waits is not None:
            wait(link, options.waits, options.build, folder)
        else:
            slow_down(link, options.slower, options.build, folder)
        set_output(link, f"{out}.tmp")
        run(link, options.build)
    os.replace(f"{out}.tmp", out)


main()
