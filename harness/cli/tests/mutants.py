#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants.py QKBENCH FIXTURES BUILD [--seed N] [--count N] [--keep DIR] [--kind NAME]...

Damages files of every kind that the program reads, and lets the program read them. It must not crash or hang, and no
sanitizer may report anything. Exit codes are documented ones, and a refused file gets a message. What is taken must be
usable: no figure of a report is "nan" or "inf", and what was saved can be read back. The first mutant of a kind is the
undamaged file, which must be taken. TAP, a test per kind.

FIXTURES is model/fixtures. BUILD is the build folder, whose test programs write the records. --count is the number of
mutants of all kinds together (default 2000). --seed draws other mutants (default 1). --keep keeps the files that did
harm.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

options = argparse.ArgumentParser()
options.add_argument("program")
options.add_argument("fixtures")
options.add_argument("build")
options.add_argument("--seed", type=int, default=1)
options.add_argument("--count", type=int, default=2000)
options.add_argument("--keep")
options.add_argument("--kind", action="append")
args = options.parse_args()
program = os.path.realpath(args.program)
fixtures = os.path.realpath(args.fixtures)
build = os.path.realpath(args.build)
root = os.path.dirname(os.path.dirname(fixtures))
work = tempfile.mkdtemp()
SECONDS = 120  # of one run, on however busy a machine
REPORT = re.compile(r"Sanitizer|runtime error:|Assertion|terminate called|stack smashing")
NO_FIGURE = re.compile(r"(?<![\w./])[-+]?(nan|inf)(?![\w./])")
environment = dict(
    os.environ,
    ASAN_OPTIONS="exitcode=99:detect_leaks=1:allocator_may_return_null=1",
    UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=99",
    XDG_CACHE_HOME=os.path.join(work, "cache"),
    LC_ALL="C.UTF-8",
)

# Numbers as they stand in the text, so that some can be none that JSON has.
NUMBERS = """-1 0 -0 -0.0 1 0.5 1e-4 9.99e-4 0.001 1e15 1.0000000001e15 1e18 1.1e18 1e300 1.7e308 1e400 -1e400 5e-324 1e-300
9007199254740993 9223372036854775807 9223372036854775808 18446744073709551616 -9223372036854775809 2147483648 4294967296
65 64 1001 NaN Infinity -Infinity 0x10 1. .5 01 +1 1e 100000000000000000000000000000000000000000""".split()
TEXTS = ['""', '"x"', '"' + "x" * 300 + '"', '"' + "y" * 100000 + '"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\u001b[31m"', '"\\n"',
         '"a/b"', '"a/b/c/d"', '"%n%s%s%s"', '"\\u202e"', '"1"', '"nan"', '"-"', '"../../etc/passwd"', '"' + "\u00e4" * 130 + '"', '"\xff"']
OTHERS = ["null", "true", "false", "[]", "{}", "[[]]", '{"a": 1}', "[null]", "[" * 3000 + "]" * 3000, "[0" + ",0" * 2000 + "]"]


class Raw:
    """A value as text."""

    def __init__(self, text):
        self.text = text


