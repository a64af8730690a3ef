#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hash_test.py SCRIPT ROOT COMPILER...: does the hash of an object tell kernels that differ, and only those? TAP."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

script, root, *compiler = sys.argv[1:]
FLAGS = ["-O3", "-fPIC", "-std=c17", "-D_GNU_SOURCE"]
# A table in .rodata, one with relocations (.data.rel.ro), a call out, and a static function.
SOURCE = r"""
extern float outside(int);
float kernel(int i);
static const float near[] = {1.0f, 2.0f, 3.0f, 4.0f};
static const char *const words[] = {"one", "two", "three"};
__attribute__((noinline)) static float once(int i) { return near[i & 3] + 1; }
float kernel(int i) { return outside(i) * once(i) + words[i % 3][i & 1]; }
"""
temp = tempfile.TemporaryDirectory()
made = 0


def folder():
    global made
    made += 1
    # Of different depth and length, so that every path that gets into an object shows.
    path = os.path.join(temp.name, *(["deep"] * made), "x" * made)
    os.makedirs(path)
    return path


def build(source=SOURCE, flags=(), name="kernel.c"):
    where = folder()
    with open(os.path.join(where, name), "w", encoding="ascii") as f:
        f.write(source)
    subprocess.run([*compiler, *FLAGS, *flags, "-c", name, "-o", "out.o"], cwd=where, check=True)
    return os.path.join(where, "out.o")


def run(*objects):
    out = os.path.join(temp.name, "out.h")
    names = [f"n{i}" for i in range(len(objects))]
    subprocess.run([script, out, *names, "--", *objects], check=True, capture_output=True, text=True)
    with open(out, encoding="ascii") as f:
        lines = [line.split() for line in f]
    assert [line[:2] for line in lines] == [["#define", f"QK_HASH_{name}"] for name in names], lines
    hashes = [line[2].strip('"') for line in lines]
    assert all(len(h) == 16 and int(h, 16) >= 0 for h in hashes), hashes
    return hashes


def same(a, b):
    a, b = run(a) + run(b)
    assert a == b, f"{a} and {b}"


def differ(old, new, source=SOURCE):
    assert old in source
    a, b = run(build(source)) + run(build(source.replace(old, new)))
    assert a != b, f"both {a}"


def real_row():
    objects = []
    for _ in range(2):
        where = folder()
        shutil.copytree(os.path.join(root, "kernels"), os.path.join(where, "kernels"))
        subprocess.run([*compiler, *FLAGS, "-I.", "-c", "kernels/qk256_dequant/scalar.c", "-o", "out.o"],
                       cwd=where, check=True)
        objects.append(os.path.join(where, "out.o"))
    same(*objects)


def garbage(change, expected):
    path = build()
    with open(path, "rb") as f:
        data = change(f.read())
    with open(path, "wb") as f:
        f.write(data)
    failed = subprocess.run([script, os.path.join(temp.name, "no.h"), "n", "--", path], capture_output=True, text=True)
    assert failed.returncode == 1 and path in failed.stderr and expected in failed.stderr, failed.stderr
    assert "Traceback" not in failed.stderr, failed.stderr


def users_follow(change, differs):
    """A row that calls another row: the other's contents count."""
    caller, other = build(), "float outside(int i);\nfloat outside(int i) { return i * 3.0f; }\n"
    a, b = run(caller, build(other)), run(caller, build(other.replace("3.0f", change)))
    assert (a[0] != b[0]) == differs and (a[1] != b[1]) == differs, (a, b)


def flags_count():
    a, b = run(build()) + run(build(flags=["-O0"]))
    assert a != b, f"both {a}"


def no_code():
    with open(build("extern int x;\nint x = 1;\n"), "rb") as f:
        return f.read()


def sections_past_the_end(data):
    return data[:0x28] + struct.pack("<Q", len(data)) + data[0x30:]


TESTS = [
    ("a row built in two folders", real_row),
    ("the same source in two folders", lambda: same(build(), build())),
    ("debugging information does not count", lambda: same(build(), build(flags=["-g"]))),
    ("a comment does not count", lambda: same(build(), build("/* why */\n" + SOURCE))),
    ("a constant of a table counts", lambda: differ("3.0f", "3.5f")),
    ("a string reached through pointers counts", lambda: differ('"two"', '"tow"')),
    ("which string a pointer goes to counts", lambda: differ('"one", "two"', '"two", "one"')),
    ("a constant of the code counts", lambda: differ("+ 1; }", "+ 2; }")),
    ("what is called counts", lambda: differ("outside", "outsidf")),
    ("the exported name counts", lambda: differ("kernel", "kernal")),
    ("other flags count", flags_count),
    ("what a row uses of another counts", lambda: users_follow("5.0f", True)),
    ("the same other row is the same", lambda: users_follow("3.0f", False)),
    ("a text is refused", lambda: garbage(lambda data: b"hello\n", "not a 64-bit ELF object")),
    ("an empty file is refused", lambda: garbage(lambda data: b"", "not a 64-bit ELF object")),
    ("a cut object is refused", lambda: garbage(lambda data: data[:len(data) // 2], "")),
    ("sections outside the file are refused", lambda: garbage(sections_past_the_end, "")),
    ("an object without code is refused", lambda: garbage(lambda data: no_code(), "no machine code")),
]

print(f"1..{len(TESTS)}")
bad = 0
for number, (name, test) in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} - {name}")
    except Exception as error:  # a test that breaks in any way has failed
        bad += 1
        print(f"not ok {number} - {name}\n# {' '.join(str(error).split())}")
temp.cleanup()
sys.exit(bad != 0)
