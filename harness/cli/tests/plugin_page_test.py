#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kernels/PLUGIN.md, followed to the letter.  plugin_page_test.py PROGRAM BUILD TREE

Indented lines are commands of one shell, in the page's order; a block of C is mine.c. A number behind a command's # is
its exit code. Then every op's first row is built and checked.
"""
import os
import re
import subprocess
import sys
import tempfile

PROGRAM, BUILD, TREE = (os.path.realpath(path) for path in sys.argv[1:4])
MOST_SECONDS = 60


def steps(page):
    """("mine.c", text) for a block of C, and (None, command) for an indented line elsewhere."""
    for i, part in enumerate(re.split(r"^```(?:c)?\n", page, flags=re.M)):
        if i % 2:
            yield "mine.c", part
        else:
            yield from ((None, command) for command in re.findall(r"^    (\S.*)$", part, re.M))


def main():
    if "avx2" not in open("/proc/cpuinfo", encoding="utf-8").read():
        print("1..0 # SKIP the page's kernel needs AVX2")
        return 0
    with open(os.path.join(TREE, "kernels/PLUGIN.md"), encoding="utf-8") as file:
        page = file.read()
    number = failed = 0
    with tempfile.TemporaryDirectory() as work:
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("QK_")},
               "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}",
               "PKG_CONFIG_PATH": BUILD + "/meson-uninstalled", "XDG_CACHE_HOME": work + "/cache"}
        folder = work

        def run(command, wanted=0, excused=()):
            nonlocal number, failed
            done = subprocess.run(["bash", "-ec", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
            number += 1
            good = done.returncode == wanted
            skip = " # SKIP the gate could not decide on this machine" if done.returncode in excused else ""
            print(f"{'ok' if good or skip else 'not ok'} {number} - {command.split(' #')[0].strip()}{skip}", flush=True)
            if not good and not skip:
                failed += 1
                print(f"# exit code {done.returncode}\n{done.stdout}{done.stderr}".strip().replace("\n", "\n# "), flush=True)

        for name, text in steps(page):
            if name:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            elif text.startswith("cd "):
                folder = os.path.join(folder, text[3:])
            else:
                wanted = re.search(r"# .*\b(\d+)$", text)
                is_gate = text.startswith("qkbench gate")
                text = text.replace("qkbench gate", f"qkbench gate --lock-dir {work}") if is_gate else text
                run(text, int(wanted[1]) if wanted else 0, (4, 5) if is_gate else ())
        seconds = sum(os.times()[2:4])
        run(f"[ {seconds:.0f} -le {MOST_SECONDS} ] # CPU seconds for the page")
        listed = subprocess.run([PROGRAM, "list"], capture_output=True, text=True, check=True).stdout
        for op in re.findall(r"^(\w+): ", listed, re.M):
            run(f"qkbench plugin new {work}/ops/{op} --op {op} && cd {work}/ops/{op} && meson setup build && ninja -C build && "
                f"qkbench check '{op}/{op}:*' --load build/lib{op}.so | grep '1 passed, 0 failed'")
    print(f"1..{number}")
    return 1 if failed or number < 30 else 0


sys.exit(main())