def dump(value):
    """JSON in which a Raw stands as it is, and an object is a list of pairs, so that keys can be there twice."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{json.dumps(k)}: {dump(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    return json.dumps(value)


class Pairs(list):
    """An object."""


def places(node):
    """(container, index) of every value."""
    for i, entry in enumerate(node):
        yield node, i
        value = entry[1] if isinstance(node, Pairs) else entry
        if isinstance(value, list):
            yield from places(value)


def get(node, i):
    return node[i][1] if isinstance(node, Pairs) else node[i]


def put(node, i, value):
    node[i] = (node[i][0], value) if isinstance(node, Pairs) else value


def change_member(draw, node, i):
    value = get(node, i)
    kind = draw.randrange(10)
    if kind < 2 and isinstance(value, (int, float)) and not isinstance(value, bool):
        put(node, i, Raw(draw.choice(["0.001", "1e15", "1000", "1", "0", repr(value * draw.choice([0.5, 2, 1e3, 1e6, 1e12])), repr(-value)])))
    elif kind < 5:
        same = NUMBERS if isinstance(value, (int, float)) and not isinstance(value, bool) else TEXTS
        put(node, i, Raw(draw.choice(same if draw.random() < 0.8 else NUMBERS + TEXTS + OTHERS)))
    elif kind == 5:
        put(node, i, Raw(draw.choice(OTHERS)))
    elif kind == 6:
        del node[i]
    elif kind == 7:
        node.insert(draw.randrange(len(node) + 1), node[i])
    elif kind == 8 and isinstance(node, Pairs):
        node[i] = (draw.choice([node[i][0] + "x", node[i][0].upper(), "", "\u00e4", node[draw.randrange(len(node))][0]]), value)
    elif isinstance(value, list):
        put(node, i, type(value)(value * draw.choice([2, 9, 70]) if draw.random() < 0.5 else value[::-1]))
    else:
        put(node, i, [value, value])


def mutate_json(draw, data):
    if draw.random() < 0.2:
        return mutate_bytes(draw, data)
    document = json.loads(data, object_pairs_hook=Pairs)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        spots = list(places(document))
        if spots:
            change_member(draw, *draw.choice(spots))
    text = dump(document).encode("utf-8", "surrogateescape").replace("\u00ff".encode(), b"\xff")
    if draw.random() < 0.05:
        text = draw.choice([b"\xef\xbb\xbf" + text, text.replace(b", ", b",\r\n"), text + text, text + b"\x00", b"\x00" + text, text + b"]"])
    return text


def mutate_bytes(draw, data):
    data = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 8])):
        size = len(data)
        at = draw.randrange(size + 1)
        length = draw.choice([1, 2, 4, 8, 64, 1000])
        kind = draw.randrange(8)
        if kind < 3 and size:
            data[at % size] ^= 1 << draw.randrange(8)
        elif kind == 3:
            del data[at:at + length]
        elif kind == 4:
            data[at:at] = draw.randbytes(length)
        elif kind == 5:
            data[at:at] = data[at // 2:at // 2 + length]
        elif kind == 6:
            data[at:at + length] = draw.choice([b"\x00", b"\xff", b"9", b"-", b"{", b"\""]) * length
        else:
            del data[at:]
    return bytes(data)


WORDS = [0, 1, 2, 3, 4, 8, 9, 12, 13, 36, 255, 0x7fffffff, 0x80000000, 0xffffffff]
LONGS = WORDS + [1 << 32, 1 << 40, 1 << 53, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 8]
FLOATS = [b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\x00\x00\x80\xff", b"\x01\x00\x00\x00", b"\xff\xff\x7f\x7f", b"\x00\x00\x00\x80"]
NAMES = re.compile(rb"(general|bitnet|llama|tokenizer|blk|token_embd|output|rope)[a-z0-9_.\-]*")


def mutate_lines(draw, data):
    """One line of a file of JSON lines."""
    lines = data.splitlines()
    at = draw.randrange(len(lines))
    lines[at] = mutate_json(draw, lines[at])
    return b"\n".join(lines) + draw.choice([b"\n", b"\n", b""])


def mutate_gguf(draw, data):
    """Mostly what follows a name in the header: a value's kind and value, or a tensor's sizes, type and place."""
    kind = draw.randrange(10)
    if kind < 2:
        return mutate_bytes(draw, data)
    data = bytearray(data)
    header = len(data) if kind == 2 else min(len(data), 1 << 16)
    for _ in range(draw.choice([1, 1, 2])):
        names = [m for m in NAMES.finditer(data, 0, header)]
        name = draw.choice(names)
        start = name.end() if draw.random() < 0.8 else name.start() - 8
        if kind < 4:
            start = draw.choice([4, 8, 16])
        at = start + draw.choice([0, 0, 4, 4, 8, 12, 16, 20, 24, 28])
        if kind < 8:
            width = draw.choice([4, 8])
            value = draw.choice(LONGS if width == 8 else WORDS) + draw.choice([0, 0, 0, -1, 1])
            data[at:at + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
        elif kind == 8:
            data[at:at + 4] = draw.choice(FLOATS)
        else:
            other = draw.choice(names)
            data[name.start():name.end()] = data[other.start():other.end()]
    if draw.random() < 0.1:
        del data[draw.randrange(len(data)):]
    return bytes(data)


def mutate_logits(draw, data):
    if draw.random() < 0.4:
        return mutate_bytes(draw, data)
    data = bytearray(data)
    for _ in range(draw.choice([1, 10, 1000])):
        at = 4 * draw.randrange(len(data) // 4)
        data[at:at + 4] = draw.choice(FLOATS)
    return bytes(data)


def mutate_tokens(draw, data):
    if draw.random() < 0.3:
        return mutate_bytes(draw, data)
    words = data.split()
    for _ in range(draw.choice([1, 2, 30])):
        words.insert(draw.randrange(len(words) + 1), draw.choice(NUMBERS + ["\x00", ",", ",,", "-", "1 " * 3000, "x" * 5000]).encode())
    return draw.choice([b" ", b",", b"\r\n", b"\x00"]).join(words)


def run(argv, extra=None, allowed=(0, 1, 2, 3, 4, 5, 77)):
    """What is wrong with the run, or None; and its exit code."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=SECONDS, env=dict(environment, **(extra or {})), cwd=work,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "hangs", None
    said = done.stderr.decode("utf-8", "replace")
    if REPORT.search(said):
        return "report: " + "\n".join(said.splitlines()[:12]), done.returncode
    if done.returncode not in allowed:
        return f"exit code {done.returncode}: {said[:300]}", done.returncode
    if done.returncode and "qkbench: " not in said:
        return f"exit code {done.returncode} without a message: {said[:300]}", done.returncode
    if any(c < " " and c not in "\n\t\r" or c == "\x7f" for c in said):
        return f"a control character reaches the terminal: {said[:300]!r}", done.returncode
    if not done.returncode and argv[0] == program and argv[1] != "model":
        figure = NO_FIGURE.search(done.stdout.decode("utf-8", "replace"))
        if figure:
            return f"a figure is {figure.group(0)}", done.returncode
    return None, done.returncode


