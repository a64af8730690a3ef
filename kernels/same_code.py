#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""same_code.py BASE CANDIDATE OUTPUT: which rows of two finished build folders are the same code?

Writes a list for `qkbench gate --same-code` (baselines/gate/identity.h). A row is in it when both modules were linked
from objects that do the same when they run. Folder and day of the build do not matter. What a module says about itself
does not count. A row or a whole module has no identity when anything speaks against it. It is then not in the list, the
reason goes to stderr, and so the gate times it. These things speak against it:

  - Ninja would build the object again: a source or header is newer, its build was interrupted, or its command differs.
  - The module is older than an object, or linking the objects again gives other bytes: it was rewritten afterwards.
  - The two sides are linked with other options.
  - An object or the module cannot be read.

Exit codes:
    0  the list is written
    1  the list cannot be written
    2  usage
    5  an object is not what its source gives, because the source came with an old date. That folder is no build of its
       tree, and nothing measured with it would say anything.
"""
import hashlib
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

MODULE = "kernels/libqkernels.so"
SHT_SYMTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 2, 4, 7, 8, 9
SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHN_UNDEF, SHN_LORESERVE = 0, 0xFF00
STB_LOCAL = 0
UNREADABLE = (OSError, ValueError, KeyError, IndexError, struct.error)


def say(text):
    print(f"same_code.py: {text}", file=sys.stderr)


class NoIdentity(Exception):
    """Why nothing is known of a whole module."""


class Section:
    def __init__(self, data, order, at):
        (self.name_at, self.type, self.flags, _, self.offset, self.size, self.link, self.info, self.align,
         self.entry) = struct.unpack_from(order + "IIQQQQIIQQ", data, at)
        self.bytes = b"" if self.type == SHT_NOBITS else data[self.offset:self.offset + self.size]
        if self.type != SHT_NOBITS and len(self.bytes) != self.size:
            raise ValueError(f"a section ends at byte {self.offset + self.size}, the file at {len(data)}")


def text_at(table, at):
    return table[at:table.index(b"\0", at)]


def read_sections(data):
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("not a 64-bit ELF object (built for link-time optimisation?)")
    order = {1: "<", 2: ">"}[data[5]]
    start, = struct.unpack_from(order + "Q", data, 0x28)
    size, count, names = struct.unpack_from(order + "HHH", data, 0x3A)
    sections = [Section(data, order, start + i * size) for i in range(count)]
    for section in sections:
        section.name = text_at(sections[names].bytes, section.name_at)
    return order, sections


def symbol(order, sections, table, index):
    name, info, _, section, value, size = struct.unpack_from(order + "IBBHQQ", table.bytes, index * 24)
    return text_at(sections[table.link].bytes, name), info >> 4, section, value, size


def is_hashed(section):
    return (section.flags & SHF_ALLOC and section.type != SHT_NOTE
            and not section.name.startswith((b".eh_frame", b".note")))


class Hash:
    """Every value with its length, so that no two different lists of values look alike."""

    def __init__(self):
        self.sha = hashlib.sha256()

    def add(self, *values):
        for value in values:
            value = value if isinstance(value, bytes) else str(value).encode()
            self.sha.update(struct.pack("<Q", len(value)) + value)


def hash_object(data):
    """The hash of one object by itself, the names it exports and those it uses."""
    order, sections = read_sections(data)
    kept = [i for i, s in enumerate(sections) if is_hashed(s)]
    if not any(sections[i].flags & SHF_EXECINSTR and sections[i].size for i in kept):
        raise ValueError("no machine code in it (built for link-time optimisation?)")
    result = Hash()

    def place(index):
        """A section, by its name and which of the hashed ones it is: names need not be unique."""
        if index in kept:
            return kept.index(index), sections[index].name
        return -1, sections[index].name if index < SHN_LORESERVE else b"special %d" % index

    for i in kept:
        result.add("section", sections[i].name, sections[i].type, sections[i].flags, sections[i].align, sections[i].size,
                   sections[i].bytes)
    for s in sections:
        if s.type not in (SHT_RELA, SHT_REL) or s.info not in kept:
            continue
        layout = order + ("QQq" if s.type == SHT_RELA else "QQ")
        for offset, info, *addend in struct.iter_unpack(layout, s.bytes):
            name, binding, section, value, _ = symbol(order, sections, sections[s.link], info >> 32)
            result.add("relocation", kept.index(s.info), offset, info & 0xFFFFFFFF, *addend)
            if binding == STB_LOCAL and section != SHN_UNDEF:
                result.add("in", *place(section), value)
            else:
                result.add("to", name)
    exported, used = [], set()
    for table in sections:
        if table.type == SHT_SYMTAB:
            for index in range(table.size // 24):
                name, binding, section, value, size = symbol(order, sections, table, index)
                if binding != STB_LOCAL and section in kept:
                    exported.append((name, kept.index(section), value, size))
                if binding != STB_LOCAL and section == SHN_UNDEF:
                    used.add(name)
    for entry in sorted(exported):
        result.add("symbol", *entry)
    return result.sha.hexdigest(), {entry[0] for entry in exported}, used


def reach(objects, first):
    """An object and all it uses, directly or not."""
    reached, rest = [first], [first]
    while rest:
        _, _, used = objects[rest.pop()]
        for path, (_, exported, _) in objects.items():
            if path not in reached and used & exported:
                reached.append(path)
                rest.append(path)
    return reached


def with_used(objects, first):
    """The hash of an object together with those."""
    result = Hash()
    result.add(objects[first][0], *sorted(objects[path][0] for path in reach(objects, first)[1:]))
    return result.sha.hexdigest()


def without_output(words):
    """A command that writes nothing of its own: no -o FILE, no list of dependencies."""
    kept, rest = [], iter(words)
    for word in rest:
        if word in ("-o", "-MF", "-MQ", "-MT"):
            next(rest, None)
        elif word not in ("-MD", "-MMD"):
            kept.append(word)
    return kept


class Build:
    """A build folder. What of it is needed once is read when it is made; NoIdentity says why that cannot be."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.shown = folder
        found = os.stat(self.path(MODULE))
        self.file = {"size": found.st_size, "mtime_ns": found.st_mtime_ns}

    def path(self, name):
        return os.path.normpath(os.path.join(self.folder, name))

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def run(self, *words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, check=False,
                              env={**os.environ, "NINJA_STATUS": "", "LC_ALL": "C"})
        if done.returncode:
            shown = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
            raise NoIdentity(f"{' '.join(words)[:60]}... failed: {shown[-1] if shown else done.returncode}")
        return done.stdout

    def look(self):
        """Fills rows: {(op, name): object}, objects: {path: hash_object}, starts: {(op, name): offset}, options."""
        # Of some targets ninja shows a command of its own making when the expanded one is asked for, so both are.
        self.commands, by_text = {}, {}
        for expand in [], ["-x"]:
            for edge in json.loads(self.run("ninja", "-t", "compdb", *expand)):
                self.commands[edge["output"]] = edge["command"]
                by_text.setdefault(edge["command"], edge["output"])
        self.source = json.loads(self.read("meson-info/meson-info.json"))["directories"]["source"]
        words = shlex.split(self.commands[MODULE])
        linked = [word for word in words if word.endswith(".o")]
        again = {by_text.get(line) for line in self.run("ninja", "-n", "-v", MODULE).decode().splitlines()}
        if "build.ninja" in again:
            raise NoIdentity("build.ninja is older than what it was made from")
        if MODULE in again and not again.intersection(linked):
            raise NoIdentity(f"ninja would link {MODULE} again")
        for path in linked:
            if os.stat(self.path(path)).st_mtime_ns > self.file["mtime_ns"]:
                raise NoIdentity(f"{MODULE} is older than {path}, which is linked into it")
        self.link_again(words)
        words[0] = os.path.realpath(shutil.which(words[0]) or words[0])  # cc and gcc may be one program
        self.options = [word.replace(self.source + "/", "") for word in without_output(words) if word not in linked]
        self.objects = {path: self.object(path) for path in linked}
        with open(os.path.join(self.source, "kernels/variants.def"), encoding="utf-8") as f:
            names = {f"{op}_{name}": (op, name) for op, name in re.findall(r"^VARIANT\((\w+), *(\w+),", f.read(), re.M)}
        starts = self.starts()
        self.rows, self.starts = {}, {}
        for path in linked:
            row = re.fullmatch(r"kernels/libvariant_(\w+)\.a\.p/[^/]+\.o", path)
            if not row or row[1] not in names:
                continue
            op, name = names[row[1]]
            at = starts.get(f"qk_{op}_{name}".encode(), [])
            old = again.intersection(reach(self.objects, path))
            if old:
                say(f"{self.shown}: {min(old)} is older than its sources, or was not finished: {op}/{name} is timed")
            elif len(at) != 1:
                say(f"{self.shown}: {MODULE} has {len(at)} functions of its own by the name of qk_{op}_{name}: "
                    f"{op}/{name} is timed")
            else:
                self.rows[op, name], self.starts[op, name] = path, at[0]

    def make(self, words):
        """What a command makes, in another place."""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "made")
            self.run(*without_output(words), "-o", out)
            with open(out, "rb") as f:
                return f.read()

    def object(self, path):
        try:
            return hash_object(self.read(path))
        except UNREADABLE as error:
            raise NoIdentity(f"{path}: {error}") from error

    def link_again(self, words):
        if any(word.endswith(".a") for word in words):
            raise NoIdentity("it is linked from an archive, whose members are not compared")
        if self.make(words) != self.read(MODULE):
            raise NoIdentity(f"linking its objects again gives another {MODULE}: it was rewritten")

    def starts(self):
        """Where the local symbols of the module are. One that another module could take the place of is not local."""
        order, sections = read_sections(self.read(MODULE))
        found = {}
        for table in sections:
            if table.type == SHT_SYMTAB:
                for index in range(table.size // 24):
                    name, binding, section, value, _ = symbol(order, sections, table, index)
                    if binding == STB_LOCAL and section != SHN_UNDEF:
                        found.setdefault(name, []).append(value)
        return found

    def sources(self, paths):
        """{object: {file: (its bytes, when it was last touched)}} of what a row was made from, by names in the tree."""
        known, files, current = {}, {}, None
        for line in self.run("ninja", "-t", "deps", *paths).decode().splitlines():
            if line.endswith(")") and ": #deps " in line:
                current = files.setdefault(line.split(": #deps ")[0], {})
            elif line.startswith("    "):
                path = self.path(line.strip())
                for root in self.folder, self.source:
                    if path.startswith(root + "/"):
                        if path not in known:
                            known[path] = self.read(path), os.stat(path).st_ctime_ns
                        current[os.path.relpath(path, root)] = known[path]
                        break
        return files

    def compiled(self, path):
        """The object of that path made once more, as hash_object says it."""
        return hash_object(self.make(shlex.split(self.commands[path])))

    def preprocessed(self, path):
        return self.run(*without_output(shlex.split(self.commands[path])), "-E", "-P")


def find_stale(builds, rows, same):
    """
    A file that came with an old date (cp -p, tar) is no news to ninja: the object it leaves as it was is of another
    source. So where a source got there after the object was made, the object is made once more and compared. Sources
    that are equal on both sides, or differ in comments, and gave the same object need no such look.
    """
    sources = [build.sources([build.rows[row] for row in rows]) for build in builds]
    for row in rows:
        paths = [build.rows[row] for build in builds]
        files = [of_side.get(path, {}) for of_side, path in zip(sources, paths)]
        names = [name for name in {*files[0], *files[1]}
                 if row not in same or len({side.get(name, (None,))[0] for side in files}) == 2]
        late = [any(name in side and side[name][1] > os.stat(build.path(path)).st_mtime_ns for name in names)
                for side, build, path in zip(files, builds, paths)]
        if any(late) and row in same and builds[0].preprocessed(paths[0]) == builds[1].preprocessed(paths[1]):
            continue
        for build, path, is_late in zip(builds, paths, late):
            if is_late and build.compiled(path)[0] != build.objects[path][0]:
                say(f"{build.shown}: {path} is not what its source gives, but was made from another one (is the "
                    "source's date older than the object's?); remove the folder and build again")
                return True
    return False


def main():
    if len(sys.argv) != 4 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stdout if sys.argv[1:] == ["--help"] else sys.stderr)
        return 0 if sys.argv[1:] == ["--help"] else 2
    *folders, output = sys.argv[1:]
    try:
        builds = [Build(folder) for folder in folders]
    except OSError as error:
        say(error)
        return 1
    rows = []
    try:
        for build in builds:
            build.look()
        if builds[0].options != builds[1].options:
            raise NoIdentity(f"base and candidate are linked in different ways: {builds[0].options} and "
                             f"{builds[1].options}")
        both = [row for row in builds[0].rows if row in builds[1].rows]
        rows = [row for row in both if len({with_used(b.objects, b.rows[row]) for b in builds}) == 1]
        if both and find_stale(builds, both, rows):
            return 5
    except NoIdentity as error:
        say(f"{build.shown}: {error}; every row is timed")
        rows = []
    except UNREADABLE as error:
        say(f"{build.shown}: {type(error).__name__}: {error}; every row is timed")
        rows = []
    data = {"schema_version": 1, "base": builds[0].file, "candidate": builds[1].file,
            "rows": [{"op": op, "name": name, "base": builds[0].starts[op, name],
                      "candidate": builds[1].starts[op, name]} for op, name in rows]}
    try:
        with open(output + ".new", "w", encoding="ascii") as f:
            json.dump(data, f, indent=1)
            f.write("\n")
        os.replace(output + ".new", output)
    except OSError as error:
        say(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
