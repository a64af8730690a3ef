#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pages as a browser lays them out.  layout_test.py PROGRAM TREE WRITE_VERDICTS [PAGE...]

Chromium lays each page out at 360 and 1280 px, light and dark. No two texts, buttons or lists may overlap by more than a pixel.
None may be cut, leave its cell or the window, and nothing may be loaded. Faults made on purpose, one of each kind, must be found
out. xmllint reads each SVG. vnu and axe-core come from npm in fixed versions; without a network they are skipped. More pages may
be named: those of a full run, say. Every fault is made on one of our own pages.
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM, TREE, WRITE_VERDICTS = sys.argv[1:4]
PAGES = sys.argv[4:]
PACKAGES = {"axe-core": ("4.14.1", "axe.min.js"), "vnu-jar": ("26.9.27", "build/dist/vnu.jar")}
# What is spoilt: what must be found, and the style that does it. Each selector must be of something the page shows.
SPOILT = {
    "values over names": ("overlap", ".row .val{position:relative;left:-9rem}"),
    "labels of an axis": ("overlap", "text.x{font-size:60px}"),
    "labels of the other axis": ("overlap", "text.y{font-size:60px}"),
    "cells over cells": ("overlap", "td:nth-child(2){position:relative;left:-4rem}"),
    "texts that leave their cells": ("spilt", "table{table-layout:fixed;width:20rem}th,td{overflow:visible}"),
    "buttons": ("overlap", "th button{margin-right:-6rem;width:12rem}"),
    "lists to choose from": ("overlap", "#filter label+label{margin-left:-8rem}"),
    "two pixels": ("overlap", "#probe{left:48px!important}"),
    "texts cut off": ("cut", "th,td{max-width:1.5rem;overflow:hidden}"),
    "a text outside": ("outside", ".lead{position:relative;left:100vw}"),
    "a wide page": ("the page is wider", "main{width:200vw}"),
    "something loaded": ("loaded", "h1{background:url(file:///nothing.png)}"),
}
# The same in the plots of gnuplot, whose keys are texts, too.
SPOILT_PLOTS = {
    "texts of a plot": ("overlap", ".plot.narrow text{font-size:40px}"),
    "a plot too wide": ("outside", ".plot.narrow{max-width:none;width:60rem;height:auto}"),
}
# Two boxes that have one pixel in common, which is allowed.
PROBE = """<div style="position:relative;height:30px"><button style="position:absolute;left:0;width:50px">a</button>
<button id="probe" style="position:absolute;left:49px;width:50px">b</button></div>"""
MEASURE = r"""
const measure = () => {
const found = [], boxes = [], width = innerWidth;
const say = (what, a, b) => found.push(what + ": " + a + (b ? " / " + b : ""));
const add = (r, text, of, slack) => r.width > 0 && r.height > 0 &&
    boxes.push({l: r.left, r: r.right, t: r.top + scrollY + slack, b: r.bottom + scrollY - slack, text, of});
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n; (n = walk.nextNode());) {
    const e = n.parentElement, text = n.data.trim().slice(0, 60);
    if (!text || e.closest("script,style,option,button") || !e.checkVisibility({visibilityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(n);
    // The box of a line of text is higher than its glyphs.
    for (const r of e.closest("svg") ? [e.getBoundingClientRect()] : range.getClientRects()) {
        add(r, text, e, 2);
        if (!e.closest(".scroll") && (r.left < -1 || r.right > width + 1)) say("outside", text);
        const cell = e.closest("td,th")?.getBoundingClientRect();
        if (cell && (r.left < cell.left - 1 || r.right > cell.right + 1)) say("spilt", text);
    }
}
for (const e of document.querySelectorAll("button,select,input"))
    if (e.checkVisibility()) add(e.getBoundingClientRect(), "<" + e.localName + "> " + e.textContent.slice(0, 20), e, 0);
boxes.sort((a, b) => a.t - b.t);
boxes.forEach((a, i) => {
    for (let k = i + 1; k < boxes.length && boxes[k].t < a.b - 1; k++) {
        const b = boxes[k];
        if (a.of !== b.of && Math.min(a.r, b.r) - Math.max(a.l, b.l) > 1 && Math.min(a.b, b.b) - b.t > 1) say("overlap", a.text, b.text);
    }
});
for (const e of document.body.querySelectorAll("*"))
    if (!e.closest("svg") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth && e.textContent.trim() &&
        ["hidden", "clip"].includes(getComputedStyle(e).overflowX)) say("cut", e.textContent.trim().slice(0, 60));
if (document.documentElement.scrollWidth > width + 1) say("the page is wider than the window", document.documentElement.scrollWidth);
for (const r of performance.getEntriesByType("resource")) say("loaded", r.name);
return found;
};
"""
SPOIL = r"""
const faults = {};
for (const [name, css] of Object.entries(SPOILT)) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    const idle = [...style.sheet.cssRules].map(r => r.selectorText)
        .filter(s => ![...document.querySelectorAll(s)].some(e => e.checkVisibility({visibilityProperty: true})));
    faults[name] = idle.length ? idle.map(s => "nothing that the page shows is " + s) : measure();
    style.remove();
}
out(faults);
"""
AXE = r"""
axe.run(document, {resultTypes: ["violations"]}).then(r => out(r.violations.filter(v => ["serious", "critical"].includes(v.impact))
    .map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(" | "))), e => out([String(e)]));
"""
# Stored results of which gnuplot draws each of its plots.
PLOTTED = ("records/tests/golden/sample_set.json", "e2e/tests/golden/json.json", "breakdown/tests/golden/write_breakdown.json",
           "ceilings/tests/golden/write_ceilings.json")
