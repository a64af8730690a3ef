#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""same_code_test.py SCRIPT ROOT PART COMPILER...: does same_code.py find the kernels that differ, and only those? TAP.

PART `objects` tests the hashes of objects. `builds` tests small build folders that are not what they claim.
`tree` tests a change of one row in this tree.
"""
import functools
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

script, root, part, *compiler = sys.argv[1:]
spec = importlib.util.spec_from_file_location("same_code", script)
same_code = importlib.util.module_from_spec(spec)
spec.loader.exec_module(same_code)
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
    hashed = {}
    for path in objects:
        with open(path, "rb") as f:
            hashed[path] = same_code.hash_object(f.read())
    return [same_code.with_used(hashed, path) for path in objects]


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
    with open(build(), "rb") as f:
        data = change(f.read())
    try:
        same_code.hash_object(data)
    except same_code.UNREADABLE as error:
        assert expected in str(error), error
    else:
        raise AssertionError("it was read")


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


# Small build folders, with the names that meson gives. Row c calls row b.
ROWS = {
    "a": "static const int table[] = {1, 2, 3, 4};\nint qk_op_a(int i) { return table[i & 3]; }\n",
    "b": '#include "kernels/common.h"\nint qk_op_b(int i) { return i * FACTOR; }\n',
    "c": "int qk_op_b(int i);\nint qk_op_c(int i) { return qk_op_b(i) + 1; }\n",
}
NINJA = """rule cc
  command = {compiler} -O2 -fPIC $flags -I.. -MD -MQ $out -MF $out.d -o $out -c $in
  depfile = $out.d
  deps = gcc
rule link
  command = {compiler} -shared $flags -o $out $in -Wl,--version-script,{source}/kernels/module.map
rule regenerate
  command = touch build.ninja
  generator = 1
build build.ninja: regenerate ../meson.build
{rows}build kernels/libqkernels.so: link {objects} | {source}/kernels/module.map
  flags = {link_flags}
