#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ended.py (--begin | EXIT_CODE REASON) OPTION...: the forms of a gate whose program could not be built or run.

OPTION... are those of `qkbench gate`. It obeys --out, --junit, --markdown, --bmf and --github, and passes over all
others. Each form says INVALID, with the reason. `ci/gate` calls it where `qkbench gate` itself cannot write the forms.
It calls it with --begin before it builds. That replaces only the files, so no verdict of an earlier run stays behind,
and a folder that cannot be written to is found at once.

Exit codes: 0 done; 1 a form cannot be written, but all others are; 2 usage, or two forms would go to one file.
"""
import argparse
import contextlib
import errno
import json
import os
import re
import socket
import sys
import tempfile
import time
from xml.sax.saxutils import escape, quoteattr

FILES = ("out", "junit", "markdown", "bmf")
NOT_ENDED = "ci/gate has not ended: it runs, or it was killed"
VERDICTS = ("PASS", "WARN", "REGRESSION", "INCONCLUSIVE", "INVALID", "NEW", "MISSING", "REMOVED")

# Where a file may be written to, and its folder or name not: mount points, read-only and sticky folders.
IN_PLACE = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS)
REMEDIES = {errno.ENOENT: "make its folder first", errno.EACCES: "change its mode or its folder's, or name another place",
            errno.EROFS: "name a place that is not mounted read-only",
            errno.ENOSPC: "free some space, or name a place on another disk", errno.EISDIR: "name a file in it"}

# Controls, what turns, joins or hides text, and what XML 1.0 forbids; as a terminal must not get them either.
HARMFUL = re.compile("[\x00-\x20\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]+")


def shown(text):
    return HARMFUL.sub(" ", text.encode(errors="replace").decode()).strip()


def out(code, reason, date):
    nothing = {"name": None, "compiler": None}
    document = {
        "schema_version": 1, "kind": "gate", "version": None, "commit": None, "date": date, "host": socket.gethostname(),
        "mode": "duet", "base": nothing, "candidate": nothing, "suite": None, "policy": None, "unavailable": 0,
        "unavailable_reason": None, "alpha": None, "seed": "0", "seconds": 0, "strict": False, "verdict": "INVALID",
        "reason": reason, "exit_code": code, "counts": dict.fromkeys(VERDICTS, 0),
        "fingerprint": {"identity": {}, "hash": "", "shown": {}}, "results": []}
    return json.dumps(document, indent=0) + "\n"


def junit(_, reason, date):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
 <testsuite name="gate" package="qkbench" id="0" hostname={quoteattr(socket.gethostname())} timestamp="{date[:19]}"
            tests="1" failures="0" errors="1" skipped="0" time="0.000">
  <properties>
    <property name="verdict" value="INVALID"/>
  </properties>
  <testcase classname="gate" name="the run" time="0.000">
    <error type="invalid" message={quoteattr(reason)}>{escape(reason)}</error>
  </testcase>
  <system-out></system-out>
  <system-err/>
 </testsuite>
</testsuites>
"""


def markdown(code, reason, _):
    escaped = re.sub(r"([^\w\s.,:;/'()-])", r"\\\1", reason)
    return f"## qkbench gate: INVALID, exit code {code}\n\n- INVALID: the run: {escaped}\n\n"


def bmf(*_):
    return "{}\n"


def annotation(reason):
    return f"::error title=qkbench gate%3A INVALID::{reason.replace('%', '%25')}\n"


def standard(path):
    return path in ("-", "/dev/stdout")