# What the script made of the fragment FRAGMENT: only faster cases, the largest speed-up first, and controls that say so.
FRAGMENT = "#verdict=faster&sort=-0.3"
STATE = r"""
const rows = [...document.querySelectorAll("table.cases tbody tr")].filter(r => !r.hidden), wrong = [];
const values = rows.map(r => parseFloat(r.cells[3].textContent));
if (!rows.length || rows.some(r => r.cells[2].textContent !== "faster")) wrong.push("rows: " + rows.map(r => r.textContent).join("; "));
if (values.some((x, i) => i && x > values[i - 1])) wrong.push("order: " + values);
if ([...document.querySelectorAll(".row[data-f]")].some(r => !r.hidden && !r.dataset.f.includes("|faster|"))) wrong.push("the forest shows others");
if (document.forms[0].hidden || document.forms[0].verdict.value !== "faster") wrong.push("the form does not show the state");
if (document.querySelector("th[aria-sort=descending]")?.cellIndex !== 3) wrong.push("no head says what is sorted by");
out(wrong);
"""
# What was measured, and in which window.
OUT = r"""
const out = measured => {
    const pre = document.createElement("pre");
    pre.id = "measured";
    pre.textContent = JSON.stringify({measured, width: innerWidth, dark: matchMedia("(prefers-color-scheme:dark)").matches});
    document.body.append(pre);
};
"""

number, failed = 0, 0


def ok(name, good, why=""):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
    for line in [] if good else str(why).splitlines()[:20]:
        print("#", line[:300])


def skip(name, why):
    global number
    number += 1
    print(f"ok {number} - {name} # SKIP {why}", flush=True)


def chromium(page, width, dark, fragment=""):
    # A window is never narrower than 500 px, but a kiosk is as wide as its screen.
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={work}/profile",
               "--kiosk", f"--screen-info={{{width}x900}}", "--virtual-time-budget=20000", "--dump-dom", f"file://{page}{fragment}"]
    if dark:
        command.insert(1, "--blink-settings=preferredColorScheme=0")
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.S)
    if not measured:
        return [f"chromium ended with {done.returncode} and said: {done.stderr[-300:]}"]
    window = json.loads(html.unescape(measured.group(1)))
    if (window["width"], window["dark"]) != (width, dark):
        return [f"the window is {window['width']} px wide and dark: {window['dark']}; asked for: {width} px and {dark}"]
    return window["measured"]


def with_script(text, script, more=""):
    """The page with one more script, all of its blocks laid out."""
    path = os.path.join(work, "page.html")
    head, end, rest = text.rpartition("</body>")
    style = more + "<style>.card{content-visibility:visible}</style>"
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + style + "<script>" + OUT + script + "</script>" + end + rest)
    return path


def measure(text, width, dark):
    return chromium(with_script(text, MEASURE + "out(measure());"), width, dark)


def from_npm(name):
    """The file of that package, or None and why not."""
    version, inside = PACKAGES[name]
    try:
        subprocess.run(["npm", "pack", f"{name}@{version}"], cwd=work, capture_output=True, text=True, timeout=120, check=True)
        subprocess.run(["tar", "-xzf", f"{name}-{version}.tgz", "--one-top-level=" + name], cwd=work, check=True)
    except FileNotFoundError:
        return None, "npm is not installed"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return None, f"npm has no {name} {version} for us: {str(error.stderr or error).strip().splitlines()[-1:]}"
    return os.path.join(work, name, "package", inside), None


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def own_pages():
    style, script = (read(os.path.join(TREE, "reports/page/assets", name)) for name in ("page.css", "page.js"))
    for name in ("page_run", "page_hostile"):
        text = read(os.path.join(TREE, "reports/tests/golden", name + ".html"))
        yield name, text.replace("<style></style>", f"<style>{style}</style>").replace("<script></script>", f"<script>{script}</script>")
    # Two gates side by side, of which one has a name that no line is long enough for.
    gates = {"bad": os.path.join(work, "gate.json"), "warn": os.path.join(work, 250 * "g")}
    for kind, gate in gates.items():
        with open(gate, "w", encoding="utf-8") as file:
            subprocess.run([WRITE_VERDICTS, "write_verdicts", "json", kind], stdout=file, check=True)
    page = gates["bad"] + ".html"
    subprocess.run([PROGRAM, "report", *gates.values(), "--html", page], stderr=subprocess.DEVNULL, check=True)
    plots = os.path.join(work, "plots.html")
    subprocess.run([PROGRAM, "report", *(os.path.join(TREE, "harness", name) for name in PLOTTED), "--html", plots],
                   stderr=subprocess.DEVNULL, check=True)
    yield "gates", read(page)
    yield "plots", read(plots)


