#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""text_test.py PROGRAM: names with any bytes in everything the program says, and terminals of every kind. TAP."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata
import xml.etree.ElementTree

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import Skip, refuse_constant, run_tests

tree = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../..")
program = os.path.realpath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)
os.environ["XDG_CACHE_HOME"] = work  # not what the user has measured of this machine
# Controls, what turns, hides or joins text, and what XML 1.0 forbids.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u0300\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
                     "\ufffe\uffff]")
HOSTILE = "\x1b]0;x\a\x1b[2J\u202ea\u2066\u200f\u061c\u200b\ufeff\x7f\x85\u2028|`<&>]]>\"',;=1+1 %0A $(exit 3) \\ e\u0300 你好"
NAME = re.sub("[\x00-\x1f\x7f]", "", HOSTILE)  # what a file may name a case or a tensor
RAW = HOSTILE.encode() + b"\n\r\t\x9b\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"
FAST = ["run", "--quick", "--counters", "none"]


def run(*arguments, code=0, **more):
    """Both streams as they come, which may hold nothing harmful."""
    done = subprocess.run([program, *arguments], capture_output=True, timeout=60, **more)
    assert done.returncode == code, f"exit code {done.returncode}, expected {code}: {done.stderr[-300:]}"
    return harmless(done.stdout), harmless(done.stderr)


def harmless(text):
    text = text.decode()  # UTF-8, or it fails
    found = HARMFUL.search(text)
    assert not found, f"U+{ord(found.group()):04X} in {text[max(0, found.start() - 60):found.start() + 20]!a}"
    return text


def harmless_file(path):
    with open(path, "rb") as f:
        return harmless(f.read())


# Names

def names_of_arguments():
    for arguments in ([RAW], ["list", RAW], ["run", b"--" + RAW], ["run", b"--out=" + RAW + b"/x", b"*/*/" + RAW],
                      ["check", RAW], ["report", RAW, "--out", "d"], ["report", "r", "--out", "d", "--only", RAW],
                      ["compare", b"./" + RAW, "x"], ["model", RAW], ["gate", "--duet", RAW, "--candidate", RAW], ["run", "--seed", RAW],
                      ["baseline", RAW], ["baseline", "show", "x", "--dir", RAW], ["model", "info", RAW],
                      ["model", "bench", "--kernels", RAW], ["run", "--counters", RAW], ["model", "synth", RAW, "-o", "m"],
                      ["run", "--shapes", RAW], ["gate", "--baseline", RAW, "--dir", "."], ["gate", "--baseline", "x", "--policy", RAW]):
        done = subprocess.run([program, *arguments], capture_output=True, timeout=60)
        assert done.returncode in (1, 2, 5), (arguments, done.returncode)
        assert not done.stdout and "\\x1b" in harmless(done.stderr), (arguments, done.stderr)


def result():
    """A result whose every text is hostile, in a folder that is, too."""
    if not os.path.exists("r.json"):
        run(*FAST, "qk256_dequant/p[12]*/256", "--out", "r.json")
    with open("r.json", encoding="utf-8") as f:
        document = json.load(f)
    head = document["qkbench"]
    head["shapes"] = HOSTILE
    head["commit"] = "\x1b[2J\u202e\x85"
    head["fingerprint"]["shown"].update(cpu_name=HOSTILE[:20], kernel=HOSTILE[20:], virtualised="\u2066|\n")
    for i, case in enumerate(head["cases"]):
        old = case["name"]
        case["variant"] = case["variant"] if case["reference"] else f"v{i}{NAME}"
        case["name"] = f"{case['op']}/{case['variant']}/{case['shape']}"
        for metric in case.get("metrics", []):
            metric["reason"] = HOSTILE
        for row in document["benchmarks"]:
            if row["name"] == old:
                row["name"] = row["run_name"] = case["name"]
    os.makedirs(RAW, exist_ok=True)
    path = RAW + b"/h.json"
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    return path