"""
MODULE = "build/kernels/libqkernels.so"


def object_of(row):
    return f"build/kernels/libvariant_op_{row}.a.p/op_{row}.c.o"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


class Copied:
    def __init__(self, top):
        self.top = top

    def path(self, name):
        return f"{self.top}/{name}"

    def edit(self, name, old, new):
        with open(self.path(name), encoding="utf-8") as f:
            text = f.read()
        assert text.count(old) == 1, (name, old)
        write(self.path(name), text.replace(old, new))


    def ninja(self):
        subprocess.run(["ninja", "-C", f"{self.top}/build", "kernels/libqkernels.so"], check=True, capture_output=True)


class Tree(Copied):
    def __init__(self, rows=None, link_flags="", row_flags=None, linker=None):
        super().__init__(folder())
        self.compiler = linker or compiler
        for row, text in {**ROWS, **(rows or {})}.items():
            write(f"{self.top}/kernels/op/{row}.c", text)
        write(f"{self.top}/kernels/common.h", "#define FACTOR 3\n")
        write(f"{self.top}/kernels/variants.def", "".join(f'VARIANT(op, {row}, BASE, "-")\n' for row in ROWS))
        write(f"{self.top}/kernels/module.map", "{ global: no_such; local: *; };\n")
        write(f"{self.top}/meson.build", "")
        self.configure(link_flags, row_flags)
        self.ninja()

    def configure(self, link_flags="", row_flags=None):
        info = {"directories": {"source": self.top, "build": f"{self.top}/build"}}
        write(f"{self.top}/build/meson-info/meson-info.json", json.dumps(info))
        edges = "".join(f"build {object_of(row)[6:]}: cc ../kernels/op/{row}.c\n  flags = {(row_flags or {}).get(row, '')}\n"
                        for row in ROWS)
        write(f"{self.top}/build/build.ninja", NINJA.format(
            compiler=" ".join(self.compiler), source=self.top, rows=edges, link_flags=link_flags,
            objects=" ".join(object_of(row)[6:] for row in ROWS)))

    def age(self, name, seconds):
        at = os.stat(self.path(name)).st_mtime + seconds
        os.utime(self.path(name), (at, at))


def listed(base, cand, code=0):
    """The rows of the list by name, and what was said."""
    out = os.path.join(temp.name, "list.json")
    if os.path.exists(out):
        os.remove(out)
    done = subprocess.run([script, f"{base.top}/build", f"{cand.top}/build", out], capture_output=True, text=True)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and not done.stdout, done.stderr
    if code:
        assert not os.path.exists(out) and done.stderr, done.stderr
        return None, done.stderr
    with open(out, encoding="ascii") as f:
        data = json.load(f)
    for side, tree in ("base", base), ("candidate", cand):
        st = os.stat(tree.path(MODULE))
        assert data[side] == {"size": st.st_size, "mtime_ns": st.st_mtime_ns}, data[side]
    return {(row["op"], row["name"]): row for row in data["rows"]}, done.stderr


def expect(base, cand, rows, said=None):
    found, text = listed(base, cand)
    names = "".join(sorted(name for _, name in found))
    assert names == rows, f"{names}, expected {rows}; {text}"
    assert said in text if said else not text, text


def offsets():
    base, cand = plain(), Tree({"a": ROWS["a"].replace("return", "for (int k = 0; k < i; k++) i ^= k * i; return")})
    found, _ = listed(base, cand)
    for side, tree in ("base", base), ("candidate", cand):
        names = subprocess.run(["nm", tree.path(MODULE)], check=True, capture_output=True, text=True).stdout
        for row in "bc":
            assert int(re.search(f"^(\\w+) t qk_op_{row}$", names, re.M)[1], 16) == found["op", row][side], names
    assert found["op", "c"]["base"] != found["op", "c"]["candidate"], found


def spoilt(spoil, rows, said):
    """On either side."""
    tree = Tree()
    spoil(tree)
    expect(plain(), tree, rows, said)
    expect(tree, plain(), rows, said)


def half_written(tree):
    path = tree.path(object_of("a"))
    st = os.stat(path)
    with open(path, "r+b") as f:
        f.truncate(st.st_size // 2)
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def unreadable(tree):
    os.remove(tree.path(object_of("a")))


def newer_source(tree):
    tree.age("kernels/common.h", 100)


def rewritten(tree):
    st = os.stat(tree.path(MODULE))
    with open(tree.path(MODULE), "r+b") as f:
        f.seek(0x400)
        byte = f.read(1)
        f.seek(0x400)
        f.write(bytes([byte[0] ^ 1]))
    os.utime(tree.path(MODULE), ns=(st.st_atime_ns, st.st_mtime_ns))


def old_date(text, code, base=None):
    """A source that came with an old date, so that ninja builds nothing."""
    base, cand = base or plain(), Tree()
    then = os.stat(cand.path("kernels/op/a.c")).st_mtime_ns
    cand.edit("kernels/op/a.c", "3, 4}", text)
    os.utime(cand.path("kernels/op/a.c"), ns=(then, then))
    cand.ninja()
    if code:
        _, said = listed(base, cand, code)
        assert "op_a.c.o is not what its source gives" in said and cand.top in said, said
        listed(cand, base, code)
    else:
        expect(base, cand, "abc")


@functools.cache
def plain():
    return Tree()


def without(code, *words):
    done = subprocess.run([script, *words], capture_output=True, text=True)
    assert done.returncode == code and done.stderr and "Traceback" not in done.stderr, (done.returncode, done.stderr)


def flags_of_build(tree):
    tree.configure(row_flags={"b": "-fno-common"})


def cut_deps(tree):
    os.remove(tree.path("build/.ninja_deps"))


def two_names():
    """Trees of one compiler, which is called by another name for the second."""
    at = os.path.basename(compiler[0]) == "ccache"
    name = os.path.join(folder(), "another")
    os.symlink(shutil.which(compiler[at]), name)
    return Tree(linker=compiler[at:]), Tree(linker=[name, *compiler[at + 1:]])


def two_trees(link_flags):
    return Tree(link_flags=link_flags), Tree(link_flags=link_flags)


# This tree: copied, built, and once more with the last entry of a constant table changed.
def one_entry():
    base, cand = Copied(f"{temp.name}/base"), Copied(f"{temp.name}/cand")
    os.makedirs(cand.top)
    for name in "kernels", "meson.build", "meson_options.txt":
        path = os.path.join(root, name)
        (shutil.copytree if os.path.isdir(path) else shutil.copy2)(path, cand.path(name))
    subprocess.run(["meson", "setup", "build", "-Dkernels_only=true", "-Dbuildtype=release"], cwd=cand.top, check=True,
                   capture_output=True, env={**os.environ, "CC": " ".join(compiler)})
    cand.ninja()
    shutil.copytree(cand.top, base.top, symlinks=True)  # with its dates
    all_rows, said = listed(base, cand)
    assert len(all_rows) >= 75 and not said, (len(all_rows), said)
    cand.edit("kernels/qk256_dequant/avx2_best.c", "24, 26, 28, 30)", "24, 26, 28, 31)")
    cand.ninja()
    rows, said = listed(base, cand)
    assert all_rows.keys() - rows.keys() == {("qk256_dequant", "avx2_best")} and not said, (len(rows), said)


OBJECTS = [
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

BUILDS = [
    ("two builds of one source: every row", lambda: expect(plain(), Tree(), "abc")),
    ("rows begin where the list says, on either side", offsets),
    ("the last entry of a row's table: that row is timed",
     lambda: expect(plain(), Tree({"a": ROWS["a"].replace("3, 4}", "3, 5}")}), "bc")),
    ("a row that another calls: both are timed",
     lambda: expect(plain(), Tree({"b": ROWS["b"].replace("i *", "i +")}), "a")),
    ("a comment: every row", lambda: expect(plain(), Tree({"a": "/* why */\n" + ROWS["a"]}), "abc")),
    ("a source newer than its object: that row is timed",
     lambda: spoilt(lambda tree: tree.age("kernels/op/a.c", 100), "bc", "op/a is timed")),
    ("a header newer than an object: that row is timed", lambda: spoilt(newer_source, "a", "op/b is timed")),
    ("an object that other flags would make: that row is timed",
     lambda: spoilt(flags_of_build, "a", "op/b is timed")),
    ("nothing is known of headers: every row is timed", lambda: spoilt(cut_deps, "", "op/c is timed")),
    ("a half-written object: nothing is known", lambda: spoilt(half_written, "", "failed")),
    ("an object that is not there: nothing is known", lambda: spoilt(unreadable, "", "No such file")),
    ("a module older than an object: nothing is known",
     lambda: spoilt(lambda tree: tree.age(object_of("b"), 100), "", "is older than")),
    ("a module older than what links it: nothing is known",
     lambda: spoilt(lambda tree: tree.age("kernels/module.map", 100), "", "would link")),
    ("a module rewritten after linking: nothing is known", lambda: spoilt(rewritten, "", "it was rewritten")),
    ("a build.ninja older than meson.build: nothing is known",
     lambda: spoilt(lambda tree: tree.age("meson.build", 100), "", "build.ninja is older")),
    ("other options of the linker: nothing is known",
     lambda: expect(plain(), Tree(link_flags="-Wl,-z,now"), "", "linked in different ways")),
    ("a compiler by another name is the same", lambda: expect(*two_names(), "abc")),
    ("without symbols nothing is known", lambda: expect(*two_trees("-s"), "", "0 functions of its own")),
    ("a source of an old date that means another object is INVALID", lambda: old_date("3, 5}", 5)),
    ("so is one whose object was another one than the base's before",
     lambda: old_date("3, 5}", 5, Tree({"a": ROWS["a"].replace("3, 4}", "3, 9}")}))),
    ("a comment of an old date is none", lambda: old_date("3, 4} /* why */", 0)),
    ("no module", lambda: without(1, "/nonexistent", "/nonexistent", "/nonexistent/list")),
    ("no place for the list", lambda: without(1, plain().path("build"), plain().path("build"), "/nonexistent/list")),
    ("no arguments", lambda: without(2)),
]
TREE = [("the last entry of a constant table of one row: that row alone is timed", one_entry)]
TESTS = {"objects": OBJECTS, "builds": BUILDS, "tree": TREE}[part]

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