def check_svg(name, text):
    svgs, start, depth = [], 0, 0
    for tag in re.finditer(r"<svg\b|</svg>", text):
        start = start if depth else tag.start()
        depth += 1 if tag[0] == "<svg" else -1
        if not depth:
            svgs.append(text[start:tag.end()])
    title = f"{name}: its {len(svgs)} SVGs are well-formed"
    if not shutil.which("xmllint"):
        skip(title, "xmllint is not installed")
        return
    together = "<all>" + "\n".join(svgs) + "</all>"
    done = subprocess.run(["xmllint", "--noout", "-"], input=together, capture_output=True, text=True, check=False)
    ok(title, svgs and not depth and not done.returncode, done.stderr or f"there are none, or {depth} have no end")


def check_spoilt(name, text, spoilt):
    """Each fault made on that page, 360 px wide, is found out, and nothing is where none is made."""
    styles = {"nothing": "", **{what: style for what, (_, style) in spoilt.items()}}
    found = chromium(with_script(text, f"{MEASURE}const SPOILT = {json.dumps(styles)};{SPOIL}", PROBE), 360, False)
    ok(f"{name}: nothing is found where nothing is spoilt", isinstance(found, dict) and not found["nothing"], found)
    for what, (fault, _) in spoilt.items():
        lines = found[what] if isinstance(found, dict) else found
        ok(f"{name}: what is spoilt on purpose is found out: {what}", any(line.startswith(fault) for line in lines), "\n".join(lines))


def check_vnu(all_pages):
    jar, why = from_npm("vnu-jar")
    try:
        subprocess.run(["java", "-version"], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        why = why or "there is no java, which vnu needs"
    for name, text in all_pages:
        if why:
            skip(f"{name}: valid HTML", why)
            continue
        with open(os.path.join(work, "vnu.html"), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(["java", "-Xss4m", "-jar", jar, "--errors-only", os.path.join(work, "vnu.html")],
                              capture_output=True, text=True, timeout=300, check=False)
        ok(f"{name}: valid HTML", done.returncode == 0, done.stderr)


def check_axe(all_pages):
    path, why = from_npm("axe-core")
    for name, text in all_pages:
        for dark in (False, True):
            title = f"{name}, {'dark' if dark else 'light'}: axe-core finds nothing serious"
            if why:
                skip(title, why)
                continue
            found = chromium(with_script(text, read(path) + AXE), 1280, dark)
            ok(title, not found, "\n".join(found))


with tempfile.TemporaryDirectory() as work:
    try:
        subprocess.run(["chromium", "--version"], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        print("1..0 # SKIP chromium is not installed: ci/install-deps --all")
        sys.exit(0)
    own = dict(own_pages())
    all_pages = [*own.items(), *((os.path.basename(path), read(path)) for path in PAGES)]
    drawn = own["plots"].count('<svg class="plot wide" viewBox=')
    gnuplot = shutil.which("gnuplot")
    if gnuplot:
        ok("gnuplot's plots are among them", drawn > 6, f"{drawn} plots")
    else:
        skip("gnuplot's plots are among them", "gnuplot is not installed")
    for name, text in all_pages:
        check_svg(name, text)
        for width in (360, 1280):
            for dark in (False, True):
                found = measure(text, width, dark)
                ok(f"{name}, {width} px, {'dark' if dark else 'light'}: nothing overlaps or is cut", not found, "\n".join(found))
    found = chromium(with_script(own["page_run"], STATE), 1280, False, FRAGMENT)
    ok("the fragment filters and sorts", not found, "\n".join(found))
    check_spoilt("page_run", own["page_run"], SPOILT)
    if gnuplot:
        check_spoilt("plots", own["plots"], SPOILT_PLOTS)
    else:
        skip("plots: what is spoilt on purpose is found out", "gnuplot is not installed")
    check_vnu(all_pages)
    check_axe(all_pages)
print(f"1..{number}")
sys.exit(failed != 0)