def names_in_a_report():
    path = result()
    tables, said = run("report", path, "--out", RAW + b"/d")
    assert "\\x1b]0;x\\x07" in tables and "\\u202e" in tables and "你好" in tables and "wrote" in said
    for name in (b"report.txt", b"report.md", b"phases.tsv"):
        harmless_file(RAW + b"/d/" + name)
    assert harmless_file(RAW + b"/d/report.txt") == tables
    if not shutil.which("gnuplot"):
        raise Skip("no gnuplot")
    image = harmless_file(RAW + b"/d/phases.svg")
    xml.etree.ElementTree.fromstring(image)
    assert "_u202ea_u2066" in image


def names_in_baselines():
    path = result()
    tables, _ = run("compare", path, path, "--out", RAW + b"/c.json")
    assert "\\u202e" in tables
    document = json.loads(harmless_file(RAW + b"/c.json"), parse_constant=refuse_constant)
    assert any(NAME in case["name"] for case in document["cases"]), "the JSON has its names as they were"
    for arguments in (["save", "b", path], ["show", "b"], ["list"], ["accept", "b", path, "--reason", RAW]):
        run("baseline", *arguments, "--dir", RAW + b"/base")


def names_in_csv():
    run(*FAST, "qk256_dequant/scalar/256", "--csv", "r.csv")
    with open("r.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f, strict=True))
    assert len(rows) > 2 and {len(row) for row in rows} == {5}
    with open("m.gguf", "wb") as to, open(os.path.join(tree, "model/fixtures/tiny.i2_s.gguf"), "rb") as f:
        to.write(f.read().replace(b"bitnet tiny", HOSTILE.encode()[:11]))
    name = RAW.replace(b"/", b"_") + b".gguf"
    shutil.copy("m.gguf", name)
    bench = ["model", "bench", name, "-p", "0", "-n", "1", "-r", "1", "-t", "1", "--counters", "none"]
    text, _ = run(*bench, "-o", "csv")
    head, row = list(csv.reader(io.StringIO(text), strict=True))
    assert len(head) == len(row) and "\\x1b" in row[head.index("model_filename")]
    text, _ = run(*bench, "-o", "json")
    assert json.loads(text)[0]["model_filename"].startswith("\\x1b]0;x")


def gguf_string(value):
    return struct.pack("<Q", len(value)) + value


def names_in_what_never_ran():
    """The forms of a gate that was not built, whose reason may be git's words about any name."""
    reason = RAW.replace("\u0300".encode(), b"") + "\ufffe\U0001f600".encode()
    ended = [sys.executable, os.path.join(tree, "reports/forms/ended.py"), b"5", reason]
    done = subprocess.run([*ended, "--out", "e1", "--junit", "e2", "--markdown", "e3", "--github", "--bmf", b"no/" + reason],
                          capture_output=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 1 and "\n::" not in harmless(done.stdout), done
    assert "cannot write" in harmless(done.stderr), done
    json.loads(harmless_file("e1"), parse_constant=refuse_constant)
    xml.etree.ElementTree.fromstring(harmless_file("e2"))
    harmless_file("e3")


def names_in_a_model():
    """Keys, texts and tensors."""
    metadata = [(b"general.architecture", RAW), (b"k" * 100, HOSTILE.encode() * 50)]
    with open("h.gguf", "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, 2, len(metadata)))
        for key, value in metadata:
            f.write(gguf_string(key) + struct.pack("<I", 8) + gguf_string(value))
        for i, name in enumerate((NAME.encode()[:63], "你好".encode() + b"n" * 20)):
            f.write(gguf_string(name) + struct.pack("<IQIQ", 1, 8, 0, 32 * i))
        f.write(b"\0" * (-f.tell() % 32) + b"\0" * 64)
    text, _ = run("model", "info", "h.gguf")
    assert "\\x1b]0;x" in text
    # 你好 takes four columns, so that the types stand below each other.
    assert "  你好" + "n" * 20 + " " * 9 + "F32" in text, text


# Terminals

def on_terminal(*arguments, columns=80, stdout=False, begun=None, **environment):
    """What a terminal of that width gets, and the exit code; None takes a variable away. begun(fd) is called once."""
    main, side = pty.openpty()
    resize(main, columns)
    variables = {**os.environ, "TERM": "xterm", **environment}
    variables = {name: value for name, value in variables.items() if value is not None}
    child = subprocess.Popen(arguments, stdin=side, stdout=side if stdout else subprocess.DEVNULL, stderr=side,
                             env=variables, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(side)
    text = b""
    while True:
        try:
            more = os.read(main, 65536)
        except OSError:
            break
        if not text and begun:
            begun(main)
        text += more
        if not more:
            break
    code = child.wait(timeout=60)
    os.close(main)
    return code, text


def resize(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def lines_of(text):
    return [line for line in re.split("[\r\n]+", harmless(text.replace(b"\r", b"\n"))) if line]


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


# What it does stands in its progress line.
LONG = ["model", "synth", "tiny", "--out", "\x1b" + 20 * "你好"]


def progress_keeps_to(width, columns, **environment):
    code, text = on_terminal(program, *LONG, columns=columns, **environment)
    lines = lines_of(text)
    assert code == 0 and re.match(" *[0-9]+ %", lines[0]), text
    assert width - 3 < max(map(columns_of, lines)) < width, text
    assert text.endswith(b"\r") and not lines[-1].strip(), "the line is not cleared"


def progress_follows_a_resize():
    code, text = on_terminal(program, "breakdown", "--quick", "--counters", "none", "qk256_dequant/p[24]*/4096",
                             begun=lambda fd: resize(fd, 20))
    lines = lines_of(text)
    assert code == 0 and max(map(len, lines)) > 20 and max(map(len, lines[-2:])) == 19, text


def a_dumb_terminal_gets_lines(**environment):
    code, text = on_terminal(program, *LONG, columns=30, **environment)
    assert code == 0 and b"\r" not in text.replace(b"\r\n", b""), text
    assert text.endswith(b"\n") and 26 < max(map(columns_of, lines_of(text))) < 30, text


def a_pipe_gets_none():
    _, said = run(*FAST, "qk256_dequant/scalar/256")
    assert not said, said


def the_background_is_silent():
    """Also where writing would stop it."""
    script = 'stty tostop; set -m; "$0" "$@" & wait $!'
    code, text = on_terminal("bash", "-c", script, program, *LONG)
    assert code == 0 and b"%" not in text, (code, text)


def messages_are_broken_at_blanks():
    code, text = on_terminal(program, "list", "everything", columns=30)
    assert code == 2
    code, text = on_terminal(program, "frobnicate", columns=30)
    assert code == 2 and max(map(len, lines_of(text))) < 30 and "commands: list" in " ".join(lines_of(text)), text


def closed_streams():
    """The next file that is opened would get the number of a closed one."""
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" 2>&-', program, *FAST, "qk256_dequant/scalar/256", "--out", "e.json",
                           "--csv", "e.csv"], capture_output=True, timeout=60)
    assert done.returncode == 0, done
    json.load(open("e.json", encoding="utf-8"))


def generated_text_is_shown_on_a_terminal():
    command = ["model", "run", "synth:tiny", "--prompt", "a", "-n", "32", "-T", "3", "-s", "1", "-t", "1"]
    done = subprocess.run([program, *command], capture_output=True, timeout=60)
    assert b"\x0b" in done.stdout and b"\xfe" in done.stdout, "not the bytes that are looked for: take another seed"
    _, text = on_terminal(program, *command, stdout=True)
    text = harmless(text.replace(b"\r\n", b"\n"))
    assert "\\x0b" in text and "\\xfe" in text


tests = [(f.__name__.replace("_", " "), f) for f in (
    names_of_arguments, names_in_a_report, names_in_baselines, names_in_csv, names_in_what_never_ran, names_in_a_model,
    progress_follows_a_resize, a_pipe_gets_none, the_background_is_silent, messages_are_broken_at_blanks, closed_streams,
    generated_text_is_shown_on_a_terminal)]
tests += [("progress keeps to 20 columns", lambda: progress_keeps_to(20, 20)),
          ("progress keeps to COLUMNS", lambda: progress_keeps_to(25, 0, COLUMNS="25")),
          ("progress keeps to one column", lambda: on_terminal(program, *LONG, columns=1)),
          ("TERM=dumb gets lines", lambda: a_dumb_terminal_gets_lines(TERM="dumb")),
          ("no TERM gets lines", lambda: a_dumb_terminal_gets_lines(TERM=None))]
try:
    run_tests(tests)
finally:
    shutil.rmtree(work)
