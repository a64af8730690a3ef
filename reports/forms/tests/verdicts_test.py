#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""verdicts_test.py GATE_SCHEMA BMF_SCHEMA JUNIT_XSD ENDED WRITER...: a gate's forms as their readers take them. TAP.

It compares Bencher metrics, JUnit XML, annotations and markdown with the JSON of the same report. What ENDED
(forms/ended.py) writes without a report must satisfy the same schemas."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.dont_write_bytecode = True  # nothing appears in the source tree
from schema_frame import Skip, refuse_constant, run_tests, validator

gate_schema, bmf_schema, xsd, ended, *writer = sys.argv[1:]
CASES = ("case", "shape")
KINDS = ("good", "bad", "warn", "strict", "unsure", "stalls", "hostile", "empty", "ended")
SUMMARY_LIMIT = 1024 * 1024


def written(form, kind):
    # Bytes: a decoder in text mode would turn a carriage return into a line feed.
    return subprocess.run([*writer, form, kind], check=True, capture_output=True).stdout.decode()


def parsed(form, kind):
    return json.loads(written(form, kind), parse_constant=refuse_constant)


# Controls, what turns or hides text, and what XML 1.0 forbids.
HARMFUL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"


def is_harmless(form, kind):
    harmful = "[^\n -~]" if form in ("json", "bmf") else f"[{HARMFUL}]"
    found = re.search(harmful, written(form, kind))
    assert not found, f"U+{ord(found.group()):04X} at {found.start()}"


def is_control(result):
    return result["role"] in ("aa", "slowed")


# JSON

EXITS = {("PASS", False): [0], ("WARN", False): [0], ("WARN", True): [3], ("REGRESSION", False): [3],
         ("INCONCLUSIVE", False): [4], ("MISSING", False): [5], ("INVALID", False): [1, 2, 5, 77, 130]}


def json_obeys_and_adds_up(kind):
    document = parsed("json", kind)
    validator(gate_schema).validate(document)
    judged = [r["verdict"] for r in document["results"] if not is_control(r)]
    for verdict, count in document["counts"].items():
        assert count == judged.count(verdict), (verdict, count)
    assert document["exit_code"] in EXITS[document["verdict"], document["strict"] and document["verdict"] == "WARN"]
    assert document["verdict"] == "INVALID" or not document["reason"]
    for r in document["results"]:
        assert is_control(r) == (r["judged_right"] is not None), r
        assert not r["judged_right"] or r["verdict"] == {"aa": "PASS", "slowed": "REGRESSION"}[r["role"]], r
        assert r["verdict"] not in ("NEW", "MISSING", "REMOVED") or r["timing"] is None, r


# JUnit

def junit_outcome(document, result):
    if is_control(result):
        return None if result["judged_right"] else "error"
    return {"PASS": None, "WARN": "failure" if document["strict"] else None, "REGRESSION": "failure", "INVALID": "error",
            "MISSING": "error"}.get(result["verdict"], "skipped")


def junit_agrees(kind):
    document = parsed("json", kind)
    suite, = xml.etree.ElementTree.fromstring(written("junit", kind))
    cases = suite.findall("testcase")
    assert len(cases) == len(document["results"]) + 1 == int(suite.get("tests"))
    seen = []
    for case, result in zip(cases, document["results"]):
        name = case.get("name") if result["role"] not in CASES or "/" not in result["name"] else \
            f"{case.get('classname')}/{case.get('name')}"
        if kind != "hostile":
            assert name == result["name"], (name, result["name"])
        found = case[0].tag if len(case) else None
        assert found == junit_outcome(document, result), (name, found)
        assert case.get("file") == result["file"]
        if found:
            assert case[0].text == case[0].get("message")
        if found and result["reason"]:
            assert case[0].get("message").endswith(result["reason"]), case[0].get("message")
        seen.append(found)
    run = cases[-1][0].tag if len(cases[-1]) else None
    assert run == ("error" if document["verdict"] == "INVALID" else None), run
    if document["reason"]:
        assert cases[-1][0].text == cases[-1][0].get("message") == document["reason"]
    if kind == "ended":
        assert run == "error" and len(cases) == 1
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute)) == (seen + [run]).count(tag), attribute
    assert suite.get("timestamp") == document["date"][:19]
    if kind == "warn":
        assert "autovec_v3/16384: WARN" in suite.find("system-out").text


def xmllint(text):
    if not shutil.which("xmllint"):
        raise Skip("xmllint is not installed (libxml2-utils)")
    return subprocess.run(["xmllint", "--noout", "--schema", xsd, "-"], input=text.encode(), capture_output=True)


def junit_obeys(kind):
    result = xmllint(written("junit", kind))
    assert result.returncode == 0, result.stderr.decode()