def written_by(name, part, *more):
    return subprocess.run([os.path.join(build, name), part, *more], check=True, capture_output=True).stdout


def report(path, number):
    out = os.path.join(work, f"report{number}")
    yield [program, "report", path, "--out", out, "--only", "text", "--only", "markdown"], None, (0, 1)
    shutil.rmtree(out, ignore_errors=True)


def saved(path, number):
    """From a result to a baseline, and back."""
    folder = os.path.join(work, f"saved{number}")
    os.mkdir(folder)
    done = yield [program, "baseline", "save", "mutant", path, "--dir", folder], None, (0, 1, 2, 3, 5)
    if done == 0:
        kept = [os.path.join(at, f) for at, _, files in os.walk(folder) for f in files]
        yield [program, "compare", kept[0], path], None, (0, 5)
    shutil.rmtree(folder, ignore_errors=True)


def with_model(path, number):
    out = os.path.join(work, f"report{number}")
    yield [program, "report", sample_set, "--model", path, "--out", out, "--only", "text"], None, (0, 1)
    shutil.rmtree(out, ignore_errors=True)


def with_roadmap(path, number):
    data = os.path.join(work, f"data{number}")
    os.makedirs(os.path.join(data, "reports", "claims"))
    shutil.copy(path, os.path.join(data, "reports", "claims", "roadmap.json"))
    out = os.path.join(work, f"report{number}")
    yield [program, "report", sample_set, "--model", e2e, "--out", out, "--only", "text"], {"QK_DATA": data}, (0, 1)
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)