def is_device(path):
    """A pipe or a terminal, which can only be written to, and once."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def overwrite(path, text):
    """In place, or as it was."""
    with open(path, "r+b", buffering=0) as f:
        before, now = f.read(), text.encode()
        try:
            f.seek(0)
            if f.write(now) != len(now):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            f.truncate()
        except OSError:
            f.seek(0)
            f.write(before)
            raise


def replace(path, text):
    """Whole or not at all; a link stays, and what cannot be renamed to, as a mount point, is overwritten."""
    path = os.path.realpath(path)
    if is_device(path) or os.path.isdir(path):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return
    there = os.path.exists(path)
    if there and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    umask = os.umask(0)
    os.umask(umask)
    mode = os.stat(path).st_mode & 0o7777 if there else 0o666 & ~umask
    name = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=".qkbench-", suffix=".tmp", dir=os.path.dirname(path))
        with os.fdopen(descriptor, "w", encoding="utf-8") as f:
            f.write(text)
            os.fchmod(f.fileno(), mode)
        os.replace(name, path)
        name = None
    except OSError as error:
        if not there or error.errno not in IN_PLACE:
            raise
        overwrite(path, text)
    finally:
        if name:
            os.unlink(name)


def append(path, text):
    """Behind what other steps wrote there, or not at all."""
    with open(path, "ab", buffering=0) as f:
        before = f.seek(0, os.SEEK_END)
        try:
            f.write((("\n" if before else "") + text).encode())
        except OSError:
            f.truncate(before)
            raise


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--begin", action="store_true")
    for name in FILES:
        parser.add_argument("--" + name)
    parser.add_argument("--trace")
    parser.add_argument("--dir")
    parser.add_argument("--github", action="store_true")
    words = sys.argv[1:]
    code, reason = (5, NOT_ENDED) if words[:1] == ["--begin"] else (int(words.pop(0)), words.pop(0))
    asked, _ = parser.parse_known_args(words)
    reason = shown(reason)
    date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    paths = {name: path for name in (*FILES, "trace") if (path := getattr(asked, name))}
    stored, seen = asked.dir or os.environ.get("QK_BASELINES"), {}
    for name, path in paths.items():
        real = "-" if standard(path) else os.path.realpath(path)
        if real in seen and not is_device(real):
            print(f"ci/gate: --{name}: '{shown(path)}' is the file that --{seen[real]} writes; each needs one of its own",
                  file=sys.stderr)
            return 2
        if stored and os.path.dirname(os.path.dirname(real)) == os.path.realpath(stored):
            print(f"ci/gate: --{name}: '{shown(path)}' is where baselines are stored; name another folder", file=sys.stderr)
            return 2
        seen[real] = name
    forms = [(name, paths[name], False) for name in FILES if name in paths]
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and "markdown" in paths and os.path.realpath(paths["markdown"]) == os.path.realpath(summary):
        forms = [(name, path, name == "markdown") for name, path, _ in forms]
    elif summary and asked.github:
        forms.append(("markdown", summary, True))
    failed = 0
    for name, path, appended in forms:
        if asked.begin and (appended or standard(path) or is_device(path)):
            continue
        text = globals()[name](code, reason, date)
        try:
            if appended:
                append(path, text)
            elif standard(path):
                sys.stdout.write(text)
            else:
                replace(path, text)
        except OSError as error:
            remedy = f"; {REMEDIES[error.errno]}" if error.errno in REMEDIES else ""
            print(f"ci/gate: --{name}: cannot write '{shown(path)}': {error.strerror or error}{remedy}", file=sys.stderr)
            failed = 1
            if not appended and os.path.isfile(path):
                with contextlib.suppress(OSError):
                    os.truncate(path, 0)  # no verdict is better than an old one
    trace = os.path.realpath(asked.trace or "x")
    folder = os.path.dirname(trace)
    if asked.begin and asked.trace and not os.access(trace if os.path.exists(trace) else folder, os.W_OK):
        print(f"ci/gate: --trace: cannot write '{shown(asked.trace)}': '{shown(folder)}' is no folder that can be written to",
              file=sys.stderr)
        failed = 1
    if asked.github and not asked.begin:
        (sys.stderr if "-" in seen else sys.stdout).write(annotation(reason))
    return failed


if __name__ == "__main__":
    sys.exit(main())