def junit_refused(old, new):
    text = written("junit", "bad")
    assert old in text, "the text to break is not there"
    # 3 and 4: it does not obey, not that something else went wrong.
    assert xmllint(text.replace(old, new, 1)).returncode in (3, 4), "accepted"


# GitHub

COMMAND = re.compile(r"^::(error|warning|notice) (?:file=([^:,\n]*),)?title=([^:,\n]*)::([^\n]*)$")


def unescaped(text, also=""):
    assert "\r" not in text and not re.search("%(?!25|0A|0D" + also + ")", text), text
    return re.sub("%([0-9A-F]{2})", lambda m: chr(int(m.group(1), 16)), text)


def github_agrees(kind):
    document = parsed("json", kind)
    lines = [COMMAND.match(line) for line in written("github", kind).split("\n")[:-1]]
    assert all(lines), written("github", kind)
    told = [(m.group(1), unescaped(m.group(3), "|3A|2C"), unescaped(m.group(4))) for m in lines]
    files = [m.group(2) and unescaped(m.group(2), "|3A|2C") for m in lines]
    *cases, last = told
    assert last[0] == "notice" and all(level != "notice" for level, _, _ in cases)
    assert len(cases) <= 10
    for verdict, count in document["counts"].items():
        assert (f"{count} {verdict}" in last[2]) == (count > 0), last
    if document["reason"]:
        assert files.pop(0) is None and cases.pop(0) == ("error", "qkbench gate: INVALID", document["reason"])
    findings = [r for r in document["results"] if junit_outcome(document, r) and r["verdict"] not in ("NEW", "REMOVED")
                or r["verdict"] == "WARN"]
    findings = [r for r in findings if (r["role"], r["verdict"]) != ("shape", "INCONCLUSIVE")]
    assert f"{len(cases)} of {len(findings)} findings annotated" in last[2], last
    levels = {"failure": "error", "error": "error"}
    for file, (level, title, message) in zip(files, cases):
        result, = [r for r in findings if title.split(": ", 1)[1] == r["name"]]
        assert file == result["file"]
        assert level == levels.get(junit_outcome(document, result), "warning"), (level, title)
        assert message.startswith(result["verdict"]) and message.endswith(result["reason"] or ""), message


# Bencher

def bmf_agrees(kind):
    document, metrics = parsed("json", kind), parsed("bmf", kind)
    validator(bmf_schema).validate(metrics)
    trusted = not document["reason"] and all(r["judged_right"] is not False for r in document["results"])
    want = {r["name"]: r["timing"] for r in document["results"]
            if trusted and r["role"] in CASES and r["timing"] and r["verdict"] != "INVALID"}
    assert set(want) == set(metrics)
    assert bool(metrics) == (kind not in ("bad", "empty", "ended"))
    for name, timing in want.items():
        ratio = {key: timing[member] for key, member in
                 (("value", "ratio"), ("lower_value", "ratio_low"), ("upper_value", "ratio_high")) if timing[member]}
        assert metrics[name]["ratio"] == ratio, name
        assert metrics[name].get("latency", {}).get("value") == timing["candidate_ns"], name


def bmf_refused(value):
    assert not validator(bmf_schema).is_valid({"op/v/1": value}), "accepted"


# Markdown

def markdown_is_whole(kind):
    text = written("markdown", kind)
    assert len(text.encode()) < SUMMARY_LIMIT
    assert text.startswith("## qkbench gate: ")
    assert text.count("<details>") == text.count("</details>") == ("<summary>" in text)
    head = 0
    for line in text.split("\n"):
        bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
        head = 0 if not line.startswith("|") else head or bars
        assert not line.startswith("|") or bars == head, line
        # What is left of markup once escapes are gone must be our own.
        bare = re.sub(r"\\.", "", line)
        assert not re.search(r"[`*~&]|<(?!/?details>|/?summary>)", bare), line


def a_summary_is_cut_from_its_end():
    text = written("markdown", "many")
    assert 0.8 * SUMMARY_LIMIT < len(text.encode()) < SUMMARY_LIMIT
    shown = int(re.search("at most ([0-9]+) of them here", text).group(1))
    assert f"- cut: tables have at most {shown} rows" in text
    rows = [line for line in text.split("\n") if "REGRESSION [" in line]
    assert len(rows) == shown
    worst = sorted((r["timing"]["ratio"] for r in parsed("json", "many")["results"] if r["verdict"] == "REGRESSION"),
                   reverse=True)
    numbers = [int(re.search("/0*([0-9]+)", row).group(1)) for row in rows]
    assert numbers == sorted(numbers, reverse=True) and numbers[0] == 19998 and len(worst) > shown


