#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every example of every --help and README runs as it is written.  examples_test.py PROGRAM TREE MODULE short|long

Examples are the lines of a --help behind "Examples:" and the commands in a README's blocks. So is `qkbench ...` in its
text, when it has an option or a pattern and no placeholder in upper case. They run in a folder that has what they name.
`short` interrupts a command that measures a moment after it began. By then it has taken its arguments and opened its
files. `long` runs it to its end. For ci/ scripts, `short` only compares the options with --help. `long` runs them in a
clone, except ci/test, which runs this test.
"""
import glob
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, TREE, MODULE = (os.path.realpath(path) for path in sys.argv[1:4])
LONG = sys.argv[4] == "long"
COMMAND = re.compile(r"([A-Z_]+=\S+ )*(qkbench|build/qkbench|gnuplot|(\./)?ci/[a-z-]+)( |$)")
# A busy machine may leave these undecided, or be none to measure on; nothing else is excused.
# `short` interrupts the campaign that a later example sums up. A history is plotted where there is gnuplot.
EXCUSED = {
    "gate": {4, 5},
    "campaign": {4, 5},
    "doctor": {5},
    "history": set() if shutil.which("gnuplot") else {77},
}


def said(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout


def commands(text):
    """The names in a table of commands: indented lines between "Commands" and the next empty line."""
    table = re.search(r"Commands[^\n]*\n(.*?)\n\n", text, re.S)
    return re.findall(r"^  ([a-z]+) ", table.group(1), re.M) if table else []


def from_help():
    pages = {"qkbench": said("--help")}
    for name in commands(pages["qkbench"]):
        pages["qkbench " + name] = said(name, "--help")
        for sub in commands(pages["qkbench " + name]):
            pages[f"qkbench {name} {sub}"] = said(name, sub, "--help")
    for page, text in pages.items():
        found = text.partition("Examples:\n")[2]
        if not found:
            yield page, None
        # argp breaks long lines; what follows an example without its indent is the rest of it.
        for line in re.split(r"\n  (?=\S)", "\n" + found.split("\n\n")[0])[1:]:
            line = " ".join(line.split("\n`")[0].split("\n"))
            if COMMAND.match(line):
                yield page, line


def from_readmes():
    listed = subprocess.run(["git", "ls-files", "*README.md", "CONTRIBUTING.md"], cwd=TREE, capture_output=True, text=True, check=False)
    for name in listed.stdout.split() or ["README.md"]:
        with open(os.path.join(TREE, name), encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        blocks = re.findall(r"^    (\S.*)$", text, re.M) + re.findall(r"^\$ (.*)$", text, re.M)
        spans = [s.replace("\n", " ") for s in re.findall(r"`(qkbench [a-z][^`]*)`", text)]
        for line in blocks + [s for s in spans if re.search("--|'", s) and not re.search(r"\b[A-Z]{2,}\b|\.\.\.", s)]:
            if COMMAND.match(line):
                yield name, line


def prepare(folder):
    """What examples name, in `folder`, their working folder, and beside it."""
    os.makedirs(folder + "/build/kernels")
    os.makedirs(os.path.dirname(folder) + "/base/build/kernels")
    for name in ("model", "ci", "kernels"):
        os.symlink(os.path.join(TREE, name), f"{folder}/{name}")
    os.makedirs(folder + "/reports")  # the tree's own pictures must not be drawn anew
    os.symlink(os.path.join(TREE, "reports/claims"), folder + "/reports/claims")
    os.makedirs(folder + "/bin")
    for name in ("build", "bin"):
        os.symlink(PROGRAM, f"{folder}/{name}/qkbench")
    os.symlink(PROGRAM, os.path.dirname(folder) + "/base/build/qkbench")
    for name in ("build/kernels/libqkernels.so", "base.so", "../base/build/kernels/libqkernels.so"):
        shutil.copy(MODULE, f"{folder}/{name}")
    for name in ("model.gguf", "a.gguf"):
        os.symlink(os.path.join(TREE, "model/fixtures/tiny.i2_s.gguf"), f"{folder}/{name}")
    here = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "env": environment(folder)}
    subprocess.run([PROGRAM, "run", "--quick", "qk256_dequant/*_[bpu]*/256", "--out", "p4.json"], **here)
    os.makedirs(folder + "/results")
    for name in ("result.json", "a.json", "b.json", "results/qk256.json"):
        shutil.copy(folder + "/p4.json", f"{folder}/{name}")
    subprocess.run([PROGRAM, "model", "bench", "synth:tiny", "-p", "0", "-n", "1", "-r", "2", "--ladder", "--out",
                    "model.json"], **here)
    shutil.copy(folder + "/model.json", folder + "/results/model.json")
    for name, base in ("gate.json", "parent.so"), ("pinned.json", "kept.so"):
        subprocess.run([os.path.join(TREE, "harness/cli/tests/history_gate.py"), name, "base=" + base,
                        "qk256_dequant/p4_permute/256=0.2+-0.1"], **here)
    campaigns = os.path.join(TREE, "baselines/campaigns")
    for name, found in {"here.jsonl": "*.jsonl", "p4.jsonl": "traces/*.jsonl"}.items():
        shutil.copy(sorted(glob.glob(f"{campaigns}/{found}"))[0], f"{folder}/{name}")
    subprocess.run([PROGRAM, "report", "p4.json", "--only", "phases", "--out", "."], **here)
    for where in ("baselines/data", "tmp"):
        # A quick one is no baseline for the gate that `long` runs to its end.
        subprocess.run([PROGRAM, "baseline", "save", "main", *([] if LONG else ["--quick", "--launches", "1"]), "--only",
                        "qk256_dequant/p4*/256", "--dir", where], **here)
        saved, = glob.glob(f"{folder}/{where}/*/main.json")
        with open(saved, encoding="utf-8") as main_file, open(saved.replace("main.json", "new.json"), "w",
                                                             encoding="utf-8") as new:
            new.write(main_file.read().replace('"name": "main"', '"name": "new"'))


def environment(folder):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QK_")}
    return {**kept, "PATH": f"{folder}/bin:{kept['PATH']}", "XDG_CACHE_HOME": folder + "/cache",
            "QK_BASELINES": folder + "/baselines/data", "QK_HISTORY": folder + "/history.db"}


def catches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return any(line.startswith("SigCgt") and int(line.split()[1], 16) & 2 for line in file)


def run(words, folder, env, measures):
    """The exit code of a command and what it said. None: it was interrupted as it measured, and ended as it should."""
    with tempfile.TemporaryFile("w+", errors="replace") as out:
        with subprocess.Popen(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out) as process:
            told = False
            while process.poll() is None:
                time.sleep(0.05)
                if not LONG and measures and not told and process.poll() is None and catches(process.pid):
                    time.sleep(0.1)
                    process.send_signal(signal.SIGINT)
                    told = True
        out.seek(0)
        code = process.returncode
        return (None if told and code == 130 else code), out.read()


def run_tool(words, folder, env):
    if not shutil.which(words[0]):
        return True, "SKIP no " + words[0]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def program_example(line, folder):
    words = shlex.split(line, comments=True)
    env = environment(folder)
    while "=" in words[0]:
        name, value = words.pop(0).split("=", 1)
        env[name] = value
    if words[0] == "gnuplot":
        return run_tool(words, folder, env)
    name = words[1] if len(words) > 1 else ""
    words = [PROGRAM] + [word.replace("/tmp", folder + "/tmp") for word in words[1:]]
    if name == "gate":
        words += ["--lock-dir", folder]  # other tests have gates, too
        # Later examples read the one that is there: of the same machine as pinned.json, and not interrupted.
        words = ["other.json" if word == "gate.json" else word for word in words]
    if name == "campaign" and "--duet" in words:
        words[2:2] = ["--lock-dir", folder]
    if name == "calibrate":
        words += ["--lock-dir", folder, "--runs", "1", "--budget", "1"]  # not for hours
    code, out = run(words, folder, env, measures=name != "history")  # what it stores is for the next example
    return (code is None or code == 0 or code in EXCUSED.get(name, ())), f"exit code {code}\n{out}"


def script_example(line, clone):
    words = shlex.split(line, comments=True)
    script = words[0].removeprefix("./")
    shown = subprocess.run([script, "--help"], cwd=TREE, capture_output=True, text=True, check=False)
    unknown = [word for word in words[1:] if word.startswith("-") and word not in shown.stdout]
    if shown.returncode or unknown or not LONG or script == "ci/test":
        return not shown.returncode and not unknown, f"--help ends with {shown.returncode}; it lacks {unknown}"
    done = subprocess.run(words, cwd=clone, capture_output=True, text=True, check=False)
    excused = EXCUSED["gate"] if script == "ci/gate" else ()
    return done.returncode == 0 or done.returncode in excused, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def main():
    work = tempfile.mkdtemp()
    failed = number = 0
    try:
        folder, clone = work + "/here", work + "/clone"
        prepare(folder)
        if LONG:
            subprocess.run(["git", "clone", "-q", TREE, clone], check=True)
        seen = set()
        for page, line in [*from_readmes(), *from_help()]:
            if line in seen:
                continue
            seen.add(line)
            number += 1
            if line is None:
                good, why = bool(commands(said(*page.split()[1:], "--help"))), "its --help has no example"
            else:
                is_script = re.match(r"(\./)?ci/", line)
                good, why = script_example(line, clone) if is_script else program_example(line, folder)
            name = f"{page}: {(line or 'has examples').split(' #')[0].strip()}"
            skip = f" # {why}" if why.startswith("SKIP") else ""
            print(f"{'ok' if good else 'not ok'} {number} - {name}{skip}", flush=True)
            if not good:
                failed += 1
                print("# " + why.strip().replace("\n", "\n# "), flush=True)
    finally:
        shutil.rmtree(work)
    print(f"1..{number}")
    return 1 if failed or number < 50 else 0


sys.exit(main())
