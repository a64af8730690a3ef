#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A model file with something else in it.

usage: gguf_edit.py IN OUT EDIT...

EDIT is one of
    KEY=KIND:VALUE   sets a key: u32, u64, i32, f32, f64, bool or string
    KEY=             leaves it out
    token:ID=NAME    another name for a token
    kind:ID=N        another token_type
    tensor:NAME=N    another type number, with the same bytes
    rename:NAME=NEW  another name for a tensor
    i2s=NO_TAIL      I2_S tensors without the 32 bytes behind their codes
    cut=N            without the last N bytes
"""
import struct
import sys

FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
KINDS = {"u32": (4, int), "u64": (10, int), "i32": (5, int), "f32": (6, float), "f64": (12, float),
         "bool": (7, lambda v: v == "true"), "string": (8, str.encode)}
I2_S = 36


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def string(self):
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at]

    def value(self, kind):
        if kind == 9:
            element, count = self.take("I"), self.take("Q")
            return element, [self.value(element) for _ in range(count)]
        return self.string() if kind == 8 else self.take(FORMS[kind])


def packed(kind, value):
    if kind == 9:
        return struct.pack("<IQ", value[0], len(value[1])) + b"".join(packed(value[0], v) for v in value[1])
    return struct.pack("<Q", len(value)) + value if kind == 8 else struct.pack("<" + FORMS[kind], value)


class File:
    def __init__(self, data):
        r = Reader(data)
        r.at = 8
        tensors, entries = r.take("Q"), r.take("Q")
        self.keys, self.tensors, self.cut = {}, [], 0
        for _ in range(entries):
            name, kind = r.string(), r.take("I")
            self.keys[name.decode()] = (kind, r.value(kind))
        for _ in range(tensors):
            name = r.string().decode()
            dims = [r.take("Q") for _ in range(r.take("I"))]
            self.tensors.append([name, dims, r.take("I"), r.take("Q")])
        start = (r.at + 31) // 32 * 32
        for t, end in zip(self.tensors, [t[3] for t in self.tensors[1:]] + [len(data) - start]):
            t[3] = data[start + t[3]:start + end]

    def edit(self, text):
        left, _, right = text.partition("=")
        what, _, name = left.partition(":")
        if what == "token":
            self.keys["tokenizer.ggml.tokens"][1][1][int(name)] = right.encode()
        elif what == "kind":
            self.keys["tokenizer.ggml.token_type"][1][1][int(name)] = int(right)
        elif what in ("tensor", "rename"):
            (found,) = [t for t in self.tensors if t[0] == name]
            found[2 if what == "tensor" else 0] = int(right) if what == "tensor" else right
        elif what == "i2s":
            for t in self.tensors:
                t[3] = t[3][:-32] if t[2] == I2_S else t[3]
        elif what == "cut":
            self.cut = int(right)
        elif right:
            kind, _, value = right.partition(":")
            self.keys[left] = (KINDS[kind][0], KINDS[kind][1](value))
        else:
            del self.keys[left]

    def bytes(self):
        out = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(self.keys))
        for name, (kind, value) in self.keys.items():
            out += packed(8, name.encode()) + struct.pack("<I", kind) + packed(kind, value)
        section = b""
        for name, dims, kind, data in self.tensors:
            out += packed(8, name.encode()) + struct.pack("<I%dQIQ" % len(dims), len(dims), *dims, kind, len(section))
            section += data + bytes(-len(data) % 32)
        out += bytes(-len(out) % 32) + section
        return out[:len(out) - self.cut]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as source:
        file = File(source.read())
    for edit in sys.argv[3:]:
        file.edit(edit)
    with open(sys.argv[2], "wb") as to:
        to.write(file.bytes())


if __name__ == "__main__":
    main()
