# SPDX-License-Identifier: MIT
"""A 64-bit little-endian ELF library as bytes, and where its parts are."""
import struct

PT_LOAD, PT_DYNAMIC, PT_GNU_RELRO = 1, 2, 0x6474E552
PF_X = 1
R_RELATIVE = {62: 8, 183: 1027}  # by machine: x86_64, aarch64
# Of the file's header: name -> (offset, format).
HEADER = {"class": (4, "B"), "data": (5, "B"), "ident_version": (6, "B"), "osabi": (7, "B"), "abiversion": (8, "B"),
          "type": (16, "H"), "machine": (18, "H"), "version": (20, "I"), "phoff": (32, "Q"), "shoff": (40, "Q"),
          "ehsize": (52, "H"), "phentsize": (54, "H"), "phnum": (56, "H"), "shentsize": (58, "H"), "shnum": (60, "H"),
          "shstrndx": (62, "H")}
SEGMENT = {"type": (0, "I"), "flags": (4, "I"), "offset": (8, "Q"), "vaddr": (16, "Q"), "filesz": (32, "Q"),
           "memsz": (40, "Q"), "align": (48, "Q")}
SECTION = {"name": (0, "I"), "type": (4, "I"), "addr": (16, "Q"), "offset": (24, "Q"), "size": (32, "Q"), "link": (40, "I")}
DYNAMIC = {"NEEDED": 1, "PLTRELSZ": 2, "PLTGOT": 3, "STRTAB": 5, "SYMTAB": 6, "RELA": 7, "RELASZ": 8, "RELAENT": 9,
           "STRSZ": 10, "SYMENT": 11, "INIT": 12, "PLTREL": 20, "JMPREL": 23, "INIT_ARRAY": 25, "INIT_ARRAYSZ": 27,
           "GNU_HASH": 0x6FFFFEF5, "VERSYM": 0x6FFFFFF0, "VERNEED": 0x6FFFFFFE}
SYMBOL = {"name": (0, "I"), "info": (4, "B"), "shndx": (6, "H"), "value": (8, "Q"), "size": (16, "Q")}
RELOCATION = {"offset": (0, "Q"), "type": (8, "I"), "symbol": (12, "I"), "addend": (16, "Q")}
MODULE = {"magic": (0, "I"), "abi": (4, "I"), "row_bytes": (8, "I"), "row_count": (12, "I")}
MODULE_ROWS = 16  # offset of the pointer to the rows; a row begins with the pointers op, name, isa, phase, kind
MAGIC = 0x4D4B5151


class Elf:
    def __init__(self, data):
        self.data = bytearray(data)
        self.segments = [self.get(HEADER["phoff"]) + 56 * i for i in range(self.get(HEADER["phnum"]))]
        headers = [self.get(HEADER["shoff"]) + 64 * i for i in range(self.get(HEADER["shnum"]))]
        names = self.get(SECTION["offset"], headers[self.get(HEADER["shstrndx"])])
        self.sections = {self.text(names + self.get(SECTION["name"], at)): at for at in headers}
        self.symbols = self.read_symbols(".symtab", ".strtab")
        self.exports = self.read_symbols(".dynsym", ".dynstr")

    def get(self, field, at=0):
        """The value of a field (offset, format) of what stands at that place."""
        return struct.unpack_from("<" + field[1], self.data, at + field[0])[0]

    def put(self, field, at, value):
        struct.pack_into("<" + field[1], self.data, at + field[0], value % (1 << 8 * struct.calcsize(field[1])))

    def text(self, at):
        return self.data[at:self.data.index(0, at)].decode("ascii")

    def span(self, section):
        """Where in the file a section's bytes are."""
        at = self.sections[section]
        return self.get(SECTION["offset"], at), self.get(SECTION["size"], at)

    def read_symbols(self, table, strings):
        start, size = self.span(table)
        text = self.span(strings)[0]
        return {self.text(text + self.get(SYMBOL["name"], at)): at for at in range(start, start + size, 24)}

    def place(self, address):
        """Where in the file a loaded address comes from."""
        for at in self.segments:
            start = self.get(SEGMENT["vaddr"], at)
            if self.get(SEGMENT["type"], at) == PT_LOAD and start <= address < start + self.get(SEGMENT["filesz"], at):
                return address - start + self.get(SEGMENT["offset"], at)
        raise ValueError(f"no segment holds {address:#x}")

    def find_segment(self, kind, flags=0):
        return next(at for at in self.segments if self.get(SEGMENT["type"], at) == kind
                    and self.get(SEGMENT["flags"], at) & flags == flags)

    def find_dynamic(self, tag):
        start, size = self.span(".dynamic")
        return next((at for at in range(start, start + size, 16) if self.get((0, "Q"), at) == DYNAMIC[tag]), None)

    def relocations(self):
        start, size = self.span(".rela.dyn")
        return range(start, start + size, 24)

    def find_relocation(self, address):
        """Of the pointer at that loaded address."""
        return next(at for at in self.relocations() if self.get(RELOCATION["offset"], at) == address)

    def module(self):
        """The loaded address of the table's head. The second struct with this magic has no ABI but a size there."""
        start, size = self.span(".data.rel.ro")
        base = self.get(SECTION["addr"], self.sections[".data.rel.ro"]) - start
        return next(base + at for at in range(start, start + size, 8)
                    if self.get((0, "I"), at) == MAGIC and self.get((4, "I"), at) < 8)

    def rows(self):
        return self.get(RELOCATION["addend"], self.find_relocation(self.module() + MODULE_ROWS))