# Without a report

REASON = "base `x`: 50% <b> & \"q\"\nsecond line"
SAID = " ".join(REASON.split())


def run_ended(folder, *words, **environment):
    return subprocess.run([ended, *words], cwd=folder, capture_output=True, check=False,
                          env={**{k: v for k, v in os.environ.items() if k != "GITHUB_STEP_SUMMARY"}, **environment})


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def ended_says_it_everywhere():
    with tempfile.TemporaryDirectory() as folder:
        asked = ["--suite", "full", "--out", "j", "--junit=x", "--markdown", "m", "--bmf", "b", "a/b*/c"]
        for name in "jxmb":
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write("PASS")
        assert run_ended(folder, "--begin", *asked).returncode == 0
        assert "has not ended" in read(folder, "j") and "has not ended" in read(folder, "x")
        done = run_ended(folder, "1", REASON, "--github", *asked)
        assert done.returncode == 0, done.stderr
        document = json.loads(read(folder, "j"))
        assert (document["verdict"], document["reason"], document["exit_code"]) == ("INVALID", SAID, 1)
        said = subprocess.run([writer[0], "read_verdicts"], input=json.dumps(document) + "\n", capture_output=True, text=True,
                              check=True).stdout
        assert said == "ok\n", said
        suite, = xml.etree.ElementTree.fromstring(read(folder, "x"))
        error, = suite.iter("error")
        assert error.text == error.get("message") == SAID and suite.get("errors") == "1"
        assert read(folder, "m").startswith("## qkbench gate: INVALID, exit code 1\n") and "\\<b\\>" in read(folder, "m")
        assert read(folder, "b") == "{}\n" and sorted(os.listdir(folder)) == ["b", "j", "m", "x"]
        command = COMMAND.match(done.stdout.decode())
        assert command and unescaped(command.group(4)) == SAID
        obeys = xmllint(read(folder, "x"))
        assert obeys.returncode == 0, obeys.stderr
        validator(gate_schema).validate(document)


def ended_appends_to_a_summary():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "s"), "w", encoding="utf-8") as f:
            f.write("before\n")
        for words in ["--markdown", "./s"], ["--github"]:
            assert run_ended(folder, "--begin", *words, GITHUB_STEP_SUMMARY="s").returncode == 0
            assert run_ended(folder, "5", "why", *words, GITHUB_STEP_SUMMARY="s").returncode == 0
        text = read(folder, "s")
        assert text.startswith("before\n") and text.count("## qkbench gate: INVALID") == 2, text


def ended_refuses(code, says, *words):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "d"))
        done = run_ended(folder, "--begin", *words)
        assert done.returncode == code and says in done.stderr.decode(), done


tests = []
for k in KINDS:
    tests += [(f"{what}: {k}", check, k) for what, check in (
        ("JSON obeys its schema", json_obeys_and_adds_up), ("JUnit says what the JSON says", junit_agrees),
        ("JUnit obeys its schema", junit_obeys), ("annotations say what the JSON says", github_agrees),
        ("Bencher metrics are those of the JSON", bmf_agrees), ("markdown is whole", markdown_is_whole))]
tests += [(f"JUnit with '{new}' is refused", junit_refused, old, new) for old, new in (
    ('tests="76"', 'tests="-1"'), ("T03:04:05", "T03:04:05Z"), ('time="171.250"', 'time="1e3"'),
    ("<system-err/>", ""), ('type="perf-regression"', 'type="slow"'), (' hostname="bench-1"', ""),
    ("<system-out>", "<system-out><b/>"), ("<failure ", "<skipped/><failure "))]
tests += [(f"Bencher metrics with {value} are refused", bmf_refused, value) for value in (
    {}, {"ratio": 1}, {"ratio": {"value": None}}, {"ratio": {"value": 1, "lower_value": None}}, {"latency": {"value": 1}},
    {"ratio": {"lower_value": 1}})]
tests += [("a summary is cut from its end", a_summary_is_cut_from_its_end),
          ("without a report every form says why", ended_says_it_everywhere),
          ("and it is appended to a summary", ended_appends_to_a_summary)]
tests += [(f"before a build {' '.join(words)} is refused", ended_refuses, code, says, *words) for code, says, words in (
    (1, "none/j", ["--out", "none/j"]), (1, "'d'", ["--junit", "d"]), (1, "none", ["--trace", "none/t"]),
    (2, "the file that --out writes", ["--out", "d/j", "--bmf", "./d/j"]))]

tests += [(f"{form}: nothing that a terminal obeys", is_harmless, form, "hostile")
          for form in ("text", "markdown", "junit", "github", "json", "bmf")]

run_tests(tests)