def model(path, number):
    done = yield [program, "model", "info", path], None, (0, 1)
    if done == 0 or number % 4 == 0:
        kind = number % 3
        if kind == 0:
            yield [program, "model", "check", path, "-i", tokens, "-l", logits], None, (0, 1, 2, 3)
        elif kind == 1:
            yield [program, "model", "run", path, "-p", "In the", "-n", "3", "-t", "1"], None, (0, 1, 2)
        else:
            yield [program, "model", "perplexity", path, "--text", text, "-n", "1", "-t", "1"], None, (0, 1, 2)


def shapes(path, number):
    yield [program, "run", "--quick", "--counters", "none", "--shapes", path, "qk256_dequant/scalar"], None, (0, 1, 2, 3, 5, 77)


def keep(name, data):
    path = os.path.join(work, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def from_file(*names):
    with open(os.path.join(*names), "rb") as f:
        return f.read()


def first_lines(count, name):
    """Of the first such file of baselines/campaigns."""
    lines = from_file(sorted(glob.glob(os.path.join(root, "baselines/campaigns", name)))[0]).splitlines(keepends=True)
    return b"".join(lines[:count])


# Without its failed row, which no baseline may have.
set_bytes = written_by("harness/harness_records_tests", "write_fixture").replace(b'"status": "error"', b'"status": "skip"')
e2e_bytes = written_by("harness/harness_e2e_tests", "write_e2e", "json")
baseline_bytes = written_by("baselines/baselines_stored_tests", "write_baseline")
sample_set, e2e, stored = keep("set.json", set_bytes), keep("e2e.json", e2e_bytes), keep("stored.json", baseline_bytes)
tokens, logits = os.path.join(fixtures, "tiny.tokens.txt"), os.path.join(fixtures, "tiny.logits_int8_f32cache.f32")
tiny = os.path.join(fixtures, "tiny.i2_s.gguf")
text_bytes = from_file(fixtures, "kjv.valid.txt")[:3000]
text = keep("text.txt", text_bytes)
reader = os.path.join(build, "harness/harness_ceilings_tests")


def steps(*runs):
    """A kind whose runs do not depend on each other."""
    def play(path, number):
        yield [path if word is None else word for word in runs[number % len(runs)][0]], None, runs[number % len(runs)][1]
    return play


def on_a_page(*room):
    """A good file that a page shows, by the part of a test program that writes it."""
    return (6, written_by(*room), mutate_json, steps(([program, "report", None, "--html", "-"], (0, 1))))


# kind: share of the mutants, the good file, how it is damaged, what reads it
KINDS = {
    "sample set, reported": (14, set_bytes, mutate_json, report),
    "sample set, compared": (8, set_bytes, mutate_json, steps(([program, "compare", None, stored], (0, 1, 2, 5)), ([program, "compare", sample_set, None], (0, 1, 2, 5)))),
    "sample set, saved": (8, set_bytes, mutate_json, saved),
    "model's times": (10, e2e_bytes, mutate_json, with_model),
    "ceilings": (8, written_by("harness/harness_ceilings_tests", "write_ceilings"), mutate_json, steps(([reader, "read_ceilings", None], (0, 1)))),
    "baseline": (12, baseline_bytes, mutate_json, steps(([program, "compare", None, sample_set], (0, 1, 2, 5)), ([program, "compare", stored, None], (0, 1, 2, 5)))),
    "policy": (10, from_file(root, "ci/policy.json"), mutate_json,
               steps(([program, "gate", "--policy", None, "--baseline", "none", "--dir", work, "--lock-dir", work], (1, 2, 5)))),
    "claims": (8, from_file(root, "reports/claims/t-mac.json"), mutate_json, steps(([program, "audit", None, sample_set, e2e], (0, 1)))),
    "roadmap": (10, from_file(root, "reports/claims/roadmap.json"), mutate_json, with_roadmap),
    "page of a run": (6, set_bytes, mutate_json, steps(([program, "report", None, sample_set, "--html", "-"], (0, 1)))),
    "page of a model": on_a_page("harness/harness_e2e_tests", "write_e2e", "json"),
    "page of a breakdown": on_a_page("harness/harness_breakdown_tests", "write_breakdown"),
    "page of ceilings": on_a_page("harness/harness_ceilings_tests", "write_ceilings"),
    "page of the doctor": on_a_page("harness/harness_doctor_tests", "write_doctor", "hopeless"),
    "page of a gate": on_a_page("reports/reports_forms_tests", "write_verdicts", "json", "bad"),
    "trace": (6, first_lines(8, "traces/*.jsonl"), mutate_lines,
              steps(([program, "replay", None, "--each"], (0, 1, 2, 5)), ([program, "replay", None, "--blocks", "3"], (0, 1, 2, 5)))),
    "campaign": (6, first_lines(3, "*.jsonl"), mutate_lines,
                 steps(([program, "calibrate", "--show", "--into", None], (0, 1, 5)))),
    "model": (24, from_file(tiny), mutate_gguf, model),
    "model, for shapes": (1, from_file(tiny), mutate_gguf, shapes),
    "tokens": (4, from_file(tokens), mutate_tokens, steps(([program, "model", "check", tiny, "-i", None, "-l", logits], (0, 1, 3)))),
    "logits": (4, from_file(logits), mutate_logits, steps(([program, "model", "check", tiny, "-i", tokens, "-l", None], (0, 1, 3)))),
    "text": (4, text_bytes, mutate_bytes, steps(([program, "model", "perplexity", tiny, "--text", None, "-n", "1", "-t", "1"], (0, 1, 2)))),
}


def one(kind, number):
    """Exit codes of a mutant's runs, and what is wrong."""
    _, good, mutate, reads = KINDS[kind]
    data = mutate(random.Random(f"{args.seed} {kind} {number}"), good) if number else good
    path = keep(f"{list(KINDS).index(kind)}-{number}", data)
    codes, wrong, play, answer = [], None, reads(path, number), None
    try:
        while wrong is None:
            argv, extra, allowed = play.send(answer)
            wrong, answer = run(argv, extra, allowed)
            codes.append(answer)
    except StopIteration:
        pass
    if not number and codes[-1] in (1, 2, 77):
        wrong = wrong or f"exit code {codes[-1]} of the undamaged file"
    if wrong:
        wrong = f"{kind} {number} of seed {args.seed}: {' '.join(argv[1:3])}: {wrong}"
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
            shutil.copy(path, os.path.join(args.keep, f"{kind.replace(' ', '-').replace(',', '')}-{args.seed}-{number}"))
    os.unlink(path)
    return codes, wrong


def main():
    whole = sum(kind[0] for kind in KINDS.values())
    chosen = [k for k in KINDS if not args.kind or k in args.kind]
    print(f"1..{len(chosen)}", flush=True)
    failed = False
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for number, kind in enumerate(chosen, 1):
            count = -(-args.count * KINDS[kind][0] // whole)
            results = list(pool.map(lambda n, kind=kind: one(kind, n), range(count)))
            codes = {}
            for seen, _ in results:
                codes[seen[-1]] = codes.get(seen[-1], 0) + 1
            wrong = [w for _, w in results if w]
            for line in "\n".join(wrong[:5]).splitlines():
                print("# " + line)
            told = ", ".join(f"{n} with {code}" for code, n in sorted(codes.items(), key=lambda c: str(c[0])))
            print(f"# {count} mutants, ended {told}; {len(wrong)} wrong")
            print(f"{'not ok' if wrong else 'ok'} {number} - {kind}", flush=True)
            failed |= bool(wrong)
    return failed


try:
    sys.exit(main())
finally:
    shutil.rmtree(work, ignore_errors=True)
