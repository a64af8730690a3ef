#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `qkbench history`: what it stores, shows, finds and refuses.  history_test.sh PROGRAM TREE SCHEMA_OF_GITHUB
tree=$(realpath "$2")
github_schema=$(realpath "$3")
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export QK_HISTORY=$work/h.db
gate() { "$tree/harness/cli/tests/history_gate.py" "$@"; }
add() { # add N PERCENT+-HALF [OPTION...]: commit N, held against its parent and against v1
    local n=$1 said=$2
    shift 2
    gate g.json commit="c$n" minute="$n" base=p/parent.so "$@" op/v/1=0.2+-0.1 "op/w/1=PASS identical code"
    gate p.json commit="c$n" minute="$n" base=r/v1.so "$@" "op/v/1=$said" "op/w/1=PASS identical code, not timed"
    with "$program" history add g.json --pinned p.json
}
checks() { # checks CODE TEXT [ARGUMENT...]
    local want=$1 text=$2
    shift 2
    run history check "$@"
    ok "check ends with $want and says \"$text\"" as_told "$want" "$text"
}
states() { # states CASE: the word of history check --all on it
    "$program" history check --all "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

# The store.
code 1 "there is no history" history log
code 1 "there is no history" history check
add 1 0.2+-0.15
ok "add says so when the run is stored" as_told 0 "added run 1: 2 cases of commit c1 on 0123456789abcdef"
run history add g.json --pinned p.json
ok "the same run is recognised" as_told 0 "run 1 is this one already"
python3 -c 'import json; json.dump(json.load(open("g.json")), open("g.json", "w"), indent=1, sort_keys=True)'
run history add g.json --pinned p.json
ok "however its JSON is laid out" as_told 0 "run 1 is this one already"
code 2 "was added with another result against a pinned release, or with none" history add g.json
code 2 "is the gate of g.json" history add g.json --pinned g.json
ok "nothing stands beside the file" [ "$(echo h.db*)" = h.db ]
pragmas='pragma journal_mode; pragma user_version; pragma integrity_check; pragma foreign_key_check'
ok "it is a WAL database of version 1" [ "$(python3 - "$pragmas" <<'PY'
import sqlite3, sys
db = sqlite3.connect("h.db")
print(*(row[0] for text in sys.argv[1].split(";") for row in db.execute(text)))
PY
)" = "wal 1 ok" ]
ok "its tables are strict" python3 - <<'PY'
import sqlite3
db = sqlite3.connect("h.db")
rows = db.execute("select name, strict from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite%'")
rows = rows.fetchall()
assert len(rows) == 5 and all(strict for _, strict in rows), rows
PY

# Drift: each step is 0.2 %, and -1 % of speed is +1.01 % of time, which the fifth commit has.
flagged=
for n in 2 3 4 5 6 7 8 9 10; do
    add "$n" "$(awk "BEGIN { print $n * 0.2 }")+-0.15"
    "$program" history check >check.txt 2>&1
    [ $? -ne 3 ] || flagged+=" $n"
done
ok "drift is flagged within one commit of 1 %" grep -qE '^ ([4-6]).* 10$' <<<"$flagged"
echo "# flagged at commits$flagged"
checks 3 "1 drift, 1 steady"
ok "it says since when" says "run 5, c5"
checks 0 "0 drifts, 2 steady" --margin 3
checks 3 "1 drift" op/v
checks 0 "0 drifts, 1 steady" op/w
run history log op/v
ok "log is newest first" [ "$(grep -oE '  c[0-9]+ ' <<<"$out" | tr -d ' \n')" = c10c9c8c7c6c5c4c3c2c1 ]
ok "log has both ratios with their intervals" says "+0.20 [+0.10, +0.30]  +2.00 [+1.85, +2.15]  PASS"
run history log -n 2
ok "log -n counts by case" [ "$(grep -c 'op/[vw]/1' <<<"$out")" = 4 ]
ok "what was not timed has its reason" says "identical code, not timed"

# Marks.
run history mark 10 op/v accepted --why 'checks its input now'
ok "a mark is stored" as_told 0 "marked 1 case of run 10 as accepted"
checks 0 "0 drifts"
run history log op/v
ok "log shows mark and reason" says "[1] checks its input now"
add 11 2.7+-0.15
checks 0 "0 drifts"
add 12 3.2+-0.15
checks 3 "1 drift"
ok "drift goes on from what was accepted" says "+2.00"
run history mark 12 op/v false --why 'a busy machine'
checks 0 "0 drifts"
run history mark 12 op/v none --why 'it was not busy'
checks 3 "1 drift"
run history mark 12 op/v real --why 'a bug'
add 13 3.1+-0.3 # beyond the margin no longer, but not proven faster either
checks 3 "1 drift"
ok "a real one stays" says "marked real"
add 14 2.0+-0.15
checks 0 "0 drifts"
code 2 "has no ratio to a pinned release" history mark 14 op/w accepted --why x
code 2 "no case of run 14 matches" history mark 14 nothing real --why x
code 2 "there is no run 99" history mark 99 op/v real --why x
code 2 "--why TEXT is missing" history mark 14 op/v real
code 2 "--why TEXT is missing" history mark 14 op/v real --why ' '
code 2 "unknown mark 'wrong'" history mark 14 op/v wrong --why x
code 2 "RUN: 'x' is not a whole number" history mark x op/v real --why x

# Another machine has a history of its own; another release begins anew.
add 15 5.0+-0.15 machine=feedfeedfeedfeed
checks 3 "1 drift" --machine feed
checks 0 "0 drifts" --machine 0123
checks 3 "1 drift, 3 steady"
run history log op/v
ok "log has a table for each machine" [ "$(grep -c '^op/v/1 on ' <<<"$out")" = 2 ]
code 2 "measured on several machines" history plot op/v
code 2 "no machine's fingerprint" history check --machine dead
gate g.json commit=c16 minute=16 op/v/1=0.1+-0.1
gate p.json commit=c16 minute=16 base=r/v2.so op/v/1=0.1+-0.1
"$program" history add g.json --pinned p.json --release v2 >add.txt
checks 0 "1 steady" op/v --machine 0123
ok "an accepted ratio belongs to its release" grep -qE ' v2 ' <("$program" history check op/v --all --machine 0123)

# What is not to be trusted.
gate g.json commit=c17 minute=17 op/v/1=0.1+-0.1
gate p.json commit=c17 minute=17 base=r/v2.so verdict=INVALID "reason=a control was judged wrongly" op/v/1=9+-0.1
"$program" history add g.json --pinned p.json --release v2 >add.txt
run history check op/v --machine 0123
ok "an INVALID gate ends with 5" as_told 5 "not to be trusted"
ok "and its reason is there" says "the run is INVALID: a control was judged wrongly"
gate g.json commit=c18 minute=18 op/v/1=0.1+-0.1
"$program" history add g.json >add.txt
run history check op/v --machine 0123
ok "a run that was not pinned lifts nothing" as_told 5 "newer runs without a pinned release: 1"
gate g.json commit=c19 minute=19 op/v/1=0.1+-0
gate p.json commit=c19 minute=19 base=r/v2.so op/v/1=9+-0 "op/u/1=REMOVED is not needed" "op/n/1=NEW"
"$program" history add g.json --pinned p.json --release v2 >add.txt
ok "without an interval nothing is judged" [ "$(states op/v/1)" = $'UNKNOWN\nDRIFT' ]
ok "a removed case is gone" [ "$(states op/u/1)" = gone ]
ok "what the release does not have is new" [ "$(states op/n/1)" = new ]
checks 0 "1 new" op/n
run history log op/v --machine 0123
ok "log says what else was pinned" eval 'says "to v2" && says "against v1.so"'
gate g.json commit=c20 minute=20 op/new/1=0.1+-0.1
QK_HISTORY=$work/unpinned.db "$program" history add g.json >add.txt
QK_HISTORY=$work/unpinned.db checks 5 "nothing to trust"
gate g.json commit=c21 minute=21 mode=baseline op/v/1=0.1+-0.1
code 2 'is of mode "baseline"' history add g.json
gate g.json commit=c21 minute=21 mode= verdict=INVALID reason=interrupted ended=130
code 5 "ended before it could judge: interrupted" history add g.json
gate g.json commit=c21 minute=21 op/v/1=0.1+-0.1
gate p.json commit=c22 minute=21 base=r/v2.so op/v/1=0.1+-0.1
code 2 "is of the commit c22" history add g.json --pinned p.json
gate p.json commit=c21 minute=21 base=r/v2.so machine=feedfeedfeedfeed op/v/1=0.1+-0.1
code 2 "is of the machine feedfeedfeedfeed" history add g.json --pinned p.json
gate g.json commit=c21 minute=21 op/v/1=0.1+-0.1 op/v/1=0.1+-0.1
code 1 "has the case op/v/1 twice" history add g.json
gate g.json commit=c21 minute=21 op/v/1=0.1+-0.1
code 2 "--release names the release of --pinned" history add g.json --release v1
code 2 "GATE, a file of gate --out, is missing" history add
code 1 'expected "gate"' history add "$tree/harness/records/tests/golden/sample_set.json"

# Files that are no history. Nobody changes them.
: >empty.db
echo text >text.db
python3 - <<'PY'
import shutil, sqlite3
sqlite3.connect("foreign.db").execute("create table a (b)").connection.close()
for name, text in {"newer": "pragma user_version = 2", "torn": None, "part": "drop view log"}.items():
    shutil.copy("h.db", name + ".db")
    if text:
        db = sqlite3.connect(name + ".db")
        db.execute(text)
        db.commit()
        db.close()
with open("torn.db", "r+b") as file:
    file.truncate(8192)
PY
mkdir folder
sums=$(cat empty.db text.db foreign.db torn.db | cksum)
for command in "log" "add g.json" "mark 1 op/v real --why x" "check" "export --csv" "import $tree/harness/records/tests/golden/sample_set.json"; do
    read -ra words <<<"$command"
    code 1 "is empty" history "${words[@]}" --db empty.db
    code 1 "found no SQLite database" history "${words[@]}" --db text.db
    code 1 "of another program" history "${words[@]}" --db foreign.db
    code 1 "found a history of schema version 2, expected 1; a newer qkbench made it" history "${words[@]}" --db newer.db
    code 1 "the file is damaged" history "${words[@]}" --db torn.db
    code 1 "found no regular file" history "${words[@]}" --db folder
done
ok "they are as before" [ "$(cat empty.db text.db foreign.db torn.db | cksum)" = "$sums" ]
code 1 "no such table: log" history log --db part.db
code 1 "No such file or directory" history import "$tree/harness/records/tests/golden/sample_set.json" --db no/h.db
code 2 "found an empty name" history log --db ''
code 0 "added run 1" history import "$tree/harness/records/tests/golden/sample_set.json" --db :memory:
ok ":memory: is a file like any other" [ -s ./:memory: ]
with env -u QK_HISTORY XDG_DATA_HOME="$work/data" "$program" history import "$tree/harness/e2e/tests/golden/json.json"
ok "without --db and QK_HISTORY it is in XDG_DATA_HOME" [ -s data/qkbench/history.db ]

# One writer, and a bounded wait.
python3 -c '
import sqlite3, time
db = sqlite3.connect("h.db", isolation_level=None)
db.execute("begin immediate")
print("held", flush=True)
time.sleep(1000)' >held &
holder=$!
await grep -q held held
gate g.json commit=c30 minute=30 op/v/1=0.1+-0.1
code 1 "another process has held the history for more than 1 s" history add g.json --wait 1
code 0 "op/v/1" history log op/v
"$program" history add g.json --wait 600 >said.txt 2>&1 &
interrupt $! said.txt
ok "Ctrl-C ends the waiting" as_told 130 "interrupted"
kill $holder
wait $holder 2>held
code 0 "added run" history add g.json

# Many that begin a history at the same time.
for n in 1 2 3 4 5 6 7 8; do
    gate "many$n.json" commit="m$n" minute="$n" op/v/1=0.1+-0.1
done
for n in 1 2 3 4 5 6 7 8; do
    "$program" history add "many$n.json" --db many.db >"many$n.txt" 2>&1 &
done
wait
ok "all of them are told" [ "$(cat many?.txt | grep -c '^added run [1-8]: 1 case')" = 8 ]
ok "and in it" [ "$("$program" history log --db many.db | grep -c ' m[1-8] ')" = 8 ]
ok "nothing is left beside it" [ "$(find . -name 'many.db*' -o -name '.qkbench*' | wc -l)" = 1 ]
gate g.json mode=e2e memory=e2e e2e/generate/m=0.3+-0.1
gate p.json mode=e2e memory=e2e base=r/v1 e2e/generate/m=2.3+-0.1
code 0 "added run 9" history add g.json --pinned p.json --db many.db
code 3 "1.60" history check e2e --db many.db

# In and out.
cat >gb.json <<'EOJ'
{"context": {"date": "2026-01-02T03:04:05+01:00", "host_name": "h", "num_cpus": 4, "caches": [], "library_build_type": "release"},
 "benchmarks": [
  {"name": "BM_x/64", "run_name": "BM_x/64", "run_type": "iteration", "real_time": 1.5, "time_unit": "us"},
  {"name": "BM_x/64", "run_name": "BM_x/64", "run_type": "iteration", "real_time": 1.7, "time_unit": "us"},
  {"name": "BM_x/64_mean", "run_name": "BM_x/64", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 9.7, "time_unit": "us"},
  {"name": "BM_m_median", "run_name": "BM_m", "run_type": "aggregate", "aggregate_name": "median", "real_time": 3, "time_unit": "ms"},
  {"name": "BM_e", "error_occurred": true, "error_message": "no avx"}]}
EOJ
export QK_HISTORY=$work/in.db
code 0 "3 cases of commit c9" history import gb.json --commit c9
run history log
ok "google-benchmark: medians of repetitions" grep -qE 'BM_x/64 .* 1600$' <<<"$out"
ok "google-benchmark: its own median" grep -qE 'BM_m .* 3e\+06' <<<"$out"
ok "google-benchmark: an error is a reason" says "no avx"
python3 - <<'PY'
import json
row = {"build_commit": "bebc9350e", "cpu_info": "a CPU", "gpu_info": "", "model_filename": "models/2b.gguf",
       "model_type": "bitnet 2B IQ2_BN", "n_batch": 2048, "n_ubatch": 512, "n_threads": 4, "type_k": "f16", "n_prompt": 0,
       "n_gen": 64, "n_depth": 512, "test_time": "2026-08-30T10:19:31Z", "avg_ns": 640, "samples_ns": [64000, 128000, 640000]}
with open("llama.jsonl", "w") as file:
    print(json.dumps(row), json.dumps({**row, "flash_attn": True, "samples_ns": []}), sep="\n", file=file)
with open("wrong.jsonl", "w") as file:
    print(json.dumps(row), json.dumps({**row, "n_gen": 0}), sep="\n", file=file)
PY
code 0 "added run 3: 1 case of commit bebc9350e" history import llama.jsonl
run history log llama-bench
ok "llama-bench: a token's median" grep -qE 'IQ2_BN/tg64@d512,t4 .* 2000$' <<<"$out"
ok "llama-bench: what is unusual is in the name" grep -q "t4,flash_attn=true" <("$program" history export --csv)
first=$(head -1 llama.jsonl)
echo "$first" >>llama.jsonl
code 0 "run 2 is this one already" history import llama.jsonl
code 1 "n_gen: wrong.jsonl:2: found 0, expected a test with tokens" history import wrong.jsonl
ok "of a wrong file nothing is stored" [ "$("$program" history log | grep -c llama-bench/)" = 2 ]
code 0 "added run 4: 7 cases" history import "$tree/harness/records/tests/golden/sample_set.json"
code 0 "added run 5: 1 case" history import "$tree/harness/e2e/tests/golden/json.json"
echo '{"benchmarks": []}' >bad.json
code 1 ".context" history import bad.json
echo '{"a": 1}' >bad.json
code 1 "expected google-benchmark's JSON" history import bad.json
echo '[]' >bad.json
code 5 "has no result" history import bad.json
code 2 "FILE, a result, is missing" history import

export QK_HISTORY=$work/h.db
code 2 "expected one of --csv" history export
code 2 "expected one of --csv" history export --csv --sql
code 2 "--value belongs to --github" history export --csv --value ns
code 2 "--sql writes all" history export --sql op/v
"$program" history export --github --out github.json
obeys "export --github obeys its schema" "$github_schema" github.json
ok "export --github has one row for each case and machine" python3 - <<'PY'
import json
rows = json.load(open("github.json"))
names = [row["name"] for row in rows]
assert sorted(names) == ["op/v/1 (0123456789abcdef)", "op/v/1 (feedfeedfeedfeed)"], names
assert all(set(row) == {"name", "unit", "value", "range", "extra"} for row in rows)
PY
run history export --github --value pinned --machine feed
ok "export --github --value pinned" says '"unit":"ratio","value":1.05,"range":"to pinned 1.05000 [1.04850, 1.05150]"'
"$program" history export --csv >all.csv
ok "export --csv has all results" python3 - <<'PY'
import csv, sqlite3
rows = list(csv.DictReader(open("all.csv")))
db = sqlite3.connect("h.db")
db.row_factory = sqlite3.Row
stored = {(r["run_id"], r["case_name"]): r for r in db.execute("select * from log")}
assert len(rows) == len(stored) > 30
for row in rows:
    kept = stored[int(row["run"]), row["case_name"]]
    for name in ("verdict", "parent_reason", "pinned_reason", "commit_name", "mark", "why"):
        assert row[name] == (kept[name] or ""), (name, row, dict(kept))
    for name in ("parent_ratio", "pinned_low", "pinned_high", "pinned_margin", "ns", "instructions"):
        assert (float(row[name]) if row[name] else None) == kept[name], name
PY
"$program" history export --sql >all.sql
ok "export --sql gives the same rows to another database" python3 - <<'PY'
import sqlite3
ours, theirs = sqlite3.connect("h.db"), sqlite3.connect(":memory:")
theirs.executescript(open("all.sql").read())
for name in ("machine", "bench_case", "run", "result", "mark", "log"):
    rows = [list(db.execute(f"select * from {name} order by 1")) for db in (ours, theirs)]
    assert rows[0] == rows[1] and rows[0], name
PY
ok "export --openmetrics ends as it must" [ "$("$program" history export --openmetrics | tail -1)" = "# EOF" ]
with "$program" history export --csv --out h.db
ok "an export does not replace the history" as_told 2 "h.db"
with env PATH="$work" "$program" history plot op/v --machine 0123 --out p.svg
ok "without gnuplot plot says so" as_told 77 "gnuplot is not installed"
ok "and has written the numbers" [ -s p.tsv ]
if command -v gnuplot >/dev/null; then
    run history plot op/v --machine 0123 --out p.png
    ok "plot draws" [ "$status" -eq 0 -a "$(head -c 4 p.png | tail -c 3)" = PNG ]
    QK_HISTORY=$work/in.db run history plot BM_x --out q.svg
    ok "plot draws times where there is no ratio" grep -q "ns of a call" q.svg
else
    skip "plot draws" "gnuplot is not installed"
    skip "plot draws times where there is no ratio" "gnuplot is not installed"
fi
code 2 "matches several cases" history plot op --machine 0123
cp many.db mixed.db
code 0 "added run" history import gb.json --db mixed.db
code 3 "4 unpinned" history check '*' --db mixed.db
code 5 "nothing to trust" history check 'BM*' --db mixed.db
code 2 "does not end in .svg" history plot op/v --out p.jpg
code 2 "no case in" history log nothing
with "$program" history export --csv --out /dev/full
ok "a full disk is noticed" as_told 1 "cannot write the CSV"
code 2 "--margin: '0' is not" history check --margin 0
code 2 "unknown command 'x'" history x
finish
