#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""campaign_fake.py WHAT WORD...: an answer as a bad node or launcher gives it, on stdout.

WORD... is the command that a launcher gets. Where WHAT spoils a good answer, it is run first.
"""
import io
import json
import re
import subprocess
import sys
import tarfile

what, words = sys.argv[1], sys.argv[2:]


def add(tar, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def make(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for member in members:
            member(tar)
    return out.getvalue()


def spoil(change):
    """The files of a good answer after `change`, which gets and changes a dictionary of bytes by name."""
    done = subprocess.run(words, stdin=sys.stdin, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    change(files)
    return make(*(lambda tar, n=name, d=data: add(tar, n, d) for name, data in files.items()))


def in_report(edit):
    def change(files):
        report = json.loads(files["gate.json"])
        edit(report)
        files["gate.json"] = json.dumps(report).encode()
    return change


def other_module(report):
    report["fingerprint"]["libraries"][1]["build_id"] = "00" * 20


def no_results(report):
    report.update(results=[], counts=dict.fromkeys(report["counts"], 0))


def set_to(**members):
    return in_report(lambda report: report.update(members))


ANSWERS = {
    "upward": lambda: make(lambda tar: add(tar, "../evil", b"x")),
    "absolute": lambda: make(lambda tar: add(tar, "/tmp/evil", b"x")),
    "inner": lambda: make(lambda tar: add(tar, "a/../../evil", b"x")),
    "link": lambda: make(lambda tar: add(tar, "x", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "hard link": lambda: make(lambda tar: add(tar, "x", type=tarfile.LNKTYPE, linkname="/etc/passwd")),
    "device": lambda: make(lambda tar: add(tar, "x", type=tarfile.CHRTYPE)),
    "twice": lambda: make(lambda tar: add(tar, "x", b"1"), lambda tar: add(tar, "x", b"2")),
    "many": lambda: make(*(lambda tar, i=i: add(tar, f"f{i}", b"x") for i in range(1001))),
    "size": lambda: make(lambda tar: add(tar, "x", b"1" * 2000))[:1024],
    "empty": make,
    "ours": lambda: spoil(lambda files: files.update({"node.json": b"{}"})),
    "other plan": lambda: spoil(lambda files: files.update({".plan": b"0123456789abcdef\n"})),
    "no code": lambda: spoil(lambda files: files.pop(".exit_code")),
    "other code": lambda: spoil(lambda files: files.update({".exit_code": b"3\n"})),
    "signal": lambda: spoil(lambda files: files.update({".exit_code": b"137\n"})),
    "no report": lambda: spoil(lambda files: files.pop("gate.json")),
    "no json": lambda: spoil(lambda files: files.update({"gate.json": b"{"})),
    "other module": lambda: spoil(in_report(other_module)),
    "other bytes": lambda: spoil(lambda files: files.update(
        {"trace.jsonl": re.sub(rb'"xxh3": *"[0-9a-f]{16}"', b'"xxh3":"0123456789abcdef"', files["trace.jsonl"])})),
    "no trace": lambda: spoil(lambda files: files.pop("trace.jsonl")),
    "other alpha": lambda: spoil(set_to(alpha=0.001)),
    "other policy": lambda: spoil(set_to(policy="mine.json")),
    "strict": lambda: spoil(set_to(strict=True)),
    "no results": lambda: spoil(in_report(no_results)),
    "other mode": lambda: spoil(set_to(mode="baseline")),
}
sys.stdout.buffer.write(ANSWERS[what]())
