#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hash_objects.py OUTPUT [NAME]... -- [OBJECT]...: writes `#define QK_HASH_<NAME> "16 hex digits"` for each object.

The hash is of what a kernel is when it runs: name, flags and contents of each allocated section (code, read-only data,
.data.rel.ro), the relocations into them with their targets by name, and where the symbols it exports lie. What depends
on where or when it was built (paths in debug sections, notes, unwind tables, the order of the symbol table) is not in it.
An object that uses what another of them exports has that one's contents in its hash too.
"""
import hashlib
import struct
import sys

SHT_SYMTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 2, 4, 7, 8, 9
SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHN_UNDEF, SHN_LORESERVE = 0, 0xFF00
STB_LOCAL = 0


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

    def symbol(table, index):
        name, info, _, section, value, size = struct.unpack_from(order + "IBBHQQ", table.bytes, index * 24)
        return text_at(sections[table.link].bytes, name), info >> 4, section, value, size

    for i in kept:
        result.add("section", sections[i].name, sections[i].type, sections[i].flags, sections[i].align, sections[i].size,
                   sections[i].bytes)
    for s in sections:
        if s.type not in (SHT_RELA, SHT_REL) or s.info not in kept:
            continue
        layout = order + ("QQq" if s.type == SHT_RELA else "QQ")
        for offset, info, *addend in struct.iter_unpack(layout, s.bytes):
            name, binding, section, value, _ = symbol(sections[s.link], info >> 32)
            result.add("relocation", kept.index(s.info), offset, info & 0xFFFFFFFF, *addend)
            if binding == STB_LOCAL and section != SHN_UNDEF:
                result.add("in", *place(section), value)
            else:
                result.add("to", name)
    exported, used = [], set()
    for table in sections:
        if table.type == SHT_SYMTAB:
            for index in range(table.size // 24):
                name, binding, section, value, size = symbol(table, index)
                if binding != STB_LOCAL and section in kept:
                    exported.append((name, kept.index(section), value, size))
                if binding != STB_LOCAL and section == SHN_UNDEF:
                    used.add(name)
    for entry in sorted(exported):
        result.add("symbol", *entry)
    return result.sha.hexdigest(), {entry[0] for entry in exported}, used


def with_used(objects, first):
    """The hash of an object together with all it uses, directly or not."""
    reached, rest = [first], [first]
    while rest:
        _, _, used = objects[rest.pop()]
        for i, (_, exported, _) in enumerate(objects):
            if i not in reached and used & exported:
                reached.append(i)
                rest.append(i)
    result = Hash()
    result.add(objects[first][0], *sorted(objects[i][0] for i in reached[1:]))
    return result.sha.hexdigest()[:16]


def main():
    output, *rest = sys.argv[1:]
    cut = rest.index("--")
    names, paths = rest[:cut], rest[cut + 1:]
    if len(names) != len(paths):
        sys.exit(f"hash_objects.py: {len(names)} names and {len(paths)} objects")
    objects = []
    for path in paths:
        try:
            with open(path, "rb") as f:
                objects.append(hash_object(f.read()))
        except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
            sys.exit(f"hash_objects.py: {path}: {error}")
    with open(output, "w", encoding="ascii") as f:
        for i, name in enumerate(names):
            f.write(f'#define QK_HASH_{name} "{with_used(objects, i)}"\n')


main()
